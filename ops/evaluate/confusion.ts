/**
 * The confusion matrix and the scores that are functions of it alone. They
 * are plain functions, so that the bootstrap can call them thousands of times.
 *
 * @module
 */

/** Counts `[true class][predicted class]`. */
export type Confusion = readonly (readonly number[])[];

/**
 * Counts how often each true class was predicted as each class.
 *
 * @param labels True classes.
 * @param predictions Predicted classes, as many as labels.
 * @param classes How many classes there are.
 * @returns Counts `[true class][predicted class]`.
 */
export function confusionCounts(
  labels: Int32Array,
  predictions: Int32Array,
  classes: number,
): Confusion {
  const counts = Array.from(
    { length: classes },
    () => new Array<number>(classes).fill(0),
  );
  for (let row = 0; row < labels.length; row++) {
    counts[labels[row]!]![predictions[row]!]! += 1;
  }
  return counts;
}

function columnSum(confusion: Confusion, column: number): number {
  return confusion.reduce((sum, row) => sum + row[column]!, 0);
}

function rowSum(confusion: Confusion, row: number): number {
  return confusion[row]!.reduce((sum, count) => sum + count, 0);
}

function total(confusion: Confusion): number {
  return confusion.reduce((sum, _, row) => sum + rowSum(confusion, row), 0);
}

/**
 * Share of rows whose class was predicted.
 *
 * @param confusion Counts `[true class][predicted class]`.
 * @returns A number from 0 to 1.
 */
export function accuracyOf(confusion: Confusion): number {
  const hits = confusion.reduce((sum, row, k) => sum + row[k]!, 0);
  return hits / total(confusion);
}

/** Precision, recall and F1 of one class. */
export interface ClassF1 {
  /** Share of the rows predicted as this class that are of it; 0 if none were. */
  readonly precision: number;
  /** Share of the rows of this class that were predicted as it; 0 if none are. */
  readonly recall: number;
  /** Harmonic mean of both; 0 if both are. */
  readonly f1: number;
  /** How many rows are of this class. */
  readonly support: number;
}

/**
 * Precision, recall and F1 of every class.
 *
 * @param confusion Counts `[true class][predicted class]`.
 * @returns One entry for each class.
 */
export function classF1Of(confusion: Confusion): ClassF1[] {
  return confusion.map((row, k) => {
    const support = rowSum(confusion, k);
    const predicted = columnSum(confusion, k);
    const hits = row[k]!;
    return {
      precision: predicted === 0 ? 0 : hits / predicted,
      recall: support === 0 ? 0 : hits / support,
      f1: support + predicted === 0 ? 0 : 2 * hits / (support + predicted),
      support,
    };
  });
}

/**
 * Unweighted mean of the F1 of the classes that occur in labels or
 * predictions, as scikit-learn takes it.
 *
 * @param confusion Counts `[true class][predicted class]`.
 * @returns A number from 0 to 1.
 */
export function macroF1Of(confusion: Confusion): number {
  const present = classF1Of(confusion).filter(({ support }, k) =>
    support + columnSum(confusion, k) > 0
  );
  return present.reduce((sum, { f1 }) => sum + f1, 0) / present.length;
}

/**
 * Mean of the F1 of the classes, weighted by how many rows are of each.
 *
 * @param confusion Counts `[true class][predicted class]`.
 * @returns A number from 0 to 1.
 */
export function weightedF1Of(confusion: Confusion): number {
  const scores = classF1Of(confusion);
  return scores.reduce((sum, { f1, support }) => sum + f1 * support, 0) /
    total(confusion);
}

/**
 * Matthews correlation coefficient for any number of classes (Gorodkin's
 * R_K, 2004); 0 where labels or predictions are constant.
 *
 * @param confusion Counts `[true class][predicted class]`.
 * @returns A number from -1 to 1.
 */
export function matthewsOf(confusion: Confusion): number {
  const rows = total(confusion);
  let hits = 0;
  let cross = 0;
  let predictedSquares = 0;
  let trueSquares = 0;
  for (let k = 0; k < confusion.length; k++) {
    const predicted = columnSum(confusion, k);
    const actual = rowSum(confusion, k);
    hits += confusion[k]![k]!;
    cross += predicted * actual;
    predictedSquares += predicted ** 2;
    trueSquares += actual ** 2;
  }
  const denominator = Math.sqrt(rows ** 2 - predictedSquares) *
    Math.sqrt(rows ** 2 - trueSquares);
  return denominator === 0 ? 0 : (hits * rows - cross) / denominator;
}
