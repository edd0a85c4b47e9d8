/**
 * Puts one loop nest into a plan: merges its axes, picks its compiled function
 * and cuts it into blocks that do not hold the event loop.
 *
 * @module
 */

import {
  allocate,
  type DType,
  isFloatDType,
  type TypedArray,
} from "../dtypes.ts";
import type { ReduceName } from "../primitives.ts";
import { reducedShape, type Shape, sizeOf } from "../shapes.ts";
import type { PlanBuilder } from "./builder.ts";
import { OPERATIONS_PER_LOOK, type Work } from "../clock.ts";
import { compileLoops, type LoopKernel, type Walk } from "./loops.ts";
import { mergeAxes, type View } from "./views.ts";

/** A loop nest over the index space `shape`. */
export interface LoopNest {
  /** What it computes, for the trace. */
  readonly name: string;
  /** Position of the node that it is charged to. */
  readonly node: number;
  /** Lengths of the loops. */
  readonly shape: Shape;
  /** What it reads, all in `shape`: operand `k` is `x<k>` in the text. */
  readonly operands: readonly { readonly view: View; readonly dtype: DType }[];
  /** Statements that come before the result. */
  readonly statements: string;
  /** Expression of the result. */
  readonly result: string;
  /** Number of primitives in the text; 1 when not given. */
  readonly cost?: number;
  /** Reduction of the result over some axes. */
  readonly reduce?: {
    readonly name: ReduceName;
    readonly axes: readonly number[];
  };
  /** Where the result goes, row-major. */
  readonly out: { readonly slot: number; readonly dtype: DType };
}

/**
 * Appends a loop nest to a plan.
 *
 * @param builder The plan.
 * @param nest The loop nest.
 */
export function planLoops(builder: PlanBuilder, nest: LoopNest): void {
  const { shape, operands, out, reduce } = nest;
  const strides = operands.map((operand) => operand.view.strides);
  const keep = shape.map((_, axis) => axis).filter((axis) =>
    !reduce?.axes.includes(axis)
  );
  const outer = mergeAxes(
    keep.map((axis) => shape[axis]!),
    strides.map((list) => keep.map((axis) => list[axis]!)),
  );
  const inner = mergeAxes(
    (reduce?.axes ?? []).map((axis) => shape[axis]!),
    strides.map((list) => (reduce?.axes ?? []).map((axis) => list[axis]!)),
  );
  const lengths = [...outer.shape, ...inner.shape];
  const steps = strides.map((_, k) => [
    ...outer.strides[k]!,
    ...inner.strides[k]!,
  ]);
  const kernel = compileLoops({
    statements: nest.statements,
    result: nest.result,
    dtypes: operands.map((operand) => operand.dtype),
    walks: steps.map(walkOf),
    outer: outer.shape.length,
    ...(reduce === undefined
      ? {}
      : { reduce: { name: reduce.name, loops: inner.shape.length } }),
    out: out.dtype,
  });
  const size = sizeOf(
    reduce === undefined ? shape : reducedShape(shape, reduce.axes, false),
  );
  const slots = operands.map((operand) => operand.view.slot);
  const offsets = operands.map((operand) => operand.view.offset);
  const cost = sizeOf(shape) * (nest.cost ?? 1);
  const light = cost <= OPERATIONS_PER_LOOK;
  const loops: Loops = {
    kernel,
    offsets,
    strides: steps,
    lengths,
    outer: outer.shape.length,
    perLook: Math.max(1, Math.floor(OPERATIONS_PER_LOOK / (nest.cost ?? 1))),
    reduce: reduce?.name,
    exact: !isFloatDType(out.dtype),
  };
  builder.step(
    nest.name,
    nest.node,
    operands.map((operand) => operand.view),
    [out.slot],
    (buffers) => {
      const arrays = new Array<TypedArray>(slots.length);
      for (let k = 0; k < slots.length; k++) arrays[k] = buffers[slots[k]!]!;
      const array = allocate(out.dtype, size);
      buffers[out.slot] = array;
      if (light) {
        kernel(array, 0, arrays, offsets, steps, lengths);
        return undefined;
      }
      return runBlocks(loops, array, arrays);
    },
  );
}

/** A scalar for all loops is read once; unit strides need no multiplication. */
function walkOf(strides: readonly number[]): Walk {
  if (strides.every((stride) => stride === 0)) return "scalar";
  return strides[strides.length - 1] === 1 ? "unit" : "strided";
}

