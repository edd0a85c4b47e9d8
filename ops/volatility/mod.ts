/**
 * Volatility: estimators from daily bars, forecasts a day ahead, and scores.
 *
 * Variances are of daily log returns, per day: multiply by 252 and take the square
 * root for a volatility a year. A series is an f64 tensor `["t"]` in the order of
 * time; `forecast[t]` is made from rows before `t` and is NaN before the first one.
 *
 * @example
 * ```ts
 * import { columnToTensor, returns, samplePrices } from "@weft/weft/ops/data";
 * import { garch11 } from "@weft/weft/ops/volatility";
 *
 * const { prices } = samplePrices({}, { from: "2016-01-01", to: "2019-12-31" });
 * const daily = returns({ prices }, { incomplete: "drop" });
 * const { values } = columnToTensor({ frame: daily.returns }, { column: "return" });
 * const { fit, forecast } = await garch11({ returns: values }).value();
 * console.log(fit.persistence.toFixed(3)); // 0.945
 * console.log(Math.sqrt(252 * await forecast.item()).toFixed(4)); // 0.0817, a year
 * ```
 *
 * @module
 */

export * from "./censored_gp/mod.ts";
export * from "./close_to_close.ts";
export {
  type DieboldMariano,
  dieboldMariano,
  type DieboldMarianoParams,
  type LongRunVarianceKind,
} from "./diebold_mariano.ts";
export {
  egarch11,
  type Egarch11Outputs,
  type Egarch11Params,
} from "./egarch11.ts";
export * from "./egarch_forecast.ts";
export type { EgarchFit } from "./egarch_fit.ts";
export type { EgarchParameters } from "./egarch_model.ts";
export { ewma, type EwmaParams, type EwmaPath } from "./ewma.ts";
export * from "./ewma_forecast.ts";
export {
  garch11,
  type Garch11Outputs,
  type Garch11Params,
  garchForecasts,
} from "./garch11.ts";
export {
  garch11Panel,
  type Garch11PanelOutputs,
  type Garch11PanelParams,
} from "./garch11_panel.ts";
export type { GarchFit } from "./garch_fit.ts";
export * from "./garch_forecast.ts";
export type { GarchDistribution, GarchParameters } from "./garch_parameters.ts";
export { garmanKlass } from "./garman_klass.ts";
export * from "./gaussian_process/mod.ts";
export * from "./har_forecast.ts";
export { type HarFit, harRv, type HarRvParams } from "./har_rv.ts";
export type { LeastSquares } from "./least_squares.ts";
export * from "./loss_ops.ts";
export {
  absoluteLoss,
  type LossName,
  type MissingRows,
  qlikeLoss,
  squaredLoss,
} from "./losses.ts";
export * from "./market_prediction/mod.ts";
export { parkinson } from "./parkinson.ts";
export * from "./realized_variance.ts";
export { rogersSatchell } from "./rogers_satchell.ts";
export * from "./score_forecasts.ts";
export {
  regularizedIncompleteBeta,
  studentTCdf,
  studentTPValue,
} from "./student_t.ts";
export type { RangeParams, VarianceSummary } from "./summary.ts";
export { yangZhang, yangZhangWeight } from "./yang_zhang.ts";
