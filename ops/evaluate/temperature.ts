/**
 * Temperature scaling: one number that makes probabilities as sure as they
 * may be.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { Float, Tensor } from "../../runtime/tensor/mod.ts";
import { readLabelled } from "./labelled.ts";

/** Temperatures are looked for between this and its inverse. */
const MOST = 100;

/** What was found. */
export interface TemperatureFit {
  /** What logits are to be divided by: above 1 where they were too sure. */
  readonly temperature: number;
  /** Mean log loss of the logits as they are. */
  readonly before: number;
  /** Mean log loss of the logits divided by the temperature. */
  readonly after: number;
  /**
   * Whether the best temperature lies at an end of the range (0.01 to 100), as
   * where every row is right, or where logits say nothing.
   */
  readonly isBounded: boolean;
  /** How many rows it rests on. */
  readonly rows: number;
}

/** Schema of {@linkcode TemperatureFit}. */
export const TEMPERATURE_FIT: z.ZodType<TemperatureFit> = z.object({
  temperature: z.number(),
  before: z.number(),
  after: z.number(),
  isBounded: z.boolean(),
  rows: z.number(),
});

interface Loss {
  readonly loss: number;
  readonly slope: number;
}

/** Mean log loss of logits times a number, and its derivative by the number. */
function lossAt(
  logits: Float64Array,
  labels: Int32Array,
  classes: number,
  scale: number,
): Loss {
  let [loss, slope] = [0, 0];
  labels.forEach((label, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    const most = own.reduce((a, b) => Math.max(a, b), -Infinity);
    let [sum, weighted] = [0, 0];
    for (const logit of own) {
      const weight = Math.exp(scale * (logit - most));
      sum += weight;
      // A logit of −∞ has no weight at all
      if (weight > 0) weighted += weight * (logit - most);
    }
    loss += Math.log(sum) - scale * (own[label]! - most);
    slope += weighted / sum - (own[label]! - most);
  });
  return { loss: loss / labels.length, slope: slope / labels.length };
}

/** The number with which the loss, which is convex in it, is least. */
function bestScale(slopeAt: (scale: number) => number): number {
  let [low, high] = [1 / MOST, MOST];
  if (slopeAt(low) >= 0) return low;
  if (slopeAt(high) <= 0) return high;
  for (;;) {
    const middle = Math.sqrt(low * high);
    if (!(middle > low && middle < high)) return middle;
    if (slopeAt(middle) < 0) low = middle;
    else high = middle;
  }
}

/**
 * Fits the temperature T for which the mean log loss of `logits / T` is least
 * (Guo and others, "On Calibration of Modern Neural Networks", 2017). The loss
 * is convex in 1/T, so that bisection finds the one minimum. Fit it on rows
 * that neither trained the model nor are tested.
 *
 * Inputs: `logits`, f32 or f64 `["n", "k"]`; `labels`, i32 `["n"]`, -1 where
 * not known (such rows are left out). Output: `fit`, see
 * {@linkcode TemperatureFit}.
 *
 * @throws {DataError} If no row is labelled, a label is no class, a row of
 * logits holds NaN, or the logit of a true class is −∞.
 *
 * @example
 * ```ts
 * import { fitTemperature } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { fit } = await fitTemperature.run({
 *   logits: wf.tensor([[4, 0], [4, 0], [4, 0], [4, 0]], { dtype: "f64" }),
 *   labels: wf.tensor([0, 0, 0, 1], { dtype: "i32" }),
 * });
 * console.log((4 / fit.temperature).toFixed(4)); // 1.0986 = log 3
 * ```
 */
export const fitTemperature: Op<
  { logits: Float; labels: Tensor<"i32"> },
  Record<never, never>,
  { fit: TemperatureFit }
> = op({
  name: "evaluate/fitTemperature",
  version: "1",
  doc: "The temperature that makes log loss least",
  inputs: {
    logits: port.tensor(["f32", "f64"], ["n", "k"]),
    labels: port.tensor("i32", ["n"], { doc: "Classes from 0; -1 unknown" }),
  },
  params: z.object({}),
  outputs: { fit: port.value(TEMPERATURE_FIT) },
  run: async (inputs) => {
    const wide = wf.cast(inputs.logits, "f64");
    const { rows, labels, classes } = await readLabelled(
      inputs.labels,
      wf.softmax(wide, { axis: -1 }),
    );
    const logits = await wf.take(wide, wf.tensor(rows), { axis: 0 }).data();
    const impossible = labels.findIndex((label, row) =>
      logits[row * classes + label] === -Infinity
    );
    if (impossible >= 0) {
      throw new DataError(
        `Cannot fit a temperature as row ${
          rows[impossible]
        } has a true class of probability 0`,
        { hint: "No temperature changes it: floor the probabilities first" },
      );
    }
    const at = (scale: number) => lossAt(logits, labels, classes, scale);
    const scale = bestScale((candidate) => at(candidate).slope);
    return {
      fit: {
        temperature: 1 / scale,
        before: at(1).loss,
        after: at(scale).loss,
        isBounded: scale <= 1 / MOST || scale >= MOST,
        rows: labels.length,
      },
    };
  },
});

/**
 * Divides logits by a temperature. Stays lazy. Inputs: `logits`, f32 or f64
 * `["n", "k"]`; `fit` from `fitTemperature`. Output: `y`, of the same kind.
 *
 * @example
 * ```ts
 * import { applyTemperature } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const fit = { temperature: 2, before: 1, after: 0.9, isBounded: false, rows: 9 };
 * const logits = wf.tensor([[4, 2]], { dtype: "f64" });
 * const { y } = await applyTemperature.run({ logits, fit });
 * console.log(await y.toArray()); // [[2, 1]]
 * ```
 */
export const applyTemperature: Op<
  { logits: Float; fit: TemperatureFit },
  Record<never, never>,
  { y: Float }
> = op({
  name: "evaluate/applyTemperature",
  version: "1",
  doc: "Logits divided by a temperature",
  inputs: {
    logits: port.tensor(["f32", "f64"], ["n", "k"]),
    fit: port.value(TEMPERATURE_FIT),
  },
  params: z.object({}),
  outputs: { y: port.tensor(["f32", "f64"], ["n", "k"]) },
  run: ({ logits, fit }) => ({ y: wf.divide(logits, fit.temperature) }),
});
