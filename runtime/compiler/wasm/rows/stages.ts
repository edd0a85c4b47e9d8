/**
 * The passes of a row over its inner axes.
 *
 * @module
 */

import { type DType, isFloatDType } from "../../../device/dtypes.ts";
import type { Expr } from "../../ir/expr.ts";
import type { RowKernel, Stage } from "../../ir/kernel.ts";
import type { Local } from "../assembler.ts";
import { hoistStores, writeStores } from "../emit/access.ts";
import type { Emitter } from "../emit/emitter.ts";
import {
  type Accumulator,
  type AccumulatorLayout,
  Fold,
} from "./accumulators.ts";
import { Extreme } from "./extreme.ts";
import type { Frame } from "./frame.ts";
import type { KeptValues } from "./kept.ts";
import type { Layout } from "./plan.ts";
import { Search } from "./search.ts";

/** Elements of a sum of floats that are added before a block is closed. */
const BLOCK = 4096;

/** What the passes of a row are written with. */
export interface RowWriter {
  /** The function around them. */
  readonly frame: Frame;
  /** The emitter. */
  readonly e: Emitter;
  /** The kernel. */
  readonly kernel: RowKernel;
  /** Its layout. */
  readonly layout: Layout;
  /** Dtype of each output. */
  readonly dtypes: readonly DType[];
  /** Whether lanes lie along an inner axis. */
  readonly along: boolean;
  /** Values that passes keep for later ones. */
  readonly kept: KeptValues | undefined;
  /**
   * Where the last outer axis counts parts of a row: the points of the first
   * inner axis that make a part.
   */
  readonly chunk: number | undefined;
}

/**
 * Writes all passes of a row, or of rows side by side in lanes.
 *
 * @param writer What they are written with.
 * @param units Vectors side by side.
 */
export function writeStages(writer: RowWriter, units: number): void {
  const { e, kernel, along } = writer;
  let first = 0;
  for (const [number, stage] of kernel.stages.entries()) {
    const totals = writeStage(writer, stage, number, units);
    totals.forEach((total, k) => {
      const { dtype } = stage.reductions[k]!;
      const bind = (unit: number, local: Local) =>
        e.bindLeaf("reduced", first + k, dtype, unit, local);
      if (along || e.lanes === 1) bind(0, total.single());
      else {for (let unit = 0; unit < units; unit++) {
          bind(unit, total.lanes(unit));
        }}
    });
    first += totals.length;
  }
}

/** Axes before the last inner one, whose loops are not vectorised. */
function writeStage(
  writer: RowWriter,
  stage: Stage,
  number: number,
  units: number,
): Accumulator[] {
  const { frame, e, kernel, along } = writer;
  const { axes, outer } = kernel;
  const last = axes.length - 1;
  const length = last === outer ? writer.chunk ?? axes[last]! : axes[last]!;
  e.walkAxis = last;
  const layout: AccumulatorLayout = {
    vector: e.lanes > 1,
    along: along && e.lanes > 1,
    units: along ? Math.min(units, unitsFor(length, e.lanes, units)) : units,
    blocked: length > 2 * BLOCK,
  };
  const position = e.local("i32");
  const totals = stage.reductions.map((reduction): Accumulator => {
    const { op, value } = reduction;
    if (op !== "argmax" && op !== "argmin") {
      const extreme = op === "max" || op === "min";
      return extreme && layout.vector && isFloatDType(reduction.dtype)
        ? new Extreme(e, reduction, layout)
        : new Fold(e, reduction, layout);
    }
    return new Search(e, op, searched(writer, value), position, layout);
  });
  const searches = totals.some((total) => total instanceof Search);
  const needsPosition = searches || writer.kept?.uses(number) === true;
  const pass = {
    writer,
    stage,
    number,
    totals,
    layout,
    position,
    needsPosition,
  };
  const nest = (axis: number): void => {
    hoistStage(pass);
    const end = startAxis(writer, axis);
    if (axis === last) return writeInnermost(pass, end);
    const at = e.settings.axes[axis]!;
    const pushEnd = () => e.fn.get(end);
    frame.loop(at, pushEnd, 1, () => e.scope(() => nest(axis + 1)));
  };
  nest(outer);
  return totals;
}

/** Goes to the start of an inner axis; gives the variable of its end. */
function startAxis(
  { frame, e, kernel, chunk }: RowWriter,
  axis: number,
): Local {
  const { fn } = e;
  const { outer, axes } = kernel;
  const at = e.settings.axes[axis]!;
  const length = frame.parameters.size(axes[axis]!);
  if (chunk === undefined || axis > outer) {
    fn.i32(0);
    fn.set(at);
    return length;
  }
  // A part: from its number times its size, as far as the row goes.
  const size = frame.parameters.size(chunk);
  const end = e.local("i32");
  fn.get(e.settings.axes[outer - 1]!);
  fn.get(size);
  fn.op("i32.mul");
  fn.tee(at);
  fn.get(size);
  fn.op("i32.add");
  fn.tee(end);
  fn.get(length);
  fn.get(end);
  fn.get(length);
  fn.op("i32.lt_s", "select");
  fn.set(end);
  return end;
}

