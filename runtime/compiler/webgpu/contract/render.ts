/**
 * Contractions as WGSL: which kernel serves which shape.
 *
 * @module
 */

import type { ContractKernel } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import { ENTRY_POINT, WgslModule } from "../wgsl/mod.ts";
import { planContract } from "./plan.ts";
import {
  REGISTER_DEPTH,
  registerText,
  type RegisterTile,
} from "./registers.ts";
import type { ContractTile } from "./tile.ts";
import { tiledText } from "./tiled.ts";
import { gridOf, tilesOf, type Work } from "./work.ts";

/** What may be chosen; by size rules where it is not. */
export interface ContractOptions {
  /** The tile in workgroup memory. */
  readonly tile?: ContractTile | undefined;
}

const REGISTER_TILE: RegisterTile = {
  threadRows: 8,
  threadColumns: 8,
  down: 8,
  across: 8,
};

/**
 * Compiles a contraction.
 *
 * @param kernel The kernel.
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
  const module = new WgslModule({ ...kernel, hasF16: limits.hasF16 });
  const { tile } = options;
  let work: Work;
  let text: string;
  if (tile === undefined) {
    const { threadRows, threadColumns, down, across } = REGISTER_TILE;
    work = {
      plan,
      rows: threadRows * down,
      columns: threadColumns * across,
      parts: { count: 1, depth: plan.depth + REGISTER_DEPTH },
    };
    text = registerText(module, work, REGISTER_TILE);
  } else {
    work = {
      plan,
      rows: tile.rows,
      columns: tile.columns,
      parts: { count: 1, depth: plan.depth + tile.depth },
    };
    text = tiledText(module, work, tile);
  }
  const [down, across] = tilesOf(work);
  return {
    phases: [{
      text,
      entryPoint: ENTRY_POINT,
      workgroups: gridOf(down * across * plan.batches, limits),
      sizes: module.sizes.values,
      usesF16: module.usesF16,
      flops: kernel.flops,
      bytes: kernel.bytes,
    }],
    temporaries: [],
  };
}
