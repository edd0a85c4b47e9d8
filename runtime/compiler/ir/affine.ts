/**
 * Index arithmetic in a normal form: sums of atoms times whole numbers. What an
 * index goes through on its way along reshapes, permutations and slices cancels
 * out, so that loads are plain strides wherever possible.
 *
 * @module
 */

import type { Shape } from "../../device/shapes.ts";
import type { Expr, ExprPool } from "./expr.ts";
import { axesOf, constantOf, type Range, rangeOf } from "./index_arithmetic.ts";

/** `offset + sum of factor * atom`. */
export interface Affine {
  /** Atoms (axes, quotients, remainders, loaded numbers) and their factors. */
  readonly terms: ReadonlyMap<Expr, number>;
  /** What is added. */
  readonly offset: number;
}

const NO_TERMS: ReadonlyMap<Expr, number> = new Map();

/** Builds the index expressions of one index space. */
export class IndexArithmetic {
  readonly #pool: ExprPool;
  readonly #axes: readonly number[];
  readonly #parsed = new Map<Expr, Affine>();
  readonly #ranges = new Map<Expr, Range>();

  /**
   * @param pool The pool of all expressions.
   * @param axes Lengths of the axes of the index space.
   */
  constructor(pool: ExprPool, axes: readonly number[]) {
    this.#pool = pool;
    this.#axes = axes;
  }

  /**
   * A whole number.
   *
   * @param value The number.
   * @returns The expression.
   */
  constant(value: number): Expr {
    return this.emit({ terms: NO_TERMS, offset: value });
  }

  /**
   * Position along an axis.
   *
   * @param axis Number of the axis.
   * @returns The expression; 0 for an axis of length 1.
   */
  axis(axis: number): Expr {
    return this.#axes[axis] === 1 ? this.constant(0) : this.#pool.axis(axis);
  }

  /**
   * `a + b * factor`.
   *
   * @param a The first index.
   * @param b The second index.
   * @param factor What the second is multiplied with; 1 by default.
   * @returns The expression.
   */
  add(a: Expr, b: Expr, factor = 1): Expr {
    return this.emit(this.#sum(this.parse(a), this.parse(b), factor));
  }

  /**
   * `a * factor + offset`.
   *
   * @param a The index.
   * @param factor What it is multiplied with.
   * @param offset What is added then.
   * @returns The expression.
   */
  scale(a: Expr, factor: number, offset = 0): Expr {
    return this.emit(
      this.#sum({ terms: NO_TERMS, offset }, this.parse(a), factor),
    );
  }

  /**
   * Quotient and remainder of a division.
   *
   * @param a What is divided.
   * @param divisor By what; at least 1.
   * @returns Both.
   */
  divide(a: Expr, divisor: number): [quotient: Expr, remainder: Expr] {
    const [quotient, remainder] = this.#divide(this.parse(a), divisor);
    return [this.emit(quotient), this.emit(remainder)];
  }

  /**
   * Bounds of an index.
   *
   * @param a The index.
   * @returns Smallest and largest value.
   */
  range(a: Expr): Range {
    return this.#rangeOf(this.parse(a));
  }

  /**
   * Position of an element in row-major order.
   *
   * @param index Its index along each axis.
   * @param shape Lengths of the axes.
   * @returns The position.
   */
  linear(index: readonly Expr[], shape: Shape): Expr {
    let sum: Affine = { terms: NO_TERMS, offset: 0 };
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (shape[axis] !== 1) {
        sum = this.#sum(sum, this.parse(index[axis]!), stride);
      }
      stride *= shape[axis]!;
    }
    return this.emit(sum);
  }

