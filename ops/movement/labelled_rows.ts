/**
 * Rows that classifiers learn from.
 *
 * @module
 */

import { UNLABELLED } from "../labels.ts";
import type { Split } from "../splits.ts";

/**
 * The rows of a training window whose class is known.
 *
 * @param labels Classes from 0, -1 where not known.
 * @param window The window.
 * @returns The rows, ascending.
 */
export function labelledRows(
  labels: Int32Array,
  { trainStart, trainEnd }: Split,
): number[] {
  const rows: number[] = [];
  for (let row = trainStart; row < trainEnd; row++) {
    if (labels[row] !== UNLABELLED) rows.push(row);
  }
  return rows;
}
