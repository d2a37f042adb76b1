import type { Graph } from '@pinsage/native';
import { powers, TwoHop } from './two-hop.js';

/** What the shares of each half-hop are raised to (Cooper et al. 2014); 1 is the walk itself. */
const ALPHA = 0.6;
/** How far popular pins are held back. */
const BETA = 0.3;

/**
 * RP3beta (Paudel et al., TiiS 2016; Christoffel et al., RecSys 2015): walks of one hop from the query's pins, divided by a power of
 * where they end:
 *
 *     score(p) = |B_p|^-β Σ_{b ∋ p} |b|^-α Σ_{q ∈ Q ∩ b} |B_q|^-α
 */
export function rp3Beta(graph: Graph): TwoHop {
  const degrees = graph.pinDegrees();
  return new TwoHop('rp3beta', graph, {
    starts: powers(degrees, -ALPHA),
    boards: powers(graph.boardDegrees(), -ALPHA),
    ends: powers(degrees, -BETA),
  });
}
