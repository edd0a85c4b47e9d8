/**
 * Scores of answers, some of which may name no class at all: such answers are
 * counted in a column of their own and are wrong.
 *
 * @module
 */

import { meanOf } from "../mean.ts";
import {
  accuracyOf,
  type Confusion,
  macroF1Of,
  matthewsOf,
  weightedF1Of,
} from "./confusion.ts";
import type { Labelled } from "./labelled.ts";
import { brierOf, logLossOf } from "./probability_scores.ts";

/** Scored rows, computed once, so that samples only pick from them. */
export interface AnswerRows {
  /** True classes, `0 … classes - 1`. */
  readonly labels: Int32Array;
  /** Answers, `0 … classes - 1`, or -1 where an answer names no class. */
  readonly answers: Int32Array;
  /** Brier score of each row; null without probabilities. */
  readonly brier: Float64Array | null;
  /** Log loss of each row; null without probabilities. */
  readonly logLoss: Float64Array | null;
  /** How many classes there are. */
  readonly classes: number;
}

/** The scores of answers, each as a `T`. */
export type AnswerTable<T> = {
  /** Share of rows whose class was answered. */
  readonly accuracy: T;
  /** Plain mean of the F1 of the true classes. */
  readonly macroF1: T;
  /** Mean of the F1 of the classes, weighted by rows. */
  readonly weightedF1: T;
  /** Matthews correlation coefficient; answers without a class are one more class. */
  readonly matthews: T;
  /** Mean Brier score, summed over the classes; null without probabilities. */
  readonly brier: T | null;
  /** Mean log loss in nats; null without probabilities. */
  readonly logLoss: T | null;
};

/** The scores that answers alone have. */
export type AnswerMetric = "accuracy" | "macroF1" | "weightedF1" | "matthews";

/** Names of the scores that answers alone have. */
export const ANSWER_METRICS: readonly AnswerMetric[] = [
  "accuracy",
  "macroF1",
  "weightedF1",
  "matthews",
];

/**
 * Counts `[true class][answer]` with one more column, the last one, for
 * answers that name no class, and a last row without counts.
 *
 * @param labels True classes.
 * @param answers Answers, -1 where they name no class.
 * @param classes How many classes there are.
 * @returns A square of `classes + 1`.
 */
export function answerConfusion(
  labels: Int32Array,
  answers: Int32Array,
  classes: number,
): Confusion {
  const counts = Array.from(
    { length: classes + 1 },
    () => new Array<number>(classes + 1).fill(0),
  );
  for (let row = 0; row < labels.length; row++) {
    const answer = answers[row]!;
    counts[labels[row]!]![answer < 0 ? classes : answer]! += 1;
  }
  return counts;
}

/**
 * One score of a confusion matrix with a column for answers without a class.
 *
 * @param metric The score.
 * @param confusion The square that {@linkcode answerConfusion} gives.
 * @returns The score.
 */
export function answerMetric(
  metric: AnswerMetric,
  confusion: Confusion,
): number {
  switch (metric) {
    case "accuracy":
      return accuracyOf(confusion);
    case "macroF1":
      // Only true classes have an F1; what is no class costs them recall
      return macroF1Of(confusion.slice(0, -1));
    case "weightedF1":
      return weightedF1Of(confusion);
    case "matthews":
      return matthewsOf(confusion);
  }
}

/**
 * Computes what scores need of each row.
 *
 * @param labels True classes.
 * @param answers Answers, -1 where they name no class.
 * @param classes How many classes there are.
 * @param probabilities Labels with probabilities; null where there are none.
 * @returns The rows.
 */
export function answerRows(
  labels: Int32Array,
  answers: Int32Array,
  classes: number,
  probabilities: Labelled | null,
): AnswerRows {
  return {
    labels,
    answers,
    brier: probabilities === null ? null : brierOf(probabilities),
    logLoss: probabilities === null ? null : logLossOf(probabilities),
    classes,
  };
}

/**
 * Picks rows, some of them several times.
 *
 * @param rows The rows.
 * @param picks Which.
 * @returns The rows that were picked.
 */
export function pickRows(rows: AnswerRows, picks: Int32Array): AnswerRows {
  const classesAt = (values: Int32Array) =>
    Int32Array.from(picks, (row) => values[row]!);
  const numbersAt = (values: Float64Array | null) =>
    values && Float64Array.from(picks, (row) => values[row]!);
  return {
    labels: classesAt(rows.labels),
    answers: classesAt(rows.answers),
    brier: numbersAt(rows.brier),
    logLoss: numbersAt(rows.logLoss),
    classes: rows.classes,
  };
}

/**
 * All scores of some rows.
 *
 * @param rows The rows.
 * @returns The scores.
 */
export function answerScores(rows: AnswerRows): AnswerTable<number> {
  const confusion = answerConfusion(rows.labels, rows.answers, rows.classes);
  return {
    accuracy: answerMetric("accuracy", confusion),
    macroF1: answerMetric("macroF1", confusion),
    weightedF1: answerMetric("weightedF1", confusion),
    matthews: answerMetric("matthews", confusion),
    brier: rows.brier && meanOf(rows.brier),
    logLoss: rows.logLoss && meanOf(rows.logLoss),
  };
}
