/** Plain JSON, so that a checkpoint can hold it. */
export interface EarlyStoppingState {
  best: number | null;
  bestStep: number | null;
  /** Validations since the best one. */
  waited: number;
}

/** Watches a metric of which more is better. */
export class EarlyStopping {
  readonly #patience: number | null;
  #state: EarlyStoppingState;

  constructor(patience: number | null, state: EarlyStoppingState = { best: null, bestStep: null, waited: 0 }) {
    this.#patience = patience;
    this.#state = { ...state };
  }

  get state(): EarlyStoppingState {
    return { ...this.#state };
  }

  /** Whether training should end. */
  get stopped(): boolean {
    return this.#patience !== null && this.#state.waited >= this.#patience;
  }

  /** Takes note of a validation; true when it is the best so far. */
  report(step: number, value: number): boolean {
    const improved = this.#state.best === null || value > this.#state.best;
    this.#state = improved
      ? { best: value, bestStep: step, waited: 0 }
      : { ...this.#state, waited: this.#state.waited + 1 };
    return improved;
  }
}
