/**
 * Means and sample variances over trailing windows and whole samples.
 *
 * @module
 */

import { ParameterError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";

/**
 * Applies a statistic to each trailing window of the last axis. Each window is
 * taken whole, without running sums: nothing cancels, and NaN stays in the
 * windows that hold it.
 *
 * @param series Time along the last axis, shape [..., t].
 * @param window Rows in a window.
 * @param statistic Reduces the last axis of a tensor of shape [..., n, window].
 * @returns Shape [..., t]: at row `i` the statistic of rows `i - window + 1` to
 * `i`, NaN before the first whole window.
 */
export function overWindows(
  series: F64,
  window: number,
  statistic: (windows: F64) => F64,
): F64 {
  const leading = series.shape.slice(0, -1);
  const length = series.shape.at(-1) ?? 0;
  const count = length - window + 1;
  if (count <= 0) return wf.full([...series.shape], NaN, { dtype: "f64" });
  const indices = wf.add(
    wf.expandDims(wf.arange(0, count, 1, { dtype: "i32" }), 1),
    wf.arange(0, window, 1, { dtype: "i32" }),
  );
  const windows = wf.take(series, indices, { axis: -1 });
  const values = statistic(windows);
  if (window === 1) return values;
  const unknown = wf.full([...leading, window - 1], NaN, { dtype: "f64" });
  return wf.concat([unknown, values], { axis: -1 });
}

/**
 * The rows of the last axis from `start` on.
 *
 * @param series Shape [..., t].
 * @param start First row kept.
 * @returns Shape [..., t - start].
 */
export function rowsFrom(series: F64, start: number): F64 {
  if (start === 0) return series;
  return wf.slice(series, ...series.shape.slice(0, -1).map(() => null), [
    start,
    series.shape.at(-1) ?? 0,
  ]);
}

/** Mean over the last axis. */
export function meanOfRows(series: F64): F64 {
  return wf.mean(series, { axis: -1 });
}

/** Sample variance (division by n − 1) over the last axis. */
export function sampleVarianceOfRows(series: F64): F64 {
  return wf.variance(series, { axis: -1, correction: 1 });
}

/**
 * Refuses a sample that is too short for a statistic.
 *
 * @param rows Rows in the sample.
 * @param needed The fewest that the statistic needs.
 * @param what The statistic's name.
 * @throws {ParameterError} If `rows < needed`.
 */
export function requireRows(rows: number, needed: number, what: string): void {
  if (rows < needed) {
    throw new ParameterError(
      `Cannot compute "${what}" as it has too few rows`,
      {
        expected: `at least ${needed}`,
        actual: `${rows}`,
      },
    );
  }
}

/**
 * Moves time from the last axis to the first, as a scan wants it.
 *
 * @param series Shape [..., t].
 * @returns Shape [t, ...].
 */
export function timeFirst(series: F64): F64 {
  const last = series.ndim - 1;
  if (last === 0) return series;
  return wf.permuteDims(series, [
    last,
    ...Array.from({ length: last }, (_, axis) => axis),
  ]);
}

/**
 * Moves time from the first axis to the last, as a series has it.
 *
 * @param path Shape [t, ...].
 * @returns Shape [..., t].
 */
export function timeLast(path: F64): F64 {
  if (path.ndim === 1) return path;
  return wf.permuteDims(path, [
    ...Array.from({ length: path.ndim - 1 }, (_, axis) => axis + 1),
    0,
  ]);
}
