/**
 * The losses of variance forecasts as ops.
 *
 * @module
 */

import { z } from "zod";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import {
  lossesOf,
  type LossName,
  type MissingRows,
  rowsToScore,
} from "./losses.ts";

/** Inputs of a loss. */
export interface LossInputs {
  /** The variances that came true, shape [t]. */
  readonly variance: F64;
  /** Their forecasts, shape [t]. */
  readonly forecast: F64;
  /** True for the rows to score, shape [t]; all if absent. */
  readonly mask?: Tensor<"bool">;
}

/** Params of a loss. */
export interface LossParams {
  /** What NaN in a row to score means: "error" (default), or "drop" the row. */
  readonly missing?: MissingRows;
}

/** Outputs of a loss. */
export interface LossOutputs {
  /** The mean over the scored rows. */
  readonly mean: number;
  /** How many rows were scored. */
  readonly count: number;
  /** The loss of each row, shape [t]; NaN where it was not scored. */
  readonly losses: F64;
}

function lossOp(
  loss: LossName,
  doc: string,
): Op<LossInputs, LossParams, LossOutputs> {
  return op({
    name: `volatility/${loss}`,
    version: "1",
    doc,
    inputs: {
      variance: port.tensor("f64", ["t"], { doc: "Variances that came true" }),
      forecast: port.tensor("f64", ["t"], { doc: "Their forecasts" }),
      mask: port.optional(
        port.tensor("bool", ["t"], { doc: "True for rows to score" }),
      ),
    },
    params: z.object({ missing: z.enum(["error", "drop"]).default("error") }),
    outputs: {
      mean: port.value(z.number(), { doc: "Mean loss of the scored rows" }),
      count: port.value(z.number().int(), { doc: "Number of scored rows" }),
      losses: port.tensor("f64", ["t"], {
        doc: "Loss of each row, NaN if not scored",
      }),
    },
    run: async ({ variance, forecast, mask }, { missing }) => {
      const [actual, guess, allowed] = await Promise.all([
        variance.data(),
        forecast.data(),
        mask?.data(),
      ]);
      const rows = rowsToScore(
        { variance: actual, forecast: guess },
        allowed,
        missing,
      );
      const scored = lossesOf(loss, actual, guess, rows);
      const losses = new Float64Array(actual.length).fill(NaN);
      rows.forEach((row, index) => losses[row] = scored[index] as number);
      return {
        mean: meanOf(scored),
        count: rows.length,
        losses: wf.tensor(losses),
      };
    },
  });
}

/**
 * Mean QLIKE loss of variance forecasts, `σ²/h − ln(σ²/h) − 1` (Patton, 2011).
 *
 * Inputs `variance`, `forecast` [t], optional `mask` [t]; param `missing`
 * ("error"; "drop" leaves out rows with NaN). Outputs `mean`, `count`, `losses`
 * [t]. Throws a `ParameterError` where a scored variance or forecast is not
 * positive, a `DataError` for NaN or no rows.
 *
 * @example
 * ```ts
 * import { qlike } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { mean } = await qlike.run({
 *   variance: wf.tensor([1, 2, 0.5], { dtype: "f64" }),
 *   forecast: wf.tensor([1.2, 1.5, 0.7], { dtype: "f64" }),
 * });
 * console.log(mean.toFixed(7)); // 0.0373547
 * ```
 */
export const qlike: Op<LossInputs, LossParams, LossOutputs> = lossOp(
  "qlike",
  "Mean QLIKE loss of variance forecasts",
);

/**
 * Mean squared error of variance forecasts, in squared variance.
 *
 * Inputs, params, outputs and errors as of {@linkcode qlike}, but for values
 * that need not be positive.
 *
 * @example
 * ```ts
 * import { mse } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { mean } = await mse.run({
 *   variance: wf.tensor([1, 2, 0.5], { dtype: "f64" }),
 *   forecast: wf.tensor([1.2, 1.5, 0.7], { dtype: "f64" }),
 * });
 * console.log(mean.toFixed(7)); // 0.1100000
 * ```
 */
export const mse: Op<LossInputs, LossParams, LossOutputs> = lossOp(
  "mse",
  "Mean squared error of variance forecasts",
);

/**
 * Mean absolute error of variance forecasts, in variance.
 *
 * Inputs, params, outputs and errors as of {@linkcode qlike}, but for values
 * that need not be positive.
 *
 * @example
 * ```ts
 * import { mae } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { mean } = await mae.run({
 *   variance: wf.tensor([1, 2, 0.5], { dtype: "f64" }),
 *   forecast: wf.tensor([1.2, 1.5, 0.7], { dtype: "f64" }),
 * });
 * console.log(mean.toFixed(7)); // 0.3000000
 * ```
 */
export const mae: Op<LossInputs, LossParams, LossOutputs> = lossOp(
  "mae",
  "Mean absolute error of variance forecasts",
);
