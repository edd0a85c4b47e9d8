/**
 * Time slices: heavy work is written as generators that yield now and then, so
 * that timers, progress and signals are served while it goes on.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { CancelledError } from "../core/errors.ts";

/** Milliseconds after which a slice ends. */
const SLICE_MILLISECONDS = 12;

/** Work, as a generator that yields whenever it may be interrupted. */
export type Work<T = void> = Generator<undefined, T, undefined>;

/** Elementary operations between two looks at the clock, about 1 ms. */
export const OPERATIONS_PER_LOOK = 400_000;

const waiting: (() => void)[] = [];
let scheduled = false;

/**
 * Waits for a turn of the event loop. One execution is resumed a turn, so that
 * the slices of many do not add up.
 *
 * @returns When it is the caller's turn.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (!scheduled) {
      scheduled = true;
      setImmediate(resumeOne);
    }
  });
}

function resumeOne(): void {
  waiting.shift()?.();
  scheduled = waiting.length > 0;
  if (scheduled) setImmediate(resumeOne);
}

/**
 * When the current slice ends. All executions share it, so that a loop of many
 * short ones lets the event loop turn as one long one does.
 */
let sliceEnd = 0;

/**
 * Runs work in slices.
 *
 * @param work The work.
 * @param signal Stops it between two slices.
 * @returns What the work returns.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function runSliced<T>(
  work: Work<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  throwIfAborted(signal);
  for (;;) {
    if (sliceIsOver()) await nextSlice(signal);
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Whether the event loop should turn before more is done.
 *
 * @returns True once the current slice has ended.
 */
export function sliceIsOver(): boolean {
  return performance.now() >= sliceEnd;
}

/**
 * Waits for a turn of the event loop, and starts a slice.
 *
 * @param signal Stops the execution.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function nextSlice(
  signal: AbortSignal | undefined,
): Promise<void> {
  await nextTurn();
  throwIfAborted(signal);
  sliceEnd = performance.now() + SLICE_MILLISECONDS;
}

/**
 * Stops an execution that nobody wants any more.
 *
 * @param signal Says so.
 * @throws {CancelledError} When the signal is aborted.
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new CancelledError("Cannot finish the execution as it was aborted", {
      cause: signal.reason,
    });
  }
}
