import type { WalkOptions } from '@pinsage/native';

/** How N(u) is found. */
export type NeighborhoodSettings = WalkOptions & {
  /** Neighbours of a pin at most. Default 50. */
  neighbors?: number;
};

/** The seed is a bigint, which JSON does not have. */
export function neighborhoodsToJson({ seed, ...settings }: NeighborhoodSettings): Record<string, unknown> {
  return { ...settings, seed: seed?.toString() };
}

export function neighborhoodsFromJson(json: Record<string, unknown>): NeighborhoodSettings {
  const { seed, ...settings } = json;
  return { ...settings, ...(seed !== undefined && { seed: BigInt(seed as string) }) };
}
