/**
 * Labels and class probabilities as plain arrays, checked once for all scores.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import type { Tensor } from "../../runtime/tensor/mod.ts";

/** Rows with a true class and a probability for every class. */
export interface Labelled {
  /** True classes, each in `0 … classes - 1`. */
  readonly labels: Int32Array;
  /** Row-major `[rows, classes]`; every row sums to one. */
  readonly probabilities: Float64Array;
  /** How many classes there are. */
  readonly classes: number;
}

const SUM_TOLERANCE = 1e-6;

/**
 * Checks that all labels are classes.
 *
 * @param labels Class indices.
 * @param classes How many classes there are.
 * @throws {DataError} If there are no rows or a label is outside its range.
 */
export function checkLabels(labels: Int32Array, classes: number): void {
  if (labels.length === 0) {
    throw new DataError("Cannot score predictions as there are no rows", {
      hint: "Check that the test windows hold labelled rows",
    });
  }
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (label < 0 || label >= classes) {
      throw new DataError(
        `Cannot score row ${row} as its label is not a class`,
        {
          expected: `an integer from 0 to ${classes - 1}`,
          actual: String(label),
          hint: "Drop the rows without a label first (unlabelled rows are -1)",
        },
      );
    }
  }
}

/**
 * Reads and checks labels and probabilities.
 *
 * @param labels True classes, i32 `["n"]`.
 * @param probabilities Class probabilities, f64 `["n", "k"]`.
 * @returns Both as plain arrays.
 * @throws {DataError} If there are no rows, a label is no class, or a row of
 * probabilities holds NaN, a negative number, or does not sum to one.
 */
export async function readLabelled(
  labels: Tensor<"i32">,
  probabilities: Tensor<"f64">,
): Promise<Labelled> {
  const classes = probabilities.shape[1]!;
  const labelled: Labelled = {
    labels: await labels.data(),
    probabilities: await probabilities.data(),
    classes,
  };
  checkLabels(labelled.labels, classes);
  for (let row = 0; row < labelled.labels.length; row++) {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const p = labelled.probabilities[row * classes + k]!;
      sum += p >= 0 ? p : NaN;
    }
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
      throw new DataError(
        `Cannot score row ${row} as its class probabilities are not a distribution`,
        {
          expected:
            `numbers of at least 0 with sum 1 (within ${SUM_TOLERANCE})`,
          actual: `[${
            labelled.probabilities.slice(row * classes, (row + 1) * classes)
              .join(", ")
          }]`,
          hint: "Pass logits through softmax first",
        },
      );
    }
  }
  return labelled;
}

/**
 * The most probable class of each row; the first of equals.
 *
 * @param scores Row-major `[rows, classes]`: probabilities or logits.
 * @param classes How many classes there are.
 * @returns The class of each row.
 */
export function predictedClasses(
  scores: Float64Array,
  classes: number,
): Int32Array {
  const predicted = new Int32Array(scores.length / classes);
  for (let row = 0; row < predicted.length; row++) {
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if (scores[row * classes + k]! > scores[row * classes + best]!) best = k;
    }
    predicted[row] = best;
  }
  return predicted;
}
