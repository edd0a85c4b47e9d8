/**
 * Scalar expressions: what a kernel computes at one point of its index space.
 * Both renderers (WGSL and WASM) and the interpreter read them.
 *
 * Expressions are immutable and shared: a pool gives one object for one
 * meaning, so common parts are found by identity, and the arguments of an
 * expression have smaller numbers than the expression itself.
 *
 * @module
 */

import { ShapeError } from "../../core/errors.ts";
import type { DType } from "../../device/dtypes.ts";
import type {
  BinaryName,
  CompareName,
  UnaryName,
} from "../../device/primitives.ts";

/** Expressions without arguments. */
export type LeafOp =
  /** A literal of the kernel's text; `value` is the number. */
  | "constant"
  /**
   * A whole number that comes from shapes, as i32: a length, a stride, an
   * offset. Renderers may make it a parameter, so that one text serves many
   * shapes. 0 and 1 are always written as constants.
   */
  | "size"
  /** Position along the kernel's axis number `value`, as i32. */
  | "axis"
  /** Scalar number `value` of the kernel: known when the kernel is run. */
  | "scalar"
  /** Result number `value` of the reductions of earlier stages. */
  | "reduced"
  /** Carry number `value` of a loop, as it is before the step. */
  | "carry";

/** What an expression does with its arguments. */
export type ExprOp =
  | LeafOp
  /**
   * Element of operand number `value`: `[index]` or `[index, valid]`. The index
   * counts elements, as i32. Where `valid` is false the index may be anything
   * and the result is 0.
   */
  | "load"
  | UnaryName
  | BinaryName
  | CompareName
  /** `where(condition, a, b)`. */
  | "where"
  /** The same, where the condition seldom holds: `a` may be left uncomputed. */
  | "rarely"
  /** Conversion to the expression's dtype. */
  | "cast"
  /** The same bits as another dtype of the same size. */
  | "bitcast"
  /** Derivative `value + 1` of the logarithm of the gamma function. */
  | "polygamma"
  /** `a * b + c`, rounded once or twice as the device likes. */
  | "multiplyAdd"
  /** The magnitude of the first float with the sign of the second. */
  | "copySign"
  /** `2 ** a` of a whole float `a`, where the power is a normal number. */
  | "powerOfTwo"
  /** The whole `e` with `2 ** e <= a < 2 ** (e + 1)`, of a positive normal a. */
  | "exponentOf"
  /** `a / 2 ** exponentOf(a)`, of a positive normal a: from 1 to below 2. */
  | "mantissaOf"
  /**
   * How many quarter turns an angle is from 0 to the nearest, modulo 4; angles
   * of at least 10 only.
   */
  | "quarterTurns"
  /** What an angle is more than its whole quarter turns; as `quarterTurns`. */
  | "angleRest"
  /** Whole quotient of i32 index arithmetic; both operands are not negative. */
  | "quotient"
  /** Remainder of i32 index arithmetic; both operands are not negative. */
  | "modulo";

/** A scalar expression. */
export interface Expr {
  /** Number in its pool; larger than those of its arguments. */
  readonly id: number;
  /** What it does. */
  readonly op: ExprOp;
  /** Dtype of its value; f16 values are held in f32 between load and store. */
  readonly dtype: DType;
  /** Its arguments. */
  readonly args: readonly Expr[];
  /** The number that belongs to `op`; 0 where none does. */
  readonly value: number;
}

/** The largest number that kernels count to. */
const MOST = 2 ** 31 - 1;

/**
 * Refuses numbers that kernels, which count in i32, would get wrong.
 *
 * @param value A length, a stride, or a position.
 * @throws {ShapeError} If it does not fit into an i32.
 */
export function refuseBeyondI32(value: number): void {
  if (Math.abs(value) <= MOST) return;
  throw new ShapeError(
    `Cannot count beyond ${MOST} elements: current number is ${value}`,
    {
      hint:
        "Work on parts: slice the tensor, or add an axis and reduce it later",
    },
  );
}

const NO_ARGS: readonly Expr[] = [];

/** Makes expressions, one object for one meaning. */
export class ExprPool {
  readonly #known = new Map<number, Expr[]>();
  #next = 0;

  /**
   * An expression.
   *
   * @param op What it does.
   * @param dtype Dtype of its value.
   * @param args Its arguments, of this pool.
   * @param value The number that belongs to `op`.
   * @returns The expression.
   */
  make(
    op: ExprOp,
    dtype: DType,
    args: readonly Expr[] = NO_ARGS,
    value = 0,
  ): Expr {
    // Graphs have many expressions: texts as keys would take far longer.
    let hash = op.length * 31 + op.charCodeAt(op.length - 1);
    hash = hash * 31 + dtype.charCodeAt(0) + dtype.length;
    hash = Math.imul(hash, 31) + (value | 0) | 0;
    for (let k = 0; k < args.length; k++) {
      hash = Math.imul(hash, 0x9e3779b1) + args[k]!.id | 0;
    }
    const list = this.#known.get(hash);
    if (list !== undefined) {
      for (const one of list) {
        if (
          one.op === op && one.dtype === dtype &&
          Object.is(one.value, value) && sameArgs(one.args, args)
        ) return one;
      }
    }
    const expr = { id: this.#next++, op, dtype, args, value };
    if (list === undefined) this.#known.set(hash, [expr]);
    else list.push(expr);
    return expr;
  }

  /**
   * A literal.
   *
   * @param value The number.
   * @param dtype Its dtype; i32 by default.
   * @returns The expression.
   */
  constant(value: number, dtype: DType = "i32"): Expr {
    return this.make("constant", dtype, NO_ARGS, value);
  }

  /**
   * A whole number that comes from shapes.
   *
   * @param value The number.
   * @returns A constant for 0 and 1, else a size.
   * @throws {ShapeError} If it does not fit into an i32.
   */
  size(value: number): Expr {
    refuseBeyondI32(value);
    return value === 0 || value === 1
      ? this.constant(value)
      : this.make("size", "i32", NO_ARGS, value);
  }

  /**
   * Position along an axis.
   *
   * @param axis Number of the axis.
   * @returns The expression.
   */
  axis(axis: number): Expr {
    return this.make("axis", "i32", NO_ARGS, axis);
  }

  /**
   * An element of an operand.
   *
   * @param operand Number of the operand.
   * @param dtype Its dtype.
   * @param index Which element.
   * @param valid Where the element exists; everywhere by default.
   * @returns The expression.
   */
  load(operand: number, dtype: DType, index: Expr, valid?: Expr): Expr {
    const args = valid === undefined ? [index] : [index, valid];
    return this.make("load", dtype, args, operand);
  }
}

function sameArgs(a: readonly Expr[], b: readonly Expr[]): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/**
 * All expressions that roots depend on, arguments first.
 *
 * @param roots Where to start, of one pool.
 * @returns The expressions, by rising number.
 */
export function exprOrder(roots: readonly Expr[]): Expr[] {
  const seen = new Set<Expr>(roots);
  // A set is walked in the order of insertion, also what the loop inserts.
  for (const expr of seen) for (const arg of expr.args) seen.add(arg);
  return [...seen].sort((a, b) => a.id - b.id);
}
