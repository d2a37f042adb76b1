/** A neighbour in the drawing of N(u). */
export interface Node {
  x: number;
  y: number;
  radius: number;
  /** Of the line to the middle. */
  width: number;
}

/**
 * Places the neighbours around the middle of a drawing, clockwise from the top in their order. A heavier one is nearer, larger, and its line
 * wider: the area of a circle and the width of a line are proportional to the weight.
 */
export function graphLayout(weights: number[], size: { width: number; height: number }): Node[] {
  const most = Math.max(...weights, 1e-9);
  const [reachX, reachY] = [size.width / 2 - 30, size.height / 2 - 30];
  return weights.map((weight, index) => {
    const share = weight / most;
    const angle = (2 * Math.PI * index) / weights.length - Math.PI / 2;
    const distance = 1 - 0.38 * share;
    return {
      x: size.width / 2 + reachX * distance * Math.cos(angle),
      y: size.height / 2 + reachY * distance * Math.sin(angle),
      radius: 11 + 11 * Math.sqrt(share),
      width: 1 + 9 * share,
    };
  });
}
