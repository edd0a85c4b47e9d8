/**
 * Kernels along one axis that are no plain reductions: the index of the extreme
 * and the running sum.
 *
 * @module
 */

import { allocate, isFloatDType, type TypedArray } from "../dtypes.ts";
import { attributesOf } from "../graph.ts";
import type { PlanBuilder } from "./builder.ts";
import { OPERATIONS_PER_LOOK } from "../clock.ts";
import { axisOf, type KernelRequest, splitAtAxis } from "./kernels.ts";
import { type View, wholeView } from "./views.ts";

/**
 * Plans an `argmax` or `argmin`: the first extreme, and the first NaN before
 * any number.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planArgument(
  builder: PlanBuilder,
  request: KernelRequest,
): View {
  const { node, index } = request;
  const input = node.inputs[0]!;
  const source = builder.compact(request.inputs[0]!, input.dtype, index);
  const { before, along, after } = splitAtAxis(input, axisOf(node));
  const largest = node.op === "argmax";
  const slot = builder.newSlot(node.size);
  builder.step(node.op, index, [source], [slot], function* (buffers) {
    const x = buffers[source.slot]!;
    const out = allocate(node.dtype, node.size);
    buffers[slot] = out;
    for (const piece of pieces(before, along, after)) {
      const { start, result, from, to } = piece;
      out[result] = extremeOf(x, start, after, from, to, out[result]!, largest);
      if (piece.pause) yield;
    }
  });
  return wholeView(slot, node.shape);
}

/** The better of the best so far and the elements `from` to `to` of a row. */
function extremeOf(
  x: TypedArray,
  start: number,
  stride: number,
  from: number,
  to: number,
  best: number,
  largest: boolean,
): number {
  let at = best;
  let value = x[start + at * stride]!;
  for (let k = from; k < to && value === value; k++) {
    const next = x[start + k * stride]!;
    if (next !== next || (largest ? next > value : next < value)) {
      value = next;
      at = k;
    }
  }
  return at;
}

/**
 * Plans a `cumulativeSum`, summed in double precision.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planCumulativeSum(
  builder: PlanBuilder,
  request: KernelRequest,
): View {
  const { node, index } = request;
  const source = builder.compact(request.inputs[0]!, node.dtype, index);
  const { axis, reverse } = attributesOf(node, "cumulativeSum");
  const run = isFloatDType(node.dtype) ? runSum : runIntegerSum;
  const { before, along, after } = splitAtAxis(node, axis);
  const slot = builder.newSlot(node.size);
  builder.step("cumulativeSum", index, [source], [slot], function* (buffers) {
    const x = buffers[source.slot]!;
    const out = allocate(node.dtype, node.size);
    buffers[slot] = out;
    let total = 0;
    for (const { start, from, to, pause } of pieces(before, along, after)) {
      const first = reverse ? start + (along - 1) * after : start;
      const stride = reverse ? -after : after;
      if (from === 0) total = 0;
      total = run(x, out, first, stride, from, to, total);
      if (pause) yield;
    }
  });
  return wholeView(slot, node.shape);
}

/** Sums the elements `from` to `to` of a row as they come. */
function runSum(
  x: TypedArray,
  out: TypedArray,
  start: number,
  stride: number,
  from: number,
  to: number,
  before: number,
): number {
  let total = before;
  for (let k = from, at = start + from * stride; k < to; k++, at += stride) {
    total += x[at]!;
    out[at] = total;
  }
  return total;
}

/** The same for integers, which wrap around at 32 bits. */
function runIntegerSum(
  x: TypedArray,
  out: TypedArray,
  start: number,
  stride: number,
  from: number,
  to: number,
  before: number,
): number {
  let total = before;
  for (let k = from, at = start + from * stride; k < to; k++, at += stride) {
    total = (total + x[at]!) | 0;
    out[at] = total;
  }
  return total;
}

/** Part of a row along the axis. */
interface Piece {
  /** Where the row starts in the input. */
  readonly start: number;
  /** Which row it is. */
  readonly result: number;
  /** First element. */
  readonly from: number;
  /** End, not included. */
  readonly to: number;
  /** Whether enough was done since the last pause. */
  readonly pause: boolean;
}

/** All rows along an axis, long ones in parts. */
function* pieces(
  before: number,
  along: number,
  after: number,
): Generator<Piece> {
  let work = 0;
  for (let row = 0; row < before; row++) {
    for (let column = 0; column < after; column++) {
      const start = row * along * after + column;
      const result = row * after + column;
      for (let from = 0; from < along; from += OPERATIONS_PER_LOOK) {
        const to = Math.min(along, from + OPERATIONS_PER_LOOK);
        work += to - from + 10;
        const pause = work > OPERATIONS_PER_LOOK;
        if (pause) work = 0;
        yield { start, result, from, to, pause };
      }
    }
  }
}
