/**
 * Kernels and programs: what tensor graphs are compiled to, before a renderer
 * turns it into WGSL or WASM. Plain data: nothing here holds tensors.
 *
 * Indices count elements of a buffer from its start. All buffers are row-major
 * and start at element 0; views are index arithmetic.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import type { TensorSpec } from "../../device/graph.ts";
import type { RoutineAttributes } from "../../device/primitives.ts";
import type { Expr, ExprPool } from "./expr.ts";

/** A buffer as one kernel sees it. */
export interface Operand {
  /** Number of the buffer in the program. */
  readonly buffer: number;
  /** Its dtype. */
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
}

/** A number that is known when the kernel is run. */
export interface ScalarOperand {
  /** Number of the scalar in the program. */
  readonly scalar: number;
  /** The dtype it is rounded to. */
  readonly dtype: DType;
}

/** What is written at each point: `outputs[output][index] = value`. */
export interface KernelStore {
  /** Number of the kernel's output. */
  readonly output: number;
  /**
   * Which element. Each element of an output is written exactly once, but for an
   * output that takes the place of an older value, of which some may stay.
   */
  readonly index: Expr;
  /** What. */
  readonly value: Expr;
}

/** What all kernels have. */
export interface KernelBase {
  /** What it computes, for people: `multiply·exp·sum`. */
  readonly name: string;
  /** Position in the graph's order of the node that it is charged to. */
  readonly node: number;
  /** Positions of all nodes that it computes. */
  readonly nodes: readonly number[];
  /** The pool of all its expressions. */
  readonly pool: ExprPool;
  /**
   * Lengths of the axes of the index space, each at least 1: a kernel with
   * nothing to do is not made. Axes of length 1 are left out where that is
   * possible.
   */
  readonly axes: readonly number[];
  /** Buffers that `load` reads. */
  readonly operands: readonly Operand[];
  /** Numbers that `scalar` reads. */
  readonly scalars: readonly ScalarOperand[];
  /**
   * Buffers that it writes. None of them is an operand, but for an output that
   * the memory plan laid over an operand (see {@linkcode KernelBase.inPlace}).
   */
  readonly outputs: readonly Operand[];
  /**
   * Numbers of operands that an output may overwrite: they are read only at
   * the very index at which the same point writes the output.
   */
  readonly inPlace: readonly number[];
  /** Arithmetic operations, about. */
  readonly flops: number;
  /** Bytes that it must read and write at least. */
  readonly bytes: number;
  /** Why the kernel ends here, for people. */
  readonly cut: string;
}

/** Names of the reductions of kernels. */
export type ReductionOp =
  | "sum"
  | "prod"
  | "max"
  | "min"
  /** Position of the first largest, or first NaN, along the inner axes. */
  | "argmax"
  /** Position of the first smallest, or first NaN, along the inner axes. */
  | "argmin";

/** One reduction over the inner axes. */
export interface Reduction {
  /** Which. max and min keep NaN. */
  readonly op: ReductionOp;
  /** Dtype of the result: that of `value`, or i32 for positions. */
  readonly dtype: DType;
  /** What is reduced, at each point. */
  readonly value: Expr;
}

/**
 * One pass over the inner axes. Expressions may use the results of reductions
 * of earlier stages, numbered through all stages.
 */
export interface Stage {
  /** What is reduced. */
  readonly reductions: readonly Reduction[];
  /** What is written at each point of all axes. */
  readonly stores: readonly KernelStore[];
}

/**
 * Rows: the first `outer` axes are independent of each other; at each of their
 * points the stages run one after another over the remaining (inner) axes,
 * then `rowStores`. Without inner axes there are no stages, and the kernel is a
 * plain map. Softmax over `[rows, columns]` is: `outer` 1, a stage with the
 * maximum, a stage with the sum of exponentials, a stage that stores.
 */
export interface RowKernel extends KernelBase {
  readonly kind: "row";
  /** Number of outer axes. */
  readonly outer: number;
  /** Passes over the inner axes. */
  readonly stages: readonly Stage[];
  /** What is written once for each point of the outer axes. */
  readonly rowStores: readonly KernelStore[];
}

/**
 * A contraction `sum over k of a * b`. Axes are the batch axes, then m, n, k.
 * `a` does not use n, `b` does not use m, stores do not use k and read the sum
 * as `reduced` 0.
 */
export interface ContractKernel extends KernelBase {
  readonly kind: "contract";
  /** Left factor; usually a load, maybe with cheap arithmetic around it. */
  readonly a: Expr;
  /** Right factor. */
  readonly b: Expr;
  /** Dtype of the sum: f32 (also for f16), f64 or an integer dtype. */
  readonly dtype: DType;
  /** Epilogue: what is written at each point of the batch axes, m and n. */
  readonly stores: readonly KernelStore[];
}

/** A value that a loop carries from step to step. */
export interface Carry {
  /** Its dtype. */
  readonly dtype: DType;
  /** Before the first step; uses outer axes only. */
  readonly initial: Expr;
  /** After a step; may use all axes and `carry`. */
  readonly next: Expr;
}

