/**
 * Contractions with packed codes, for tests.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { Expr, ExprPool } from "../../ir/expr.ts";
import type { ContractionOptions } from "./testing_kernels.ts";
import { product } from "./testing_kernels.ts";

/** Where the element of a packed factor stands. */
export interface CodePlace {
  /** The pool. */
  readonly pool: ExprPool;
  /** The number of its row of codes. */
  readonly row: Expr;
  /** Its place in the row. */
  readonly at: Expr;
  /** Elements of a row. */
  readonly length: number;
}

/** Packed codes of one layout. */
export interface Codes {
  /** Elements that a row must be a multiple of. */
  readonly unit: number;
  /** Dtypes of the operands and how many elements of a row one of theirs holds. */
  readonly parts: readonly (readonly [dtype: DType, per: number])[];
  /** Size of a table that is the last operand; none by default. */
  readonly table?: number;
  /** The number. */
  readonly decode: (place: CodePlace, load: CodeLoad) => Expr;
}

/** Loads element `at` of the row of a part, or of the table behind the parts. */
export type CodeLoad = (part: number, at: Expr) => Expr;

/** A quotient of whole numbers. */
export function over({ pool }: CodePlace, value: Expr, by: number): Expr {
  return pool.make("quotient", "i32", [value, pool.size(by)]);
}

/** A remainder of whole numbers. */
export function rest({ pool }: CodePlace, value: Expr, by: number): Expr {
  return pool.make("modulo", "i32", [value, pool.size(by)]);
}

/** A sum of a number and a multiple of another. */
export function sum({ pool }: CodePlace, a: Expr, b: Expr, times = 1): Expr {
  const product = pool.make("multiply", "i32", [b, pool.size(times)]);
  return pool.make("add", "i32", [a, product]);
}

/** Some bits of a byte. */
export function bits(
  { pool }: CodePlace,
  byte: Expr,
  from: Expr,
  mask: number,
): Expr {
  const places = pool.make("cast", "u8", [from]);
  return pool.make("and", "u8", [
    pool.make("shiftRight", "u8", [byte, places]),
    pool.constant(mask, "u8"),
  ]);
}

/** A number as f32. */
export function float({ pool }: CodePlace, value: Expr): Expr {
  return pool.make("cast", "f32", [value]);
}

/**
 * A product whose right factor is packed.
 *
 * @param codes The layout.
 * @param sizes m, n and k.
 * @param isAlong Whether rows of codes run along k; else along n.
 * @returns Options of the contraction.
 */
export function packedProduct(
  codes: Codes,
  [m, n, k]: readonly [number, number, number],
  isAlong: boolean,
): ContractionOptions {
  const [rows, length] = isAlong ? [n, k] : [k, n];
  const perRow = codes.parts.map(([, per]) => Math.ceil(length / per));
  const more = codes.parts.slice(1).map(([dtype], part) => ({
    dtype,
    size: rows * perRow[part + 1]!,
  }));
  if (codes.table !== undefined) {
    more.push({ dtype: "f32", size: codes.table });
  }
  const [dtype] = codes.parts[0]!;
  const [first] = perRow as [number];
  return {
    ...product("f32", [m, n, k]),
    more,
    right: {
      dtype,
      // The size of the operand follows from the steps of the view.
      steps: isAlong
        ? [0, first, (first - 1) / (k - 1)]
        : [0, (first - 1) / (n - 1), first],
    },
    factor: (pool, loaded, side) => {
      if (side === 0) return loaded;
      const [column, step] = [pool.axis(1), pool.axis(2)];
      const [row, at] = isAlong ? [column, step] : [step, column];
      const place = { pool, row, at, length };
      const load: CodeLoad = (part, index) => {
        const known = codes.parts[part];
        if (known === undefined) return pool.load(part + 1, "f32", index);
        const whole = sum(place, index, row, perRow[part]!);
        return pool.load(part + 1, known[0], whole);
      };
      return codes.decode(place, load);
    },
  };
}
