/**
 * Kernels that read or add at indices. An index outside of its axis is an
 * error, negative ones count from the end.
 *
 * @module
 */

import { NumericalError } from "../../core/errors.ts";
import { allocate, type TypedArray } from "../dtypes.ts";
import type { PlanBuilder } from "./builder.ts";
import { OPERATIONS_PER_LOOK, type Work } from "../clock.ts";
import { axisOf, type KernelRequest, splitAtAxis } from "./kernels.ts";
import { type View, wholeView } from "./views.ts";

/**
 * Plain copies of the inputs, as kernels address them that work row-major.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns Their views.
 */
export function compactInputs(
  builder: PlanBuilder,
  request: KernelRequest,
): View[] {
  return request.inputs.map((view, k) =>
    builder.compact(view, request.node.inputs[k]!.dtype, request.index)
  );
}

function resolveIndex(name: string, index: number, length: number): number {
  const result = index < 0 ? index + length : index;
  if (result < 0 || result >= length) {
    throw new NumericalError(
      `Cannot use index ${index} in "${name}": current length of the axis is ${length}`,
      { expected: `an index from ${-length} to ${length - 1}` },
    );
  }
  return result;
}

/**
 * Plans a `take`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planTake(builder: PlanBuilder, request: KernelRequest): View {
  const { node, index } = request;
  const [source, indices] = compactInputs(builder, request) as [View, View];
  const { before, along, after } = splitAtAxis(node.inputs[0]!, axisOf(node));
  const slot = builder.newSlot(node.size);
  builder.step("take", index, [source, indices], [slot], function* (buffers) {
    const x = buffers[source.slot]!;
    const at = buffers[indices.slot]!;
    const out = allocate(node.dtype, node.size);
    buffers[slot] = out;
    const perLook = Math.max(1, Math.floor(OPERATIONS_PER_LOOK / (after + 2)));
    let work = 0;
    for (let row = 0; row < before; row++) {
      for (let from = 0; from < at.length; from += perLook) {
        const to = Math.min(at.length, from + perLook);
        takeSlices(x, at, out, { row, along, after, from, to });
        work += to - from;
        if (work >= perLook) {
          work = 0;
          yield;
        }
      }
    }
  });
  return wholeView(slot, node.shape);
}

/** Indices `from` to `to` of one row of what is taken. */
interface TakenPart {
  readonly row: number;
  readonly along: number;
  readonly after: number;
  readonly from: number;
  readonly to: number;
}

function takeSlices(
  x: TypedArray,
  at: TypedArray,
  out: TypedArray,
  { row, along, after, from, to }: TakenPart,
): void {
  const start = row * along;
  let place = (row * at.length + from) * after;
  for (let k = from; k < to; k++) {
    const source = (start + resolveIndex("take", at[k]!, along)) * after;
    for (let j = 0; j < after; j++) out[place++] = x[source + j]!;
  }
}

/**
 * Plans a `scatterAdd`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planScatterAdd(
  builder: PlanBuilder,
  request: KernelRequest,
): View {
  const { node, index } = request;
  const inputs = compactInputs(builder, request) as [View, View, View];
  const lengths = splitAtAxis(node, axisOf(node));
  const slot = builder.newSlot(node.size);
  builder.step("scatterAdd", index, inputs, [slot], function* (buffers) {
    const [total, at, updates] = readInputs(buffers, inputs);
    yield* addSlices(total, at, updates, lengths);
    buffers[slot] = store(node.dtype, total);
  });
  return wholeView(slot, node.shape);
}

/** An array seen as `[before, along, after]`. */
export interface AxisLengths {
  /** Number of elements of all axes before the one in question. */
  readonly before: number;
  /** Length of the axis. */
  readonly along: number;
  /** Number of elements of all axes after it. */
  readonly after: number;
}

/**
 * Adds slices to the places that indices point to: what `scatterAdd` does.
 *
 * @param total Where to add; changed.
 * @param at The indices.
 * @param updates One slice an index, for each element of the axes before.
 * @param lengths How `total` is seen.
 * @throws {NumericalError} When an index is outside of the axis.
 */
