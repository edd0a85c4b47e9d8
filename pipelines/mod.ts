/**
 * Ops wired into runnable chains. Each is also a command line.
 *
 * @example
 * ```ts
 * import { outlook, SETTINGS } from "@weft/weft/pipelines";
 * import { samplePrices } from "@weft/weft/ops/data";
 *
 * const report = outlook(samplePrices(), SETTINGS.parse({ size: "small" }));
 * const { nodes } = await report.plan({ store: "none" });
 * console.log(nodes.at(-1)?.name); // outlook/assembleReport
 * ```
 *
 * @module
 */

export {
  equityFigure,
  performanceTable,
  reliabilityFigure,
} from "./evaluation_blocks.ts";
export {
  cardMetricTable,
  cardStageBlocks,
  modelCardSections,
  modelCardText,
} from "./model_card.ts";
export { outlook, type OutlookInputs } from "./outlook/outlook.ts";
export type { OutlookStudy, TickersMetric } from "./outlook/across_tickers.ts";
export {
  outlookByTicker,
  type TickersInputs,
} from "./outlook/outlook_by_ticker.ts";
export type {
  Comparison,
  Metric,
  MovementReport,
  Period,
  PriceFinding,
  Report,
  ReportSeries,
  VolatilityReport,
} from "./outlook/report_schema.ts";
export {
  SETTINGS,
  type Settings,
  type SettingsInput,
} from "./outlook/settings.ts";
export {
  VOLATILITY_SETTINGS,
  type VolatilitySettings,
  type VolatilitySettingsInput,
} from "./volatility/settings.ts";
export type {
  TickerPeriod,
  TickerResult,
  TickerScore,
  TickerWindow,
} from "./volatility/ticker_schema.ts";
export type { TickerInputs } from "./volatility/ticker_stage.ts";
export {
  volatility,
  type VolatilityPipelineInputs,
  type VolatilityStudy,
} from "./volatility/volatility.ts";
export type { CurriculumSummary } from "./retuning/curriculum.ts";
export type {
  ExampleCounts,
  RetuningReport,
  WindowTuning,
} from "./retuning/report_schema.ts";
export {
  retuning,
  type RetuningInputs,
  type RetuningLabels,
  type RetuningOutputs,
} from "./retuning/retuning.ts";
export {
  RETUNING_SETTINGS,
  RETUNING_SIZES,
  type RetuningInput,
  type RetuningSettings,
} from "./retuning/settings.ts";
export type { ShownResponse } from "./retuning/shown_responses.ts";
export {
  type LanguageInputs,
  type LanguageSettings,
  type LanguageStage,
  languageStage,
} from "./stock_movement/language_stage.ts";
export { MODEL_NAMES as STOCK_MOVEMENT_MODELS } from "./stock_movement/assemble_report.ts";
export { readLogits } from "./stock_movement/read_logits.ts";
export type {
  StockMovementReport,
  TuningReport,
} from "./stock_movement/report_schema.ts";
export {
  STOCK_MOVEMENT_SETTINGS,
  type StockMovementSettings,
  type StockMovementSettingsInput,
} from "./stock_movement/settings.ts";
export {
  type EventSource,
  fileEvents,
  type FileOptions,
  sampleEvents,
} from "./stock_movement/sources.ts";
export {
  stockMovement,
  type StockMovementInputs,
  type StockMovementSource,
} from "./stock_movement/stock_movement.ts";
