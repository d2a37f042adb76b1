import type { FeatureColumn } from '@pinsage/graph';
import { invalidArgument } from '@pinsage/native';
import { BagEncoder } from './bag.js';
import { DenseEncoder } from './dense.js';
import type { EncoderOptions } from './encoder.js';
import type { Input } from './feature-sum.js';

/** A feature of the dataset, by its kind. @param name its weights are kept under this name */
export function featureInput(column: FeatureColumn, name: string, options: EncoderOptions): Input {
  return { name, encoder: featureEncoder(column, name, options) };
}

function featureEncoder(
  { kind, width, buckets, statistics }: FeatureColumn,
  name: string,
  options: EncoderOptions,
): Input['encoder'] {
  switch (kind) {
    case 'text':
    case 'categories':
      if (buckets === undefined) throw invalidArgument(`features.${name}.buckets`, buckets, 'a number of buckets');
      return (parameters) => new BagEncoder(name, buckets, options, parameters);
    case 'dense':
      return (parameters) => new DenseEncoder(name, width, options, parameters);
    case 'number':
      if (statistics === undefined) {
        throw invalidArgument(`features.${name}.statistics`, statistics, 'mean, std and quantiles');
      }
      return statistics;
    default:
      throw invalidArgument(`features.${name}.kind`, kind, "'text' | 'categories' | 'number' | 'dense'");
  }
}

/** A learned vector of each node: a bag that holds the node's own row. */
export function vectorInput(nodes: number, name: string, options: EncoderOptions): Input {
  return { name, encoder: (parameters) => new BagEncoder(name, nodes, options, parameters) };
}

/**
 * What the vectorInput of all nodes is gathered from.
 *
 * @param nodes that have a vector @param all nodes; those that came later have none
 */
export function ownRows(nodes: number, all = nodes) {
  return {
    kind: 'bag' as const,
    offsets: BigUint64Array.from({ length: all + 1 }, (_, node) => BigInt(Math.min(node, nodes))),
    rows: Uint32Array.from({ length: nodes }, (_, node) => node),
    weights: new Float32Array(nodes).fill(1),
  };
}
