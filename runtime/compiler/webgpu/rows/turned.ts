/**
 * Maps that read along one axis what they write along another, of odd lengths:
 * squares of what is read go through workgroup memory, so that memory is read
 * and written along whole rows.
 *
 * @module
 */

import { byteSize } from "../../../device/dtypes.ts";
import { type Expr, exprOrder } from "../../ir/expr.ts";
import type { RowKernel } from "../../ir/kernel.ts";
import type { WebGpuLimits } from "../abi.ts";
import { scalarType, type WgslModule, WgslScope } from "../wgsl/mod.ts";
import { GROUP_INDEX } from "./grid.ts";
import { LaneIndices } from "./lanes.ts";
import { splitIndex } from "./positions.ts";
import { computeStores, writeStore } from "./stores.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 256;
/** Lengths of the sides of squares, the best first. */
const SIDES = [64, 32];
/** Part of the workgroup memory that one workgroup may take. */
const SHARE = 0.5;

/** What goes through workgroup memory. */
export interface TurnedLoads {
  /** The axis that is read along. */
  readonly axis: number;
  /** What is read along it. */
  readonly loads: readonly Expr[];
  /** Length of the sides of squares. */
  readonly side: number;
}

/**
 * What a map had better read through workgroup memory.
 *
 * @param kernel The map.
 * @param axes Lengths of its axes.
 * @param axis The axis that some of it is read along.
 * @param limits Limits of the adapter.
 * @returns What is read; undefined where there is no room for it.
 */
export function turnedLoads(
  kernel: RowKernel,
  axes: readonly number[],
  axis: number,
  limits: WebGpuLimits,
): TurnedLoads | undefined {
  const last = axes.length - 1;
  if (Math.min(axes[axis]!, axes[last]!) < SIDES.at(-1)!) return undefined;
  const [along, across] = [new LaneIndices(last), new LaneIndices(axis)];
  const values = kernel.rowStores.flatMap(({ index, value }) => [index, value]);
  const loads = exprOrder(values).filter(({ args, op }) =>
    op === "load" && along.isMoving(args[0]!) && !along.isDense(args[0]!) &&
    across.isDense(args[0]!)
  );
  if (loads.some(({ dtype }) => byteSize(dtype) < 2)) return undefined;
  const room = SHARE * limits.maxComputeWorkgroupStorageSize;
  const side = SIDES.find((one) =>
    loads.length * 4 * one * (one + 1) <= room &&
    one <= 2 * Math.min(axes[axis]!, axes[last]!)
  );
  return side === undefined ? undefined : { axis, loads, side };
}

/**
 * Writes the map.
 *
 * @param module The module.
 * @param root Where the statements go.
 * @param kernel The map.
 * @param axes Lengths of its axes.
 * @param turned What goes through workgroup memory.
 * @returns Number of workgroups.
 */
export function writeTurned(
  module: WgslModule,
  root: WgslScope,
  kernel: RowKernel,
  axes: readonly number[],
  { axis, loads, side }: TurnedLoads,
): number {
  const last = axes.length - 1;
  const groups = axes.map((length, k) =>
    k === last || k === axis ? Math.ceil(length / side) : length
  );
  const count = groups.reduce((n, one) => n * one, 1);
  const group = root.let("group", GROUP_INDEX);
  const starts = splitIndex(module, root, group, groups);
  for (const k of [last, axis]) {
    starts[k] = root.let("start", `${starts[k]} * ${side}`);
  }
  const fast = root.let("fast", `i32(local.x) & ${side - 1}`);
  const slow = root.let("slow", `i32(local.x) >> ${Math.log2(side)}u`);
  const rows = WORKGROUP / side;
  const each = Array.from(
    { length: side / rows },
    (_, k) => root.let("at", `${slow} + ${k * rows}`),
  );
  const shared = loads.map(({ dtype }) =>
    module.shared(scalarType(dtype), side * (side + 1))
  );
  const bind = (scope: WgslScope, positions: readonly string[]) =>
    positions.forEach((position, k) => scope.bind("axis", k, position));
  // All that is read is on its way at the same time.
  const read = each.map((at) => {
    const scope = new WgslScope(module, root);
    const inside = (k: number, own: string) =>
      scope.let(
        "p",
        `min(${starts[k]} + ${own}, ${module.size(axes[k]!)} - 1)`,
      );
    bind(
      scope,
      starts.with(axis, inside(axis, fast)).with(last, inside(last, at)),
    );
    const values = loads.map((load) => scope.text(load, 1));
    for (const line of scope.lines) root.line(line);
    return values;
  });
  read.forEach((values, k) =>
    values.forEach((value, one) =>
      root.line(
        `${shared[one]}[${each[k]} * ${side + 1} + ${fast}] = ${value};`,
      )
    )
  );
  root.line("workgroupBarrier();");
  for (const at of each) {
    const scope = new WgslScope(module, root);
    const positions = starts
      .with(last, root.let("p", `${starts[last]} + ${fast}`))
      .with(axis, root.let("p", `${starts[axis]} + ${at}`));
    bind(scope, positions);
    loads.forEach((load, k) => {
      const place = `${shared[k]}[${fast} * ${side + 1} + ${at}]`;
      scope.define(load, scope.let("x", place));
    });
    computeStores(scope, kernel.rowStores);
    for (const store of kernel.rowStores) {
      writeStore(module, scope, store, kernel.outputs);
    }
    const conditions = [last, axis].map((k) =>
      `${positions[k]} < ${module.size(axes[k]!)}`
    );
    // There may be more workgroups than squares.
    conditions.push(`${group} < ${module.size(count)}`);
    root.block(`if (${conditions.join(" && ")})`, scope);
  }
  return count;
}
