/**
 * Sketches of kernels: expressions over axes that are split where that makes
 * loads plain, and joined where every load and store walks through them without
 * a jump.
 *
 * @module
 */

import { type Affine, IndexArithmetic } from "../ir/affine.ts";
import { type Expr, ExprPool } from "../ir/expr.ts";
import { constantOf } from "../ir/index_arithmetic.ts";

/** Expressions over an index space. */
export interface Sketch {
  /** Lengths of the axes. */
  readonly axes: readonly number[];
  /** The pool of the expressions. */
  readonly pool: ExprPool;
  /** Index arithmetic of the space. */
  readonly index: IndexArithmetic;
  /** Values. */
  readonly values: readonly Expr[];
  /** Indices of stores. */
  readonly indices: readonly Expr[];
}

/** Gives operands and scalars other numbers. */
export interface Renumber {
  /** The new number of an operand. */
  readonly operand: (number: number) => number;
  /** The new number of a scalar. */
  readonly scalar: (number: number) => number;
}

const SAME_NUMBERS: Renumber = {
  operand: (number) => number,
  scalar: (number) => number,
};

/** Axes of a sketch that belong together, outermost first. */
export interface AxisPart {
  /** Numbers of the axes. */
  readonly axes: readonly number[];
  /** Whether it must be one axis, even of length 1. */
  readonly isOne: boolean;
}

/** What is known of how the axes of a sketch are used. */
export interface AxisUse {
  /** Normal forms of all indices of loads and stores. */
  readonly indices: readonly Affine[];
  /** Axes that are used in other ways, too. */
  readonly blocked: ReadonlySet<number>;
  /** Lengths that axes are divided by. */
  readonly divisors: ReadonlyMap<number, ReadonlySet<number>>;
}

/**
 * Finds out how the axes of a sketch are used.
 *
 * @param sketch The sketch.
 * @returns The uses.
 */
export function axisUse(sketch: Sketch): AxisUse {
  const { index } = sketch;
  const indices = new Set<Affine>();
  const blocked = new Set<number>();
  const divisors = new Map<number, Set<number>>();
  const seen = new Set<Expr>();
  const stack: Expr[] = [...sketch.values];
  const look = (position: Expr): void => {
    const affine = index.parse(position);
    if (indices.has(affine)) return;
    indices.add(affine);
    for (const atom of affine.terms.keys()) {
      if (atom.op !== "axis") stack.push(atom);
    }
  };
  for (const position of sketch.indices) look(position);
  while (stack.length > 0) {
    const expr = stack.pop()!;
    if (seen.has(expr)) continue;
    seen.add(expr);
    if (expr.op === "axis") blocked.add(expr.value);
    else if (expr.op === "load") {
      look(expr.args[0]!);
      if (expr.args.length > 1) stack.push(expr.args[1]!);
    } else {
      const divided = expr.op === "quotient" || expr.op === "modulo"
        ? expr.args[0]!
        : undefined;
      if (divided?.op === "axis") {
        const list = divisors.get(divided.value) ?? new Set();
        divisors.set(divided.value, list.add(constantOf(expr.args[1]!)!));
      }
      stack.push(...expr.args);
    }
  }
  return { indices: [...indices], blocked, divisors };
}

/** Shortest innermost axis that a split may leave. */
const MIN_INNERMOST = 4;

/**
 * Splits axes that loads divide.
 *
 * @param sketch The sketch.
 * @param parts Its axes.
 * @returns Another sketch and its axes; undefined when nothing is to be split.
 */
export function split(
  sketch: Sketch,
  parts: readonly AxisPart[],
): { sketch: Sketch; parts: AxisPart[] } | undefined {
  const { divisors } = axisUse(sketch);
  if (divisors.size === 0) return undefined;
  const lengths: number[] = [];
  const places = new Map<number, number[]>();
  let isSplit = false;
  const own = parts.map((part, k) => {
    const axes: number[] = [];
    for (const axis of part.axes) {
      const isLast = k === parts.length - 1 && axis === part.axes.at(-1);
      const cut = part.isOne
        ? [sketch.axes[axis]!]
        : pieces(sketch.axes[axis]!, divisors.get(axis), isLast);
      if (cut.length > 1) isSplit = true;
      const made = cut.map((length) => lengths.push(length) - 1);
      places.set(axis, made);
      axes.push(...made);
    }
    return { axes, isOne: part.isOne };
  });
  if (!isSplit) return undefined;
  const next = new Redraw(sketch, lengths, (axis, index) => {
    const made = places.get(axis)!;
    return index.linear(
      made.map((one) => index.axis(one)),
      made.map((one) => lengths[one]!),
    );
  });
  return { sketch: next.all(), parts: own };
}

/** Lengths of the axes that an axis is split into, outermost first. */
function pieces(
  length: number,
  divisors: ReadonlySet<number> | undefined,
  isInnermost: boolean,
): number[] {
  const result: number[] = [];
  let rest = length;
  // From the innermost piece outwards; each has to divide the next.
  let inner = 1;
  for (const divisor of [...divisors ?? []].sort((a, b) => a - b)) {
    const step = divisor / inner;
    if (divisor <= 1 || !Number.isInteger(step) || rest % step !== 0) continue;
    if (step === 1 || rest === step) continue;
    if (isInnermost && result.length === 0 && step < MIN_INNERMOST) continue;
    result.unshift(step);
    rest /= step;
    inner = divisor;
  }
  return [rest, ...result];
}

