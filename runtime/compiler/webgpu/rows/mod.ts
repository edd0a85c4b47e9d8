/**
 * Kernels over rows, loops and scattering additions, in WGSL.
 *
 * @module
 */

import type { LoopKernel, RowKernel } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import { ROW_CHOICES, type RowChoices } from "./choices.ts";
import { renderWalk } from "./loop.ts";
import { renderMap } from "./map.ts";
import { normalizeLoop, normalizeRows } from "./normalize.ts";
import { isLongSum, renderRunningSum } from "./running_sum.ts";
import { renderStaged } from "./staged.ts";

export { renderScatter } from "./scatter.ts";
export { renderSort } from "./sort.ts";

/**
 * Renders a rows kernel.
 *
 * @param kernel The kernel.
 * @param limits Limits of the adapter.
 * @param choices What is chosen on a real GPU.
 * @returns The kernel in WGSL.
 */
export function renderRows(
  kernel: RowKernel,
  limits: WebGpuLimits,
  choices: RowChoices = ROW_CHOICES,
): WebGpuKernel {
  const normal = normalizeRows(kernel);
  return normal.stages.length === 0
    ? renderMap(normal, limits)
    : renderStaged(normal, limits, choices);
}

/**
 * Renders a loop.
 *
 * @param kernel The kernel.
 * @param limits Limits of the adapter.
 * @returns The kernel in WGSL.
 */
export function renderLoop(
  kernel: LoopKernel,
  limits: WebGpuLimits,
): WebGpuKernel {
  const normal = normalizeLoop(kernel);
  return isLongSum(normal, limits)
    ? renderRunningSum(normal, limits)
    : renderWalk(normal, limits);
}