interface Loops {
  readonly kernel: LoopKernel;
  readonly offsets: readonly number[];
  readonly strides: readonly (readonly number[])[];
  readonly lengths: readonly number[];
  readonly outer: number;
  readonly perLook: number;
  readonly reduce: ReduceName | undefined;
  /** Whether integers are reduced, which wrap around. */
  readonly exact: boolean;
}

/** Runs a heavy loop nest block by block. */
function* runBlocks(
  loops: Loops,
  out: TypedArray,
  arrays: readonly TypedArray[],
): Work {
  const { kernel, strides, lengths, outer, perLook, reduce, exact } = loops;
  const reduced = sizeOf(lengths.slice(outer));
  if (reduce === undefined || reduced <= perLook) {
    const blocks = cutBlocks(
      lengths.slice(0, outer),
      Math.max(1, Math.floor(perLook / Math.max(1, reduced))),
    );
    let position = 0;
    for (const block of blocks) {
      kernel(
        out,
        position,
        arrays,
        shifted(loops.offsets, strides, block.starts),
        strides,
        [...block.lengths, ...lengths.slice(outer)],
      );
      position += sizeOf(block.lengths);
      yield;
    }
    return;
  }
  // One element at a time, its reduction in blocks, joined in double precision.
  const ones = new Array<number>(outer).fill(1);
  const partial = new Float64Array(1);
  let position = 0;
  for (const row of cutBlocks(lengths.slice(0, outer), 1)) {
    let total = start(reduce);
    for (const block of cutBlocks(lengths.slice(outer), perLook)) {
      const at = [...row.starts, ...block.starts];
      kernel(
        partial,
        0,
        arrays,
        shifted(loops.offsets, strides, at),
        strides,
        [...ones, ...block.lengths],
      );
      total = join(reduce, exact, total, partial[0]!);
      yield;
    }
    out[position++] = total;
  }
}

function start(reduce: ReduceName): number {
  switch (reduce) {
    case "sum":
      return 0;
    case "prod":
      return 1;
    case "max":
      return -Infinity;
    case "min":
      return Infinity;
  }
}

function join(
  reduce: ReduceName,
  exact: boolean,
  a: number,
  b: number,
): number {
  switch (reduce) {
    case "sum":
      return exact ? (a + b) | 0 : a + b;
    case "prod":
      return exact ? Math.imul(a, b) : a * b;
    case "max":
      return Math.max(a, b);
    case "min":
      return Math.min(a, b);
  }
}

function shifted(
  offsets: readonly number[],
  strides: readonly (readonly number[])[],
  starts: readonly number[],
): number[] {
  return offsets.map((offset, k) => {
    let result = offset;
    for (let loop = 0; loop < starts.length; loop++) {
      result += starts[loop]! * strides[k]![loop]!;
    }
    return result;
  });
}

/**
 * Cuts an index space into consecutive blocks of at most `limit` elements (but
 * at least one), in row-major order.
 *
 * @param lengths Lengths of the loops.
 * @param limit Largest size of a block.
 * @returns The first index and the lengths of each block.
 */
export function* cutBlocks(
  lengths: readonly number[],
  limit: number,
): Generator<{ starts: number[]; lengths: number[] }> {
  const rank = lengths.length;
  if (sizeOf(lengths) === 0) return;
  // Axes from `cut + 1` on fit whole; axis `cut` is taken in chunks.
  let cut = rank - 1;
  let inside = 1;
  while (cut >= 0 && inside * lengths[cut]! <= limit) inside *= lengths[cut--]!;
  if (cut < 0) {
    yield { starts: lengths.map(() => 0), lengths: [...lengths] };
    return;
  }
  const chunk = Math.max(1, Math.floor(limit / inside));
  const index = new Array<number>(cut).fill(0);
  for (;;) {
    for (let from = 0; from < lengths[cut]!; from += chunk) {
      const starts = new Array<number>(rank).fill(0);
      const block = lengths.map((length, axis) => axis < cut ? 1 : length);
      for (let axis = 0; axis < cut; axis++) starts[axis] = index[axis]!;
      starts[cut] = from;
      block[cut] = Math.min(chunk, lengths[cut]! - from);
      yield { starts, lengths: block };
    }
    let axis = cut - 1;
    while (axis >= 0 && ++index[axis]! === lengths[axis]) index[axis--] = 0;
    if (axis < 0) return;
  }
}
