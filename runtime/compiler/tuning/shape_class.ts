/**
 * Classes of contractions that one choice serves.
 *
 * @module
 */

import { type Expr, exprOrder } from "../ir/expr.ts";
import { IndexArithmetic } from "../ir/affine.ts";
import type { ContractKernel } from "../ir/kernel.ts";

/** Up to here lengths of a class are not rounded down: kernels differ most. */
const SMALL = 16;

/**
 * The class of a contraction: dtypes, lengths rounded to powers of two, and in
 * which direction its factors lie.
 *
 * @param kernel The contraction.
 * @param inHalf Whether products of f16 factors are added up in f16.
 * @returns Such as `contract f32 f32*f32 1x1024x1024x1024 kn`: dtype of the sum,
 * dtypes of the factors, batch, rows, columns and depth, and the axis along which
 * elements of each factor lie side by side (`-` where none is such).
 */
export function shapeClass(kernel: ContractKernel, inHalf: boolean): string {
  const { axes, a, b } = kernel;
  const [m, n, k] = [axes.length - 3, axes.length - 2, axes.length - 1];
  const batch = axes.slice(0, m).reduce((x, y) => x * y, 1);
  const lengths = [batch, axes[m]!, axes[n]!, axes[k]!].map(rounded);
  const along = [direction(kernel, a, m, "m"), direction(kernel, b, n, "n")];
  const sum = inHalf && factorsAreHalf(kernel) ? "f16" : kernel.dtype;
  const factors = [a, b].map((factor) => dtypesOf(kernel, factor));
  return `contract ${sum} ${factors.join("*")} ${lengths.join("x")} ${
    along.join("")
  }`;
}

/**
 * Whether both factors are f16, maybe cast to be summed.
 *
 * @param kernel The contraction.
 * @returns True when they are.
 */
export function factorsAreHalf({ a, b }: ContractKernel): boolean {
  return [a, b].every(({ args, dtype, op }) =>
    dtype === "f16" || (op === "cast" && args[0]!.dtype === "f16")
  );
}

function rounded(length: number): number {
  const power = Math.log2(length);
  return length <= SMALL
    ? 2 ** Math.ceil(power)
    : Math.max(2 * SMALL, 2 ** Math.round(power));
}

/** The largest thing that a factor loads says how it lies. */
function direction(
  kernel: ContractKernel,
  factor: Expr,
  axis: number,
  name: "m" | "n",
): string {
  const { axes, operands, pool } = kernel;
  const arithmetic = new IndexArithmetic(pool, axes);
  let size = 0;
  let found = "-";
  for (const { args: [index], op, value } of exprOrder([factor])) {
    if (op !== "load" || index === undefined) continue;
    const operand = operands[value]!;
    if (operand.size <= size) continue;
    size = operand.size;
    const { terms } = arithmetic.parse(index);
    const isNext = (one: number) => terms.get(pool.axis(one)) === 1;
    found = isNext(axes.length - 1) ? "k" : isNext(axis) ? name : "-";
  }
  return found;
}

function dtypesOf({ operands }: ContractKernel, factor: Expr): string {
  const dtypes = new Set<string>();
  for (const { op, value } of exprOrder([factor])) {
    if (op === "load") dtypes.add(operands[value]!.dtype);
  }
  return [...dtypes].sort().join("+") || factor.dtype;
}
