/**
 * L-BFGS over trees of tensors.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../../core/errors.ts";
import { isFloatDType } from "../../device/dtypes.ts";
import { formatShape, sameShape } from "../../device/shapes.ts";
import { tensor } from "../creation.ts";
import { withExecution } from "../execution.ts";
import { read } from "../realize.ts";
import type { Tensor } from "../tensor.ts";
import { rebuildTree, treeLeaves } from "../tree.ts";
import {
  type MinimizeOptions,
  type MinimizeReport,
  minimizeVector,
} from "./lbfgs.ts";

const SINGLE_PRECISION: MinimizeOptions = {
  tolerance: 1e-4,
  valueTolerance: 1e-6,
  rounding: 1e-5,
};

/** The end of a search over parameters. */
export interface Minimum<P> extends MinimizeReport {
  /** The best parameters, in the form of the initial ones. */
  readonly parameters: P;
}

/**
 * Minimises a smooth function of parameters by L-BFGS with a strong Wolfe line
 * search. The search itself runs in f64 on the host; each evaluation reads the value
 * and all gradients at once.
 *
 * A trial point where the value or gradient is not finite, or where computing them
 * throws a {@linkcode NumericalError} (a matrix that is not positive definite, say),
 * is stepped back from and counted in `refusedPoints`; at the start it is an error.
 * The report says how the search ended: look at `converged`.
 *
 * Where a parameter is not f64, the defaults allow for its rounding: `tolerance` 1e-4,
 * `valueTolerance` 1e-6 and `rounding` 1e-5.
 *
 * @param valueAndGradient Gives the value, a float scalar, and its gradients in the
 * form of the parameters: `valueAndGrad(fn)`, or `compile(valueAndGrad(fn))`, which
 * spends less time between evaluations.
 * @param initial Where the search starts: float tensors in lists or records.
 * @param options When to stop.
 * @returns The best parameters and a report.
 * @throws {NumericalError} The objective is not finite at the start.
 * @throws {ShapeError} Value or gradients have other shapes than they should.
 * @throws {DTypeError} A parameter is no float.
 * @throws {CancelledError} The signal was aborted.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const loss = (p: { x: wf.F64 }): wf.F64 =>
 *   wf.sum(wf.square(wf.subtract(p.x, wf.tensor([1, 2], { dtype: "f64" }))));
 * const found = await wf.optim.minimize(wf.valueAndGrad(loss), {
 *   x: wf.zeros([2], { dtype: "f64" }),
 * });
 * console.log(found.converged, found.value < 1e-12); // true true
 * ```
 */
export async function minimize<P>(
  valueAndGradient: (
    parameters: P,
  ) => readonly [Tensor, P] | Promise<readonly [Tensor, P]>,
  initial: P,
  options: MinimizeOptions = {},
): Promise<Minimum<P>> {
  const leaves = treeLeaves("minimize", initial);
  for (const leaf of leaves) {
    if (!isFloatDType(leaf.dtype)) {
      throw new DTypeError(
        `Cannot minimise over a parameter of dtype "${leaf.dtype}"`,
        { expected: '"f64", "f32" or "f16"', actual: `"${leaf.dtype}"` },
      );
    }
  }
  const treeAt = (point: Float64Array): P => {
    let from = 0;
    return rebuildTree(
      initial,
      leaves.map(({ dtype, shape, size }) => {
        const part = point.slice(from, from += size);
        return tensor(part, { dtype, shape });
      }),
    );
  };
  const { point, gradient: _, ...report } = await minimizeVector(
    async (point) => {
      const [value, gradients] = await valueAndGradient(treeAt(point));
      const parts = treeLeaves("minimize", gradients);
      checkResults(value, parts, leaves);
      const [values, ...found] = await withExecution(
        { signal: options.signal },
        () => read(value, ...parts),
      );
      return { value: values[0]!, gradient: joined(found) };
    },
    joined(await read(...leaves)),
    leaves.every(({ dtype }) => dtype === "f64")
      ? options
      : { ...SINGLE_PRECISION, ...options },
  );
  return { parameters: treeAt(point), ...report };
}

function joined(parts: readonly ArrayLike<number>[]): Float64Array {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Float64Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function checkResults(
  value: Tensor,
  gradients: readonly Tensor[],
  parameters: readonly Tensor[],
): void {
  if (value.ndim !== 0) {
    throw new ShapeError(
      "Cannot minimise the objective as its value is no scalar",
      {
        expected: "[]",
        actual: formatShape(value.shape),
        hint: "Reduce it, for example with sum or mean",
      },
    );
  }
  const fits = gradients.length === parameters.length &&
    gradients.every((gradient, k) =>
      sameShape(gradient.shape, parameters[k]!.shape)
    );
  if (!fits) {
    throw new ShapeError(
      "Cannot minimise the objective as its gradients do not have the form of the parameters",
      {
        expected: parameters.map((one) => formatShape(one.shape)).join(", "),
        actual: gradients.map((one) => formatShape(one.shape)).join(", "),
      },
    );
  }
}
