/**
 * How ports say that a value does not fit.
 *
 * @module
 */

import { type ErrorDetails, PortError } from "../core/errors.ts";
import type { CheckPlace } from "./port.ts";

/**
 * Makes the error for a value that does not fit a port.
 *
 * @param place The op and port.
 * @param problem What is wrong, to follow a colon: `dimension "n" is 3, not 2`.
 * @param details What was expected, what came, and the likely fix.
 * @returns The error, to be thrown.
 */
export function portError(
  place: CheckPlace,
  problem: string,
  details: ErrorDetails,
): PortError {
  const op = place.path.at(-1);
  const where = op === undefined ? "" : ` of "${op}"`;
  return new PortError(
    `Cannot use a value as port "${place.port}"${where}: ${problem}`,
    { path: place.path, port: place.port, ...details },
  );
}

/**
 * Makes the error for a value of the wrong kind.
 *
 * @param place The op and port.
 * @param expected The port in words.
 * @param value What came.
 * @param hint The likely fix.
 * @returns The error, to be thrown.
 */
export function wrongKind(
  place: CheckPlace,
  expected: string,
  value: unknown,
  hint?: string,
): PortError {
  const actual = kindOf(value);
  return portError(place, `it is ${actual}`, {
    expected,
    actual,
    ...(hint === undefined ? {} : { hint }),
  });
}

/**
 * What kind of thing a value is, in one or two words with an article.
 *
 * @param value Anything.
 * @returns For example `a list`, `a text`, `an instance of "Tensor"`.
 */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "undefined":
      return "missing";
    case "string":
      return "a text";
    case "object": {
      const tag = Reflect.get(value, Symbol.toStringTag);
      const name = typeof tag === "string" && tag !== ""
        ? tag
        : value.constructor?.name;
      return name === undefined || name === "Object"
        ? "an object"
        : `an instance of "${name}"`;
    }
    default:
      return `a ${typeof value}`;
  }
}
