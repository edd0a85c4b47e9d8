/**
 * Market data: reading prices and naming what is odd about them, trading
 * calendar, returns, features, joins by what was known, walk-forward splits,
 * and the way between frames and tensors. This is the one family that loads
 * polars.
 *
 * @example
 * ```ts
 * import {
 *   columnToTensor,
 *   returns,
 *   samplePrices,
 *   walkForwardSplits,
 * } from "@weft/weft/ops/data";
 *
 * const { prices } = samplePrices({}, { from: "2016-01-01", to: "2019-12-31" });
 * const daily = returns({ prices }, { kind: "log", incomplete: "drop" }).returns;
 * const { values } = await columnToTensor({ frame: daily }, { column: "return" })
 *   .value();
 * console.log(String(values)); // Tensor<f64>[1005]
 * const { splits } = await walkForwardSplits({ frame: daily }, {
 *   by: "years",
 *   trainYears: 3,
 * }).value();
 * console.log(splits); // [{ trainStart: 0, trainEnd: 753, testStart: 753, testEnd: 1005 }]
 * ```
 *
 * @module
 */

export { asofJoin, type AsofJoinParams } from "./asof_join.ts";
export type { DateFormat } from "./date_format.ts";
export type { Day } from "./days.ts";
export {
  eventSplits,
  type EventSplitsParams,
  thinEvents,
} from "./event_splits.ts";
export { features, type FeaturesParams } from "./features.ts";
export type { IncompleteRows } from "./first_rows.ts";
export {
  columnToTensor,
  type ColumnToTensorParams,
  frameToTensor,
  type FrameToTensorParams,
  type MissingParams,
  type MissingPolicy,
  withColumns,
  type WithColumnsParams,
} from "./frame_tensor.ts";
export { marketIndex } from "./market_index.ts";
export type { DecimalSign } from "./number_format.ts";
export type { ColumnNames } from "./price_columns.ts";
export {
  DEFAULT_ERRORS,
  type Finding,
  FINDING_CODES,
  type FindingAction,
  type FindingCode,
  type FindingPlace,
  type FindingPolicy,
  findingSchema,
} from "./price_findings.ts";
export { pricesPort } from "./price_frame.ts";
export type { PriceColumn, PriceField } from "./price_table.ts";
export { readPrices, type ReadPricesParams } from "./read_prices.ts";
export { readReports, type ReadReportsParams } from "./read_reports.ts";
export {
  reportEarnings,
  type ReportEarningsParams,
} from "./report_earnings.ts";
export {
  type DroppedReport,
  type MoveMeasure,
  reportMoves,
  type ReportMovesParams,
  type ReportTiming,
} from "./report_moves.ts";
export { returns, type ReturnsParams } from "./returns.ts";
export { samplePrices, type SamplePricesParams } from "./sample_prices.ts";
export { SAMPLE_FIGURES, sampleReports } from "./sample_reports.ts";
export {
  type Closure,
  exchangeClosures,
  FIRST_NYSE_YEAR,
  isTradingDay,
  LAST_NYSE_YEAR,
  nextTradingDay,
  previousTradingDay,
  SPECIAL_CLOSURES,
  type TradingCalendarName,
  tradingDaysBetween,
} from "./trading_calendar.ts";
export { tradingCalendar, type TradingCalendarParams } from "./trading_days.ts";
export {
  type DaySplitOptions,
  splitByRows,
  splitByYears,
  type SplitOptions,
  type YearSplitOptions,
} from "./walk_forward.ts";
export {
  walkForwardSplits,
  type WalkForwardSplitsParams,
} from "./walk_forward_splits.ts";
export type {
  AnalystGrade,
  CompanyReport,
  PastReturn,
  ReportEvent,
  ReportFigure,
  ReportSurprise,
} from "../reports.ts";
export { type Split, SPLITS, type Splits } from "../splits.ts";
