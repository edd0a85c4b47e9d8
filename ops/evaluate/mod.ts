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

export { type AnswerMetric, type AnswerTable } from "./answer_scores.ts";
export { backtest, type BacktestParams } from "./backtest.ts";
export * from "./bootstrap.ts";
export * from "./calibration_curve.ts";
export * from "./card_metrics.ts";
export * from "./card_schema.ts";
export * from "./card_verdict.ts";
export * from "./class_metrics.ts";
export * from "./compare_answers.ts";
export * from "./compare_losses.ts";
export * from "./evaluate_classes.ts";
export * from "./event_backtest.ts";
export {
  MC_NEMAR,
  type McNemar,
  mcNemar,
  mcNemarOf,
  type PairedAnswers,
} from "./mc_nemar.ts";
export * from "./model_card.ts";
export {
  brierScore,
  type ClassProbabilities,
  logLoss,
} from "./probability_metrics.ts";
export * from "./performance.ts";
export * from "./permutation.ts";
export { wilsonInterval } from "./proportion.ts";
export * from "./reliability.ts";
export {
  type BlockMethod,
  type IntervalParams,
  resampledRows,
  type ResampleOptions,
} from "./resample.ts";
export * from "./shuffle_rows.ts";
export * from "./signal_positions.ts";
export * from "./temperature.ts";
export * from "./test_rows.ts";
export * from "./walk_forward_scores.ts";
