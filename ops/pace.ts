/**
 * Turns of the event loop inside long loops: a run stays responsive and can
 * be aborted while a file is parsed or samples are drawn; shared by all families.
 *
 * @module
 */

import { CancelledError } from "../runtime/core/errors.ts";

const SLICE_MILLISECONDS = 25;

/** Lets the event loop turn when a slice of time is used up. */
export type Pace = () => Promise<void> | undefined;

/**
 * Makes a pacer for one loop. Await what it returns at each of the loop's
 * larger steps: mostly `undefined`, at times a promise of the next turn.
 *
 * @param signal Aborts the loop.
 * @returns The pacer; it throws a {@linkcode CancelledError} after an abort.
 */
export function pacer(signal?: AbortSignal): Pace {
  let sliceStart = performance.now();
  return () => {
    if (performance.now() - sliceStart < SLICE_MILLISECONDS) return undefined;
    return new Promise((resolve, reject) => {
      setTimeout(() => {
        sliceStart = performance.now();
        if (signal?.aborted) {
          reject(
            new CancelledError("Cannot go on as the run was aborted", {
              cause: signal.reason,
            }),
          );
        } else resolve();
      }, 0);
    });
  };
}
