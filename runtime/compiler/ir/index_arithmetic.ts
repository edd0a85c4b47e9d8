/**
 * What renderers and the lowering ask of index expressions: which axes they
 * depend on, by how much they step along one, and between which bounds they
 * stay.
 *
 * @module
 */

import type { Expr } from "./expr.ts";

/** Bounds of a whole number, both inclusive. */
export type Range = readonly [low: number, high: number];

const axesRead = new WeakMap<Expr, ReadonlySet<number>>();
const NO_AXES: ReadonlySet<number> = new Set();

/**
 * The axes that an expression depends on, also by way of what it loads.
 *
 * @param expr The expression.
 * @returns Numbers of the axes.
 */
export function axesOf(expr: Expr): ReadonlySet<number> {
  const known = axesRead.get(expr);
  if (known !== undefined) return known;
  // Arguments first, and without recursion: expressions may be deep.
  const stack: Expr[] = [expr];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const open = top.args.filter((arg) => !axesRead.has(arg));
    if (open.length > 0) {
      stack.push(...open);
      continue;
    }
    stack.pop();
    if (!axesRead.has(top)) axesRead.set(top, ownAxes(top));
  }
  return axesRead.get(expr)!;
}

function ownAxes(expr: Expr): ReadonlySet<number> {
  if (expr.op === "axis") return new Set([expr.value]);
  let result = NO_AXES;
  for (const arg of expr.args) {
    const axes = axesRead.get(arg)!;
    if (axes.size === 0 || axes === result) continue;
    if (result.size === 0) result = axes;
    else if ([...axes].some((axis) => !result.has(axis))) {
      result = new Set([...result, ...axes]);
    }
  }
  return result;
}

/**
 * Whether an expression depends on an axis.
 *
 * @param expr The expression.
 * @param axis Number of the axis.
 * @returns True when its value may change along the axis.
 */
export function dependsOn(expr: Expr, axis: number): boolean {
  return axesOf(expr).has(axis);
}

/**
 * The number that an expression stands for whatever the point is.
 *
 * @param expr The expression.
 * @returns The number, or undefined when it is not known before the kernel runs.
 */
export function constantOf(expr: Expr): number | undefined {
  switch (expr.op) {
    case "constant":
    case "size":
      return expr.value;
    case "add":
    case "subtract":
    case "multiply": {
      if (expr.dtype !== "i32") return undefined;
      const a = constantOf(expr.args[0]!);
      const b = a === undefined ? undefined : constantOf(expr.args[1]!);
      if (a === undefined || b === undefined) return undefined;
      return expr.op === "add" ? a + b : expr.op === "multiply" ? a * b : a - b;
    }
    default:
      return undefined;
  }
}

/**
 * By how much an index grows from one position along an axis to the next, where
 * this is the same everywhere.
 *
 * @param index The index.
 * @param axis Number of the axis.
 * @returns The step, 0 where the index does not depend on the axis, or undefined
 * where no step is the same everywhere.
 */
export function strideAlong(index: Expr, axis: number): number | undefined {
  if (!dependsOn(index, axis)) return 0;
  switch (index.op) {
    case "axis":
      return 1;
    case "add":
    case "subtract": {
      const a = strideAlong(index.args[0]!, axis);
      const b = a === undefined ? undefined : strideAlong(index.args[1]!, axis);
      if (a === undefined || b === undefined) return undefined;
      return index.op === "add" ? a + b : a - b;
    }
    case "multiply": {
      const [a, b] = index.args as [Expr, Expr];
      const factor = constantOf(a) ?? constantOf(b);
      if (factor === undefined) return undefined;
      const step = strideAlong(constantOf(a) === undefined ? a : b, axis);
      return step === undefined ? undefined : step * factor;
    }
    case "negative": {
      const step = strideAlong(index.args[0]!, axis);
      return step === undefined ? undefined : -step;
    }
    default:
      return undefined;
  }
}

const ANY: Range = [-Infinity, Infinity];

/**
 * Bounds of a whole-number expression.
 *
 * @param expr The expression.
 * @param axes Lengths of the axes of the index space, or bounds of positions
 * along them.
 * @returns The bounds; infinite where nothing is known.
 */
