import type { Row, WorkerCalls } from './worker-calls.js';
import { batches } from './worker-calls.js';

export interface PlanOptions {
  pins: number;
  model: string;
  dataset: string;
  layers: number;
  residual: boolean;
  blocks: number;
}

interface Edge {
  pin: number;
  neighbor: number;
  weight: number;
}

/** The driver's plan with arrays in the place of Spark's tables. Returns the embeddings, a row a pin. */
export async function embedByPlan(worker: WorkerCalls, options: PlanOptions): Promise<number[]> {
  const { pins, model, dataset, layers, residual, blocks } = options;
  const all = Array.from({ length: pins }, (_, pin) => pin);
  const walked = await worker.call(
    { op: 'neighborhoods', model, dataset },
    batches(all.map((pin) => ({ pin: BigInt(pin) }))),
  );
  const edges = walked.map(({ pin, neighbor, weight }) => ({
    pin: Number(pin),
    neighbor: Number(neighbor),
    weight,
  })) as Edge[];
  const wanted = all.map((pin) => [
    ...new Set(edges.filter(({ neighbor }) => neighbor === pin).map((edge) => edge.pin % blocks)),
  ]);
  const rows = all.map((pin) => ({ pin: BigInt(pin), blocks: wanted[pin] }));
  let h = await worker.call({ op: 'inputs', model, dataset }, batches(rows));
  const h0 = h;
  for (let layer = 0; layer < layers; ++layer) {
    const next: Row[] = [];
    for (let block = 0; block < blocks; ++block) {
      const withInput = residual && layer > 0 && layer === layers - 1;
      const input = rowsOfBlock(block, blocks, edges, h, withInput ? h0 : undefined);
      next.push(...(await worker.call({ op: 'convolve', layer, model }, batches(input))));
    }
    h = next.sort((a, b) => Number(a.pin) - Number(b.pin));
  }
  return h.flatMap(({ embedding }) => [...(embedding as Iterable<number>)]);
}

/** Rows in the order in which the worker wants them. */
export function rowsOfBlock(block: number, blocks: number, edges: Edge[], h: Row[], h0?: Row[]): Row[] {
  const empty = { blocks: null, vector: null, targets: null };
  const rows: Row[] = [];
  for (const [pin, represented] of h.entries()) {
    if (pin % blocks !== block) continue;
    rows.push({ ...empty, kind: 0, pin: represented.pin, blocks: represented.blocks, vector: represented.h });
    if (h0) rows.push({ ...empty, kind: 1, pin: represented.pin, vector: h0[pin].h });
  }
  for (const [pin, { pin: id, seen }] of h.entries()) {
    const targets = edges
      .filter((edge) => edge.neighbor === pin && edge.pin % blocks === block)
      .map((edge) => ({ pin: BigInt(edge.pin), weight: edge.weight }));
    if (targets.length === 0) continue;
    rows.push({ ...empty, kind: 2, pin: id, targets }, { ...empty, kind: 3, pin: id, vector: seen });
  }
  return rows.map(({ kind, pin, blocks, vector, targets }) => ({ kind, pin, blocks, vector, targets }));
}
