/**
 * Functions that turn functions into their gradients.
 *
 * @module
 */

import { DTypeError, ParameterError, ShapeError } from "../core/errors.ts";
import { type DType, isFloatDType } from "../device/dtypes.ts";
import { formatShape } from "../device/shapes.ts";
import { backward } from "./gradients/backward.ts";
import { constant, freshIdentity } from "./node.ts";
import { Tensor } from "./tensor.ts";
import { ignoreFailure, rebuildTree, treeLeaves } from "./tree.ts";

/** Which arguments a gradient is taken for, by position. */
export type ArgumentNumbers = number | readonly number[];

/** The gradients for the chosen arguments, shaped as the arguments are. */
export type Gradients<
  A extends readonly unknown[],
  N extends ArgumentNumbers,
> = N extends readonly number[] ? { -readonly [K in keyof N]: A[N[K] & number] }
  : N extends number ? A[N]
  : never;

/** Options of {@linkcode grad} and {@linkcode valueAndGrad}. */
export interface GradOptions<N extends ArgumentNumbers> {
  /** Positions of the arguments, trees of float tensors; 0 by default. */
  readonly argnums?: N;
}

/**
 * Turns a function with a scalar result into one that gives the result and its
 * gradient. Nothing is computed until a result is read; read both at once with
 * `realize` or `read` so that what they share is computed once.
 *
 * @param fn The function: arguments are trees of tensors or anything else, the
 * result is a scalar float tensor.
 * @param options Which arguments the gradient is for.
 * @returns A function that gives `[value, gradients]`.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const fit = (p: { a: wf.F64; b: wf.F64 }, x: wf.F64): wf.F64 =>
 *   wf.mean(wf.square(wf.add(wf.multiply(p.a, x), p.b)));
 * const f64 = { dtype: "f64" } as const;
 * const [loss, gradient] = wf.valueAndGrad(fit)(
 *   { a: wf.tensor(2, f64), b: wf.tensor(1, f64) },
 *   wf.tensor([0, 1], f64),
 * );
 * const [value, da] = await wf.read(loss, gradient.a);
 * console.log(value[0], da[0]); // 5 3
 * ```
 */
export function valueAndGrad<
  A extends readonly unknown[],
  D extends DType,
  const N extends ArgumentNumbers = 0,
>(
  fn: (...args: A) => Tensor<D>,
  options: GradOptions<N> = {},
): (...args: A) => [Tensor<D>, Gradients<A, N>] {
  const argnums: ArgumentNumbers = options.argnums ?? 0;
  const positions = typeof argnums === "number" ? [argnums] : argnums;
  return (...args) => {
    const traced: unknown[] = [...args];
    const leaves: Tensor[] = [];
    const counts = positions.map((position) => {
      const own = argumentLeaves(args, position).map(freshIdentity);
      traced[position] = rebuildTree(args[position], own);
      leaves.push(...own);
      return own.length;
    });
    const value = fn(...(traced as unknown as A));
    checkScalar(value);
    const gradients = gradientsOf(value, leaves);
    let at = 0;
    const trees = positions.map((position, k) =>
      rebuildTree(args[position], gradients.slice(at, at += counts[k]!))
    );
    const result = typeof argnums === "number" ? trees[0] : trees;
    return [value, result as Gradients<A, N>];
  };
}

/**
 * Turns a function with a scalar result into its gradient; see
 * {@linkcode valueAndGrad}.
 *
 * @param fn The function.
 * @param options Which arguments the gradient is for.
 * @returns A function that gives the gradients, shaped as the arguments are.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const slope = wf.grad((x: wf.F64) => wf.sum(wf.power(x, 3)));
 * console.log(await slope(wf.tensor([1, 2], { dtype: "f64" })).toArray()); // [3, 12]
 * ```
 */
export function grad<
  A extends readonly unknown[],
  D extends DType,
  const N extends ArgumentNumbers = 0,
>(
  fn: (...args: A) => Tensor<D>,
  options: GradOptions<N> = {},
): (...args: A) => Gradients<A, N> {
  const both = valueAndGrad(fn, options);
  return (...args) => both(...args)[1];
}

/** Gradients of a scalar; zeros for what it does not depend on. */
function gradientsOf(value: Tensor, leaves: readonly Tensor[]): Tensor[] {
  const seed = constant(1, value.dtype);
  const found = backward(
    [{ node: value.node, cotangent: seed }],
    leaves.map((leaf) => leaf.node),
  );
  return leaves.map((leaf, k) =>
    found[k] ?? constant(0, leaf.dtype, leaf.shape)
  );
}

function argumentLeaves(args: readonly unknown[], position: number): Tensor[] {
  if (!Number.isInteger(position) || position < 0 || position >= args.length) {
    throw new ParameterError(
      `Cannot differentiate for argument ${position}: current number of arguments is ${args.length}`,
      { expected: `a whole number from 0 to ${args.length - 1}` },
    );
  }
  const leaves = treeLeaves("grad", args[position]);
  for (const leaf of leaves) {
    if (!isFloatDType(leaf.dtype)) {
      throw new DTypeError(
        `Cannot differentiate for a tensor of dtype "${leaf.dtype}"`,
        {
          expected: '"f64", "f32" or "f16"',
          actual: `"${leaf.dtype}" in argument ${position}`,
          hint: "Choose other arguments with argnums, or cast it",
        },
      );
    }
  }
  return leaves;
}

function checkScalar(value: unknown): void {
  if (!(value instanceof Tensor)) {
    ignoreFailure(value);
    throw new ParameterError(
      "Cannot differentiate a function that does not return a tensor",
      {
        expected: "a scalar tensor",
        actual: value instanceof Promise ? "a promise" : typeof value,
        hint: "The function must not be async; read tensors outside of it",
      },
    );
  }
  if (value.ndim !== 0 || !isFloatDType(value.dtype)) {
    throw new ShapeError(
      `Cannot differentiate a result of shape ${
        formatShape(value.shape)
      } and dtype "${value.dtype}"`,
      {
        expected: "a float scalar",
        actual: String(value),
        hint: "Reduce it, for example with sum or mean",
      },
    );
  }
}
