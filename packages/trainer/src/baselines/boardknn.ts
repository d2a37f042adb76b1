import type { Graph } from '@pinsage/native';
import { powers, TwoHop } from './two-hop.js';

/**
 * Nearest boards: every board is as similar to the query as the cosine of their sets of pins, and a pin's score is the sum of the
 * similarities of its boards:
 *
 *     score(p) = Σ_{b ∋ p} |Q ∩ b| / sqrt(|Q| |b|)        (1 / sqrt|Q| changes no order)
 */
export function boardKnn(graph: Graph): TwoHop {
  const ones = powers(graph.pinDegrees(), 0);
  return new TwoHop('boardknn', graph, { starts: ones, boards: powers(graph.boardDegrees(), -0.5), ends: ones });
}