  /**
   * Index along each axis of an element whose position is known.
   *
   * @param position Its position in row-major order.
   * @param shape Lengths of the axes.
   * @returns The indices.
   */
  unravel(position: Expr, shape: Shape): Expr[] {
    const result = new Array<Expr>(shape.length).fill(this.constant(0));
    const first = shape.findIndex((length) => length !== 1);
    let rest = this.parse(position);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (shape[axis] === 1) continue;
      // What is left for the first axis is inside of it.
      const [quotient, remainder] = axis === first
        ? [rest, rest]
        : this.#divide(rest, shape[axis]!);
      result[axis] = this.emit(remainder);
      rest = quotient;
    }
    return result;
  }

  /**
   * The normal form of an index.
   *
   * @param expr The index, an i32 expression.
   * @returns Its atoms and their factors.
   */
  parse(expr: Expr): Affine {
    let affine = this.#parsed.get(expr);
    if (affine === undefined) {
      affine = this.#parse(expr);
      this.#parsed.set(expr, affine);
    }
    return affine;
  }

  #parse(expr: Expr): Affine {
    const [a, b] = expr.args;
    switch (expr.op) {
      case "constant":
      case "size":
        return { terms: NO_TERMS, offset: expr.value };
      case "axis":
        if (this.#axes[expr.value] === 1) return { terms: NO_TERMS, offset: 0 };
        break;
      case "add":
        return this.#sum(this.parse(a!), this.parse(b!), 1);
      case "subtract":
        return this.#sum(this.parse(a!), this.parse(b!), -1);
      case "multiply": {
        const left = constantOf(a!);
        const factor = left ?? constantOf(b!);
        if (factor === undefined) break;
        const other = this.parse(left === undefined ? a! : b!);
        return this.#sum({ terms: NO_TERMS, offset: 0 }, other, factor);
      }
      case "quotient":
      case "modulo": {
        const divisor = constantOf(b!);
        if (divisor === undefined) break;
        const place = expr.op === "quotient" ? 0 : 1;
        return this.#divide(this.parse(a!), divisor)[place];
      }
    }
    return { terms: new Map([[expr, 1]]), offset: 0 };
  }

  /**
   * Writes a normal form; equal ones become the same expression.
   *
   * @param affine The normal form.
   * @returns The index.
   */
  emit(affine: Affine): Expr {
    const { terms, offset } = affine;
    const pool = this.#pool;
    let sum: Expr | undefined;
    // Parts that change rarely come first, so that loops can hoist them.
    const sorted = terms.size < 2
      ? [...terms]
      : [...terms].sort(([a], [b]) => depthOf(a) - depthOf(b) || a.id - b.id);
    // Minus zero would be another literal.
    let rest = offset + 0;
    for (const [atom, factor] of sorted) {
      const part = factor === 1
        ? atom
        : pool.make("multiply", "i32", [atom, pool.size(factor)]);
      if (sum === undefined) sum = part;
      else sum = pool.make("add", "i32", [sum, part]);
      if (rest !== 0) {
        sum = pool.make("add", "i32", [sum, pool.size(rest)]);
        rest = 0;
      }
    }
    sum ??= pool.size(rest);
    if (!this.#parsed.has(sum)) this.#parsed.set(sum, affine);
    return sum;
  }

  #sum(a: Affine, b: Affine, factor: number): Affine {
    const offset = a.offset + b.offset * factor;
    if (factor === 0 || b.terms.size === 0) {
      return { terms: a.terms, offset: factor === 0 ? a.offset : offset };
    }
    const terms = new Map(a.terms);
    for (const [atom, times] of b.terms) {
      const total = (terms.get(atom) ?? 0) + times * factor;
      if (total === 0) terms.delete(atom);
      else terms.set(atom, total);
    }
    return this.#joined({ terms, offset });
  }

  /** Puts `(x / n) * n + x % n` together to x. */
  #joined(affine: Affine): Affine {
    for (const [atom, factor] of affine.terms) {
      if (atom.op !== "modulo") continue;
      const divisor = constantOf(atom.args[1]!)!;
      const whole = this.parse(atom.args[0]!);
      const quotient = this.#quotientAtom(whole, divisor);
      if (affine.terms.get(quotient) !== factor * divisor) continue;
      const terms = new Map(affine.terms);
      terms.delete(atom);
      terms.delete(quotient);
      return this.#sum({ terms, offset: affine.offset }, whole, factor);
    }
    return affine;
  }

  #divide(a: Affine, divisor: number): [Affine, Affine] {
    if (divisor === 1) return [a, { terms: NO_TERMS, offset: 0 }];
    const whole = new Map<Expr, number>();
    const part = new Map<Expr, number>();
    for (const [atom, factor] of a.terms) {
      if (factor % divisor === 0) whole.set(atom, factor / divisor);
      else part.set(atom, factor);
    }
    const carried = Math.floor(a.offset / divisor);
    let quotient: Affine = { terms: whole, offset: carried };
    const rest = { terms: part, offset: a.offset - carried * divisor };
    const [low, high] = this.#rangeOf(rest);
    const turns = Math.floor(low / divisor);
    if (turns === Math.floor(high / divisor)) {
      return [
        { terms: whole, offset: carried + turns },
        { terms: part, offset: rest.offset - turns * divisor },
      ];
    }
    let common = divisor;
    for (const factor of part.values()) common = gcd(common, Math.abs(factor));
    const below = rest.offset % common;
    const inner = new Map<Expr, number>();
    for (const [atom, factor] of part) inner.set(atom, factor / common);
    const small = divisor / common;
    let dividend: Affine = {
      terms: inner,
      offset: (rest.offset - below) / common,
    };
    // Quotients are of numbers that are not negative.
    const lowest = this.#rangeOf(dividend)[0];
    const lift = lowest < 0 && lowest > -Infinity
      ? Math.ceil(-lowest / small)
      : 0;
    if (lift > 0) {
      dividend = { terms: inner, offset: dividend.offset + lift * small };
      quotient = { terms: whole, offset: carried - lift };
    }
    const atom = this.#quotientAtom(dividend, small);
    const remainder = this.#moduloAtom(dividend, small);
    return [
      this.#sum(quotient, { terms: new Map([[atom, 1]]), offset: 0 }, 1),
      { terms: new Map([[remainder, common]]), offset: below },
    ];
  }

  #quotientAtom(a: Affine, divisor: number): Expr {
    const only = onlyAtom(a);
    if (only?.op === "quotient") {
      // x / a / b is x / (a * b).
      const inner = constantOf(only.args[1]!)!;
      return this.#quotientAtom(this.parse(only.args[0]!), inner * divisor);
    }
    return this.#atom("quotient", a, divisor);
  }

  #moduloAtom(a: Affine, divisor: number): Expr {
    const only = onlyAtom(a);
    if (only?.op === "modulo") {
      const inner = constantOf(only.args[1]!)!;
      if (inner % divisor === 0) {
        return this.#moduloAtom(this.parse(only.args[0]!), divisor);
      }
    }
    return this.#atom("modulo", a, divisor);
  }

  #atom(op: "quotient" | "modulo", a: Affine, divisor: number): Expr {
    const args = [this.emit(a), this.#pool.size(divisor)];
    const atom = this.#pool.make(op, "i32", args);
    this.#parsed.set(atom, { terms: new Map([[atom, 1]]), offset: 0 });
    return atom;
  }

  #rangeOf(affine: Affine): Range {
    let low = affine.offset;
    let high = affine.offset;
    for (const [atom, factor] of affine.terms) {
      const [from, to] = this.#rangeOfAtom(atom);
      low += factor > 0 ? from * factor : to * factor;
      high += factor > 0 ? to * factor : from * factor;
    }
    return [low, high];
  }

  /** Bounds of quotients and remainders, which may stand inside of each other. */
  #dividedRange(atom: Expr): Range | undefined {
    if (atom.op !== "quotient" && atom.op !== "modulo") return undefined;
    const divisor = constantOf(atom.args[1]!);
    const [low, high] = this.#rangeOf(this.parse(atom.args[0]!));
    if (divisor === undefined || low < 0) return undefined;
    return atom.op === "quotient"
      ? [Math.floor(low / divisor), Math.floor(high / divisor)]
      : [0, Math.min(high, divisor - 1)];
  }

  #rangeOfAtom(atom: Expr): Range {
    let range = this.#ranges.get(atom);
    if (range === undefined) {
      range = this.#dividedRange(atom) ?? rangeOf(atom, this.#axes);
      this.#ranges.set(atom, range);
    }
    return range;
  }
}

/** The last axis that an atom depends on. */
function depthOf(atom: Expr): number {
  return Math.max(-1, ...axesOf(atom));
}

function onlyAtom({ terms, offset }: Affine): Expr | undefined {
  if (terms.size !== 1 || offset !== 0) return undefined;
  const [[atom, factor]] = [...terms] as [[Expr, number]];
  return factor === 1 ? atom : undefined;
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
