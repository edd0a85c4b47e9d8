/**
 * How whole numbers differ from lane to lane of a block that starts at a
 * multiple of its length along an axis: what a renderer must know of packed
 * codes, whose places, shifts and scales repeat from block to block.
 *
 * @module
 */

import type { Expr } from "./expr.ts";
import { constantOf, dependsOn } from "./index_arithmetic.ts";
import { foldedNumber } from "./folded_numbers.ts";

/** A whole number in each lane of a block. */
export interface LanePattern {
  /** By how much each lane is more than the first one. */
  readonly offsets: readonly number[];
  /** A divisor of the first lane; infinite where that is 0. */
  readonly divides: number;
  /** The first lane, where it is known. */
  readonly first: number | undefined;
}

/** Knows the patterns of expressions. */
export class LanePatterns {
  /** Lanes of a block, a power of two. */
  readonly lanes: number;
  readonly #axis: number;
  readonly #patterns = new Map<Expr, LanePattern | undefined>();
  readonly #runs = new Map<Expr, number>();

  /**
   * @param axis Number of the axis that lanes lie along.
   * @param lanes Lanes of a block, a power of two.
   */
  constructor(axis: number, lanes: number) {
    this.#axis = axis;
    this.lanes = lanes;
  }

  /**
   * The pattern of a whole number.
   *
   * @param expr The expression.
   * @returns The pattern; undefined where lanes differ in no way that is known.
   */
  of(expr: Expr): LanePattern | undefined {
    if (this.#patterns.has(expr)) return this.#patterns.get(expr);
    const pattern = this.#own(expr);
    this.#patterns.set(expr, pattern);
    return pattern;
  }

  /**
   * The numbers in all lanes, where they are known.
   *
   * @param expr The expression.
   * @returns The numbers.
   */
  known(expr: Expr): readonly number[] | undefined {
    const pattern = this.of(expr);
    if (pattern?.first === undefined) return undefined;
    const { first, offsets } = pattern;
    return offsets.map((offset) => first + offset);
  }

  /**
   * The length of the stretches of lanes that have one value each.
   *
   * @param expr The expression, of any dtype.
   * @returns A power of two up to the number of lanes.
   */
  run(expr: Expr): number {
    let run = this.#runs.get(expr);
    if (run === undefined) {
      run = this.#ownRun(expr);
      this.#runs.set(expr, run);
    }
    return run;
  }

  #ownRun(expr: Expr): number {
    if (!dependsOn(expr, this.#axis)) return this.lanes;
    const pattern = this.of(expr);
    if (pattern !== undefined) return runOf(pattern.offsets);
    return expr.args.reduce(
      (least, arg) => Math.min(least, this.run(arg)),
      expr.args.length === 0 ? 1 : this.lanes,
    );
  }

  #own(expr: Expr): LanePattern | undefined {
    if (!isWhole(expr)) return undefined;
    const { op, args } = expr;
    if (op === "axis" && expr.value === this.#axis) {
      return {
        offsets: Array.from({ length: this.lanes }, (_, lane) => lane),
        divides: this.lanes,
        first: undefined,
      };
    }
    const number = constantOf(expr);
    if (number !== undefined) return this.#even(divisorOf(number), number);
    const patterns = args.map((arg) => this.of(arg));
    return this.#folded(expr, patterns) ?? this.#derived(expr, patterns) ??
      (args.every((arg) => this.run(arg) === this.lanes)
        ? this.#even(1, undefined)
        : undefined);
  }

  #even(divides: number, first: number | undefined): LanePattern {
    return { offsets: Array<number>(this.lanes).fill(0), divides, first };
  }

