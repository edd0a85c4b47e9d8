/**
 * Ops wired into runnable chains. Each is also a command line.
 *
 * @module
 */

export { outlook, type OutlookInputs } from "./outlook/outlook.ts";
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
