/**
 * Row kernels as WebAssembly.
 *
 * @module
 */

import type { RowKernel } from "../../ir/kernel.ts";
import type { WasmKernel } from "../abi.ts";
import { hoistStores, writeStores } from "../emit/access.ts";
import { Emitter } from "../emit/emitter.ts";
import { expandFunctions } from "../../functions/mod.ts";
import { joinRowAxes, rootsOf, transformRows } from "./axes.ts";
import { Frame } from "./frame.ts";
import { writeLanes } from "./lane_loop.ts";
import { KeptValues } from "./kept.ts";
import { type Layout, layoutOf } from "./plan.ts";
import { type RowWriter, writeStages } from "./stages.ts";
import { grainOf } from "./work.ts";

/**
 * Compiles a row kernel.
 *
 * @param kernel The kernel.
 * @returns The kernel, compiled.
 */
export function renderRows(kernel: RowKernel): WasmKernel {
  const { pool } = kernel;
  const joined = joinRowAxes(kernel);
  const expanded = transformRows(
    joined,
    (roots) => expandFunctions(pool, roots, "wasm"),
  );
  const last = expanded.axes.length - 1;
  const { outer } = expanded;
  const candidates = outer > last ? [last] : [last, outer - 1];
  const layout = layoutOf(
    expanded,
    candidates.filter((one) => one >= 0),
    outer,
  );
  const isMap = expanded.stages.length === 0;
  const along = layout.vectorAxis !== undefined && layout.vectorAxis >= outer;
  return (isMap && outer > 0) || (layout.vectorAxis !== undefined && !along)
    ? renderSideBySide(expanded, layout)
    : renderOneByOne(expanded, layout);
}

function start(
  kernel: RowKernel,
  layout: Layout,
  depths: readonly number[],
  kept?: KeptValues,
) {
  const frame = new Frame(kernel);
  const axes = kernel.axes.map(() => frame.fn.local("i32"));
  const { vectorAxis } = layout;
  const along = vectorAxis !== undefined && vectorAxis >= kernel.outer;
  const e = new Emitter({
    fn: frame.fn,
    helpers: frame.helpers,
    parameters: frame.parameters,
    pool: kernel.pool,
    lanes: layout.lanes,
    vectorAxis,
    axes,
    axisDepths: depths,
    leafDepth: kernel.outer === 0 ? 1 : Math.max(1, depths[kernel.outer - 1]!),
    leavesVary: !along,
    roots: rootsOf(kernel),
  });
  const dtypes = kernel.outputs.map((one) => one.dtype);
  const writer: RowWriter = { frame, e, kernel, layout, dtypes, along, kept };
  return writer;
}

/** One row after the other; lanes, if any, lie along the row. */
function renderOneByOne(kernel: RowKernel, layout: Layout): WasmKernel {
  const { axes, outer, rowStores } = kernel;
  const depths = axes.map((_, axis) => axis < outer ? 1 : axis - outer + 2);
  const kept = new KeptValues(kernel);
  const writer = start(kernel, layout, depths, kept);
  const { frame, e, dtypes } = writer;
  const rows = axes.slice(0, outer);
  frame.items(e.settings.axes.slice(0, outer), rows, () =>
    e.scope(() => {
      writeStages(writer, layout.units);
      e.walkAxis = undefined;
      writeStores(e, rowStores, dtypes, 1);
    }));
  const inner = axes.slice(outer).reduce((a, b) => a * b, 1);
  const nanoseconds = 10 +
    inner * layout.pointNanoseconds;
  return {
    phases: [frame.finish({
      items: rows.reduce((a, b) => a * b, 1),
      grain: grainOf(nanoseconds),
      scratchBytes: kept.bytes,
      itemNanoseconds: nanoseconds,
    })],
    temporaries: [],
  };
}

/** Many rows at once: lanes lie along the last outer axis. */
function renderSideBySide(kernel: RowKernel, layout: Layout): WasmKernel {
  const { axes, outer, rowStores, stages } = kernel;
  const last = outer - 1;
  const depths = axes.map((_, axis) =>
    axis < last ? 1 : axis === last ? 2 : axis - outer + 3
  );
  const writer = start(kernel, layout, depths);
  const { frame, e, dtypes } = writer;
  const isMap = stages.length === 0;
  const chunk = isMap ? 64 : layout.units * layout.lanes;
  const span = writeLanes(frame, e, axes.slice(0, outer), {
    chunk,
    whole: isMap && last > 0 && axes[last]! <= 8192,
    units: layout.units,
    hoist: (units) => {
      if (!isMap) return;
      e.walkAxis = last;
      hoistStores(e, rowStores, dtypes, units);
    },
    body: (units) => {
      writeStages(writer, units);
      e.walkAxis = isMap ? last : undefined;
      writeStores(e, rowStores, dtypes, units);
    },
  });
  const inner = axes.slice(outer).reduce((a, b) => a * b, 1);
  const nanoseconds = 5 +
    span.points * inner * layout.pointNanoseconds;
  return {
    phases: [frame.finish({
      items: span.items,
      grain: grainOf(nanoseconds),
      scratchBytes: 0,
      itemNanoseconds: nanoseconds,
    })],
    temporaries: [],
  };
}
