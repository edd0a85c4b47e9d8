/**
 * The measure by which the routines of this folder pause.
 *
 * @module
 */

import type { Work } from "../clock.ts";

/**
 * Runs a computation to its end without a pause.
 *
 * @param work The computation.
 * @returns What it computed.
 */
export function runToEnd<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Floating-point operations after which a routine pauses: about a millisecond. */
export const SLICE_WORK = 2_000_000;
