import type { Graph } from '@pinsage/native';
import { powers, TwoHop } from './two-hop.js';

/**
 * ItemKNN (Deshpande and Karypis 2004) over boards: two pins are as similar as the cosine of the sets of boards they are on, and a
 * pin's score is the sum of its similarities with the query's pins, over all of them rather than the k nearest:
 *
 *     score(p) = Σ_q |B_p ∩ B_q| / sqrt(|B_p| |B_q|)
 */
export function itemKnn(graph: Graph): TwoHop {
  const roots = powers(graph.pinDegrees(), -0.5);
  return new TwoHop('itemknn', graph, { starts: roots, boards: powers(graph.boardDegrees(), 0), ends: roots });
}