export function rangeOf(expr: Expr, axes: readonly (number | Range)[]): Range {
  switch (expr.op) {
    case "constant":
    case "size":
      return [expr.value, expr.value];
    case "axis": {
      const axis = axes[expr.value] ?? Infinity;
      return typeof axis === "number" ? [0, axis - 1] : axis;
    }
    case "add":
    case "subtract":
    case "multiply":
    case "maximum":
    case "minimum":
    case "quotient":
    case "modulo":
      return expr.dtype === "i32"
        ? combine(
          expr.op,
          rangeOf(expr.args[0]!, axes),
          rangeOf(expr.args[1]!, axes),
        )
        : ANY;
    case "where": {
      if (expr.dtype !== "i32") return ANY;
      const a = rangeOf(expr.args[1]!, axes);
      const b = rangeOf(expr.args[2]!, axes);
      return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
    }
    case "cast":
      return castRange(expr, axes);
    case "and":
    case "or":
    case "xor":
    case "shiftRight":
    case "shiftLeft": {
      const own = DTYPE_RANGES[expr.dtype] ?? ANY;
      const bits = bitRange(
        expr.op,
        rangeOf(expr.args[0]!, axes),
        rangeOf(expr.args[1]!, axes),
      );
      return bits[0] >= own[0] && bits[1] <= own[1] ? bits : own;
    }
    default:
      return DTYPE_RANGES[expr.dtype] ?? ANY;
  }
}

const DTYPE_RANGES: Readonly<Record<string, Range>> = {
  i8: [-128, 127],
  u8: [0, 255],
  bool: [0, 1],
  i32: [-2147483648, 2147483647],
  u32: [0, 4294967295],
};

/** Bounds of what is made of bits; those of any number where a sign is involved. */
function bitRange(
  op: "and" | "or" | "xor" | "shiftRight" | "shiftLeft",
  a: Range,
  b: Range,
): Range {
  if (op === "and") {
    const masks = [a, b].filter(([low]) => low >= 0).map(([, high]) => high);
    return masks.length === 0 ? ANY : [0, Math.min(...masks)];
  }
  if (a[0] < 0 || b[0] < 0) return ANY;
  if (op === "shiftRight") {
    return b[1] > 31 ? ANY : [shifted(a[0], -b[1]), shifted(a[1], -b[0])];
  }
  if (op === "shiftLeft") {
    return b[1] > 31 ? ANY : [shifted(a[0], b[0]), shifted(a[1], b[1])];
  }
  const high = Math.max(a[1], b[1]);
  return high < 1 ? [0, 0] : [0, 2 ** (Math.floor(Math.log2(high)) + 1) - 1];
}

function shifted(value: number, places: number): number {
  return Math.floor(value * 2 ** places);
}

function castRange(expr: Expr, axes: readonly (number | Range)[]): Range {
  const own = DTYPE_RANGES[expr.dtype] ?? ANY;
  const from = expr.args[0]!.dtype;
  if (DTYPE_RANGES[from] === undefined) return own;
  const inner = rangeOf(expr.args[0]!, axes);
  // Outside of its own bounds the value wraps around.
  return inner[0] >= own[0] && inner[1] <= own[1] ? inner : own;
}

function combine(op: Expr["op"], a: Range, b: Range): Range {
  switch (op) {
    case "add":
      return [a[0] + b[0], a[1] + b[1]];
    case "subtract":
      return [a[0] - b[1], a[1] - b[0]];
    case "maximum":
      return [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
    case "minimum":
      return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
    case "multiply": {
      const ends = [times(a[0], b[0]), times(a[0], b[1])];
      ends.push(times(a[1], b[0]), times(a[1], b[1]));
      return [Math.min(...ends), Math.max(...ends)];
    }
    case "quotient":
      return a[0] < 0 || b[0] < 1
        ? ANY
        : [Math.floor(a[0] / b[1]), Math.floor(a[1] / b[0])];
    default:
      return moduloRange(a, b);
  }
}

function moduloRange(a: Range, b: Range): Range {
  if (a[0] < 0 || b[0] < 1) return ANY;
  const turns = Math.floor(a[0] / b[0]);
  // Within one turn, remainders rise with what is divided.
  if (b[0] === b[1] && turns === Math.floor(a[1] / b[0])) {
    return [a[0] - turns * b[0], a[1] - turns * b[0]];
  }
  return [0, Math.min(a[1], b[1] - 1)];
}

function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}