/**
 * A loop: all axes but the last are independent lanes; the last one is walked
 * in order. `stores` may use `carry` (the values before the step); `rowStores`
 * are written at the end and see the final values as `carry`.
 */
export interface LoopKernel extends KernelBase {
  readonly kind: "loop";
  /** Whether the last axis is walked from its end. */
  readonly reverse: boolean;
  /** What is carried. */
  readonly carries: readonly Carry[];
  /** What is written at each step. */
  readonly stores: readonly KernelStore[];
  /** What is written after the last step; may use outer axes and `carry`. */
  readonly rowStores: readonly KernelStore[];
  /**
   * The loop is a running sum: one carry that starts at 0, to which each step
   * adds `next.args[1]`, and one store. A device may compute it in parallel.
   */
  readonly runningSum: boolean;
}

/** One loop nest. */
export type Kernel = RowKernel | ContractKernel | LoopKernel;

/** A computation that a device implements by hand, over whole buffers. */
export interface RoutineStep {
  readonly kind: "routine";
  /** Name: that of a routine, or `scatterAdd`, `scatterAddAlongAxis`. */
  readonly name: string;
  /** Its attributes. */
  readonly attributes: RoutineAttributes;
  /** Position in the graph's order of the node that it is charged to. */
  readonly node: number;
  /** Buffers that it reads. */
  readonly inputs: readonly number[];
  /** Types of the inputs. */
  readonly inputSpecs: readonly TensorSpec[];
  /** Buffers that it writes. */
  readonly outputs: readonly number[];
  /** Types of the outputs. */
  readonly outputSpecs: readonly TensorSpec[];
  /** Arithmetic operations, about. */
  readonly flops: number;
}

/**
 * A loop whose step is a whole program: for scans whose steps hold
 * contractions, reductions or routines. Leaves of the body are: carries, slices
 * of sequences, captured values; results of the body are: next carries, slices
 * of results.
 */
export interface HostLoopStep {
  readonly kind: "hostLoop";
  /** Position in the graph's order of the scan. */
  readonly node: number;
  /** One step. */
  readonly body: Program;
  /** Number of steps. */
  readonly length: number;
  /** Whether slices are taken from the end. */
  readonly reverse: boolean;
  /** Buffers of the first carries. */
  readonly carries: readonly number[];
  /** Buffers of the sequences, sliced along their leading axis. */
  readonly sequences: readonly number[];
  /** Buffers of captured values. */
  readonly captured: readonly number[];
  /** Program scalars that the body's scalars read. */
  readonly scalars: readonly number[];
  /** Buffers of the final carries; undefined where nobody asks. */
  readonly finals: readonly (number | undefined)[];
  /** Buffers of the stacked results; undefined where nobody asks. */
  readonly stacked: readonly (number | undefined)[];
  /** Buffers of the carries before each step, stacked. */
  readonly history: readonly (number | undefined)[];
}

/** One step of a program. */
export type Step = Kernel | RoutineStep | HostLoopStep;

/** A buffer of a program. */
export interface BufferSpec {
  /** Its dtype. */
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  /** Where its data come from. */
  readonly role: "leaf" | "temporary" | "result";
}

/** Steps over numbered buffers. Depends on the structure of a graph only. */
export interface Program {
  /** The buffers. */
  readonly buffers: readonly BufferSpec[];
  /** Position in the graph's order of the node behind each leaf buffer. */
  readonly leaves: readonly ProgramLeaf[];
  /** Position in the graph's order of the constant behind each scalar. */
  readonly scalars: readonly ProgramScalar[];
  /** The steps, in order. */
  readonly steps: readonly Step[];
  /** Buffer of each root; may be a leaf, and one buffer may serve several. */
  readonly results: readonly number[];
  /**
   * Leaf buffers that steps write over, wholly or in part: whoever runs the
   * program must own their data.
   */
  readonly overwritten?: readonly number[];
  /**
   * Numbers that tell of indices outside of their axes. They are computed with
   * the results; without them the indices count as the nearest ends.
   */
  readonly checks?: readonly ProgramCheck[];
}

/** A number that tells whether indices from data are inside of their axis. */
export interface ProgramCheck {
  /** A result buffer with one i32: 0, or an index that is outside. */
  readonly buffer: number;
  /** Position in the graph's order of the node that uses the indices. */
  readonly node: number;
  /** Name of its primitive. */
  readonly name: string;
  /** Length of the axis. */
  readonly length: number;
}

/** A leaf: data that exist before the program runs. */
export interface ProgramLeaf {
  /** Its buffer. */
  readonly buffer: number;
  /** Number in the list of leaf nodes (see `flatten`). */
  readonly leaf: number;
}

/** A scalar: a number in the graph. */
export interface ProgramScalar {
  /** Number in the list of leaf nodes (see `flatten`). */
  readonly leaf: number;
  /** Its dtype. */
  readonly dtype: DType;
}
