/**
 * Cross-entropy of logits.
 *
 * @module
 */

import { ParameterError, ShapeError } from "../../core/errors.ts";
import type { FloatDType } from "../../device/dtypes.ts";
import { formatShape } from "../../device/shapes.ts";
import { arange } from "../creation.ts";
import { customGradient } from "../custom.ts";
import { add, equal, exp, multiply, subtract, where } from "../elementwise.ts";
import { takeAlongAxis } from "../indexing.ts";
import { expandDims, squeeze } from "../movement.ts";
import { castTo, requireFloat } from "../node.ts";
import { logSumExp, mean } from "../reductions.ts";
import type { I32, Tensor } from "../tensor.ts";
import { checkTargets, type LossOptions, reduceLosses } from "./loss_rows.ts";

/** What {@linkcode crossEntropy} takes beside logits and targets. */
export interface CrossEntropyOptions extends LossOptions {
  /** Share of the target that is spread over all classes; 0 by default. */
  readonly labelSmoothing?: number | undefined;
}

type AnyFloat = Tensor<FloatDType>;

/**
 * Negative log-likelihood of classes under the softmax of logits. f16 is computed
 * in f32.
 *
 * @param logits `[..., classes]`.
 * @param targets Classes, whole numbers, `[...]`.
 * @param options `ignoreIndex` (-100), `reduction` ("mean" over the rows that
 * count, NaN where none does), `labelSmoothing` (0).
 * @returns A scalar, or `[...]` without a reduction.
 * @throws {DTypeError} When logits are no floats or targets no whole numbers.
 * @throws {ParameterError} When options make no sense.
 * @throws {ShapeError} When shapes do not fit.
 * @throws {DataError} On reading: a target is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const logits = wf.tensor([[0, Math.log(3)], [0, 0]], { dtype: "f64" });
 * const targets = wf.tensor([1, -100], { dtype: "i32" }); // the second is ignored
 * console.log((await wf.crossEntropy(logits, targets).item()).toFixed(6)); // 0.287682
 * ```
 */
export function crossEntropy<D extends FloatDType>(
  logits: Tensor<D>,
  targets: Tensor,
  options: CrossEntropyOptions = {},
): Tensor<D> {
  requireFloat("crossEntropy", logits);
  const { labelSmoothing = 0, reduction } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ParameterError(`Cannot smooth labels by ${labelSmoothing}`, {
      expected: "a share from 0 to 1",
      actual: String(labelSmoothing),
    });
  }
  const count = logits.shape.at(-1);
  if (count === undefined || count === 0) {
    throw new ShapeError(
      `Cannot take the cross-entropy: current shape is ${
        formatShape(logits.shape)
      }`,
      { expected: "[..., classes] with at least one class" },
    );
  }
  const shape = logits.shape.slice(0, -1);
  const own = checkTargets("crossEntropy", targets, shape, count, options);
  const losses = customGradient(
    (x: AnyFloat, at: I32) => forward(x, at, labelSmoothing),
    ({ inputs: [x, at], cotangent }) => [
      backward(x!, at!, cotangent, labelSmoothing),
      undefined,
    ],
  )(
    castTo(logits, logits.dtype === "f64" ? "f64" : "f32"),
    own.classes,
  );
  return castTo(reduceLosses(losses, own.counts, reduction), logits.dtype);
}

const ROW = { axis: -1, keepDims: true } as const;

function forward(x: AnyFloat, at: I32, smoothing: number): AnyFloat {
  const hit = squeeze(takeAlongAxis(x, expandDims(at, -1)), -1);
  const total = logSumExp(x, { axis: -1 });
  const sharp = subtract(total, hit);
  if (smoothing === 0) return sharp;
  const even = subtract(total, mean(x, { axis: -1 }));
  return add(
    multiply(sharp, 1 - smoothing),
    multiply(even, smoothing),
  );
}

function backward(
  x: AnyFloat,
  at: I32,
  cotangent: AnyFloat,
  smoothing: number,
): AnyFloat {
  const count = x.shape.at(-1)!;
  const share = exp(subtract(x, logSumExp(x, ROW)));
  const places = arange(count, undefined, 1, { dtype: "i32" });
  const hit = equal(expandDims(at, -1), places);
  const spread = smoothing === 0 ? share : subtract(share, smoothing / count);
  const gradient = where(hit, subtract(spread, 1 - smoothing), spread);
  return multiply(gradient, expandDims(cotangent, -1));
}
