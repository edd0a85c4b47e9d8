/**
 * Small helpers for what can be cancelled.
 *
 * @module
 */

import { CancelledError } from "./errors.ts";

/**
 * The error for work that an aborted signal ended.
 *
 * @param what What was cancelled, for example `the run`.
 * @param reason The reason of the signal.
 * @returns The error; the reason stands in it.
 */
export function cancelledError(what: string, reason: unknown): CancelledError {
  if (reason instanceof CancelledError) return reason;
  const isPlain = reason === undefined ||
    (reason instanceof DOMException && reason.name === "AbortError");
  if (isPlain) {
    return new CancelledError(`Cannot finish ${what} as it was cancelled`);
  }
  const words = reason instanceof Error ? reason.message : String(reason);
  return new CancelledError(
    `Cannot finish ${what} as it was cancelled: ${words}`,
  );
}

/**
 * Waits for some time, or until a signal is aborted.
 *
 * @param ms How long, in milliseconds.
 * @param signal Ends the wait early.
 * @returns A promise that never rejects.
 */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
