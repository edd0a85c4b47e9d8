/**
 * Long computations as generators, so that whoever runs one decides how often
 * the event loop gets its turn.
 *
 * @module
 */

/**
 * A computation that pauses after every few milliseconds of work. It never
 * waits for anything: to resume it is always right.
 */
export type Sliced<T> = Generator<void, T, void>;

/**
 * Runs a computation to its end without a pause.
 *
 * @param work The computation.
 * @returns What it computed.
 */
export function runToEnd<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Floating-point operations after which a routine pauses: one to a few milliseconds. */
export const SLICE_WORK = 2_000_000;
