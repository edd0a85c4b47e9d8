/**
 * Stopping between two tokens.
 *
 * @module
 */

import { CancelledError } from "../../../runtime/core/errors.ts";

/**
 * Stops what nobody wants any more.
 *
 * @param signal Says so.
 * @throws {CancelledError} When the signal is aborted.
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new CancelledError("Cannot go on generating as it was aborted", {
    cause: signal.reason,
  });
}
