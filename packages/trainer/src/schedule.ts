export interface Schedule {
  /** The rate at the end of the warm-up, its highest. */
  learningRate: number;
  /** Steps over which the rate rises in equal parts from 0. */
  warmup: number;
  /** Factor on the rate for every epoch after the warm-up. */
  decay: number;
  stepsPerEpoch: number;
}

/** The learning rate of a step (from 0): linear warm-up, then exponential decay, as in PinSage §4.1 after Goyal et al. 2017. */
export function learningRate(step: number, schedule: Schedule): number {
  if (step < schedule.warmup) return (schedule.learningRate * (step + 1)) / schedule.warmup;
  return schedule.learningRate * schedule.decay ** ((step - schedule.warmup) / schedule.stepsPerEpoch);
}
