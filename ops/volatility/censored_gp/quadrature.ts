/**
 * Gauss–Hermite quadrature.
 *
 * @module
 */

/** Nodes and weights for expectations under the standard normal distribution. */
export interface NormalQuadrature {
  /** Where to evaluate. */
  readonly nodes: Float64Array;
  /** What to weight by; their sum is 1. */
  readonly weights: Float64Array;
}

/**
 * Gauss–Hermite nodes for `E[g(Z)] ≈ Σ w g(x)`, Z standard normal; exact for
 * polynomials up to degree `2 count − 1`. Roots of the Hermite polynomial by
 * Newton's method on its normalised recurrence.
 *
 * @param count Number of nodes, 1 to 100.
 * @returns Nodes in decreasing order, with their weights.
 */
export function normalQuadrature(count: number): NormalQuadrature {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let index = 0; index < Math.ceil(count / 2); index += 1) {
    let root = guess(index, count, nodes);
    let slope = NaN;
    for (let step = 0; step < 100; step += 1) {
      const { value, before } = hermite(root, count);
      slope = Math.sqrt(count) * before;
      const next = root - value / slope;
      const isDone = Math.abs(next - root) <= 1e-15 * (1 + Math.abs(root));
      root = next;
      if (isDone) break;
    }
    const { before } = hermite(root, count);
    nodes[index] = root;
    nodes[count - 1 - index] = -root;
    // 1 / (n · h_{n−1}²) for polynomials of unit norm
    const weight = 1 / (count * before ** 2);
    weights[index] = weight;
    weights[count - 1 - index] = weight;
  }
  if (count % 2 === 1) nodes[(count - 1) / 2] = 0;
  return { nodes, weights };
}

/** Hermite polynomials of unit norm under the standard normal distribution. */
function hermite(
  x: number,
  degree: number,
): { value: number; before: number } {
  let before = 0;
  let value = 1;
  for (let k = 0; k < degree; k += 1) {
    const next = (x * value - Math.sqrt(k) * before) / Math.sqrt(k + 1);
    before = value;
    value = next;
  }
  return { value, before };
}

/** Starting points of the roots from the largest on (Numerical Recipes 4.6). */
function guess(index: number, count: number, nodes: Float64Array): number {
  const known = (back: number) => (nodes[index - back] ?? NaN) / Math.SQRT2;
  const size = 2 * count + 1;
  const physical = () => {
    switch (index) {
      case 0:
        return Math.sqrt(size) - 1.85575 * size ** -0.16667;
      case 1:
        return known(1) - 1.14 * count ** 0.426 / known(1);
      case 2:
        return 1.86 * known(1) - 0.86 * known(2);
      case 3:
        return 1.91 * known(1) - 0.91 * known(2);
      default:
        return 2 * known(1) - known(2);
    }
  };
  return physical() * Math.SQRT2;
}
