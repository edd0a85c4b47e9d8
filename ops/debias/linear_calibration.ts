/**
 * Linear calibration correction (LCC): predictions that were shrunk to their
 * mean are stretched back along a line.
 *
 * @module
 */

import { z } from "zod";
import { NumericalError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { Float, Tensor } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import {
  assertCalibrationRows,
  type CalibrationRows,
  isConstant,
} from "./calibration_rows.ts";
import { fewRowsFinding, type Finding, findingSchema } from "./findings.ts";

/** Slope at and below which the correction is refused. */
const SMALLEST_SLOPE = 1e-8;

/** Slope below which a finding says that the noise is stretched as well. */
const SMALL_SLOPE = 0.2;

/** The line `prediction = intercept + slope · target` of a calibration split. */
export interface LinearCalibration {
  /** `m`: what is predicted where the target is 0. */
  readonly intercept: number;
  /** `k`: how much of a unit of the target arrives in the prediction. */
  readonly slope: number;
  /** Rows that the line was fitted on. */
  readonly rows: number;
  /** Smallest and largest prediction among them. */
  readonly range: readonly [number, number];
}

/** Schema of {@linkcode LinearCalibration}. */
export const linearCalibrationSchema: z.ZodType<LinearCalibration> = z.object({
  intercept: z.number(),
  slope: z.number().positive(),
  rows: z.int(),
  range: z.tuple([z.number(), z.number()]).readonly(),
}).readonly();

/**
 * Ordinary least squares of predictions on targets: the direction matters, since
 * it is the slope of this line by which a treatment effect is attenuated.
 *
 * @param rows Calibration rows, checked before.
 * @returns Intercept and slope.
 * @throws NumericalError for constant targets.
 */
export function regressPredictions(
  rows: CalibrationRows,
): { intercept: number; slope: number } {
  const { predictions, targets } = rows;
  if (isConstant(targets)) {
    throw new NumericalError(
      `Cannot calibrate as all targets are ${targets[0]}`,
      { port: "targets", expected: "targets that vary" },
    );
  }
  const meanPrediction = meanOf(predictions);
  const meanTarget = meanOf(targets);
  let covariance = 0;
  let variance = 0;
  for (let row = 0; row < predictions.length; row += 1) {
    const deviation = (targets[row] ?? NaN) - meanTarget;
    covariance += deviation * ((predictions[row] ?? NaN) - meanPrediction);
    variance += deviation * deviation;
  }
  const slope = covariance / variance;
  return { intercept: meanPrediction - slope * meanTarget, slope };
}

/**
 * Fits the linear calibration on a held-out split: `Ŷ = m + k·Y + e` by ordinary
 * least squares, predictions on targets.
 *
 * Inputs: `predictions` and `targets`, `[n]` each, n ≥ 2; predictions must be
 * out of sample. Outputs: `calibration` (m, k, rows, range of the predictions)
 * and `findings` (`smallSlope` for k < 0.2, `fewRows` for n < 100). Errors:
 * values that are not finite, constant predictions or targets, k ≤ 1e-8.
 *
 * Source: Pettersson, Jerzak, Daoud 2025, "Debiasing Machine Learning
 * Predictions for Causal Inference Without Additional Ground Truth Data", arXiv
 * 2508.01341. Its error model: `Y = Ŷ + ε` with ε independent of Ŷ, and a
 * treatment that acts on Ŷ through Y alone.
 *
 * @example
 * ```ts
 * import { lccApply, lccFit } from "@weft/weft/ops/debias";
 * import * as wf from "@weft/weft/tensor";
 *
 * const targets = wf.tensor([0, 1, 2, 3], { dtype: "f64" });
 * const predictions = wf.tensor([1, 1.5, 2, 2.5], { dtype: "f64" });
 * const { calibration } = await lccFit.run({ predictions, targets });
 * console.log(calibration.slope); // 0.5
 * const { corrected } = await lccApply.run({ predictions, calibration });
 * console.log(await corrected.data()); // 0, 1, 2, 3
 * ```
 */
export const lccFit: Op<
  { predictions: Float; targets: Float },
  Record<never, never>,
  { calibration: LinearCalibration; findings: Finding[] }
> = op({
  name: "debias/lccFit",
  version: "1",
  doc: "Line of predictions on targets, from a held-out split",
  inputs: {
    predictions: port.tensor(["f32", "f64"], ["n"]),
    targets: port.tensor(["f32", "f64"], ["n"]),
  },
  params: z.object({}),
  outputs: {
    calibration: port.value(linearCalibrationSchema),
    findings: port.value(z.array(findingSchema)),
  },
  run: async (inputs) => {
    const rows = {
      predictions: await inputs.predictions.data(),
      targets: await inputs.targets.data(),
    };
    assertCalibrationRows(rows);
    const { intercept, slope } = regressPredictions(rows);
    if (slope <= SMALLEST_SLOPE) {
      throw new NumericalError(
        `Cannot calibrate predictions as their slope on the targets is ${slope}`,
        {
          expected: `a slope above ${SMALLEST_SLOPE}`,
          hint:
            "The predictions do not follow the targets; no line undoes that",
        },
      );
    }
    const findings = fewRowsFinding(rows.predictions.length);
    if (slope < SMALL_SLOPE) {
      findings.push({
        name: "smallSlope",
        message:
          `The slope of the predictions on the targets is ${slope}; the correction multiplies noise by ${
            1 / slope
          }`,
      });
    }
    return {
      calibration: {
        intercept,
        slope,
        rows: rows.predictions.length,
        range: extent(rows.predictions),
      },
      findings,
    };
  },
});

/**
 * Undoes the shrinkage of predictions: `Ỹ = (Ŷ − m) / k`, so that an effect
 * estimated on the corrected predictions is the naive one divided by k.
 *
 * Inputs: `predictions` `[...]` f32 or f64, `calibration` of
 * {@linkcode lccFit}. Outputs: `corrected`, the same shape and dtype;
 * `outsideRange`, true where a prediction lies outside the calibration split's.
 * Both lazy; NaN stays NaN.
 *
 * Source: as {@linkcode lccFit}.
 */
export const lccApply: Op<
  { predictions: Float; calibration: LinearCalibration },
  Record<never, never>,
  { corrected: Float; outsideRange: Tensor<"bool"> }
> = op({
  name: "debias/lccApply",
  version: "1",
  doc: "Stretches shrunken predictions back along the calibration line",
  inputs: {
    predictions: port.tensor(["f32", "f64"], ["..."]),
    calibration: port.value(linearCalibrationSchema),
  },
  params: z.object({}),
  outputs: {
    corrected: port.tensor(["f32", "f64"], ["..."]),
    outsideRange: port.tensor("bool", ["..."]),
  },
  run: ({ predictions, calibration }) => ({
    corrected: wf.divide(
      wf.subtract(predictions, calibration.intercept),
      calibration.slope,
    ),
    outsideRange: outside(predictions, calibration.range),
  }),
});

/**
 * Smallest and largest value.
 *
 * @param values At least one value.
 * @returns `[smallest, largest]`.
 */
export function extent(values: ArrayLike<number>): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let row = 0; row < values.length; row += 1) {
    low = Math.min(low, values[row] ?? NaN);
    high = Math.max(high, values[row] ?? NaN);
  }
  return [low, high];
}

/**
 * Where predictions leave a range.
 *
 * @param predictions The predictions `[...]`.
 * @param range Smallest and largest value that is inside.
 * @returns True where outside, the same shape; lazy.
 */
export function outside(
  predictions: Float,
  range: readonly [number, number],
): Tensor<"bool"> {
  return wf.logicalOr(
    wf.less(predictions, range[0]),
    wf.greater(predictions, range[1]),
  );
}
