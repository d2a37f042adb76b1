export interface HalvingOptions {
  /** η: of the trials that reach a rung, one in so many goes on. 1 stops none. */
  reduction: number;
  /** Validations before the first rung. */
  grace: number;
}

/**
 * Whether a trial goes on after a validation, by asynchronous successive halving (Li et al., MLSys 2020) in the variant that stops
 * trials rather than pausing them. Rungs are at grace · η^k validations; at a rung a trial goes on when it is among the best 1/η of
 * all trials that have come so far. Fewer than η of them say too little: then it does.
 *
 * @param earlier the best metric so far after each validation, of each trial before
 * @param own of this trial
 */
export function goesOn(earlier: number[][], own: number[], { reduction, grace }: HalvingOptions): boolean {
  const rung = own.length;
  if (!isRung(rung, reduction, grace)) return true;
  const there = earlier.filter((curve) => curve.length >= rung).map((curve) => curve[rung - 1]);
  const arrived = there.length + 1;
  if (arrived < reduction) return true;
  const better = there.filter((value) => value > own[rung - 1]).length;
  return better < Math.floor(arrived / reduction);
}

function isRung(validations: number, reduction: number, grace: number): boolean {
  if (reduction === 1) return false;
  let rung = grace;
  while (rung < validations) rung *= reduction;
  return rung === validations;
}
