/**
 * Which whole numbers can be computed in lanes of a byte: packed codes, four
 * times as many at once as in the lanes that products are summed in.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import { rangeOf } from "../../ir/index_arithmetic.ts";
import type { ContractKernel } from "../../ir/kernel.ts";
import type { LanePatterns } from "../../ir/lane_patterns.ts";

/** Bytes from the first to the last that lanes read, at most. */
export const MOST_SPAN = 32;

/** What a byte stands for. */
export type ByteSign = "u" | "s";

/** Knows which expressions have a form in bytes. */
export class ByteForms {
  /** Lanes that are computed at once: 8 or 16. */
  readonly group: number;
  readonly #kernel: ContractKernel;
  readonly #patterns: LanePatterns;
  readonly #signs = new Map<Expr, ByteSign | undefined>();
  readonly #isBytes = new Map<Expr, boolean>();

  /**
   * @param kernel The kernel.
   * @param patterns How numbers differ from lane to lane.
   * @param group Lanes that are computed at once.
   */
  constructor(
    kernel: ContractKernel,
    patterns: LanePatterns,
    group: number,
  ) {
    this.#kernel = kernel;
    this.#patterns = patterns;
    this.group = group;
  }

  /**
   * Whether all values of an expression are those of a byte.
   *
   * @param expr The expression.
   * @returns Whether the byte has a sign; undefined where values may be others.
   */
  sign(expr: Expr): ByteSign | undefined {
    if (this.#signs.has(expr)) return this.#signs.get(expr);
    const [low, high] = rangeOf(expr, this.#kernel.axes);
    const sign = low >= 0 && high <= 255
      ? "u"
      : low >= -128 && high <= 127
      ? "s"
      : undefined;
    this.#signs.set(expr, sign);
    return sign;
  }

  /**
   * Whether the lowest bits of an expression can be computed in bytes.
   *
   * @param expr The expression.
   * @returns True when they can.
   */
  isBytes(expr: Expr): boolean {
    let known = this.#isBytes.get(expr);
    if (known === undefined) {
      known = this.#own(expr);
      this.#isBytes.set(expr, known);
    }
    return known;
  }

  /** Whether one value is that of all lanes of a group, or lanes are known. */
  #isGiven(expr: Expr): boolean {
    return this.#patterns.run(expr) >= this.group ||
      this.#patterns.known(expr) !== undefined;
  }

  #own(expr: Expr): boolean {
    const { op, args, dtype } = expr;
    if (
      dtype !== "i32" && dtype !== "u32" && dtype !== "u8" && dtype !== "i8"
    ) return false;
    if (this.#isGiven(expr)) return true;
    const [a, b] = args as [Expr, Expr];
    switch (op) {
      case "load":
        return (dtype === "u8" || dtype === "i8") && args.length === 1 &&
          this.#isNear(a);
      case "cast":
        return this.isBytes(a);
      case "and":
      case "or":
      case "xor":
      case "add":
      case "subtract":
        return this.isBytes(a) && this.isBytes(b);
      case "maximum":
      case "minimum":
        return this.sign(a) !== undefined && this.sign(a) === this.sign(b) &&
          this.isBytes(a) && this.isBytes(b);
      case "shiftLeft":
        return this.isBytes(a) && this.#places(b) !== undefined;
      case "shiftRight":
        return this.sign(a) !== undefined && this.isBytes(a) &&
          (this.#places(b) !== undefined ||
            this.#patterns.run(b) >= this.group);
      default:
        return false;
    }
  }

  /** Known places of a shift. */
  #places(expr: Expr): readonly number[] | undefined {
    const known = this.#patterns.known(expr);
    return known?.every((places) => places >= 0 && places < 8)
      ? known
      : undefined;
  }

  /** Whether the lanes of a group read bytes that lie near each other. */
  #isNear(index: Expr): boolean {
    const offsets = this.#patterns.of(index)?.offsets;
    if (offsets === undefined) return false;
    for (let from = 0; from < offsets.length; from += this.group) {
      const first = offsets[from]!;
      if (first < 0) return false;
      for (let lane = from; lane < from + this.group; lane++) {
        const offset = offsets[lane]! - first;
        if (offset < 0 || offset >= MOST_SPAN) return false;
      }
    }
    return true;
  }
}
