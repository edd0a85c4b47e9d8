/**
 * Ops wired into runnable chains. Each is also a command line.
 *
 * @module
 */

export { outlook, type OutlookInputs } from "./outlook/outlook.ts";
export type {
  Comparison,
  Metric,
  Period,
  Report,
} from "./outlook/report_schema.ts";
export { SETTINGS, type Settings } from "./outlook/settings.ts";
