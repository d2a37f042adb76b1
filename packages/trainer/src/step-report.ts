import type { ValidationResult } from './validation.js';

/** What one step did. */
export interface StepReport {
  /** Steps done, from 1. */
  step: number;
  /** Steps of the whole training. */
  steps: number;
  /** From 1. */
  epoch: number;
  loss: number;
  /** Global norm of the gradients before clipping. */
  gradientNorm: number;
  learningRate: number;
  /** Of the step without its validation and checkpoint. */
  seconds: number;
  /** Seconds of these that the step waited for its batch. */
  waited: number;
  /** In steps that validate. */
  validation?: ValidationResult;
}
