/**
 * Debiasing of predictions.
 *
 * @module
 */

export * from "./class_scores.ts";
export * from "./debias_forecast.ts";
export * from "./density_score.ts";
export type { Finding } from "./findings.ts";
export * from "./iptw_ate.ts";
export {
  lccApply,
  lccFit,
  type LinearCalibration,
} from "./linear_calibration.ts";
export {
  tweedieApply,
  type TweedieCalibration,
  tweedieFit,
} from "./tweedie.ts";
