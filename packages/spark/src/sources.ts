import { Dataset } from '@pinsage/graph';
import { PinSage } from '@pinsage/model';

/** The datasets and models that streams have named. They stay open: a worker sees few, and stream after stream the same. */
export class Sources {
  readonly #datasets = new Map<string, Promise<Dataset>>();
  readonly #models = new Map<string, Promise<PinSage>>();

  dataset(path: string): Promise<Dataset> {
    return remember(this.#datasets, path, Dataset.open);
  }

  model(path: string): Promise<PinSage> {
    return remember(this.#models, path, PinSage.load);
  }

  async close(): Promise<void> {
    for (const dataset of this.#datasets.values()) await (await dataset).close();
    for (const model of this.#models.values()) (await model).dispose();
  }
}

function remember<T>(known: Map<string, Promise<T>>, path: string, open: (path: string) => Promise<T>): Promise<T> {
  const value = known.get(path) ?? open(path);
  known.set(path, value);
  return value;
}
