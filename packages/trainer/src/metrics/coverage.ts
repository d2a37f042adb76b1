/**
 * Catalogue coverage: the share of the `catalogue` recommendable items that are in at least one of the lists.
 *
 * @param lists recommended ids, all lists after one another; 0xffffffff is padding
 */
export function coverage(lists: Uint32Array, catalogue: number): number {
  const seen = new Set(lists);
  seen.delete(0xffffffff);
  return seen.size / catalogue;
}
