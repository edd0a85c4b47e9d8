/**
 * Factors that are a multiple of a small code and something more, both the same
 * for long stretches of lanes. Then the something more need only be multiplied by
 * the sum of a stretch of the other factor, and a code need not be converted: put
 * into the upper bits of a mantissa it is a float that differs from the code by a
 * multiple and a number, which are the stretch's affair, too.
 *
 * @module
 */

import type { Expr, ExprPool } from "../../ir/expr.ts";
import { rangeOf } from "../../ir/index_arithmetic.ts";
import type { ContractKernel } from "../../ir/kernel.ts";
import { LanePatterns } from "../../ir/lane_patterns.ts";
import { ByteForms } from "./byte_forms.ts";
import { SHORT_BLOCK } from "./short_ways.ts";

/** Bits of a code at most: those of a mantissa's upper byte. */
export const MANTISSA_BITS = 7;

/** A factor, taken apart. */
export interface AffineFactor {
  /** The code as a float, a cast. */
  readonly code: Expr;
  /** What is multiplied by the code in a mantissa: see `mantissaValue`. */
  readonly scale: Expr;
  /** What is added to that. */
  readonly offset: Expr;
  /** Lanes that share both. */
  readonly run: number;
}

/** A multiple of a value and something more; undefined for 1 and for 0. */
interface Parts {
  readonly value: Expr;
  readonly scale: Expr | undefined;
  readonly offset: Expr | undefined;
}

/**
 * The bits of the largest code that an expression may be.
 *
 * @param expr A whole number.
 * @param axes Lengths of the axes.
 * @returns How many; undefined where it is no code that fits into a mantissa.
 */
export function codeBits(
  expr: Expr,
  axes: readonly number[],
): number | undefined {
  const [low, high] = rangeOf(expr, axes);
  if (low < 0 || high >= 2 ** MANTISSA_BITS) return undefined;
  return Math.max(1, 32 - Math.clz32(high));
}

/**
 * Takes a factor apart.
 *
 * @param kernel The kernel.
 * @param factor The factor, f32.
 * @param axis The axis that lanes lie along.
 * @param lanes Lanes of a block.
 * @returns Its parts; undefined where it is of another form.
 */
export function affineFactor(
  kernel: ContractKernel,
  factor: Expr,
  axis: number,
  lanes: number,
): AffineFactor | undefined {
  if (factor.dtype !== "f32" || lanes < SHORT_BLOCK) return undefined;
  const { axes, pool } = kernel;
  const patterns = new LanePatterns(axis, lanes);
  const parts = partsOf(pool, patterns, factor);
  if (parts?.scale === undefined) return undefined;
  const { offset, scale, value } = parts;
  const [code] = value.args;
  if (value.op !== "cast" || code === undefined) return undefined;
  const bits = codeBits(code, axes);
  const forms = new ByteForms(kernel, patterns, SHORT_BLOCK);
  if (bits === undefined || !forms.isBytes(code)) return undefined;
  // A mantissa is a half and the code by 2^(bits + 1).
  const power = (exponent: number) => pool.constant(2 ** exponent, "f32");
  const half = pool.make("multiply", "f32", [scale, power(bits)]);
  return {
    code: value,
    scale: pool.make("multiply", "f32", [scale, power(bits + 1)]),
    offset: offset === undefined
      ? pool.make("negative", "f32", [half])
      : pool.make("subtract", "f32", [offset, half]),
    run: Math.min(
      patterns.run(scale),
      offset === undefined ? lanes : patterns.run(offset),
    ),
  };
}

function partsOf(
  pool: ExprPool,
  patterns: LanePatterns,
  expr: Expr,
): Parts | undefined {
  const { args, op } = expr;
  const isEven = (one: Expr) => patterns.run(one) >= SHORT_BLOCK;
  if (expr.dtype !== "f32" || isEven(expr)) return undefined;
  const make = (name: "add" | "multiply", a: Expr, b: Expr | undefined) =>
    b && pool.make(name, "f32", [a, b]);
  const [a, b, c] = args as [Expr, Expr, Expr];
  const scaled = (by: Expr, of: Expr): Parts | undefined => {
    const parts = partsOf(pool, patterns, of);
    return parts && {
      value: parts.value,
      scale: make("multiply", by, parts.scale) ?? by,
      offset: make("multiply", by, parts.offset),
    };
  };
  const moved = (parts: Parts | undefined, by: Expr): Parts | undefined =>
    parts && { ...parts, offset: make("add", by, parts.offset) ?? by };
  const product = () =>
    isEven(a) ? scaled(a, b) : isEven(b) ? scaled(b, a) : undefined;
  switch (op) {
    case "multiply":
      return product();
    case "multiplyAdd":
      return isEven(c) ? moved(product(), c) : undefined;
    case "add":
      return isEven(a)
        ? moved(partsOf(pool, patterns, b), a)
        : isEven(b)
        ? moved(partsOf(pool, patterns, a), b)
        : undefined;
    case "subtract":
      return isEven(b)
        ? moved(
          partsOf(pool, patterns, a),
          pool.make("negative", "f32", [b]),
        )
        : undefined;
    default:
      return { value: expr, scale: undefined, offset: undefined };
  }
}