  /** The numbers of an expression of known numbers. */
  #folded(
    expr: Expr,
    patterns: readonly (LanePattern | undefined)[],
  ): LanePattern | undefined {
    if (patterns.length === 0) return undefined;
    const lists: number[][] = [];
    for (const pattern of patterns) {
      if (pattern?.first === undefined) return undefined;
      const { first, offsets } = pattern;
      lists.push(offsets.map((offset) => first + offset));
    }
    const numbers: number[] = [];
    for (let lane = 0; lane < this.lanes; lane++) {
      const number = foldedNumber(expr, lists.map((list) => list[lane]!));
      if (number === undefined) return undefined;
      numbers.push(number);
    }
    const first = numbers[0]!;
    return {
      offsets: numbers.map((number) => number - first),
      divides: divisorOf(first),
      first,
    };
  }

  #derived(
    { op, args, dtype }: Expr,
    [a, b]: readonly (LanePattern | undefined)[],
  ): LanePattern | undefined {
    if (a === undefined) return undefined;
    // Only i32 counts elements; smaller numbers wrap around.
    if (op === "cast" && dtype === "i32") {
      return args[0]!.dtype === "i32" ? a : undefined;
    }
    if (b === undefined || dtype !== "i32") return undefined;
    switch (op) {
      case "add":
      case "subtract": {
        const sign = op === "add" ? 1 : -1;
        return {
          offsets: a.offsets.map((offset, k) => offset + sign * b.offsets[k]!),
          divides: commonDivisor(a.divides, b.divides),
          first: undefined,
        };
      }
      case "multiply":
        return scaled(a, b.first, b) ?? scaled(b, a.first, a);
      case "quotient":
      case "shiftRight": {
        const by = dividedBy(op, b);
        return by === undefined ? undefined : quotient(a, by);
      }
      case "modulo":
      case "and": {
        const by = dividedBy(op, b);
        return by === undefined ? undefined : remainder(a, by);
      }
      default:
        return undefined;
    }
  }
}

function isWhole({ dtype }: Expr): boolean {
  return dtype === "i32" || dtype === "u32" || dtype === "u8" ||
    dtype === "i8" || dtype === "bool";
}

function isEven(offsets: readonly number[]): boolean {
  return offsets.every((offset) => offset === 0);
}

/** The longest stretches of a power of two lanes without a change. */
function runOf(offsets: readonly number[]): number {
  let run = offsets.length;
  offsets.forEach((offset, lane) => {
    if (lane === 0 || offset === offsets[lane - 1]) return;
    // The largest power of two that divides the lane.
    run = Math.min(run, lane & -lane);
  });
  return run;
}

function divisorOf(number: number): number {
  return number === 0 ? Infinity : Math.abs(number);
}

function commonDivisor(a: number, b: number): number {
  if (a === Infinity) return b;
  if (b === Infinity) return a;
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** The numbers times one that is the same in all lanes. */
function scaled(
  { offsets, divides }: LanePattern,
  factor: number | undefined,
  other: LanePattern,
): LanePattern | undefined {
  if (!isEven(other.offsets)) return undefined;
  if (factor === undefined) {
    return isEven(offsets)
      ? { offsets, divides: divides * other.divides, first: undefined }
      : undefined;
  }
  return {
    offsets: offsets.map((offset) => offset * factor),
    divides: factor === 0 ? Infinity : divides * Math.abs(factor),
    first: undefined,
  };
}

/** What is divided by, where it is one known positive number. */
function dividedBy(
  op: "quotient" | "modulo" | "shiftRight" | "and",
  { first, offsets }: LanePattern,
): number | undefined {
  if (first === undefined || !isEven(offsets)) return undefined;
  const by = op === "shiftRight"
    ? 2 ** first
    : op === "and"
    ? first + 1
    : first;
  const isPower = (by & (by - 1)) === 0;
  const isShift = op === "shiftRight" || op === "and";
  return by < 1 || by > 2 ** 30 || (isShift && !isPower) ? undefined : by;
}

/** Whether lanes stay within one multiple of a number. */
function staysWithin({ offsets, divides }: LanePattern, by: number): boolean {
  return by % divides === 0 &&
    offsets.every((offset) => offset >= 0 && offset < divides);
}

function quotient(pattern: LanePattern, by: number): LanePattern | undefined {
  const { offsets, divides } = pattern;
  if (divides === Infinity || divides % by === 0) {
    return {
      offsets: offsets.map((offset) => Math.floor(offset / by)),
      divides: divides / by,
      first: undefined,
    };
  }
  return staysWithin(pattern, by)
    ? { offsets: offsets.map(() => 0), divides: 1, first: undefined }
    : undefined;
}

function remainder(pattern: LanePattern, by: number): LanePattern | undefined {
  const { offsets, divides } = pattern;
  if (divides === Infinity || divides % by === 0) {
    const numbers = offsets.map((offset) =>
      offset - by * Math.floor(offset / by)
    );
    const first = numbers[0]!;
    return {
      offsets: numbers.map((number) => number - first),
      divides: divisorOf(first),
      first,
    };
  }
  return staysWithin(pattern, by)
    ? { offsets, divides, first: undefined }
    : undefined;
}
