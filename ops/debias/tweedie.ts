/**
 * Tweedie's correction: predictions that were shrunk to their mean are moved
 * back against the score of their density.
 *
 * @module
 */

import { z } from "zod";
import { ShapeError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { Float, Tensor } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import {
  assertCalibrationRows,
  type CalibrationRows,
} from "./calibration_rows.ts";
import { kernelDensityScore, scottBandwidth } from "./density_score.ts";
import { fewRowsFinding, type Finding, findingSchema } from "./findings.ts";
import { extent, outside } from "./linear_calibration.ts";

/** What {@linkcode tweedieFit} learns beside the sample of its density. */
export interface TweedieCalibration {
  /** Standard deviation (ddof 0) of prediction minus target. */
  readonly sigma: number;
  /** Scott's bandwidth of the calibration predictions. */
  readonly bandwidth: number;
  /** Calibration rows. */
  readonly rows: number;
  /** Smallest and largest prediction among them. */
  readonly range: readonly [number, number];
}

/** Schema of {@linkcode TweedieCalibration}. */
export const tweedieCalibrationSchema: z.ZodType<TweedieCalibration> = z.object(
  {
    sigma: z.number().min(0),
    bandwidth: z.number().positive(),
    rows: z.int(),
    range: z.tuple([z.number(), z.number()]).readonly(),
  },
).readonly();

/**
 * Standard deviation (ddof 0) of prediction errors.
 *
 * @param rows Calibration rows.
 * @returns The deviation around the mean error.
 */
export function errorDeviation(rows: CalibrationRows): number {
  const errors = Float64Array.from(
    { length: rows.predictions.length },
    (_, row) => (rows.predictions[row] ?? NaN) - (rows.targets[row] ?? NaN),
  );
  const centre = meanOf(errors);
  return Math.sqrt(meanOf(errors.map((error) => (error - centre) ** 2)));
}

/**
 * Learns Tweedie's correction on a held-out split: the deviation of the errors
 * and the predictions whose kernel density gives the score.
 *
 * Inputs: `predictions`, `targets` `[n]`, out of sample, n ≥ 2; optionally
 * `sigmaPredictions`, `sigmaTargets` `[m]`, a separate split for the deviation.
 * Outputs: `calibration`, `centres` `[n]` (the predictions), `findings`
 * (`fewRows` for n < 100). Errors: values that are not finite, constant
 * predictions, one half of the separate split without the other.
 *
 * Source: Pettersson, Jerzak, Daoud 2025, "Debiasing Machine Learning
 * Predictions for Causal Inference Without Additional Ground Truth Data", arXiv
 * 2508.01341. Error model: `Y = Ŷ + ε`, ε normal and independent of Ŷ.
 *
 * @example
 * ```ts
 * import { tweedieApply, tweedieFit } from "@weft/weft/ops/debias";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { calibration, centres, findings } = await tweedieFit.run({
 *   predictions: wf.tensor([-1, 0, 0.5, 1], { dtype: "f64" }),
 *   targets: wf.tensor([-2, 0.5, 0.5, 2], { dtype: "f64" }),
 * });
 * console.log(findings.map(({ name }) => name)); // ["fewRows"]
 * const { corrected } = await tweedieApply.run({
 *   predictions: wf.tensor([-1, 1], { dtype: "f64" }),
 *   calibration,
 *   centres,
 * });
 * console.log(await corrected.toArray()); // [-1.3995…, 1.4393…]
 * ```
 */
export const tweedieFit: Op<
  {
    predictions: Float;
    targets: Float;
    sigmaPredictions?: Float;
    sigmaTargets?: Float;
  },
  Record<never, never>,
  { calibration: TweedieCalibration; centres: Float; findings: Finding[] }
> = op({
  name: "debias/tweedieFit",
  version: "1",
  doc: "Error deviation and density sample of Tweedie's correction",
  inputs: {
    predictions: port.tensor(["f32", "f64"], ["n"]),
    targets: port.tensor(["f32", "f64"], ["n"]),
    sigmaPredictions: port.optional(port.tensor(["f32", "f64"], ["m"])),
    sigmaTargets: port.optional(port.tensor(["f32", "f64"], ["m"])),
  },
  params: z.object({}),
  outputs: {
    calibration: port.value(tweedieCalibrationSchema),
    centres: port.tensor(["f32", "f64"], ["n"]),
    findings: port.value(z.array(findingSchema)),
  },
  run: async (inputs) => {
    const { predictions, targets, sigmaPredictions, sigmaTargets } = inputs;
    const rows = {
      predictions: await predictions.data(),
      targets: await targets.data(),
    };
    assertCalibrationRows(rows);
    if ((sigmaPredictions === undefined) !== (sigmaTargets === undefined)) {
      throw new ShapeError(
        "Cannot take sigma from a separate split as one half is missing",
        { expected: '"sigmaPredictions" and "sigmaTargets" together' },
      );
    }
    let sigmaRows: CalibrationRows = rows;
    if (sigmaPredictions !== undefined && sigmaTargets !== undefined) {
      sigmaRows = {
        predictions: await sigmaPredictions.data(),
        targets: await sigmaTargets.data(),
      };
      assertCalibrationRows(sigmaRows);
    }
    return {
      calibration: {
        sigma: errorDeviation(sigmaRows),
        bandwidth: await scottBandwidth(wf.cast(predictions, "f64")).item(),
        rows: rows.predictions.length,
        range: extent(rows.predictions),
      },
      centres: predictions,
      findings: fewRowsFinding(rows.predictions.length),
    };
  },
});

/**
 * Corrects predictions by `Ỹ = Ŷ − σ² s(Ŷ)` with `s` the score of the
 * predictions' density. Under the error model `E[Ỹ | Y = y] = y` exactly for
 * the true density; for normal predictions the correction equals the linear one.
 *
 * Inputs: `predictions` `[n]`; `calibration` and `centres` `[m]` of
 * {@linkcode tweedieFit}. Param `density`: whose density, that of the
 * `calibration` predictions (default, as the authors' package) or of the
 * `downstream` predictions themselves (as their notebook; they are read, and
 * must be finite, at least two, and not constant). Outputs: `corrected` `[n]`; `score` `[n]`,
 * since the correction of an effect is the same estimator applied to scores;
 * `outsideRange` `[n]`. σ = 0 changes nothing. With the calibration density lazy unless `n · m` is
 * large; NaN stays NaN there.
 *
 * Source: as {@linkcode tweedieFit}.
 */
export const tweedieApply: Op<
  { predictions: Float; calibration: TweedieCalibration; centres: Float },
  { density?: "calibration" | "downstream" | undefined },
  { corrected: Float; score: Float; outsideRange: Tensor<"bool"> }
> = op({
  name: "debias/tweedieApply",
  version: "1",
  doc: "Moves shrunken predictions back against the score of their density",
  inputs: {
    predictions: port.tensor(["f32", "f64"], ["n"]),
    calibration: port.value(tweedieCalibrationSchema),
    centres: port.tensor(["f32", "f64"], ["m"]),
  },
  params: z.object({
    density: z.enum(["calibration", "downstream"]).default("calibration"),
  }),
  outputs: {
    corrected: port.tensor(["f32", "f64"], ["n"]),
    score: port.tensor(["f32", "f64"], ["n"]),
    outsideRange: port.tensor("bool", ["n"]),
  },
  run: async ({ predictions, calibration, centres }, { density }, ctx) => {
    if (density === "downstream") {
      const values = await predictions.data();
      assertCalibrationRows({ predictions: values, targets: values });
    }
    const score = density === "calibration"
      ? await kernelDensityScore(
        predictions,
        centres,
        calibration.bandwidth,
        ctx.signal,
      )
      : await kernelDensityScore(
        predictions,
        predictions,
        scottBandwidth(predictions),
        ctx.signal,
      );
    return {
      corrected: calibration.sigma === 0 ? predictions : wf.subtract(
        predictions,
        wf.multiply(score, calibration.sigma ** 2),
      ),
      score,
      outsideRange: outside(predictions, calibration.range),
    };
  },
});
