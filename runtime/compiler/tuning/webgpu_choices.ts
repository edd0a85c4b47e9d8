/**
 * Choices of kernels on the `webgpu` device, in words: `tiled 64x128x16 8x8 1
 * /2` (a tile, and into how many parts sums are divided), `registers`, `skinny
 * /4`.
 *
 * @module
 */

import { withoutFunctions } from "../functions/mod.ts";
import type { ContractKernel } from "../ir/kernel.ts";
import type { WebGpuLimits } from "../webgpu/abi.ts";
import {
  CANDIDATE_TILES,
  SMALL_TILES,
  tileName,
} from "../webgpu/contract/candidates.ts";
import {
  chooseContract,
  type ContractOptions,
} from "../webgpu/contract/choose.ts";
import {
  type ContractPlan,
  FEW_ROWS,
  planContract,
} from "../webgpu/contract/plan.ts";
import { type ContractTile, fits } from "../webgpu/contract/tile.ts";
import { groupsOf } from "../webgpu/contract/work.ts";
import { factorsAreHalf } from "./shape_class.ts";

const CHOICE = /^(tiled|registers|skinny)(?: (\d.*?))??(?: \/(\d{1,3}))?$/;

/** Parts of sums that are tried. */
const PARTS = [1, 2, 4, 8, 16, 32, 64, 128] as const;

/** Workgroups up to which dividing sums is tried. */
const MOST_GROUPS = 2048;

/** Steps of a part below which it is all start and end. */
const LEAST_STEPS = 64;

const TILES: ReadonlyMap<string, ContractTile> = new Map(
  [...CANDIDATE_TILES, ...SMALL_TILES].map((
    { tile },
  ) => [tileName(tile), tile]),
);

/**
 * What a renderer is told.
 *
 * @param choice The choice.
 * @param kernel The contraction.
 * @param limits What the adapter can do.
 * @param inHalf Whether products of f16 factors are added up in f16.
 * @returns Options; undefined where the choice is unknown here, or does not
 * suit the contraction or the adapter.
 */
export function webGpuOptions(
  choice: string,
  kernel: ContractKernel,
  limits: WebGpuLimits,
  inHalf: boolean,
): ContractOptions | undefined {
  const [, way, name, count] = CHOICE.exec(choice) ?? [];
  const parts = count === undefined ? undefined : Number(count);
  if (parts === 0) return undefined;
  if (way === "tiled") {
    const tile = TILES.get(name ?? "");
    const bytes = inHalf && factorsAreHalf(kernel) ? 2 : 4;
    return tile !== undefined && fits(tile, limits, bytes)
      ? { tile, parts }
      : undefined;
  }
  if (name !== undefined) return undefined;
  if (way === "registers") return { way };
  const [rows, columns] = kernel.axes.slice(-3);
  return way === "skinny" && Math.min(rows!, columns!) <= FEW_ROWS
    ? { way, parts }
    : undefined;
}

/**
 * Choices that are worth measuring: no two of them are the same kernel, nor is
 * any of them the one that rules choose.
 *
 * @param kernel The contraction.
 * @param limits What the adapter can do.
 * @param inHalf Whether products of f16 factors are added up in f16.
 * @returns The choices.
 */
export function webGpuChoices(
  kernel: ContractKernel,
  limits: WebGpuLimits,
  inHalf: boolean,
): string[] {
  const plan = planContract(withoutFunctions(kernel, "webgpu"));
  const arithmetic = inHalf ? "f16" : "f32";
  const known = new Set([nameOf(plan, limits, { arithmetic })]);
  const isNew = (choice: string) => {
    const options = webGpuOptions(choice, kernel, limits, inHalf);
    if (options === undefined) return false;
    const name = nameOf(plan, limits, { ...options, arithmetic });
    if (known.has(name)) return false;
    known.add(name);
    return true;
  };
  const parts = PARTS.filter((one) =>
    one === 1 || plan.depth >= LEAST_STEPS * one
  );
  const choices: string[] = [];
  for (const [name, tile] of TILES) {
    if (isTooLarge(tile, plan)) continue;
    for (const count of parts) {
      if (count > 1 && groupsWith(tile, plan, count) > MOST_GROUPS) break;
      choices.push(`tiled ${name} /${count}`);
    }
  }
  choices.push("registers", ...parts.map((count) => `skinny /${count}`));
  return choices.filter(isNew);
}

/** Whether half of a tile or more would be empty. */
function isTooLarge(
  { columns, rows }: ContractTile,
  { left, right }: ContractPlan,
): boolean {
  return rows >= 2 * Math.max(left.length, 32) ||
    columns >= 2 * Math.max(right.length, 32);
}

function groupsWith(
  { columns, rows }: ContractTile,
  plan: ContractPlan,
  count: number,
): number {
  return groupsOf({ plan, rows, columns, parts: { count, depth: 1 } });
}

/** A kernel in words, after all that does not fit was changed. */
function nameOf(
  plan: ContractPlan,
  limits: WebGpuLimits,
  options: ContractOptions,
): string {
  const { tile, way, work } = chooseContract(plan, limits, options);
  return JSON.stringify([way, tile, work.parts.count]);
}
