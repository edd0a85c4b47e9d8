/**
 * Walk-forward correction of a variance forecast that is shrunk to its mean.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { meanOf } from "../mean.ts";
import { checkSplits, SPLITS, type Splits } from "../splits.ts";
import { isConstant } from "./calibration_rows.ts";
import { kernelDensityScore, scottBandwidth } from "./density_score.ts";
import { fewRowsFinding, type Finding, findingSchema } from "./findings.ts";
import { regressPredictions } from "./linear_calibration.ts";
import { errorDeviation } from "./tweedie.ts";

/** The constants of one window, on the scale of log variance. */
export interface ForecastCalibration {
  /** Rows before the test window that they rest on. */
  readonly rows: number;
  /** m of `(forecast − m) / k`; 0 for Tweedie's correction. */
  readonly intercept: number;
  /** k of `(forecast − m) / k`, after the floor; 1 for Tweedie's correction. */
  readonly slope: number;
  /** σ of Tweedie's correction; 0 for the linear one. */
  readonly sigma: number;
  /** By what corrected variances are multiplied to meet the level; 1 without. */
  readonly factor: number;
  /** What was noticed. */
  readonly findings: readonly Finding[];
}

const forecastCalibrationSchema: z.ZodType<ForecastCalibration> = z.object({
  rows: z.int(),
  intercept: z.number(),
  slope: z.number(),
  sigma: z.number(),
  factor: z.number(),
  findings: z.array(findingSchema).readonly(),
}).readonly();

/** Params of {@linkcode debiasForecast}. */
export interface DebiasForecastParams {
  /**
   * `lcc` (default), the linear correction; `tweedie`; or `mincerZarnowitz`,
   * the regression the other way round, which serves the forecast's own loss.
   */
  method?: "lcc" | "tweedie" | "mincerZarnowitz" | undefined;
  /**
   * Smallest slope of the forecast on the truth (`lcc`) or of the truth on the
   * forecast (`mincerZarnowitz`, which also keeps to its reciprocal as the
   * largest); default 0.2.
   */
  minimumSlope?: number | undefined;
  /** Fewest calibration rows; a window with fewer is left as it is. Default 60. */
  minimumRows?: number | undefined;
  /**
   * Whether corrected variances are multiplied so that their mean on the
   * calibration rows is that of the proxy (default): a correction of logarithms
   * meets the mean of the logarithm, which lies below.
   */
  matchLevel?: boolean | undefined;
}

/**
 * Corrects a one-day-ahead variance forecast for its shrinkage, on the scale of
 * log variance, with constants from rows before each test window only.
 *
 * Inputs `[t]`: `variance`, the daily variance proxy, and `forecast`, the
 * forecast for row t from rows before t, NaN where there is none; `splits`. The
 * constants of a window rest on the rows of its **training window** that have a
 * forecast, in a walk-forward run those of earlier test windows; the first
 * window therefore is left as it is (`notCalibrated`). Outputs: `forecast`,
 * NaN outside the test windows; `calibrations`, one a window.
 *
 * What it does and does not: `lcc` and `tweedie` make forecasts as spread as the
 * truth is, so that averages over days chosen by the truth are unbiased. They do
 * not lower the expected loss of each day's forecast, on the contrary: a good
 * forecast is less spread than what it forecasts, the noise of the proxy counts as
 * truth here, and dividing by a slope of 0.3 raises QLIKE manyfold. Where the loss
 * of each day is what matters, `mincerZarnowitz` regresses log truth on log
 * forecast, `log v = a + b log f + e`, and forecasts `a + b log f`; forecasts that
 * hardly vary give any b, so b is bounded on both sides.
 *
 * Errors: variances or forecasts that are not positive, missing test rows.
 *
 * Source: Pettersson, Jerzak, Daoud 2025, arXiv 2508.01341; applying it to
 * volatility forecasts is ours. Mincer and Zarnowitz 1969, "The Evaluation of
 * Economic Forecasts".
 *
 * @example
 * ```ts
 * import { debiasForecast } from "@weft/weft/ops/debias";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { forecast, calibrations } = await debiasForecast.run({
 *   variance: wf.tensor([1, 4, 1, 4, 1, 4, 1, 4], { dtype: "f64" }),
 *   forecast: wf.tensor([2, 3, 2, 3, 2, 3, 2, 3], { dtype: "f64" }),
 *   splits: [{ trainStart: 0, trainEnd: 6, testStart: 6, testEnd: 8 }],
 * }, { minimumRows: 6 });
 * console.log(calibrations[0]?.slope.toFixed(4)); // 0.2925 = log 1.5 / log 4
 * const test = await wf.slice(forecast, [6, 8]).data();
 * console.log(test[0]?.toFixed(6), test[1]?.toFixed(6)); // 1.000000 4.000000
 * ```
 */
export const debiasForecast: Op<
  { variance: F64; forecast: F64; splits: Splits },
  DebiasForecastParams,
  { forecast: F64; calibrations: ForecastCalibration[] }
