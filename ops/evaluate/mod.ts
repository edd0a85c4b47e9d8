/**
 * Scores of predictions, with the intervals that say how sure they are.
 *
 * @module
 */

export * from "./bootstrap.ts";
export * from "./calibration_curve.ts";
export * from "./class_metrics.ts";
export * from "./evaluate_classes.ts";
export * from "./probability_metrics.ts";
export * from "./shuffle_rows.ts";
export * from "./test_rows.ts";
