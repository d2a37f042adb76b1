import type { Dataset } from '@pinsage/graph';
import { invalidArgument, type NeighborhoodOptions, type WalkOptions } from '@pinsage/native';

/** How N(u) is found. */
export type NeighborhoodSettings = WalkOptions & {
  /** Neighbours of a pin at most. Default 50. */
  neighbors?: number;
  /** Instead of `neighbors`: how many each type of board gives, by the names in `dataset.boardTypes`. Default, and null: types do not count. */
  quotas?: Record<string, number> | null;
};

/**
 * The settings as a graph of the dataset takes them.
 * @throws INVALID_ARGUMENT for quotas of types that the dataset does not have
 */
export function neighborhoodOptions(
  dataset: Dataset,
  { quotas, ...settings }: NeighborhoodSettings = {},
): NeighborhoodOptions {
  if (quotas === undefined || quotas === null) return settings;
  const { boardTypes } = dataset;
  const strange = Object.keys(quotas).find((name) => !boardTypes.includes(name));
  if (strange !== undefined) {
    const allowed = boardTypes.join(', ') || 'none: the dataset’s boards have no types (boardType at import)';
    throw invalidArgument('quotas', strange, allowed);
  }
  return { ...settings, quotas: boardTypes.map((name) => quotas[name] ?? 0) };
}

/** The seed is a bigint, which JSON does not have. */
export function neighborhoodsToJson({ seed, ...settings }: NeighborhoodSettings): Record<string, unknown> {
  return { ...settings, seed: seed?.toString() };
}

export function neighborhoodsFromJson(json: Record<string, unknown>): NeighborhoodSettings {
  const { seed, ...settings } = json;
  return { ...settings, ...(seed !== undefined && { seed: BigInt(seed as string) }) };
}
