export { type BaselineName, baselineNames } from './baselines/index.js';
export { choosePreset, type PresetChoice } from './choose-preset.js';
export type {
  NegativesConfig,
  NeighborhoodConfig,
  PresetName,
  TrainerConfig,
  TrainerOptions,
} from './config.js';
export { createModel } from './create-model.js';
export type { HardNegatives } from './curriculum.js';
export { bestBaseline } from './diagnostics/best-baseline.js';
export { type DiagnoseOptions, type Diagnostics, diagnose, type HomeDiagnostics } from './diagnostics/diagnose.js';
export type { QueryCase } from './diagnostics/extremes.js';
export type { Geometry } from './diagnostics/geometry.js';
export type { Hubness } from './diagnostics/hubness.js';
export type { PopularityBias } from './diagnostics/popularity-bias.js';
export type { Slice } from './diagnostics/slices.js';
export {
  type EvaluateOptions,
  type Evaluation,
  type EvaluationData,
  evaluate,
  type MethodResult,
  type MixResult,
  type TaskResult,
} from './evaluate.js';
export { formatEvaluation } from './format.js';
export * from './metrics/index.js';
export { type Preset, presets } from './presets.js';
export { resolveConfig } from './resolve-config.js';
export type { StepReport } from './step-report.js';
export {
  type RunOptions,
  Trainer,
  type TrainerCallbacks,
  type TrainingData,
} from './trainer.js';
export { defaultSpace } from './tune/default-space.js';
export type { TuneSettings } from './tune/settings.js';
export { checkSpace, type Parameter, type ParameterValue, type Space } from './tune/space.js';
export { Study, type StudyData, type StudyOptions, type StudyRunOptions } from './tune/study.js';
export type { StudyConfig } from './tune/study-file.js';
export { type Outcome, type StudyMetric, type Trial, type TrialValidation, trialsByMerit } from './tune/trial.js';
export type { ValidationResult } from './validation.js';
export { type JoinOptions, type LeadOptions, Workers } from './workers/workers.js';
