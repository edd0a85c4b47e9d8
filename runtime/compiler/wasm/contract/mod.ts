/**
 * Contractions as WebAssembly: packed panels and tiles of sums in registers, or,
 * for few rows, a right factor that is read once.
 *
 * @module
 */

import type { ContractKernel } from "../../ir/kernel.ts";
import type { WasmKernel, WasmPhase } from "../abi.ts";
import { emittable } from "../emit/emittable.ts";
import { type Arithmetic, arithmeticOf } from "./arithmetic.ts";
import {
  type BlockOptions,
  type Blocks,
  packedBlocks,
  thinBlocks,
} from "./blocks.ts";
import { combineFunction } from "./combine.ts";
import { ContractModule } from "./module.ts";
import { prefersAcross } from "./directions.ts";
import { fusedFactor } from "./fused_factors.ts";
import { packFunction } from "./pack.ts";
import { PACK_DEPTH, PACK_GROUP, packItemsFunction } from "./pack_items.ts";
import { computePhase, packRight, phaseOf } from "./phases.ts";
import { type ContractSpaces, isThin, spacesOf, THIN_ROWS } from "./spaces.ts";
import { storeFunction } from "./store.ts";
import {
  multiplyAcross,
  multiplyAlong,
  thinFunction,
  type ThinParts,
} from "./thin.ts";
import { acrossFunction, STEPS_AT_ONCE } from "./thin_across.ts";
import { stretchesFunction } from "./stretches.ts";
import { alongFunction, stretchOf } from "./thin_along.ts";

/**
 * Renders a contraction.
 *
 * @param kernel The contraction.
 * @param options What was chosen by measuring, if anything was.
 * @returns Its phases.
 */
export function renderContract(
  kernel: ContractKernel,
  options?: BlockOptions,
): WasmKernel {
  const { pool } = kernel;
  const expanded = emittable({
    ...kernel,
    a: fusedFactor(pool, kernel.a),
    b: fusedFactor(pool, kernel.b),
  });
  const arithmetic = arithmeticOf(kernel.dtype);
  const spaces = spacesOf(expanded, arithmetic);
  return isThin(spaces, arithmetic)
    ? renderThin(expanded, spaces, arithmetic)
    : renderPacked(expanded, spaces, arithmetic, options);
}

function renderPacked(
  kernel: ContractKernel,
  spaces: ContractSpaces,
  arithmetic: Arithmetic,
  options: BlockOptions | undefined,
): WasmKernel {
  const blocks = packedBlocks(spaces, arithmetic, false, options);
  const panels = Math.ceil(spaces.columns.size / arithmetic.columns);
  const panelBytes = arithmetic.columns * arithmetic.bytes * spaces.depth;
  const temporaries: number[] = [];
  if (!blocks.private) {
    temporaries.push(spaces.batch.size * panels * panelBytes);
  }
  if (blocks.partialBytes > 0) temporaries.push(blocks.partialBytes);
  const make = () =>
    new ContractModule(kernel, spaces, blocks.geometry, temporaries.length);
  const phases = [computePhase(make(), blocks)];
  if (!blocks.private) phases.unshift(packPhase(make()));
  if (blocks.partialBytes > 0) phases.push(combinePhase(make(), blocks));
  return { phases, temporaries };
}

function packPhase(module: ContractModule): WasmPhase {
  const { arithmetic, spaces } = module;
  packItemsFunction(module, packRight(module));
  const panels = Math.ceil(spaces.columns.size / arithmetic.columns);
  const groups = Math.ceil(panels / PACK_GROUP);
  const parts = Math.ceil(spaces.depth / PACK_DEPTH);
  return {
    bytes: module.build(),
    items: spaces.batch.size * groups * parts,
    grain: 1,
    sizes: module.sizes,
    scratchBytes: 0,
    itemNanoseconds: PACK_GROUP * arithmetic.columns * spaces.depth / parts,
  };
}

function combinePhase(module: ContractModule, blocks: Blocks): WasmPhase {
  combineFunction(module, storeFunction(module));
  const { splits, tileBytes } = blocks.geometry;
  return {
    bytes: module.build(),
    items: blocks.tiles,
    grain: 4,
    sizes: module.sizes,
    scratchBytes: tileBytes,
    itemNanoseconds: splits * tileBytes / 4,
  };
}

/**
 * Steps from which on columns are read one after the other: memory is read
 * fastest in order. Short ones share what is done before and after.
 */
const LONG_DEPTH = 256;

function renderThin(
  kernel: ContractKernel,
  spaces: ContractSpaces,
  arithmetic: Arithmetic,
): WasmKernel {
  const groups = Math.ceil(spaces.rows.size / THIN_ROWS);
  const rows = Math.ceil(spaces.rows.size / groups);
  const { columns, right } = spaces;
  const isAcross = prefersAcross(spaces, arithmetic, right, columns);
  const blocks = thinBlocks(spaces, arithmetic, rows, isAcross);
  const temporaries = blocks.partialBytes > 0 ? [blocks.partialBytes] : [];
  const make = () =>
    new ContractModule(kernel, spaces, blocks.geometry, temporaries.length);
  const module = make();
  thinFunction(module, thinParts(module, blocks, rows, isAcross));
  const phases = [phaseOf(module, blocks)];
  if (blocks.partialBytes > 0) phases.push(combinePhase(make(), blocks));
  return { phases, temporaries };
}

function thinParts(
  module: ContractModule,
  blocks: Blocks,
  rows: number,
  isAcross: boolean,
): ThinParts {
  const { left, rows: space, columns, depth } = module.spaces;
  const panelRows = isAcross ? rows : 1;
  const common = {
    packLeft: packFunction(module, { expr: left, space, width: panelRows }),
    rows,
    panelRows,
    store: blocks.partialBytes > 0 ? undefined : storeFunction(module),
  };
  if (isAcross) {
    const unroll = STEPS_AT_ONCE[rows - 1]!;
    const several = acrossFunction(module, rows, unroll);
    const one = acrossFunction(module, rows, 1);
    const multiply = multiplyAcross(module, several, unroll, one, rows);
    return { ...common, multiply };
  }
  const stretch = stretchOf(module, rows);
  const isShort = depth < LONG_DEPTH;
  const most = stretch !== undefined ? 2 : !isShort ? 1 : rows > 2 ? 2 : 4;
  const group = columns.size >= most ? most : columns.size >= 2 ? 2 : 1;
  const along = alongFunction(module, rows, group);
  const multiply = multiplyAlong(module, along, rows, group, stretch);
  return stretch === undefined ? { ...common, multiply } : {
    ...common,
    multiply,
    stretches: { sum: stretchesFunction(module, stretch), length: stretch },
  };
}
