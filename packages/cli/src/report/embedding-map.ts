import type { Dataset } from '@pinsage/graph';
import { placeByUmap, sampleRows } from '@pinsage/inference';
import { searchVectors } from '@pinsage/native';
import { count } from '../format.js';
import { pinCards } from '../work/cards.js';
import { type Column, chooseColorings } from './colorings.js';
import type { EmbeddingMap } from './report.js';

const SAMPLE = 3000;
const SHOWN_NEIGHBORS = 6;
const SIDE = 4096;

interface MapOptions {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** Places a sample of the pins with edges in the plane. Neighbours are those among all pins. */
export async function embeddingMap(
  dataset: Dataset,
  embeddings: { vectors: Float32Array; width: number },
  { signal, onProgress }: MapOptions = {},
): Promise<EmbeddingMap> {
  const { width } = embeddings;
  const drawn = await samplePins(dataset);
  const vectors = new Float32Array(drawn.length * width);
  drawn.forEach((pin, row) => {
    vectors.set(embeddings.vectors.subarray(pin * width, (pin + 1) * width), row * width);
  });

  const own = {
    offsets: Uint32Array.from({ length: drawn.length + 1 }, (_, row) => row),
    ids: Uint32Array.from(drawn),
  };
  const near = await searchVectors(vectors, embeddings.vectors, { width, top: SHOWN_NEIGHBORS, exclude: own, signal });
  const { x, y } = await placeByUmap(vectors, { width, side: SIDE, signal, onProgress });

  const place = new Map(drawn.map((pin, index) => [pin, index]));
  const others = [...new Set(near.ids)].filter((pin) => pin < dataset.pins && !place.has(pin));
  others.forEach((pin, index) => {
    place.set(pin, drawn.length + index);
  });
  const cards = await pinCards(dataset, [...drawn, ...others]);
  return {
    explanation: `${count(drawn.length)} of ${count(dataset.pins)} pins, placed by UMAP: near pins have similar embeddings. Point at one, or tap it, for its nearest neighbours among all pins; scroll or pinch to zoom.`,
    titles: cards.map((card) => card.title),
    subtitles: cards.map((card) => card.subtitle),
    x,
    y,
    neighbors: { width: SHOWN_NEIGHBORS, of: Array.from(near.ids, (pin) => place.get(pin) ?? -1) },
    colorings: await colorings(dataset, drawn),
  };
}

/** Pins on boards, at random but always the same. */
async function samplePins(dataset: Dataset): Promise<number[]> {
  const degrees = (await dataset.graph()).pinDegrees();
  return sampleRows(
    Array.from(degrees.keys()).filter((pin) => degrees[pin] > 0),
    SAMPLE,
  );
}

/** By the categories and numbers that the model has read, and by degree. */
async function colorings(dataset: Dataset, pins: number[]): Promise<EmbeddingMap['colorings']> {
  const categories = dataset.features.filter(({ kind }) => kind === 'categories');
  const described = await dataset.describePins(
    pins,
    categories.map(({ name }) => name),
  );
  const columns: Column[] = categories.map(({ name, separator }) => ({
    name: readable(name),
    separator,
    texts: described.map((pin) => (Array.isArray(pin[name]) ? pin[name].join(separator) : String(pin[name] ?? ''))),
  }));
  for (const column of dataset.features.filter(({ kind }) => kind === 'number')) {
    const source = dataset.source(column);
    if (source.kind === 'dense')
      columns.push({ name: readable(column.name), numbers: pins.map((pin) => source.values[pin]) });
  }
  const degrees = (await dataset.graph()).pinDegrees();
  columns.push({ name: 'number of boards', numbers: pins.map((pin) => degrees[pin]) });
  const chosen = chooseColorings(columns);
  return chosen.length > 0 ? chosen : [{ name: 'nothing', labels: ['pins'], ordered: false, of: pins.map(() => 0) }];
}

function readable(column: string): string {
  return column.replaceAll('_', ' ');
}
