/**
 * A table of variance forecasts, scored against a baseline.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError, WeftError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import {
  compareLosses,
  type DieboldMariano,
  dieboldMarianoSchema,
  type LongRunVarianceKind,
} from "./diebold_mariano.ts";
import {
  lossesOf,
  type LossName,
  type MissingRows,
  rowsToScore,
} from "./losses.ts";

/** One model under one loss. */
export interface ForecastScore {
  /** The forecast's name. */
  readonly model: string;
  /** The loss. */
  readonly loss: LossName;
  /** Mean loss over the scored rows. */
  readonly mean: number;
  /** Mean loss divided by the baseline's, below 1 if better; null if the baseline has no loss. */
  readonly ratio: number | null;
  /** Test against the baseline, negative if the model is better; null for the baseline. */
  readonly comparison: DieboldMariano | null;
  /** Why there is no test; null if there is one. */
  readonly note: string | null;
}

/** Params of {@linkcode scoreForecasts}. */
export interface ScoreForecastsParams {
  /** Name of the forecast that the others are compared with. */
  readonly baseline: string;
  /** The losses; ["qlike", "mse", "mae"]. */
  readonly losses?: readonly LossName[];
  /** What NaN in a row to score means: "error" (default), or "drop" the row for all models. */
  readonly missing?: MissingRows;
  /** Steps ahead of the forecasts; 1. */
  readonly horizon?: number;
  /** Long-run variance of the test; "bartlett", which never fails for being negative. */
  readonly longRunVariance?: LongRunVarianceKind;
}

const lossSchema = z.enum(["qlike", "mse", "mae"]);

const scoreSchema: z.ZodType<ForecastScore> = z.object({
  model: z.string(),
  loss: lossSchema,
  mean: z.number(),
  ratio: z.number().nullable(),
  comparison: dieboldMarianoSchema.nullable(),
  note: z.string().nullable(),
});

/**
 * Scores variance forecasts against what came true and against a baseline, all
 * on the very same rows: mean loss, ratio to the baseline's, and the
 * Diebold-Mariano test of the difference.
 *
 * Inputs `variance` [t], `forecasts`: a record of [t] by name, optional `mask`
 * [t]. Params: see {@linkcode ScoreForecastsParams}. Outputs `table`, a row for
 * each loss in the order given and in it for each model by name; `count`, the
 * rows scored. A pair that cannot be tested (same losses, too few rows) has a
 * `note` that says why.
 * Throws a `ParameterError` for an unknown baseline or, with QLIKE, values that
 * are not positive; a `DataError` for NaN or no rows left.
 *
 * @example
 * ```ts
 * import { scoreForecasts } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { table } = await scoreForecasts.run({
 *   variance: wf.tensor([1, 2, 0.5, 1.1], { dtype: "f64" }),
 *   forecasts: {
 *     constant: wf.tensor([1, 1, 1, 1], { dtype: "f64" }),
 *     sharp: wf.tensor([1.2, 1.5, 0.7, 1], { dtype: "f64" }),
 *   },
 * }, { baseline: "constant" });
 * for (const { model, loss, ratio } of table) console.log(loss, model, ratio);
 * // qlike constant 1, qlike sharp 0.231…, mse constant 1, mse sharp 0.269…, …
 * ```
 */
export const scoreForecasts: Op<
  {
    variance: F64;
    forecasts: Readonly<Record<string, F64>>;
    mask?: Tensor<"bool">;
  },
  ScoreForecastsParams,
  { table: readonly ForecastScore[]; count: number }
> = op({
  name: "volatility/scoreForecasts",
  version: "1",
  doc:
    "Mean losses of variance forecasts, with Diebold-Mariano tests against a baseline",
  inputs: {
    variance: port.tensor("f64", ["t"], { doc: "Variances that came true" }),
    forecasts: port.record(
      port.tensor("f64", ["t"], { doc: "A forecast by its name" }),
    ),
    mask: port.optional(
      port.tensor("bool", ["t"], { doc: "True for rows to score" }),
    ),
  },
  params: z.object({
    baseline: z.string(),
    losses: z.array(lossSchema).min(1).readonly().default([
      "qlike",
      "mse",
      "mae",
    ]),
    missing: z.enum(["error", "drop"]).default("error"),
    horizon: z.number().int().min(1).default(1),
    longRunVariance: z.enum(["truncated", "bartlett"]).default("bartlett"),
  }),
  outputs: {
    table: port.value(z.array(scoreSchema), {
      doc: "A row for each loss and model",
    }),
    count: port.value(z.number().int(), { doc: "Number of scored rows" }),
  },
  run: async ({ variance, forecasts, mask }, params) => {
    const { baseline, missing, horizon, longRunVariance } = params;
    if (!Object.hasOwn(forecasts, baseline)) {
      throw new ParameterError(
        `Cannot use "${baseline}" as the baseline: no forecast has that name`,
        {
          expected: `one of ${
            Object.keys(forecasts).map((name) => `"${name}"`).join(", ")
          }`,
        },
      );
    }
    const actual = await variance.data();
    const allowed = await mask?.data();
    const guesses: Record<string, Float64Array> = {};
    for (const [name, forecast] of Object.entries(forecasts)) {
      guesses[name] = await forecast.data();
    }
    const rows = rowsToScore(
      { variance: actual, ...prefixed(guesses) },
      allowed,
      missing,
    );

    const table: ForecastScore[] = [];
    for (const loss of params.losses) {
      const reference = lossesOf(
        loss,
        actual,
        guesses[baseline] as Float64Array,
        rows,
        baseline,
      );
      for (const [model, guess] of Object.entries(guesses)) {
        const losses = lossesOf(loss, actual, guess, rows, model);
        const mean = meanOf(losses);
        const base = meanOf(reference);
        const tested = model === baseline
          ? { comparison: null, note: "the baseline itself" }
          : compare(losses, reference, horizon, longRunVariance);
        table.push({
          model,
          loss,
          mean,
          ratio: base > 0 ? mean / base : null,
          ...tested,
        });
      }
    }
    return { table, count: rows.length };
  },
});

/** Names of forecasts as errors show them, apart from the variance's own. */
function prefixed(
  series: Readonly<Record<string, Float64Array>>,
): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(series).map((
      [name, values],
    ) => [`forecasts.${name}`, values]),
  );
}

function compare(
  losses: Float64Array,
  reference: Float64Array,
  horizon: number,
  kind: LongRunVarianceKind,
): Pick<ForecastScore, "comparison" | "note"> {
  try {
    const differences = losses.map((loss, row) =>
      loss - (reference[row] as number)
    );
    return {
      comparison: compareLosses(differences, horizon, kind),
      note: null,
    };
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    return { comparison: null, note: error.summary };
  }
}
