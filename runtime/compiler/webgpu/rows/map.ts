/**
 * Plain maps: each point on its own. An invocation computes four neighbours
 * where memory lies so that they are loaded and stored together.
 *
 * @module
 */

import { byteSize } from "../../../device/dtypes.ts";
import { compileExprs } from "../../ir/evaluate_expr.ts";
import type { Expr } from "../../ir/expr.ts";
import { strideAlong } from "../../ir/index_arithmetic.ts";
import type { RowKernel } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import { isPacked, WgslModule, WgslScope } from "../wgsl/mod.ts";
import { GROUP_INDEX, phaseOf } from "./grid.ts";
import { indicesOf, LaneIndices } from "./lanes.ts";
import { splitIndex } from "./positions.ts";
import { turnedLoads, writeTurned } from "./turned.ts";
import { computeStores, writeStore } from "./stores.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 256;

/** How the points of a map are shared out. */
interface MapPlan {
  /**
   * Whether four neighbours in the order of memory are computed together,
   * although they may lie in two rows: words of packed numbers are written as a
   * whole.
   */
  readonly flat: boolean;
  /** Whether four neighbours along the last axis are computed together. */
  readonly wide: boolean;
  /** Lengths of the axes, the last one in steps of an invocation. */
  readonly lengths: readonly number[];
  /**
   * The axis that forms squares with the last one, because memory is read along
   * it while it is written along the last.
   */
  readonly tileAxis: number | undefined;
  /** Points that an invocation computes one after the other. */
  readonly repeats: number;
}

/**
 * Renders a rows kernel without inner axes.
 *
 * @param kernel The kernel, with as few axes as possible.
 * @param limits Limits of the adapter.
 * @returns The kernel in WGSL.
 */
export function renderMap(
  kernel: RowKernel,
  limits: WebGpuLimits,
): WebGpuKernel {
  const module = new WgslModule({ ...kernel, limits });
  const axes = kernel.axes.length === 0 ? [1] : kernel.axes;
  const plan = planMap(kernel, axes, limits);
  const root = new WgslScope(module);
  const turned = plan.tileAxis === undefined || plan.wide || !limits.isHardware
    ? undefined
    : turnedLoads(kernel, axes, plan.tileAxis, limits);
  const workgroups = plan.flat
    ? writeWords(module, root, kernel, axes)
    : turned !== undefined
    ? writeTurned(module, root, kernel, axes, turned)
    : plan.tileAxis === undefined
    ? writeRuns(module, root, kernel, axes, plan)
    : writeTiles(module, root, kernel, axes, plan, plan.tileAxis);
  const work = { workgroups, flops: kernel.flops, bytes: kernel.bytes };
  return {
    phases: [phaseOf(module, [WORKGROUP, 1], root.lines, work, limits)],
    temporaries: [],
  };
}

function planMap(
  kernel: RowKernel,
  axes: readonly number[],
  limits: WebGpuLimits,
): MapPlan {
  const last = axes.length - 1;
  const length = axes[last]!;
  const { loads, stores } = indicesOf(kernel);
  const lanes = new LaneIndices(last);
  // In rows of other lengths, four neighbours may belong to two rows.
  const wide = (last === 0 || length % 4 === 0) && kernel.axes.length > 0 &&
    [...loads, ...stores].some((index) => lanes.isVector(index));
  const lengths = wide ? [...axes.slice(0, -1), Math.ceil(length / 4)] : axes;
  const moving = loads.filter((index) =>
    lanes.isMoving(index) && !lanes.isDense(index)
  );
  const turned = axes.findIndex((_, axis) => {
    const other = new LaneIndices(axis);
    return axis < last && axes[axis]! >= 8 &&
      moving.some((index) => other.isDense(index));
  });
  const bytes = Math.max(
    ...[...kernel.operands, ...kernel.outputs].map((one) =>
      byteSize(one.dtype)
    ),
  );
  // As many bytes are asked for at once as with wide numbers.
  const repeats = wide && limits.isHardware ? 4 / bytes : 1;
  return {
    flat: !wide && kernel.axes.length > 0 && writesWords(kernel, axes),
    wide,
    lengths,
    tileAxis: turned < 0 || length < 8 ? undefined : turned,
    repeats: turned < 0 ? repeats : 1,
  };
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total * length, 1);
}

/** Whether an index counts the points, the last axis fastest. */
function isRowMajor(index: Expr, axes: readonly number[]): boolean {
  let stride = 1;
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    if (strideAlong(index, axis) !== stride) return false;
    stride *= axes[axis]!;
  }
  const [first] = compileExprs([index])({
    axes: axes.map(() => 0),
    operands: [],
    scalars: [],
    reduced: [],
    carries: [],
  });
  return first === 0;
}

/** Whether packed outputs are filled from their first to their last element. */
function writesWords(
  { outputs, rowStores }: RowKernel,
  axes: readonly number[],
): boolean {
  const packed = rowStores.filter(({ output }) =>
    isPacked(outputs[output]!.dtype)
  );
  return packed.length > 0 &&
    packed.every(({ index, output }) =>
      outputs[output]!.size === product(axes) && isRowMajor(index, axes)
    );
}

