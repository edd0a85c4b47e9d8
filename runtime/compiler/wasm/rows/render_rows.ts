/**
 * Row kernels as WebAssembly.
 *
 * @module
 */

import type { RowKernel } from "../../ir/kernel.ts";
import { rootsOfKernel } from "../../ir/kernel_roots.ts";
import type { WasmKernel, WasmPhase } from "../abi.ts";
import { hoistStores, writeStores } from "../emit/access.ts";
import { emittable } from "../emit/emittable.ts";
import { Emitter } from "../emit/emitter.ts";
import { joinRowAxes } from "./axes.ts";
import { buffersOf, Frame, type FrameBuffers } from "./frame.ts";
import { KeptValues } from "./kept.ts";
import { type LaneLoop, writeLanes } from "./lane_loop.ts";
import { crossAxis, type Layout, layoutOf } from "./plan.ts";
import { severalRows } from "./several_rows.ts";
import { splitRows } from "./split.ts";
import { type RowWriter, writeStages } from "./stages.ts";
import { grainOf } from "./work.ts";

/** Points of a tile along the last axis, and along the one that crosses it. */
const TILE_COLUMNS = 8;
const TILE_ROWS = 32;
/** Points of a map that make a work item, at least. */
const MAP_POINTS = 64;
/** Longest last axis of a map that is one work item. */
const WHOLE_POINTS = 8192;

/** What a pass is rendered with. */
interface Pass {
  /** What it computes. */
  readonly kernel: RowKernel;
  /** Buffers of the kernel that it belongs to. */
  readonly buffers: FrameBuffers;
  /** Number of temporaries of that kernel. */
  readonly temporaries: number;
  /** Where the last outer axis counts parts of a row: the points of a part. */
  readonly chunk?: number;
}

/**
 * Compiles a row kernel.
 *
 * @param kernel The kernel.
 * @returns The kernel, compiled.
 */
export function renderRows(kernel: RowKernel): WasmKernel {
  const expanded = emittable(joinRowAxes(kernel));
  const buffers = buffersOf(kernel);
  const split = splitRows(expanded);
  if (split === undefined) {
    const pass = { kernel: expanded, buffers, temporaries: 0 };
    return { phases: [renderPass(pass)], temporaries: [] };
  }
  const temporaries = split.temporaries.length;
  const { parts, whole, chunk } = split;
  return {
    phases: [
      renderOneByOne({ kernel: parts, buffers, temporaries, chunk }),
      renderPass({ kernel: whole, buffers, temporaries }),
    ],
    temporaries: split.temporaries,
  };
}

function renderPass(pass: Pass): WasmPhase {
  const { outer, stages } = pass.kernel;
  const layout = layoutOfPass(pass);
  const { vectorAxis } = layout;
  const sideBySide = vectorAxis !== undefined && vectorAxis < outer;
  if (stages.length === 0 || sideBySide) return renderSideBySide(pass, layout);
  return vectorAxis === undefined
    ? renderOneByOne(pass)
    : renderOneByOne({ ...pass, kernel: severalRows(pass.kernel) });
}

function layoutOfPass({ kernel, chunk }: Pass): Layout {
  const { axes, outer } = kernel;
  const last = axes.length - 1;
  const candidates = outer > last || chunk !== undefined || outer === 0
    ? [last]
    : [last, outer - 1];
  return layoutOf(kernel, candidates, outer);
}

function start(
  { kernel, buffers, temporaries, chunk }: Pass,
  layout: Layout,
  depths: readonly number[],
  kept?: KeptValues,
): RowWriter {
  const frame = new Frame(buffers, temporaries);
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
    roots: rootsOfKernel(kernel),
  });
  const dtypes = kernel.outputs.map((one) => one.dtype);
  return { frame, e, kernel, layout, dtypes, along, kept, chunk };
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((a, b) => a * b, 1);
}

/** One row after the other; lanes, if any, lie along the row. */
function renderOneByOne(pass: Pass): WasmPhase {
  const layout = layoutOfPass(pass);
  const { axes, outer, rowStores } = pass.kernel;
  const depths = axes.map((_, axis) => axis < outer ? 1 : axis - outer + 2);
  const kept = new KeptValues(pass.kernel);
  const writer = start(pass, layout, depths, kept);
  const { frame, e, dtypes } = writer;
  const rows = axes.slice(0, outer);
  frame.items(e.settings.axes.slice(0, outer), rows, () =>
    e.scope(() => {
      writeStages(writer, layout.units);
      e.walkAxis = undefined;
      writeStores(e, rowStores, dtypes, 1);
    }));
  const [first, ...others] = axes.slice(outer) as [number, ...number[]];
  const points = (pass.chunk ?? first) * product(others);
  const nanoseconds = 10 + points * layout.pointNanoseconds;
  return frame.finish({
    items: product(rows),
    grain: grainOf(nanoseconds),
    scratchBytes: kept.bytes,
    itemNanoseconds: nanoseconds,
  });
}

/** Many rows at once: lanes lie along the last outer axis. */
function renderSideBySide(pass: Pass, layout: Layout): WasmPhase {
  const { kernel } = pass;
  const { axes, outer, rowStores } = kernel;
  const last = outer - 1;
  const isMap = kernel.stages.length === 0;
  const units = isMap ? layout.units : columnUnits(kernel, layout);
  const depths = axes.map((_, axis) =>
    axis < last ? 1 : axis === last ? 2 : axis - outer + 3
  );
  const writer = start(pass, layout, depths);
  const { frame, e, dtypes } = writer;
  const cross = isMap ? crossAxis(kernel) : undefined;
  const shape: Pick<LaneLoop, "chunk" | "whole" | "tile"> = cross !== undefined
    ? {
      chunk: TILE_COLUMNS,
      whole: false,
      tile: { axis: cross, size: TILE_ROWS },
    }
    : isMap
    ? { chunk: MAP_POINTS, whole: last > 0 && axes[last]! <= WHOLE_POINTS }
    : { chunk: units * layout.lanes, whole: false };
  const span = writeLanes(frame, e, axes.slice(0, outer), {
    ...shape,
    units,
    hoist: (side) => {
      if (!isMap) return;
      e.walkAxis = last;
      hoistStores(e, rowStores, dtypes, side);
    },
    body: (side) => {
      writeStages(writer, side);
      e.walkAxis = isMap ? last : undefined;
      writeStores(e, rowStores, dtypes, side);
    },
  });
  const points = span.points * product(axes.slice(outer));
  const nanoseconds = 5 + points * layout.pointNanoseconds;
  return frame.finish({
    items: span.items,
    grain: grainOf(nanoseconds),
    scratchBytes: 0,
    itemNanoseconds: nanoseconds,
  });
}

/** Vectors side by side: simple columns are read some lines of memory wide. */
function columnUnits(kernel: RowKernel, { units, lanes }: Layout): number {
  const reductions = kernel.stages.flatMap((stage) => stage.reductions);
  if (units < 4 || reductions.length !== 1) return units;
  const { op } = reductions[0]!;
  const columns = kernel.axes[kernel.outer - 1]!;
  let wide = op === "sum" || op === "prod" ? 4 * units : 2 * units;
  // Some items must remain to be shared.
  while (wide > units && columns < 4 * wide * lanes) wide /= 2;
  return wide;
}
