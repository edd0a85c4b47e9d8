/**
 * The errors of Weft. A Jupyter kernel shows only `error.stack`, so the whole
 * story (where, what was expected, what came, what to do) is in the message.
 *
 * @module
 */

/** The story that every {@linkcode WeftError} can tell beside its message. */
export interface ErrorDetails {
  /** Names of the ops from the outermost to the one that failed. */
  readonly path?: readonly string[];
  /** The port of the op at fault, for example `x`. */
  readonly port?: string;
  /** What would have been right. */
  readonly expected?: string;
  /** What came instead. */
  readonly actual?: string;
  /** The likely fix, as an instruction. */
  readonly hint?: string;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

const LABEL_WIDTH = 10;

function detailLine(label: string, text: string): string {
  const indent = "\n" + " ".repeat(LABEL_WIDTH + 2);
  return `\n  ${label.padEnd(LABEL_WIDTH)}${text.replaceAll("\n", indent)}`;
}

function composeMessage(summary: string, details: ErrorDetails): string {
  let message = summary;
  if (details.path !== undefined && details.path.length > 0) {
    message += detailLine("path", details.path.join(" › "));
  }
  if (details.port !== undefined) message += detailLine("port", details.port);
  if (details.expected !== undefined) {
    message += detailLine("expected", details.expected);
  }
  if (details.actual !== undefined) {
    message += detailLine("actual", details.actual);
  }
  if (details.hint !== undefined) message += detailLine("hint", details.hint);
  if (details.cause !== undefined) {
    message += detailLine("caused by", causeText(details.cause));
  }
  return message;
}

function causeText(cause: unknown): string {
  return cause instanceof Error
    ? `${cause.name}: ${cause.message}`
    : String(cause);
}

/**
 * Base class of all errors that Weft throws on purpose.
 *
 * @example
 * ```ts
 * import { WeftError } from "@weft/weft";
 *
 * const error = new WeftError("Cannot fit the model as it has no rows", {
 *   path: ["outlook", "volatility/har"],
 *   hint: 'Widen the training window, for example "trainDays: 500"',
 * });
 * console.log(error.message.includes("outlook › volatility/har")); // true
 * ```
 */
export class WeftError extends Error {
  /** The name that is shown before the message. */
  override name = "WeftError";
  /** The one-sentence summary, without the details. */
  readonly summary: string;
  /** The structured story that the message spells out. */
  readonly details: ErrorDetails;

  /**
   * Composes the message from all parts of the story.
   *
   * @param summary One sentence: sentence case, quoted values, no full stop.
   * @param details Where it happened, what was expected, what came, the fix.
   */
  constructor(summary: string, details: ErrorDetails = {}) {
    super(
      composeMessage(summary, details),
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.summary = summary;
    this.details = details;
  }
}

/** A value does not fit the port that it was wired into. */
export class PortError extends WeftError {
  /** The name that is shown before the message. */
  override name = "PortError";
}

/** Params do not match the op's schema, or an argument is out of its range. */
export class ParameterError extends WeftError {
  /** The name that is shown before the message. */
  override name = "ParameterError";
}

/** Shapes of tensors do not fit together. */
export class ShapeError extends WeftError {
  /** The name that is shown before the message. */
  override name = "ShapeError";
}

/** Dtypes of tensors do not fit together, or a device cannot compute one. */
export class DTypeError extends WeftError {
  /** The name that is shown before the message. */
  override name = "DTypeError";
}

/** Data from outside (a file, a frame) are not what they should be. */
export class DataError extends WeftError {
  /** The name that is shown before the message. */
  override name = "DataError";
}

/** A computation met NaN, a singular matrix, or did not converge. */
export class NumericalError extends WeftError {
  /** The name that is shown before the message. */
  override name = "NumericalError";
}

/** A value has no content digest, so that nothing can be cached by it. */
export class UnhashableValueError extends WeftError {
  /** The name that is shown before the message. */
  override name = "UnhashableValueError";
}

/** An op is defined or wired in a way that can never run. */
export class DefinitionError extends WeftError {
  /** The name that is shown before the message. */
  override name = "DefinitionError";
}

/** The store cannot be read or written. */
export class StoreError extends WeftError {
  /** The name that is shown before the message. */
  override name = "StoreError";
}

/** The body of an op threw; `cause` is what it threw. */
export class OpError extends WeftError {
  /** The name that is shown before the message. */
  override name = "OpError";
}

/** A run was aborted before it ended. */
export class CancelledError extends WeftError {
  /** The name that is shown before the message. */
  override name = "CancelledError";
}

/** Memory that a computation needs cannot be had. */
export class MemoryError extends WeftError {
  /** The name that is shown before the message. */
  override name = "MemoryError";
}

/** A device went away, and the data that it held with it. */
export class DeviceLostError extends WeftError {
  /** The name that is shown before the message. */
  override name = "DeviceLostError";
}

/** Several ops of one run failed; each error tells its own story. */
export class RunError extends WeftError {
  /** The name that is shown before the message. */
  override name = "RunError";
  /** What the failed ops threw, in the order of failing. */
  readonly failures: readonly Error[];

  /**
   * Names all ops that are to blame.
   *
   * @param failures What the failed ops threw.
   */
  constructor(failures: readonly Error[]) {
    super(
      `Cannot finish the run as ${failures.length} ops failed:\n${
        failures.map((error) => `- ${error.message.replaceAll("\n", "\n  ")}`)
          .join("\n")
      }`,
    );
    this.failures = failures;
  }
}