function unitsFor(length: number, lanes: number, units: number): number {
  return Math.max(1, Math.min(units, Math.floor(length / lanes)));
}

/** Booleans are searched as numbers. */
function searched({ kernel }: RowWriter, value: Expr): Expr {
  return value.dtype === "bool"
    ? kernel.pool.make("cast", "i32", [value])
    : value;
}

interface Pass {
  readonly writer: RowWriter;
  readonly stage: Stage;
  readonly number: number;
  readonly totals: readonly Accumulator[];
  readonly layout: AccumulatorLayout;
  readonly position: Local;
  readonly needsPosition: boolean;
}

function hoistStage({ writer, stage, layout }: Pass): void {
  const { e, dtypes } = writer;
  for (const { value } of stage.reductions) {
    e.hoist(value, layout.vector, layout.units);
  }
  hoistStores(e, stage.stores, dtypes, layout.units);
}

/** Position of the current point among the points of the inner axes. */
function setPosition({ writer, position, needsPosition }: Pass): void {
  if (!needsPosition) return;
  const { e, kernel, frame } = writer;
  const { fn } = e;
  for (let axis = kernel.outer; axis < kernel.axes.length; axis++) {
    if (axis > kernel.outer) {
      fn.get(frame.parameters.size(kernel.axes[axis]!));
      fn.op("i32.mul");
    }
    fn.get(e.settings.axes[axis]!);
    if (axis > kernel.outer) fn.op("i32.add");
  }
  fn.set(position);
}

/** Gives the address of the current point among kept values of some size. */
function rowOf({ writer, position }: Pass): (shift: number) => Local {
  const { e, frame } = writer;
  return (shift) =>
    e.named(`kept:${position.index}:${shift}`, "i32", () => {
      e.fn.get(frame.scratch);
      e.fn.get(position);
      e.fn.i32(shift);
      e.fn.op("i32.shl", "i32.add");
    });
}

/** The loop along the last inner axis. */
function writeInnermost(pass: Pass, length: Local): void {
  const { writer, totals, layout } = pass;
  const { e, kernel } = writer;
  const { fn } = e;
  const last = kernel.axes.length - 1;
  const at = e.settings.axes[last]!;
  if (!layout.blocked) return writeSpan(pass, () => fn.get(length));
  const stop = e.local("i32");
  const below = () => {
    fn.get(at);
    fn.get(length);
    fn.op("i32.lt_s");
  };
  fn.loop((again) => {
    e.scope(() => {
      for (const total of totals) total.startBlock();
      // The end of the block, or of the axis.
      fn.get(at);
      fn.i32(BLOCK);
      fn.op("i32.add");
      fn.tee(stop);
      fn.get(length);
      fn.get(stop);
      fn.get(length);
      fn.op("i32.lt_s", "select");
      fn.set(stop);
      writeSpan(pass, () => fn.get(stop));
      for (const total of totals) total.endBlock();
    });
    below();
    fn.branchIf(again);
  });
}

function writeSpan(pass: Pass, pushEnd: () => void): void {
  const { writer, stage, totals, layout } = pass;
  const { e, frame, along, dtypes, kernel } = writer;
  const at = e.settings.axes[kernel.axes.length - 1]!;
  const turn = (units: number) =>
    e.scope(() => {
      setPosition(pass);
      writer.kept?.restore(e, pass.number, rowOf(pass), units);
      for (let unit = 0; unit < units; unit++) {
        for (const total of totals) total.add(unit);
      }
      writeStores(e, stage.stores, dtypes, units);
      writer.kept?.keep(e, pass.number, rowOf(pass), units);
    });
  if (!along || e.lanes === 1) {
    return frame.loop(at, pushEnd, 1, () => turn(layout.units));
  }
  const vectors = (units: number) => {
    const ahead = units * e.lanes;
    const pushLimit = () => {
      pushEnd();
      e.fn.i32(ahead - 1);
      e.fn.op("i32.sub");
    };
    frame.loop(at, pushLimit, ahead, () => turn(units));
  };
  vectors(layout.units);
  if (layout.units > 1) vectors(1);
  e.narrow = true;
  frame.loop(at, pushEnd, 1, () =>
    e.scope(() => {
      setPosition(pass);
      writer.kept?.restore(e, pass.number, rowOf(pass), 1);
      for (const total of totals) total.addSingle();
      writeStores(e, stage.stores, dtypes, 1);
      writer.kept?.keep(e, pass.number, rowOf(pass), 1);
    }));
  e.narrow = false;
}
