/** A call that waits to be answered. */
export interface Request<Given, Result> {
  given: Given;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** Calls that can be answered together. */
export interface Kind<Given, Result> {
  /** What a call counts for. */
  size(given: Given): number;
  /** Resolves or rejects every one; what it throws all those get that it has not answered. */
  answer(group: Request<Given, Result>[]): Promise<void>;
}

interface Waiting {
  // biome-ignore lint/suspicious/noExplicitAny: of a request only its own kind knows the types
  kind: Kind<any, any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  request: Request<any, any>;
}

/** Answers calls one group after the other, in their order: those of one kind that wait while others are answered are one group. */
export class Turns {
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #working?: Promise<void>;

  /** @param most Sizes of a group's calls together, beyond which it takes no more. */
  constructor(most: number) {
    this.#most = most;
  }

  take<Given, Result>(kind: Kind<Given, Result>, given: Given): Promise<Result> {
    const answer = new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ kind, request: { given, resolve, reject } });
    });
    this.#working ??= this.#work();
    return answer;
  }

  /** Does some work in a turn of its own. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const answer = async ([{ resolve }]: Request<undefined, T>[]) => resolve(await work());
    return this.take({ size: () => 1, answer }, undefined);
  }

  /** Resolves when no call is waiting. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    // What is called in the same turn of the event loop as the first one is taken with it.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const [{ kind }] = this.#waiting;
      const group = this.#takeGroup();
      try {
        await kind.answer(group);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#working = undefined;
  }

  #takeGroup(): Waiting['request'][] {
    const [{ kind }] = this.#waiting;
    let count = 0;
    for (let size = 0; size < this.#most && this.#waiting[count]?.kind === kind; ++count)
      size += kind.size(this.#waiting[count].request.given);
    return this.#waiting.splice(0, count).map(({ request }) => request);
  }
}
