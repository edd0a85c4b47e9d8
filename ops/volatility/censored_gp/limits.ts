/**
 * Limits that cut observations off.
 *
 * @module
 */

import { z } from "zod";
import { DataError, ParameterError } from "../../../runtime/core/errors.ts";

/** Where observations are cut off; null or absent where they are not. */
export interface CensoringLimits {
  /** Lower limit: what would be below is observed as it. */
  readonly left?: number | null | undefined;
  /** Upper limit: what would be above is observed as it. */
  readonly right?: number | null | undefined;
}

/** Limits as numbers, infinite where there is none. */
export interface Limits {
  /** Lower limit or −∞. */
  readonly left: number;
  /** Upper limit or ∞. */
  readonly right: number;
}

/** Params that give limits. */
export const LIMIT_SHAPE = {
  left: z.number().nullable().default(null),
  right: z.number().nullable().default(null),
};

/**
 * Checks limits.
 *
 * @param limits Lower and upper one.
 * @returns Both as numbers.
 * @throws ParameterError where the lower one is not the smaller.
 */
export function resolveLimits({ left, right }: CensoringLimits): Limits {
  const limits = { left: left ?? -Infinity, right: right ?? Infinity };
  if (!(limits.left < limits.right)) {
    throw new ParameterError(
      `Cannot censor between ${limits.left} and ${limits.right}`,
      { expected: 'a "left" limit below the "right" one' },
    );
  }
  return limits;
}

/**
 * Which observations were cut off: those at a limit.
 *
 * @param values Observations.
 * @param limits The limits.
 * @returns 1 at the upper limit, −1 at the lower one, 0 between.
 * @throws DataError for a value beyond a limit.
 */
export function censoredSides(
  values: Float64Array,
  { left, right }: Limits,
): Int8Array {
  return Int8Array.from(values, (value, row) => {
    if (value < left || value > right) {
      throw new DataError(
        `Cannot fit observations between ${left} and ${right} as element ${row} of "y" is ${value}`,
        { port: "y", hint: "Clip the observations to the limits" },
      );
    }
    if (value === right) return 1;
    return value === left ? -1 : 0;
  });
}
