/**
 * Kernels over rows, loops and scattering additions, in WGSL.
 *
 * @module
 */

import type { RowKernel } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import { renderMap } from "./map.ts";
import { normalizeRows } from "./normalize.ts";
import { renderStaged } from "./staged.ts";

/**
 * Renders a rows kernel.
 *
 * @param kernel The kernel.
 * @param limits Limits of the adapter.
 * @returns The kernel in WGSL.
 */
export function renderRows(
  kernel: RowKernel,
  limits: WebGpuLimits,
): WebGpuKernel {
  const normal = normalizeRows(kernel);
  return normal.stages.length === 0
    ? renderMap(normal, limits)
    : renderStaged(normal, limits);
}