/**
 * Joins axes and drops those of length 1.
 *
 * @param sketch The sketch.
 * @param parts Its axes.
 * @param renumber New numbers of operands and scalars.
 * @returns The new sketch, and how many axes each part has.
 */
export function join(
  sketch: Sketch,
  parts: readonly AxisPart[],
  renumber: Renumber,
): { sketch: Sketch; counts: number[] } {
  const use = axisUse(sketch);
  const lengths: number[] = [];
  const homes = new Map<number, { axis: number; run: number[] }>();
  const counts = parts.map((part) => {
    const before = lengths.length;
    const runs: number[][] = [];
    for (const axis of part.axes) {
      if (sketch.axes[axis] === 1) continue;
      const run = runs.at(-1);
      if (run !== undefined && joins(sketch, use, run.at(-1)!, axis)) {
        run.push(axis);
      } else runs.push([axis]);
    }
    if (part.isOne && runs.length === 0) runs.push([]);
    for (const run of runs) {
      const length = run.reduce((n, axis) => n * sketch.axes[axis]!, 1);
      const axis = lengths.push(length) - 1;
      for (const one of run) homes.set(one, { axis, run });
    }
    return lengths.length - before;
  });
  const next = new Redraw(sketch, lengths, (axis, index) => {
    const home = homes.get(axis);
    if (home === undefined) return index.constant(0);
    const shape = home.run.map((one) => sketch.axes[one]!);
    return index.unravel(index.axis(home.axis), shape)[home.run.indexOf(axis)]!;
  }, renumber);
  return { sketch: next.all(), counts };
}

/**
 * Whether all loads and stores walk from the end of one axis to the next step of
 * another one.
 *
 * @param sketch The sketch.
 * @param use How its axes are used.
 * @param outer The outer axis.
 * @param inner The inner axis.
 * @returns True when the two can be one.
 */
export function joins(
  sketch: Sketch,
  use: AxisUse,
  outer: number,
  inner: number,
): boolean {
  if (use.blocked.has(outer) || use.blocked.has(inner)) return false;
  const first = sketch.pool.axis(outer);
  const second = sketch.pool.axis(inner);
  const length = sketch.axes[inner]!;
  return use.indices.every(({ terms }) =>
    (terms.get(first) ?? 0) === (terms.get(second) ?? 0) * length
  );
}

/** Draws the expressions of a sketch over other axes. */
class Redraw {
  readonly #pool = new ExprPool();
  readonly #index: IndexArithmetic;
  readonly #values = new Map<Expr, Expr>();
  readonly #indices = new Map<Expr, Expr>();

  constructor(
    readonly sketch: Sketch,
    readonly axes: readonly number[],
    readonly image: (axis: number, index: IndexArithmetic) => Expr,
    readonly renumber: Renumber = SAME_NUMBERS,
  ) {
    this.#index = new IndexArithmetic(this.#pool, axes);
  }

  all(): Sketch {
    const indices = this.sketch.indices.map((one) => this.#position(one));
    const values = this.sketch.values.map((one) => this.#value(one));
    return {
      axes: this.axes,
      pool: this.#pool,
      index: this.#index,
      values,
      indices,
    };
  }

  #position(expr: Expr): Expr {
    let position = this.#indices.get(expr);
    if (position === undefined) {
      const { terms, offset } = this.sketch.index.parse(expr);
      position = this.#index.constant(offset);
      for (const [atom, factor] of terms) {
        position = this.#index.add(position, this.#atom(atom), factor);
      }
      this.#indices.set(expr, position);
    }
    return position;
  }

  #atom(atom: Expr): Expr {
    switch (atom.op) {
      case "axis":
        return this.image(atom.value, this.#index);
      case "quotient":
      case "modulo": {
        const divisor = constantOf(atom.args[1]!)!;
        const both = this.#index.divide(this.#position(atom.args[0]!), divisor);
        return both[atom.op === "quotient" ? 0 : 1];
      }
      default:
        return this.#value(atom);
    }
  }

  #value(expr: Expr): Expr {
    let value = this.#values.get(expr);
    if (value === undefined) {
      value = this.#draw(expr);
      this.#values.set(expr, value);
    }
    return value;
  }

  #draw(expr: Expr): Expr {
    switch (expr.op) {
      case "axis":
      case "quotient":
      case "modulo":
        return this.#atom(expr);
      case "load": {
        const [position, valid] = expr.args;
        return this.#pool.load(
          this.renumber.operand(expr.value),
          expr.dtype,
          this.#position(position!),
          valid === undefined ? undefined : this.#value(valid),
        );
      }
      case "scalar":
        return this.#pool.make(
          "scalar",
          expr.dtype,
          [],
          this.renumber.scalar(expr.value),
        );
      default:
        return this.#pool.make(
          expr.op,
          expr.dtype,
          expr.args.map((arg) => this.#value(arg)),
          expr.value,
        );
    }
  }
}
