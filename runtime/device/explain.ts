/**
 * Errors of executions, told with the op that they happened in and with what
 * holds the memory.
 *
 * @module
 */

import { type ErrorDetails, MemoryError, WeftError } from "../core/errors.ts";
import { memoryAccount } from "./account.ts";

/**
 * An error that says which op it happened in, and what memory is held by where
 * memory could not be had.
 *
 * @param error What was thrown.
 * @param kernel Name of the kernel that ran.
 * @param path Path of the op that it is charged to.
 * @returns The error to throw.
 */
export function explained(
  error: unknown,
  kernel: string,
  path: readonly string[] | undefined,
): unknown {
  if (error instanceof WeftError) {
    if (error.details.path !== undefined || path === undefined) return error;
    const Class = error.constructor as typeof WeftError;
    return new Class(error.summary, { ...error.details, path });
  }
  if (!(error instanceof RangeError)) return error;
  return memoryError(`Cannot allocate memory for "${kernel}"`, {
    ...(path === undefined ? {} : { path }),
    cause: error,
  });
}

/**
 * An error that names those who hold the most memory.
 *
 * @param summary What could not be done.
 * @param details What else is to be told.
 * @returns The error.
 */
export function memoryError(
  summary: string,
  details: Pick<ErrorDetails, "path" | "expected" | "cause">,
): MemoryError {
  const { heldBytes, holders } = memoryAccount();
  const biggest = holders.slice(0, 3).map((holder) =>
    `${megabytes(holder.bytes)} by ${holder.path.join(" › ")}`
  );
  return new MemoryError(summary, {
    ...details,
    actual: [`${megabytes(heldBytes)} held by tensors`, ...biggest].join("\n"),
    hint: "Use smaller batches, or dispose of tensors that are done with",
  });
}

/**
 * A number of bytes, for people.
 *
 * @param bytes The number.
 * @returns For example `17 MB`.
 */
export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

/**
 * The error of data that a program has written over.
 *
 * @returns The error.
 */
export function donatedData(): WeftError {
  return new WeftError("Cannot read data that were donated", {
    actual: "a compiled function that was given them has run, or has failed",
    expected: "tensors that are read before what they hang on is donated",
    hint: "Use what the function returned, or do not donate the argument",
  });
}
