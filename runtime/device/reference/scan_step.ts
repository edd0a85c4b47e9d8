/**
 * Plans of `scan`: one compiled loop where the step is elementwise, else the
 * plan of one step, run over and over.
 *
 * @module
 */

import { allocate, type DType, type TypedArray } from "../dtypes.ts";
import { attributesOf } from "../graph.ts";
import { sizeOf } from "../shapes.ts";
import type { PlanBuilder } from "./builder.ts";
import { OPERATIONS_PER_LOOK, type Work } from "../clock.ts";
import type { KernelRequest, NodeType } from "./kernels.ts";
import { planOf, runPlan } from "./run.ts";
import { compileScan, type ScanText } from "./scan_loop.ts";
import { type View, wholeView } from "./views.ts";

/** A `scan` whose buffers are known. */
interface ScanPlan {
  readonly node: NodeType;
  /** Views of the inputs. */
  readonly sources: readonly View[];
  /** Views of the results; undefined for those that nobody wants. */
  readonly views: readonly (View | undefined)[];
}

/**
 * Plans a `scan`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The views of its results; undefined for those that nobody wants.
 */
export function planScan(
  builder: PlanBuilder,
  request: KernelRequest,
): readonly (View | undefined)[] {
  const { node, index, wanted } = request;
  const scan = attributesOf(node, "scan");
  const { carries, sequences } = scan;
  const text = compileScan(
    scan,
    wanted.filter((k) => k >= carries).map((k) => k - carries),
  );
  const sources = request.inputs.map((view, k) => {
    // A compiled loop reads captured scalars where they are.
    const scalar = text !== undefined && k >= carries + sequences &&
      node.inputs[k]!.size === 1;
    return scalar ? view : builder.compact(view, node.inputs[k]!.dtype, index);
  });
  const views = node.outputs!.map((spec, k) =>
    wanted.includes(k)
      ? wholeView(builder.newSlot(sizeOf(spec.shape)), spec.shape)
      : undefined
  );
  const writes = views.flatMap((view) => view === undefined ? [] : [view.slot]);
  const plan = { node, sources, views };
  builder.step(
    "scan",
    index,
    sources,
    writes,
    text === undefined ? stepwise(plan) : compiled(plan, text, wanted),
  );
  return views;
}

/** The loop as one kernel, cut into pieces by the clock. */
function compiled(
  plan: ScanPlan,
  text: ScanText,
  wanted: readonly number[],
): (buffers: TypedArray[]) => Work | void {
  const { node, sources, views } = plan;
  const { carries, sequences, length, reverse } = attributesOf(node, "scan");
  const { kernel, batch, cost } = text;
  const specs = node.outputs!;
  const places = Math.max(
    1,
    Math.min(batch, Math.floor(OPERATIONS_PER_LOOK / cost)),
  );
  const steps = Math.max(
    1,
    Math.floor(OPERATIONS_PER_LOOK / (cost * places)),
  );
  const last = reverse ? length - 1 : -1;
  const light = places === batch && steps >= length;
  return (buffers) => {
    const read = (view: View) => buffers[view.slot]!;
    const state = sources.slice(0, carries).map((view, k) =>
      spread(read(view), node.inputs[k]!.dtype, batch)
    );
    const xs = sources.slice(carries, carries + sequences).map(read);
    const captured = sources.slice(carries + sequences).map((view) => {
      const array = read(view);
      // A scalar may stand anywhere in its buffer.
      return view.offset === 0
        ? array
        : array.subarray(view.offset) as TypedArray;
    });
    const results: TypedArray[] = [];
    for (const k of wanted) {
      if (k < carries) continue;
      const made = allocate(specs[k]!.dtype, sizeOf(specs[k]!.shape));
      buffers[views[k]!.slot] = made;
      results.push(made);
    }
    const finish = () => {
      for (const k of wanted) {
        if (k >= carries) continue;
        const size = sizeOf(specs[k]!.shape);
        buffers[views[k]!.slot] = state[k]!.length === size
          ? state[k]!
          : state[k]!.slice(0, size) as TypedArray;
      }
    };
    if (light) {
      kernel(xs, captured, state, results, 0, length, last, 0, batch);
      finish();
      return undefined;
    }
    return (function* (): Work {
      for (let first = 0; first < batch; first += places) {
        const end = Math.min(batch, first + places);
        for (let from = 0; from < length; from += steps) {
          const to = Math.min(length, from + steps);
          kernel(xs, captured, state, results, from, to, last, first, end);
          yield;
        }
      }
      finish();
    })();
  };
}

/** A copy of a carry with one element for each place. */
function spread(array: TypedArray, dtype: DType, batch: number): TypedArray {
  if (array.length === batch) return array.slice() as TypedArray;
  const wide = allocate(dtype, batch);
  wide.fill(array[0]!);
  return wide;
}

/** The plan of one step, run for each slice. */
function stepwise(plan: ScanPlan): (buffers: TypedArray[]) => Work {
  const { node, sources, views } = plan;
  const scan = attributesOf(node, "scan");
  const { body, carries, sequences, length, reverse } = scan;
  const specs = node.outputs!;
  const outputs = body.outputs.length - carries;
  const { plan: step, order } = planOf(body.outputs);
  return function* (buffers) {
    const inputs = sources.map((view) => buffers[view.slot]!);
    let state = inputs.slice(0, carries);
    const xs = inputs.slice(carries, carries + sequences);
    const captured = inputs.slice(carries + sequences);
    const results = specs.map((spec, k) =>
      views[k] === undefined || k < carries
        ? undefined
        : allocate(spec.dtype, sizeOf(spec.shape))
    );
    for (let n = 0; n < length; n++) {
      const at = reverse ? length - 1 - n : n;
      for (let k = 0; k < carries; k++) {
        put(results[carries + outputs + k], at, state[k]!);
      }
      const slices = xs.map((array) => slice(array, at, length));
      const made = yield* runPlan(step, order, [
        ...state,
        ...slices,
        ...captured,
      ]);
      state = made.slice(0, carries);
      for (let k = 0; k < outputs; k++) {
        put(results[carries + k], at, made[carries + k]!);
      }
      yield;
    }
    views.forEach((view, k) => {
      if (view !== undefined) buffers[view.slot] = results[k] ?? state[k]!;
    });
  };
}

function slice(array: TypedArray, at: number, length: number): TypedArray {
  const size = array.length / length;
  return array.subarray(at * size, (at + 1) * size) as TypedArray;
}

function put(
  field: TypedArray | undefined,
  at: number,
  part: TypedArray,
): void {
  field?.set(part, at * part.length);
}