export function* addSlices(
  total: Float64Array,
  at: TypedArray,
  updates: TypedArray,
  { before, along, after }: AxisLengths,
): Work {
  let from = 0;
  let work = 0;
  for (let row = 0; row < before; row++) {
    for (let k = 0; k < at.length; k++) {
      const to = (row * along + resolveIndex("scatterAdd", at[k]!, along)) *
        after;
      for (let j = 0; j < after; j++) total[to + j]! += updates[from++]!;
      work += after + 2;
      if (work > OPERATIONS_PER_LOOK) {
        work = 0;
        yield;
      }
    }
  }
}

/**
 * Plans a `takeAlongAxis`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planTakeAlongAxis(
  builder: PlanBuilder,
  request: KernelRequest,
): View {
  const { node, index } = request;
  const [source, indices] = compactInputs(builder, request) as [View, View];
  const length = node.inputs[0]!.shape[axisOf(node)]!;
  const slot = builder.newSlot(node.size);
  builder.step(
    "takeAlongAxis",
    index,
    [source, indices],
    [slot],
    function* (buffers) {
      const x = buffers[source.slot]!;
      const at = buffers[indices.slot]!;
      const out = allocate(node.dtype, node.size);
      buffers[slot] = out;
      yield* eachAlong(
        "takeAlongAxis",
        splitAtAxis(node, axisOf(node)),
        length,
        at,
        (here, there) => out[here] = x[there]!,
      );
    },
  );
  return wholeView(slot, node.shape);
}

/**
 * Plans a `scatterAddAlongAxis`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planScatterAddAlongAxis(
  builder: PlanBuilder,
  request: KernelRequest,
): View {
  const { node, index } = request;
  const inputs = compactInputs(builder, request) as [View, View, View];
  const axis = axisOf(node);
  const slot = builder.newSlot(node.size);
  builder.step(
    "scatterAddAlongAxis",
    index,
    inputs,
    [slot],
    function* (buffers) {
      const [total, at, updates] = readInputs(buffers, inputs);
      yield* addElements(
        total,
        at,
        updates,
        splitAtAxis(node.inputs[1]!, axis),
        node.shape[axis]!,
      );
      buffers[slot] = store(node.dtype, total);
    },
  );
  return wholeView(slot, node.shape);
}

/**
 * Adds single elements to the places that indices point to: what
 * `scatterAddAlongAxis` does.
 *
 * @param total Where to add; changed.
 * @param at The indices.
 * @param updates One element an index.
 * @param lengths How `at` and `updates` are seen.
 * @param length Length of the axis of `total`.
 * @throws {NumericalError} When an index is outside of the axis.
 */
export function addElements(
  total: Float64Array,
  at: TypedArray,
  updates: TypedArray,
  lengths: AxisLengths,
  length: number,
): Work {
  return eachAlong(
    "scatterAddAlongAxis",
    lengths,
    length,
    at,
    (here, there) => total[there]! += updates[here]!,
  );
}

/** The first input as double-precision totals, the others as they are. */
function readInputs(
  buffers: readonly TypedArray[],
  inputs: readonly [View, View, View],
): [Float64Array, TypedArray, TypedArray] {
  return [
    Float64Array.from(buffers[inputs[0].slot]!),
    buffers[inputs[1].slot]!,
    buffers[inputs[2].slot]!,
  ];
}

function store(dtype: KernelRequest["node"]["dtype"], x: Float64Array) {
  const out = allocate(dtype, x.length);
  out.set(x);
  return out;
}

/** Visits each index with its own place and the place that it points to. */
function* eachAlong(
  name: string,
  lengths: AxisLengths,
  length: number,
  at: TypedArray,
  visit: (here: number, there: number) => void,
): Work {
  const { before, along, after } = lengths;
  let here = 0;
  for (let row = 0; row < before; row++) {
    for (let k = 0; k < along; k++) {
      for (let j = 0; j < after; j++) {
        const index = resolveIndex(name, at[here]!, length);
        visit(here++, (row * length + index) * after + j);
        if (here % 100_000 === 0) yield;
      }
    }
  }
}
