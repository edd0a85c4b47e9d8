/**
 * The phases that all ways to render contractions share.
 *
 * @module
 */

import type { WasmPhase } from "../abi.ts";
import type { FunctionBuilder } from "../assembler.ts";
import type { Blocks, PackedBlocks } from "./blocks.ts";
import { computeFunction } from "./compute.ts";
import type { ContractModule } from "./module.ts";
import { packFunction } from "./pack.ts";
import { storeFunction } from "./store.ts";
import { tileFunction } from "./tile.ts";

/**
 * The phase that multiplies packed panels.
 *
 * @param module Its module, empty.
 * @param blocks How the contraction is cut.
 * @returns The phase.
 */
export function computePhase(
  module: ContractModule,
  blocks: PackedBlocks,
): WasmPhase {
  const { arithmetic, spaces } = module;
  computeFunction(module, {
    tile: tileFunction(module.builder, arithmetic),
    packLeft: packFunction(module, {
      expr: spaces.left,
      space: spaces.rows,
      width: arithmetic.rows,
    }),
    packRight: blocks.private ? packRight(module) : undefined,
    store: blocks.partialBytes > 0 ? undefined : storeFunction(module),
  });
  return phaseOf(module, blocks);
}

/**
 * Adds the function that packs the right factor.
 *
 * @param module The module.
 * @returns The function.
 */
export function packRight(module: ContractModule): FunctionBuilder {
  return packFunction(module, {
    expr: module.spaces.right,
    space: module.spaces.columns,
    width: module.arithmetic.columns,
  });
}

/**
 * The phase of a complete module.
 *
 * @param module The module.
 * @param blocks How the contraction is cut.
 * @returns The phase.
 */
export function phaseOf(module: ContractModule, blocks: Blocks): WasmPhase {
  const { items, itemNanoseconds, scratchBytes } = blocks;
  return {
    bytes: module.build(),
    items,
    grain: 1,
    sizes: module.sizes,
    scratchBytes,
    itemNanoseconds,
  };
}
