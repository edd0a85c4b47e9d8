/**
 * Proper scores of class probabilities, as plain functions.
 *
 * @module
 */

import type { Labelled } from "./labelled.ts";

/**
 * Brier score of each row (Brier, 1950): the squared distance between the
 * probabilities and the one-hot label, summed over all classes. For two
 * classes this is twice the score that scikit-learn gives by default.
 *
 * @param labelled Rows with labels and probabilities.
 * @returns Numbers from 0 (certain and right) to 2 (certain and wrong).
 */
export function brierOf(
  { labels, probabilities, classes }: Labelled,
): Float64Array {
  return Float64Array.from(labels, (label, row) => {
    let score = 0;
    for (let k = 0; k < classes; k++) {
      const target = k === label ? 1 : 0;
      score += (probabilities[row * classes + k]! - target) ** 2;
    }
    return score;
  });
}

/**
 * Log loss of each row in nats. As in scikit-learn a probability under the
 * machine epsilon counts as the epsilon, so that one row that was held to be
 * impossible costs 36 nats and not infinity.
 *
 * @param labelled Rows with labels and probabilities.
 * @returns Numbers of at least 0.
 */
export function logLossOf(
  { labels, probabilities, classes }: Labelled,
): Float64Array {
  return Float64Array.from(
    labels,
    (label, row) =>
      -Math.log(
        Math.max(probabilities[row * classes + label]!, Number.EPSILON),
      ),
  );
}
