/**
 * Chooses the renderer of a step.
 *
 * @module
 */

import type { PrepareOptions } from "../../backend.ts";
import { withoutFunctions } from "../../functions/mod.ts";
import type { ContractKernel, Kernel, RoutineStep } from "../../ir/kernel.ts";
import { NO_TUNING } from "../../tuning/tuning.ts";
import { webGpuOptions } from "../../tuning/webgpu_choices.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import type { ContractOptions } from "../contract/choose.ts";
import { renderContract } from "../contract/render.ts";
import {
  renderLoop,
  renderRows,
  renderScatter,
  renderSort,
} from "../rows/mod.ts";
import {
  renderCholesky,
  renderCholeskyGradient,
  renderTriangularSolve,
} from "../triangles/mod.ts";

/** How steps are rendered. */
export interface RenderOptions extends PrepareOptions {
  /** The adapter that kernels are chosen for. */
  readonly device: string;
}

/** By rules, in full precision. */
const BY_RULE: RenderOptions = {
  halfSums: false,
  tuning: NO_TUNING,
  device: "",
};

/** Renders a routine; gives undefined where the host should run it. */
type RoutineRenderer = (
  step: RoutineStep,
  limits: WebGpuLimits,
) => WebGpuKernel | undefined;

/** Routines that have kernels; all others run on the host. */
const ROUTINES: Readonly<Record<string, RoutineRenderer>> = {
  argsort: renderSort,
  argTopK: renderSort,
  cholesky: onHardware(renderCholesky),
  choleskyGradient: onHardware(renderCholeskyGradient),
  scatterAdd: renderScatter,
  scatterAddAlongAxis: renderScatter,
  triangularSolve: onHardware(renderTriangularSolve),
};

/**
 * Leaves a routine to the host where the adapter computes on the same cores: WASM
 * takes half the time there, in f64. A real GPU runs it whatever the size: to read
 * even the smallest matrix back takes longer than to factor it.
 */
function onHardware(render: RoutineRenderer): RoutineRenderer {
  return (step, limits) => limits.isHardware ? render(step, limits) : undefined;
}

/**
 * Renders a step in WGSL.
 *
 * @param step A kernel or a routine.
 * @param limits Limits of the adapter.
 * @param options How; by rules and in full precision by default.
 * @returns The kernel; undefined for a routine that has none.
 */
export function renderStep(
  step: Kernel | RoutineStep,
  limits: WebGpuLimits,
  options: RenderOptions = BY_RULE,
): WebGpuKernel | undefined {
  switch (step.kind) {
    case "row":
      return renderRows(step, limits);
    case "contract":
      return renderContract(
        withoutFunctions(step, "webgpu"),
        limits,
        contractOptions(step, limits, options),
      );
    case "loop":
      return renderLoop(step, limits);
    case "routine":
      return ROUTINES[step.name]?.(step, limits);
  }
}

function contractOptions(
  kernel: ContractKernel,
  limits: WebGpuLimits,
  { device, halfSums, tuning }: RenderOptions,
): ContractOptions {
  const inHalf = halfSums && limits.hasF16;
  const choice = tuning.choiceFor({ device, kernel, inHalf });
  const chosen = choice === undefined
    ? undefined
    : webGpuOptions(choice, kernel, limits, inHalf);
  return { ...chosen, arithmetic: inHalf ? "f16" : "f32" };
}
