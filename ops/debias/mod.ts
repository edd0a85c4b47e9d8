/**
 * Debiasing of predictions.
 *
 * @example
 * ```ts
 * import { lccApply, lccFit } from "@weft/weft/ops/debias";
 * import * as wf from "@weft/weft/tensor";
 *
 * // Predictions that shrank to half of the truth, on a held-out split
 * const predictions = wf.tensor([1, 1.5, 2, 2.5], { dtype: "f64" });
 * const targets = wf.tensor([0, 1, 2, 3], { dtype: "f64" });
 * const { calibration } = lccFit({ predictions, targets });
 * const { corrected } = await lccApply({ predictions, calibration }).value();
 * console.log(await corrected.toArray()); // [0, 1, 2, 3]
 * ```
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
