/**
 * Arithmetic of whole numbers that are known when a kernel is written.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import type { Expr } from "./expr.ts";

/**
 * The value of an expression of known numbers.
 *
 * @param expr The expression.
 * @param args Values of its arguments.
 * @returns The value, as its dtype holds it; undefined where it is not known how
 * it is computed.
 */
export function foldedNumber(
  { dtype, op }: Expr,
  args: readonly number[],
): number | undefined {
  const [a, b, c] = args as [number, number, number];
  switch (op) {
    case "cast":
      return wrapped(a, dtype);
    case "add":
      return wrapped(a + b, dtype);
    case "subtract":
      return wrapped(a - b, dtype);
    case "multiply":
      return wrapped(Math.imul(a, b), dtype);
    case "quotient":
      return b > 0 ? Math.floor(a / b) : undefined;
    case "modulo":
      return b > 0 ? a % b : undefined;
    case "and":
      return wrapped(a & b, dtype);
    case "or":
      return wrapped(a | b, dtype);
    case "xor":
      return wrapped(a ^ b, dtype);
    case "shiftLeft":
      return inRange(b) ? wrapped(a << b, dtype) : undefined;
    case "shiftRight":
      if (!inRange(b)) return undefined;
      return wrapped(dtype === "u32" ? a >>> b : a >> b, dtype);
    case "maximum":
      return Math.max(a, b);
    case "minimum":
      return Math.min(a, b);
    case "equal":
      return Number(a === b);
    case "less":
      return Number(a < b);
    case "lessEqual":
      return Number(a <= b);
    case "where":
      return a !== 0 ? b : c;
    default:
      return undefined;
  }
}

function inRange(places: number): boolean {
  return places >= 0 && places < 32;
}

function wrapped(value: number, dtype: DType): number | undefined {
  switch (dtype) {
    case "i32":
      return value | 0;
    case "u32":
      return value >>> 0;
    case "u8":
      return value & 255;
    case "i8":
      return value << 24 >> 24;
    case "bool":
      return Number(value !== 0);
    default:
      return undefined;
  }
}
