/**
 * Plain maps: each point on its own. An invocation computes four neighbours
 * where memory lies so that they are loaded and stored together.
 *
 * @module
 */

import type { RowKernel } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import { WgslModule, WgslScope } from "../wgsl/mod.ts";
import { GROUP_INDEX, phaseOf } from "./grid.ts";
import { indicesOf, LaneIndices } from "./lanes.ts";
import { splitIndex } from "./positions.ts";
import { writeStore } from "./stores.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 256;

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
  const module = new WgslModule({ ...kernel, hasF16: limits.hasF16 });
  const axes = kernel.axes.length === 0 ? [1] : kernel.axes;
  const last = axes.length - 1;
  const length = axes[last]!;
  const wide = wantsLanes(kernel, length);
  const lengths = wide ? [...axes.slice(0, -1), Math.ceil(length / 4)] : axes;
  const count = lengths.reduce((product, one) => product * one, 1);
  const scope = new WgslScope(module);
  const id = scope.let("id", `${GROUP_INDEX} * ${WORKGROUP} + i32(local.x)`);
  scope.line(`if (${id} >= ${module.size(count)}) { return; }`);
  const positions = splitIndex(module, scope, id, lengths);
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
  for (const store of kernel.rowStores) {
    writeStore(module, scope, store, kernel.outputs, end);
  }
  const workgroups = Math.ceil(count / WORKGROUP);
  const work = { workgroups, flops: kernel.flops, bytes: kernel.bytes };
  return {
    phases: [phaseOf(module, [WORKGROUP, 1], scope.lines, work, limits)],
    temporaries: [],
  };
}

/** Whether four neighbours along the last axis are computed together. */
function wantsLanes(kernel: RowKernel, length: number): boolean {
  const last = kernel.axes.length - 1;
  // In rows of other lengths, four neighbours may belong to two rows.
  if (last < 0 || (last > 0 && length % 4 !== 0)) return false;
  const { loads, stores } = indicesOf(kernel);
  const lanes = new LaneIndices(last);
  return [...loads, ...stores].some((index) => lanes.isVector(index));
}