/** An invocation computes a word's worth of points. */
function writeWords(
  module: WgslModule,
  root: WgslScope,
  kernel: RowKernel,
  axes: readonly number[],
): number {
  const total = product(axes);
  const words = Math.ceil(total / 4);
  const id = root.let("id", `${GROUP_INDEX} * ${WORKGROUP} + i32(local.x)`);
  const scope = new WgslScope(module, root);
  const first = scope.let("first", `${id} * 4`);
  let rest = scope.let(
    "p",
    `vec4<u32>(vec4<i32>(${first}) + vec4<i32>(0, 1, 2, 3))`,
  );
  for (let axis = axes.length - 1; axis > 0; axis--) {
    const length = `u32(${module.size(axes[axis]!)})`;
    const above = scope.let("q", `${rest} / ${length}`);
    const place = `vec4<i32>(${rest} - ${above} * ${length})`;
    scope.bind("axis", axis, scope.let("p", place), 4);
    rest = above;
  }
  scope.bind("axis", 0, scope.let("p", `vec4<i32>(${rest})`), 4);
  const text = module.size(total);
  const end = total % 4 === 0 ? undefined : { first, text, length: total };
  computeStores(scope, kernel.rowStores);
  for (const store of kernel.rowStores) {
    const buffer = module.output(store.output);
    if (isPacked(buffer.dtype)) {
      scope.line(buffer.store(first, scope.text(store.value, 4), 4));
    } else writeStore(module, scope, store, kernel.outputs, end);
  }
  root.block(`if (${id} < ${module.size(words)})`, scope);
  return Math.ceil(words / WORKGROUP);
}

/** Neighbouring invocations compute neighbouring points. */
function writeRuns(
  module: WgslModule,
  root: WgslScope,
  kernel: RowKernel,
  axes: readonly number[],
  plan: MapPlan,
): number {
  const { lengths, repeats } = plan;
  const count = product(lengths);
  const size = WORKGROUP * repeats;
  const first = root.let("id", `${GROUP_INDEX} * ${size} + i32(local.x)`);
  for (let k = 0; k < repeats; k++) {
    const scope = new WgslScope(module, root);
    const id = k === 0 ? first : scope.let("id", `${first} + ${k * WORKGROUP}`);
    const positions = splitIndex(module, scope, id, lengths);
    writePoint(module, scope, kernel, axes, plan, positions);
    root.block(
      `if (${first} + ${k * WORKGROUP} < ${module.size(count)})`,
      scope,
    );
  }
  return Math.ceil(count / size);
}

/**
 * Neighbouring invocations form squares, so that what is read and what is
 * written both fill the sectors of memory.
 */
function writeTiles(
  module: WgslModule,
  root: WgslScope,
  kernel: RowKernel,
  axes: readonly number[],
  plan: MapPlan,
  tileAxis: number,
): number {
  const { lengths, wide } = plan;
  const last = axes.length - 1;
  // Bits of the place in the workgroup: 2 or 3 along the last axis, 3 or 2
  // along the other one, then the rest of each.
  const low = wide ? 2 : 3;
  const width = wide ? 8 : 16;
  const height = WORKGROUP / width;
  const local = root.let("local_id", "i32(local.x)");
  const column = `((${local} & ${2 ** low - 1}) | ` +
    `(((${local} >> 5u) & ${width / 2 ** low - 1}) << ${low}u))`;
  const row = `(((${local} >> ${low}u) & ${2 ** (5 - low) - 1}) | ` +
    `((${local} >> ${5 + Math.log2(width) - low}u) << ${5 - low}u))`;
  const groups = lengths.map((length, axis) =>
    axis === last
      ? Math.ceil(length / width)
      : axis === tileAxis
      ? Math.ceil(length / height)
      : length
  );
  const group = root.let("group", GROUP_INDEX);
  const positions = splitIndex(module, root, group, groups);
  positions[last] = root.let("p", `${positions[last]} * ${width} + ${column}`);
  positions[tileAxis] = root.let(
    "p",
    `${positions[tileAxis]} * ${height} + ${row}`,
  );
  const scope = new WgslScope(module, root);
  writePoint(module, scope, kernel, axes, plan, positions);
  const conditions = [last, tileAxis].map((axis) =>
    `${positions[axis]} < ${module.size(lengths[axis]!)}`
  );
  // There may be more workgroups than tiles.
  conditions.push(`${group} < ${module.size(product(groups))}`);
  root.block(`if (${conditions.join(" && ")})`, scope);
  return product(groups);
}

/** Computes and stores a point, or four neighbours. */
function writePoint(
  module: WgslModule,
  scope: WgslScope,
  kernel: RowKernel,
  axes: readonly number[],
  { wide }: MapPlan,
  positions: readonly string[],
): void {
  const last = axes.length - 1;
  const length = axes[last]!;
  let first = positions[last]!;
  positions.forEach((position, axis) => {
    if (axis < last || !wide) scope.bind("axis", axis, position);
  });
  if (wide) {
    first = scope.let("p", `${first} * 4`);
    scope.bindLanes(last, first);
  }
  const end = wide && length % 4 !== 0
    ? { first, text: module.size(length), length }
    : undefined;
  computeStores(scope, kernel.rowStores);
  for (const store of kernel.rowStores) {
    writeStore(module, scope, store, kernel.outputs, end);
  }
}
