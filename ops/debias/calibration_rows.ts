/**
 * Checks of the rows that a correction is calibrated on.
 *
 * @module
 */

import {
  DataError,
  NumericalError,
  ShapeError,
} from "../../runtime/core/errors.ts";

/** Predictions and the truth beside them, one entry a row. */
export interface CalibrationRows {
  /** What was predicted. */
  readonly predictions: ArrayLike<number>;
  /** What came true. */
  readonly targets: ArrayLike<number>;
}

/**
 * Refuses calibration rows that no constants can be taken from.
 *
 * @param rows The rows.
 * @throws ShapeError for fewer than two rows, DataError for a value that is not
 * finite, NumericalError for constant predictions.
 */
export function assertCalibrationRows(rows: CalibrationRows): void {
  const { predictions, targets } = rows;
  if (predictions.length < 2) {
    throw new ShapeError("Cannot calibrate as there are too few rows", {
      expected: "at least 2 rows",
      actual: `${predictions.length} rows`,
    });
  }
  assertFinite("predictions", predictions);
  assertFinite("targets", targets);
  if (isConstant(predictions)) {
    throw new NumericalError(
      `Cannot calibrate as all predictions are ${predictions[0]}`,
      {
        port: "predictions",
        hint: "A constant prediction carries nothing that could be corrected",
      },
    );
  }
}

/**
 * Refuses NaN and infinity.
 *
 * @param name The port to blame.
 * @param values What to check.
 * @throws DataError that names the first bad row.
 */
export function assertFinite(name: string, values: ArrayLike<number>): void {
  for (let row = 0; row < values.length; row += 1) {
    if (!Number.isFinite(values[row])) {
      throw new DataError(
        `Cannot use "${name}" as row ${row} is ${values[row]}`,
        { port: name, expected: "finite numbers" },
      );
    }
  }
}

/**
 * Whether all values are the same.
 *
 * @param values At least one value.
 * @returns True for a constant.
 */
export function isConstant(values: ArrayLike<number>): boolean {
  for (let row = 1; row < values.length; row += 1) {
    if (values[row] !== values[0]) return false;
  }
  return true;
}
