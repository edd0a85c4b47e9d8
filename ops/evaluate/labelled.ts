/**
 * Labels and class probabilities as plain arrays, checked once for all scores.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import { read, type Tensor } from "../../runtime/tensor/mod.ts";
import { UNLABELLED } from "../labels.ts";

/** Rows with a true class and a probability for every class. */
export interface Labelled {
  /** Where the rows stood before those without a label were left out. */
  readonly rows: Int32Array;
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
 * Reads and checks labels and probabilities. Rows whose label is -1 (not
 * known yet) are left out.
 *
 * @param labels True classes, i32 `["n"]`.
 * @param probabilities Class probabilities, f64 `["n", "k"]`.
 * @returns Both as plain arrays.
 * @throws {DataError} If there are no labelled rows, a label is no class, or a
 * row of probabilities holds NaN, a negative number, or does not sum to one.
 */
export async function readLabelled(
  labels: Tensor<"i32">,
  probabilities: Tensor<"f64">,
): Promise<Labelled> {
  const classes = probabilities.shape[1]!;
  const [allLabels, all] = await read(labels, probabilities);
  const rows = Int32Array.from(allLabels.keys()).filter((row) =>
    allLabels[row] !== UNLABELLED
  );
  const labelled: Labelled = {
    rows,
    labels: Int32Array.from(rows, (row) => allLabels[row]!),
    probabilities: Float64Array.from(
      { length: rows.length * classes },
      (_, index) =>
        all[rows[Math.floor(index / classes)]! * classes + index % classes]!,
    ),
    classes,
  };
  checkLabels(labelled.labels, classes);
  rows.forEach((row, index) => {
    const distribution = labelled.probabilities.subarray(
      index * classes,
      (index + 1) * classes,
    );
    const sum = distribution.reduce(
      (total, p) => total + (p >= 0 ? p : NaN),
      0,
    );
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
      throw new DataError(
        `Cannot score row ${row} as its class probabilities are not a distribution`,
        {
          expected:
            `numbers of at least 0 with sum 1 (within ${SUM_TOLERANCE})`,
          actual: `[${distribution.join(", ")}]`,
          hint: "Pass logits through softmax first",
        },
      );
    }
  });
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
