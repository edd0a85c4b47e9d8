/**
 * Scores of predictions, with the intervals that say how sure they are.
 *
 * @example
 * ```ts
 * import { accuracy } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { score } = await accuracy.run({
 *   labels: wf.tensor([0, 1, 2, 2], { dtype: "i32" }),
 *   predictions: wf.tensor([0, 1, 1, 2], { dtype: "i32" }),
 * });
 * console.log(score); // 0.75
 * ```
 *
 * @module
 */

export * from "./bootstrap.ts";
export * from "./calibration_curve.ts";
export * from "./card_metrics.ts";
export * from "./card_schema.ts";
export * from "./card_verdict.ts";
export * from "./class_metrics.ts";
export * from "./evaluate_classes.ts";
export * from "./model_card.ts";
export {
  brierScore,
  type ClassProbabilities,
  logLoss,
} from "./probability_metrics.ts";
export * from "./shuffle_rows.ts";
export * from "./test_rows.ts";
