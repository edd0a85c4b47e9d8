/**
 * Workgroups in space, and phases.
 *
 * @module
 */

import type { WebGpuLimits, WebGpuPhase } from "../abi.ts";
import { ENTRY_POINT, type WgslModule } from "../wgsl/mod.ts";

/**
 * Lays workgroups out over x and y, as their number along one axis is limited.
 *
 * @param count How many are needed.
 * @param limits Limits of the adapter.
 * @returns Their numbers along x, y and z; maybe more than needed together.
 */
export function layWorkgroups(
  count: number,
  limits: WebGpuLimits,
): [number, number, number] {
  const most = limits.maxComputeWorkgroupsPerDimension;
  if (count <= most) return [count, 1, 1];
  const rows = Math.ceil(count / most);
  return [Math.ceil(count / rows), rows, 1];
}

/** The number of the workgroup, in a text. */
export const GROUP_INDEX = "i32(group.y * groups.x + group.x)";

/** What a phase does, in numbers. */
export interface PhaseWork {
  /** Number of workgroups. */
  readonly workgroups: number;
  /** Arithmetic operations, about. */
  readonly flops: number;
  /** Bytes, about. */
  readonly bytes: number;
}

/**
 * A phase from a finished module.
 *
 * @param module The module.
 * @param workgroup Invocations of a workgroup along x and y.
 * @param body Statements of its entry point.
 * @param work What it does, in numbers.
 * @param limits Limits of the adapter.
 * @returns The phase.
 */
export function phaseOf(
  module: WgslModule,
  workgroup: readonly [number, number],
  body: readonly string[],
  work: PhaseWork,
  limits: WebGpuLimits,
): WebGpuPhase {
  return {
    text: module.text(workgroup, body),
    entryPoint: ENTRY_POINT,
    workgroups: layWorkgroups(work.workgroups, limits),
    sizes: module.sizes.values,
    usesF16: module.usesF16,
    flops: work.flops,
    bytes: work.bytes,
  };
}
