/**
 * Functions with a gradient of their own, and functions that are computed again
 * on the way back.
 *
 * @module
 */

import { ShapeError } from "../core/errors.ts";
import { formatShape, sameShape } from "../device/shapes.ts";
import { closeGraph } from "./closure.ts";
import { inlinedGradient } from "./gradients/inlined.ts";
import type { CustomRule } from "./gradients/several.ts";
import { applySeveral, freshIdentity } from "./node.ts";
import { Tensor } from "./tensor.ts";
import { rebuildTree, treeLeaves } from "./tree.ts";

/** What the gradient of {@linkcode customGradient} is told. */
export interface CustomGradientCall<
  A extends readonly Tensor[],
  R extends Tensor,
> {
  /** The arguments of the function. */
  readonly inputs: A;
  /** Its result. */
  readonly output: R;
  /** Gradient of the scalar that is differentiated by the result. */
  readonly cotangent: R;
}

/**
 * Gives a function a gradient written by hand, for where the derived one is
 * unstable, slow or not wanted. Gradients do not flow to tensors that the
 * function takes from outside: pass them as arguments.
 *
 * @param fn The function of tensors.
 * @param gradient From arguments, result and cotangent to one gradient an
 * argument, in its dtype and shape; undefined for none. It must use what it is
 * given, not tensors kept from the call of `fn`.
 * @returns The function.
 * @throws {ShapeError} When a gradient has not the shape of its argument.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * // Rounds, but lets the gradient through as if it did not.
 * const roundThrough = wf.customGradient(
 *   (x: wf.F64): wf.F64 => wf.round(x),
 *   ({ cotangent }) => [cotangent],
 * );
 * const slope = wf.grad((x: wf.F64) => wf.multiply(roundThrough(x), 3));
 * console.log(await slope(wf.tensor(1.4, { dtype: "f64" })).item()); // 3
 * ```
 */
export function customGradient<A extends readonly Tensor[], R extends Tensor>(
  fn: (...args: A) => R,
  gradient: (
    call: CustomGradientCall<A, R>,
  ) => readonly (Tensor | undefined)[],
): (...args: A) => R {
  const rule: CustomRule = ({ inputs, outputs, cotangents }) => {
    const cotangent = cotangents[0];
    if (cotangent === undefined) return [];
    const gradients = gradient({
      inputs: inputs as unknown as A,
      output: outputs[0] as R,
      cotangent: cotangent as R,
    });
    checkGradients(inputs, gradients);
    return gradients;
  };
  return (...args) => {
    const value = fn(...args);
    const { dtype, shape } = value;
    return applySeveral("custom", { outputs: 1, rule }, [value, ...args], [
      { dtype, shape },
    ])[0] as R;
  };
}

function checkGradients(
  inputs: readonly Tensor[],
  gradients: readonly (Tensor | undefined)[],
): void {
  inputs.forEach((input, k) => {
    const one = gradients[k];
    if (one === undefined) return;
    if (!sameShape(one.shape, input.shape) || one.dtype !== input.dtype) {
      throw new ShapeError(
        `Cannot use gradient ${k} of customGradient: current shape is ${
          formatShape(one.shape)
        } of dtype "${one.dtype}"`,
        { expected: `${formatShape(input.shape)} of dtype "${input.dtype}"` },
      );
    }
  });
}

/**
 * A function whose intermediate values are not kept for the gradient but
 * computed again: less memory for more work.
 *
 * @param fn The function: arguments and result are trees of tensors.
 * @returns The function, with the same values and gradients.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const layer = wf.checkpoint((x: wf.F64) => wf.tanh(wf.exp(x)));
 * const slope = wf.grad((x: wf.F64) => wf.sum(layer(x)));
 * console.log((await slope(wf.tensor(0, { dtype: "f64" })).item()).toFixed(4)); // 0.4200
 * ```
 */
export function checkpoint<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
): (...args: A) => R {
  return (...args) => {
    const given = args.flatMap((one) => treeLeaves("checkpoint", one));
    const own = given.map(freshIdentity);
    let at = 0;
    const traced = args.map((one) =>
      rebuildTree(
        one,
        own.slice(at, at += treeLeaves("checkpoint", one).length),
      )
    );
    const result = fn(...(traced as unknown as A));
    const values = treeLeaves("checkpoint", result);
    const { graph, captured } = closeGraph(
      own.map((one) => one.node),
      values.map((one) => one.node),
    );
    const rule: CustomRule = (call) => inlinedGradient(graph, call);
    const outside = captured.map((node) => new Tensor(node));
    const outputs = applySeveral(
      "custom",
      { outputs: values.length, rule },
      [...values, ...given, ...outside],
      values.map(({ dtype, shape }) => ({ dtype, shape })),
    );
    return rebuildTree(result, outputs);
  };
}
