import * as tf from '@tensorflow/tfjs-core';

/** What TF.js notes of an operation while gradients are asked for. */
interface TapeNode {
  inputs: Record<string, tf.Tensor>;
  outputs: tf.Tensor[];
  gradient?: (dys: tf.Tensor[]) => Record<string, () => tf.Tensor>;
}

/**
 * Calls `take` with the gradient of a variable as soon as the backward pass has made it, while that goes on. For the end of a function
 * that tf.variableGrads() was given. The gradient is nobody else's. Variables that several operations use are left out: TF.js sums
 * theirs later.
 *
 * @param result what that function gives back
 * @param take must not dispose the gradient, which TF.js gives back in the end
 */
export function gradientsAsTheyCome(
  result: tf.Scalar,
  variables: readonly tf.Variable[],
  take: (variable: tf.Variable, gradient: tf.Tensor) => void,
): void {
  const byId = new Map(variables.map((variable) => [variable.id, variable]));
  const nodes = nodesBehind(result);
  const uses = new Map<number, number>();
  for (const { inputs } of nodes) {
    for (const { id } of Object.values(inputs)) uses.set(id, (uses.get(id) ?? 0) + 1);
  }
  for (const node of nodes) {
    const { gradient } = node;
    const watched = Object.entries(node.inputs).filter(([, { id }]) => byId.has(id) && uses.get(id) === 1);
    if (gradient === undefined || watched.length === 0) continue;
    node.gradient = (dys) => {
      const made = { ...gradient(dys) };
      for (const [input, { id }] of watched) {
        const make = made[input];
        made[input] = () => {
          const dx = make();
          // What is only passed on may be others' too.
          if (!dys.includes(dx)) take(byId.get(id)!, dx);
          return dx;
        };
      }
      return made;
    };
  }
}

/** The operations that a result came from: there are others on the tape, such as copies that are kept for the way back. */
function nodesBehind(result: tf.Tensor): TapeNode[] {
  const { activeTape } = (tf.engine() as unknown as { state: { activeTape: TapeNode[] | null } }).state;
  const behind = new Set([result.id]);
  return (activeTape ?? []).toReversed().filter(({ inputs, outputs }) => {
    if (!outputs.some(({ id }) => behind.has(id))) return false;
    for (const { id } of Object.values(inputs)) behind.add(id);
    return true;
  });
}
