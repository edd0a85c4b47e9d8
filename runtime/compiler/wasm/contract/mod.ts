/**
 * Contractions as WebAssembly: packed panels, and tiles of sums in registers.
 *
 * @module
 */

import type { ContractKernel } from "../../ir/kernel.ts";
import type { WasmKernel, WasmPhase } from "../abi.ts";
import { arithmeticOf } from "./arithmetic.ts";
import { type Blocks, blocksOf } from "./blocks.ts";
import { computeFunction } from "./compute.ts";
import { ContractModule } from "./module.ts";
import { packFunction } from "./pack.ts";
import { PACK_GROUP, packItemsFunction } from "./pack_items.ts";
import { type ContractSpaces, spacesOf } from "./spaces.ts";
import { storeFunction } from "./store.ts";
import { tileFunction } from "./tile.ts";

/**
 * Renders a contraction.
 *
 * @param kernel The contraction.
 * @returns Its phases.
 */
export function renderContract(kernel: ContractKernel): WasmKernel {
  const arithmetic = arithmeticOf(kernel.dtype);
  const spaces = spacesOf(kernel, arithmetic.columns);
  const blocks = blocksOf(spaces, arithmetic);
  const compute = computePhase(kernel, spaces, blocks);
  if (blocks.private) return { phases: [compute], temporaries: [] };
  const panels = Math.ceil(spaces.columns.size / arithmetic.columns);
  const width = arithmetic.columns * arithmetic.bytes;
  return {
    phases: [packPhase(kernel, spaces, blocks), compute],
    temporaries: [spaces.batch.size * panels * width * spaces.depth],
  };
}

function computePhase(
  kernel: ContractKernel,
  spaces: ContractSpaces,
  blocks: Blocks,
): WasmPhase {
  const { geometry } = blocks;
  const temporaries = blocks.private ? 0 : 1;
  const module = new ContractModule(kernel, spaces, geometry, temporaries);
  const { columns, rows } = module.arithmetic;
  computeFunction(module, {
    tile: tileFunction(module.builder, module.arithmetic),
    packLeft: packFunction(module, {
      expr: module.summand(kernel.a),
      space: spaces.rows,
      width: rows,
    }),
    packRight: blocks.private
      ? packFunction(module, {
        expr: module.summand(kernel.b),
        space: spaces.columns,
        width: columns,
      })
      : undefined,
    store: storeFunction(module),
  });
  return {
    bytes: module.build(),
    items: blocks.items,
    grain: 1,
    sizes: module.sizes,
    scratchBytes: blocks.scratchBytes,
    itemNanoseconds: blocks.itemNanoseconds,
  };
}

function packPhase(
  kernel: ContractKernel,
  spaces: ContractSpaces,
  { geometry }: Blocks,
): WasmPhase {
  const module = new ContractModule(kernel, spaces, geometry, 1);
  const { columns } = module.arithmetic;
  packItemsFunction(
    module,
    packFunction(module, {
      expr: module.summand(kernel.b),
      space: spaces.columns,
      width: columns,
    }),
  );
  const panels = Math.ceil(spaces.columns.size / columns);
  const groups = Math.ceil(panels / PACK_GROUP);
  return {
    bytes: module.build(),
    items: spaces.batch.size * groups,
    grain: 1,
    sizes: module.sizes,
    scratchBytes: 0,
    itemNanoseconds: PACK_GROUP * columns * spaces.depth,
  };
}
