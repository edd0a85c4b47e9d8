/**
 * Chooses the renderer of a step.
 *
 * @module
 */

import type { Kernel, RoutineStep } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import { normalizeContract } from "../contract/normalize.ts";
import { renderContract } from "../contract/render.ts";
import {
  renderLoop,
  renderRows,
  renderScatter,
  renderSort,
} from "../rows/mod.ts";

/** Renders a routine; gives undefined where the host should run it. */
type RoutineRenderer = (
  step: RoutineStep,
  limits: WebGpuLimits,
) => WebGpuKernel | undefined;

/** Routines that have kernels; all others run on the host. */
const ROUTINES: Readonly<Record<string, RoutineRenderer>> = {
  argsort: renderSort,
  argTopK: renderSort,
  scatterAdd: renderScatter,
  scatterAddAlongAxis: renderScatter,
};

/**
 * Renders a step in WGSL.
 *
 * @param step A kernel or a routine.
 * @param limits Limits of the adapter.
 * @returns The kernel; undefined for a routine that has none.
 */
export function renderStep(
  step: Kernel | RoutineStep,
  limits: WebGpuLimits,
): WebGpuKernel | undefined {
  switch (step.kind) {
    case "row":
      return renderRows(step, limits);
    case "contract":
      return renderContract(normalizeContract(step), limits);
    case "loop":
      return renderLoop(step, limits);
    case "routine":
      return ROUTINES[step.name]?.(step, limits);
  }
}
