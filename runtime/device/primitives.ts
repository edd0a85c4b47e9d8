/**
 * The instruction set: every tensor operation is composed of these primitives,
 * every device executes them, and every gradient is a rule for one of them.
 *
 * @module
 */

import type { Graph } from "./graph.ts";

/** Elementwise primitives of one operand. */
export const UNARY = [
  "negative",
  "absolute",
  "sign",
  "exp",
  "expm1",
  "log",
  "log1p",
  "sqrt",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "sigmoid",
  "softplus",
  "erf",
  "erfc",
  "logNormalCdf",
  "lgamma",
  "floor",
  "ceil",
  "round",
  "trunc",
  "not",
  "isNaN",
  "isFinite",
] as const;

/** Elementwise primitives of two operands of one shape and dtype. */
export const BINARY = [
  "add",
  "subtract",
  "multiply",
  "divide",
  "power",
  "atan2",
  "remainder",
  "maximum",
  "minimum",
  "and",
  "or",
  "xor",
  "shiftLeft",
  "shiftRight",
] as const;

/** Elementwise comparisons of two operands; the result is bool. */
export const COMPARE = ["equal", "less", "lessEqual"] as const;

/** Reductions over a set of axes, which disappear. */
export const REDUCE = ["sum", "prod", "max", "min"] as const;

/** Name of an elementwise primitive of one operand. */
export type UnaryName = typeof UNARY[number];
/** Name of an elementwise primitive of two operands. */
export type BinaryName = typeof BINARY[number];
/** Name of a comparison. */
export type CompareName = typeof COMPARE[number];
/** Name of a reduction. */
export type ReduceName = typeof REDUCE[number];

/** A value that may stand in the attributes of a routine: plain data. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[];

/** Attributes of a routine: plain data, part of its digest and cache key. */
export type RoutineAttributes = Readonly<Record<string, AttributeValue>>;

/** Attributes that a primitive without any has. */
export type NoAttributes = Readonly<Record<string, never>>;

/** What each primitive needs to know beside its inputs and its result type. */
export interface PrimitiveAttributes
  extends
    Record<UnaryName | BinaryName | CompareName, NoAttributes>,
    Record<ReduceName, { readonly axes: readonly number[] }> {
  /** Data that exist: a leaf, or a node that was computed. */
  readonly data: NoAttributes;
  /** One number, repeated over the shape. */
  readonly constant: { readonly value: number };
  /** 0, 1, 2, … along the only axis. */
  readonly iota: NoAttributes;
  /** Input of a {@linkcode Graph}, by position. */
  readonly parameter: { readonly index: number };
  /** The same value under a new identity (gradients stop or start here). */
  readonly alias: { readonly stop: boolean };
  /** Derivative `order + 1` of the logarithm of the gamma function. */
  readonly polygamma: { readonly order: number };
  /** `where(condition, a, b)`. */
  readonly where: NoAttributes;
  /** Conversion to the node's dtype. */
  readonly cast: NoAttributes;
  /** The same bits as the node's dtype, which has as many. */
  readonly bitcast: NoAttributes;
  /** The same elements, row-major, in the node's shape. */
  readonly reshape: NoAttributes;
  /** Broadcast to the node's shape by NumPy's rule. */
  readonly expand: NoAttributes;
  /** `result.shape[i] = input.shape[axes[i]]`. */
  readonly permute: { readonly axes: readonly number[] };
  /** From `starts`, every `steps`; a negative step walks backwards. */
  readonly slice: {
    readonly starts: readonly number[];
    readonly steps: readonly number[];
  };
  /** Puts the input at `before` into a field of `value`. */
  readonly pad: { readonly before: readonly number[]; readonly value: number };
  /**
   * A slice of input 0 along an axis, from the scalar of input 1 on; a start
   * from which it would reach out of the axis is moved to the nearest end.
   */
  readonly dynamicSlice: { readonly axis: number };
  /** Input 0 with input 1 put in from the scalar of input 2 on, as above. */
  readonly dynamicUpdateSlice: { readonly axis: number };
  /** Joins along an axis. */
  readonly concat: { readonly axis: number };
  /** Index of the first largest (or first NaN) along an axis, as i32. */
  readonly argmax: { readonly axis: number };
  /** Index of the first smallest (or first NaN) along an axis, as i32. */
  readonly argmin: { readonly axis: number };
  /** Running sum along an axis. */
  readonly cumulativeSum: { readonly axis: number; readonly reverse: boolean };
  /** `[…, m, k] × […, k, n] → […, m, n]`, leading axes equal. */
  readonly matmul: NoAttributes;
  /** Whole slices of input 0 along an axis at the indices of input 1. */
  readonly take: { readonly axis: number };
  /** One element of input 0 per index of input 1 (equal shapes but for axis). */
  readonly takeAlongAxis: { readonly axis: number };
  /** Input 0 with the slices of input 2 added at the indices of input 1. */
  readonly scatterAdd: { readonly axis: number };
  /** Input 0 with each element of input 2 added at the index of input 1. */
  readonly scatterAddAlongAxis: { readonly axis: number };
  /** A loop; inputs are carries, sequences and captured values. */
  readonly scan: ScanAttributes;
  /** A computation that each device implements by hand. */
  readonly routine: {
    readonly name: string;
    readonly attributes: RoutineAttributes;
  };
  /** A program that was traced once: a closed graph applied to the inputs. */
  readonly call: CallAttributes;
  /** One result of a primitive that has several. */
  readonly output: { readonly index: number };
  /** Values (the first `outputs` inputs) whose gradient is given by hand. */
  readonly custom: {
    readonly outputs: number;
    /** Owned by the tensor layer; devices ignore it. */
    readonly rule: unknown;
  };
}

/** Attributes of `call`. */
export interface CallAttributes {
  /** The program. */
  readonly body: Graph;
  /**
   * Positions of inputs that the caller has given up: where they are data, the
   * program may write over them.
   */
  readonly donated?: readonly number[];
}

/**
 * Attributes of `scan`. Parameters of the body are: carries, one slice of each
 * sequence, captured values. Its outputs are: next carries, then one slice of
 * each result. The node's own outputs are: final carries, stacked results, and
 * then the carries as they were before each step, stacked; what nobody asks for
 * is not stored.
 */
export interface ScanAttributes {
  /** One step. */
  readonly body: Graph;
  /** Number of carries. */
  readonly carries: number;
  /** Number of sequences. */
  readonly sequences: number;
  /** Number of steps. */
  readonly length: number;
  /** Whether steps go from the last slice to the first. */
  readonly reverse: boolean;
}

/** Name of a primitive. */
export type PrimitiveName = keyof PrimitiveAttributes;

const ELEMENTWISE: ReadonlySet<string> = new Set<string>([
  ...UNARY,
  ...BINARY,
  ...COMPARE,
  "polygamma",
  "where",
  "cast",
  "bitcast",
]);

/**
 * Whether each element of a primitive's result depends only on the elements at
 * the same place in its inputs.
 *
 * @param op The primitive.
 * @returns True for arithmetic, comparisons, `where` and `cast`.
 */
export function isElementwise(op: PrimitiveName): boolean {
  return ELEMENTWISE.has(op);
}
