/**
 * Errors of compiled kernels.
 *
 * @module
 */

import { WeftError } from "../../../core/errors.ts";

/**
 * An error of ours in the place of what a kernel threw.
 *
 * @param error What was thrown.
 * @param kernel Name of the kernel.
 * @returns The error itself where it tells its own story.
 */
export function kernelError(error: unknown, kernel: string): unknown {
  if (error instanceof WeftError || error instanceof RangeError) return error;
  return new WeftError(`Cannot finish the kernel "${kernel}"`, {
    hint: 'Set WEFT_DEVICE to "reference" to compute without compiled kernels',
    cause: error,
  });
}