> = op({
  name: "debias/debiasForecast",
  version: "2",
  doc: "Walk-forward correction of a shrunken variance forecast",
  inputs: {
    variance: port.tensor("f64", ["t"]),
    forecast: port.tensor("f64", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({
    method: z.enum(["lcc", "tweedie", "mincerZarnowitz"]).default("lcc"),
    minimumSlope: z.number().positive().max(1).default(0.2),
    minimumRows: z.int().min(2).default(60),
    matchLevel: z.boolean().default(true),
  }),
  outputs: {
    forecast: port.tensor("f64", ["t"]),
    calibrations: port.value(z.array(forecastCalibrationSchema)),
  },
  run: async (inputs, params, ctx) => {
    const truth = logPositive("variance", await inputs.variance.data());
    const logForecast = logPositive("forecast", await inputs.forecast.data());
    checkSplits(inputs.splits, truth.length);
    const corrected = new Float64Array(truth.length).fill(NaN);
    const calibrations: ForecastCalibration[] = [];
    for (const split of inputs.splits) {
      const test = logForecast.slice(split.testStart, split.testEnd);
      const missing = test.findIndex((value) => Number.isNaN(value));
      if (missing >= 0) {
        throw new DataError(
          `Cannot debias the forecast as test row ${
            split.testStart + missing
          } has none`,
          { port: "forecast" },
        );
      }
      const rows = calibrationRows(truth, logForecast, split);
      const constants = calibrate(rows, params);
      const correct = (points: Float64Array) =>
        correctLogs(points, rows.predictions, constants, ctx.signal);
      const factor = params.matchLevel && isCalibrated(constants)
        ? meanOf(rows.targets.map(Math.exp)) /
          meanOf((await correct(rows.predictions)).map(Math.exp))
        : 1;
      calibrations.push({ ...constants, factor });
      const variances = (await correct(test)).map((value) =>
        factor * Math.exp(value)
      );
      corrected.set(variances, split.testStart);
    }
    return { forecast: wf.tensor(corrected), calibrations };
  },
});

function logPositive(name: string, values: Float64Array): Float64Array {
  const bad = values.findIndex((value) => !Number.isNaN(value) && !(value > 0));
  if (bad >= 0) {
    throw new DataError(
      `Cannot debias the forecast as row ${bad} of "${name}" is ${values[bad]}`,
      {
        port: name,
        expected: "positive variances, or NaN where there is none",
      },
    );
  }
  return values.map((value) => Math.log(value));
}

/** The constants before the level is met. */
type LogCalibration = Omit<ForecastCalibration, "factor">;

function isCalibrated({ findings }: LogCalibration): boolean {
  return !findings.some(({ name }) => name === "notCalibrated");
}

interface ForecastRows {
  readonly predictions: Float64Array;
  readonly targets: Float64Array;
}

function calibrationRows(
  truth: Float64Array,
  forecast: Float64Array,
  split: Splits[number],
): ForecastRows {
  const rows: number[] = [];
  for (let row = split.trainStart; row < split.trainEnd; row += 1) {
    if (Number.isFinite(forecast[row]) && Number.isFinite(truth[row])) {
      rows.push(row);
    }
  }
  return {
    predictions: Float64Array.from(rows, (row) => forecast[row] ?? NaN),
    targets: Float64Array.from(rows, (row) => truth[row] ?? NaN),
  };
}

function calibrate(
  rows: ForecastRows,
  params: {
    method: "lcc" | "tweedie" | "mincerZarnowitz";
    minimumSlope: number;
    minimumRows: number;
  },
): LogCalibration {
  const count = rows.predictions.length;
  const identity = { rows: count, intercept: 0, slope: 1, sigma: 0 };
  if (count < params.minimumRows || isConstant(rows.predictions)) {
    return {
      ...identity,
      findings: [{
        name: "notCalibrated",
        message: count < params.minimumRows
          ? `Left as it is: ${count} calibration rows, ${params.minimumRows} needed`
          : `Left as it is: all ${count} forecasts are the same`,
      }],
    };
  }
  const findings = fewRowsFinding(count);
  if (params.method === "tweedie") {
    return { ...identity, sigma: errorDeviation(rows), findings };
  }
  const isReversed = params.method === "mincerZarnowitz";
  const line = isReversed
    ? boundedLine(
      { predictions: rows.targets, targets: rows.predictions },
      [params.minimumSlope, 1 / params.minimumSlope],
      findings,
    )
    : boundedLine(rows, [params.minimumSlope, Infinity], findings);
  // a + b f is (f + a/b) / (1/b).
  return isReversed
    ? {
      ...identity,
      intercept: -line.intercept / line.slope,
      slope: 1 / line.slope,
      findings,
    }
    : { ...identity, ...line, findings };
}

/** The line of predictions on targets through their means, its slope within bounds. */
function boundedLine(
  rows: ForecastRows,
  [least, most]: readonly [number, number],
  findings: Finding[],
): { intercept: number; slope: number } {
  const line = regressPredictions(rows);
  const slope = Math.min(Math.max(line.slope, least), most);
  if (slope === line.slope) return line;
  findings.push({
    name: slope === least ? "slopeFloorBinds" : "slopeCeilingBinds",
    message: `The slope of the regression is ${line.slope}; ${slope} is used`,
  });
  return {
    intercept: meanOf(rows.predictions) - slope * meanOf(rows.targets),
    slope,
  };
}

async function correctLogs(
  points: Float64Array,
  sample: Float64Array,
  { intercept, slope, sigma }: LogCalibration,
  signal: AbortSignal,
): Promise<Float64Array> {
  if (sigma === 0) return points.map((value) => (value - intercept) / slope);
  const centres = wf.tensor(sample);
  const score = await kernelDensityScore(
    wf.tensor(points),
    centres,
    scottBandwidth(centres),
    signal,
  );
  const scores = await score.data();
  return points.map((value, row) => value - sigma ** 2 * (scores[row] ?? NaN));
}
