/**
 * Contractions as WGSL.
 *
 * @module
 */

import type { ContractKernel } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits, WebGpuPhase } from "../abi.ts";
import { ENTRY_POINT, WgslModule } from "../wgsl/mod.ts";
import {
  chooseContract,
  type ContractChoice,
  type ContractOptions,
} from "./choose.ts";
import { combineGroups, combineText } from "./combine.ts";
import { planContract } from "./plan.ts";
import { registerText } from "./registers.ts";
import { skinnyText } from "./skinny.ts";
import { tiledText } from "./tiled.ts";
import { gridOf, groupsOf } from "./work.ts";

/**
 * Compiles a contraction.
 *
 * @param kernel The kernel; its last three axes are rows, columns and depth.
 * @param limits What the adapter can do.
 * @param options What is chosen by hand.
 * @returns Its dispatches.
 */
export function renderContract(
  kernel: ContractKernel,
  limits: WebGpuLimits,
  options: ContractOptions = {},
): WebGpuKernel {
  const plan = planContract(kernel);
  const choice = chooseContract(plan, limits, options);
  const { work } = choice;
  const { type, batches, left, right } = plan;
  const sums = batches * left.length * right.length;
  const isParted = work.parts.count > 1;
  const newModule = () =>
    new WgslModule({
      operands: kernel.operands,
      scalars: kernel.scalars,
      outputs: kernel.outputs,
      temporaries: isParted ? [{ dtype: type }] : [],
      limits,
    });
  const phase = (
    module: WgslModule,
    text: string,
    groups: number,
    flops: number,
    bytes: number,
  ): WebGpuPhase => ({
    text,
    entryPoint: ENTRY_POINT,
    workgroups: gridOf(groups, limits),
    sizes: module.sizes.values,
    usesF16: module.usesF16,
    flops,
    bytes,
  });
  const partial = 4 * sums * work.parts.count;
  const module = newModule();
  const phases = [
    phase(
      module,
      textOf(module, choice),
      groupsOf(work),
      kernel.flops,
      kernel.bytes,
    ),
  ];
  if (!isParted) return { phases, temporaries: [] };
  const second = newModule();
  phases.push(
    phase(
      second,
      combineText(second, work),
      combineGroups(work),
      sums * work.parts.count,
      partial,
    ),
  );
  return { phases, temporaries: [partial] };
}

function textOf(module: WgslModule, choice: ContractChoice): string {
  const { work } = choice;
  switch (choice.way) {
    case "tiled":
      return tiledText(module, work, choice.tile);
    case "registers":
      return registerText(module, work, choice.tile);
    case "skinny":
      return skinnyText(module, work, choice.tile);
  }
}
