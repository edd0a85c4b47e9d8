/**
 * How the points of a kernel are laid out over lanes and vectors.
 *
 * @module
 */

import { byteSize } from "../../../device/dtypes.ts";
import { axesOf, dependsOn, strideAlong } from "../../ir/index_arithmetic.ts";
import { type Expr, exprOrder } from "../../ir/expr.ts";
import type { LoopKernel, RowKernel } from "../../ir/kernel.ts";
import { rootsOfKernel, storesOfKernel } from "../../ir/kernel_roots.ts";
import type { Lanes } from "../emit/kinds.ts";

/** How a kernel is vectorised. */
export interface Layout {
  /** Lanes of its vectors; 1 for none. */
  readonly lanes: Lanes;
  /** The axis that lanes lie along. */
  readonly vectorAxis: number | undefined;
  /** Vectors side by side. */
  readonly units: number;
  /** Operations of a point. */
  readonly operations: number;
  /** About how many nanoseconds a point of all axes takes. */
  readonly pointNanoseconds: number;
}

/** Operations that are done lane by lane. */
const LANE_BY_LANE: ReadonlySet<string> = new Set([
  "quotient",
  "modulo",
  "divide",
  "remainder",
  "power",
]);

interface Work {
  /** Expressions that are computed as values. */
  readonly values: readonly Expr[];
  /** Loads among them. */
  readonly loads: readonly Expr[];
  /** Indices of stores, and the bytes that each writes. */
  readonly stores: readonly { readonly index: Expr; readonly bytes: number }[];
}

function workOf(kernel: RowKernel | LoopKernel): Work {
  const stores = storesOfKernel(kernel);
  const indices = new Set(stores.map((store) => store.index));
  const seen = new Set(
    rootsOfKernel(kernel).filter((root) => !indices.has(root)),
  );
  for (const expr of seen) {
    expr.args.forEach((arg, k) => {
      if (expr.op !== "load" || k > 0) seen.add(arg);
    });
  }
  const values = [...seen];
  return {
    values,
    loads: values.filter((expr) => expr.op === "load"),
    stores: stores.map(({ output, index }) => ({
      index,
      bytes: byteSize(kernel.outputs[output]!.dtype),
    })),
  };
}

/** Instructions for one element of memory, by how it is reached. */
function accessCost(index: Expr, axis: number, lanes: number): number {
  if (!dependsOn(index, axis)) return 0;
  return strideAlong(index, axis) === 1 ? 1 / lanes : 1.5;
}

/** About how many instructions a point takes, vectorised along an axis. */
function costAlong(
  { values, loads, stores }: Work,
  axis: number,
  length: number,
  lanes: Lanes,
  reducedVary: boolean,
): number {
  let cost = 0;
  for (const load of loads) {
    cost += accessCost(load.args[0]!, axis, lanes);
    for (const part of exprOrder([load.args[0]!])) {
      if (strideAlong(part, axis) === undefined) {
        cost += LANE_BY_LANE.has(part.op) ? 2 : 1 / lanes;
      }
    }
  }
  for (const { index } of stores) cost += accessCost(index, axis, lanes);
  for (const expr of values) {
    if (expr.args.length === 0 || expr.op === "load") continue;
    const varies = dependsOn(expr, axis) || (reducedVary && readsLeaf(expr));
    if (!varies) continue;
    const slow = LANE_BY_LANE.has(expr.op) && expr.dtype !== "f32" &&
      expr.dtype !== "f64" && expr.dtype !== "f16";
    cost += slow ? 2 : 1 / lanes;
  }
  // Points that do not fill a vector take as long as a whole one.
  const turns = Math.floor(length / lanes) + length % lanes;
  return cost * turns * lanes / length;
}

const leafReaders = new WeakMap<Expr, boolean>();

/** Whether an expression depends on reductions or carries. */
function readsLeaf(expr: Expr): boolean {
  let reads = leafReaders.get(expr);
  if (reads === undefined) {
    reads = expr.op === "reduced" || expr.op === "carry" ||
      expr.args.some(readsLeaf);
    leafReaders.set(expr, reads);
  }
  return reads;
}

/**
 * An axis along which something lies side by side that is far apart along the
 * last one, as in a transposition.
 *
 * @param kernel A map, its axes joined.
 * @returns The axis, or undefined where there is none worth a tile.
 */
export function crossAxis(kernel: RowKernel): number | undefined {
  const { loads, stores } = workOf(kernel);
  const last = kernel.outer - 1;
  const indices = [
    ...loads.map((load) => load.args[0]!),
    ...stores.map((store) => store.index),
  ];
  for (const index of indices) {
    const step = strideAlong(index, last);
    if (step === 0 || step === 1) continue;
    for (let axis = last - 1; axis >= 0; axis--) {
      if (kernel.axes[axis]! >= 8 && strideAlong(index, axis) === 1) {
        return axis;
      }
    }
  }
  return undefined;
}

/** Nanoseconds that an instruction takes, about, in one thread. */
const INSTRUCTION = 0.25;
/** Nanoseconds that a byte of memory takes, about, in one thread. */
const BYTE = 0.08;

/**
 * Chooses the lanes of a kernel.
 *
 * @param kernel The kernel, its axes joined.
 * @param candidates Axes that lanes may lie along; the first is preferred.
 * @param outer Number of axes whose points are independent of each other.
 * @returns The layout.
 */
export function layoutOf(
  kernel: RowKernel | LoopKernel,
  candidates: readonly number[],
  outer: number,
): Layout {
  const work = workOf(kernel);
  const wide = exprOrder(rootsOfKernel(kernel)).some((expr) =>
    expr.dtype === "f64"
  );
  const lanes: Lanes = wide ? 2 : 4;
  const operations = work.values.filter((expr) => expr.args.length > 0).length;
  const singly = operations + work.stores.length + work.loads.length;
  let best = { cost: singly, axis: undefined as number | undefined };
  for (const axis of candidates) {
    const length = kernel.axes[axis]!;
    if (length < lanes) continue;
    const cost = costAlong(work, axis, length, lanes, axis < outer);
    if (cost < best.cost * 0.99) best = { cost, axis };
  }
  let bytes = 0;
  for (const load of work.loads) {
    if (axesOf(load.args[0]!).size > 0) {
      bytes += byteSize(load.dtype);
    }
  }
  for (const store of work.stores) bytes += store.bytes;
  return {
    lanes: best.axis === undefined ? 1 : lanes,
    vectorAxis: best.axis,
    operations,
    units: best.axis === undefined || operations > 24
      ? 1
      : operations > 12
      ? 2
      : 4,
    pointNanoseconds: Math.max(best.cost * INSTRUCTION, bytes * BYTE),
  };
}
