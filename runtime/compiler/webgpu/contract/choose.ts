/**
 * Which kernel serves which shape.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { WebGpuLimits } from "../abi.ts";
import { CANDIDATE_TILES, SMALL_TILES } from "./candidates.ts";
import type { ContractPlan } from "./plan.ts";
import { REGISTER_DEPTH, type RegisterTile } from "./registers.ts";
import {
  MOST_ROWS,
  skinnyDepth,
  type SkinnyTile,
  skinnyTile,
} from "./skinny.ts";
import { type ContractTile, fits } from "./tile.ts";
import { groupsOf, type Parts, type Work } from "./work.ts";

/** The ways to compute a contraction. */
export type ContractWay = "tiled" | "registers" | "skinny";

/** What may be chosen by hand; by size rules where it is not. */
export interface ContractOptions {
  /** The way. */
  readonly way?: ContractWay | undefined;
  /** The tile in workgroup memory; makes the way `tiled`. */
  readonly tile?: ContractTile | undefined;
  /** Most parts into which the sum is divided. */
  readonly parts?: number | undefined;
  /**
   * In what products of f16 factors are computed: f32 by default. In f16 they
   * are added up over the depth of a tile, and in f32 beyond; sums over 65504
   * become infinite.
   */
  readonly arithmetic?: "f32" | "f16" | undefined;
}

/** What was chosen. */
export type ContractChoice =
  & { readonly work: Work }
  & (
    | { readonly way: "tiled"; readonly tile: ContractTile }
    | { readonly way: "registers"; readonly tile: RegisterTile }
    | { readonly way: "skinny"; readonly tile: SkinnyTile }
  );

/** A large GPU, in numbers: what the rules reckon with. */
const GPU = {
  /** Workgroups of 256 invocations that make progress at full speed. */
  processors: 132,
  /** Operations a second of one of them, in the best tile. */
  rate: 0.3e12,
  /** Bytes a second. */
  bandwidth: 2e12,
  /** Seconds from one dispatch to the next that waits for it. */
  gap: 4e-6,
  /** Workgroups that keep memory busy. */
  readers: 528,
} as const;

/** Software adapters: loads cost more than arithmetic, so tiles are large. */
const SOFTWARE_TILE: RegisterTile = {
  threadRows: 8,
  threadColumns: 8,
  down: 8,
  across: 8,
};

/** Small results, of which there are many: one invocation has a square. */
const SMALL_TILE: RegisterTile = {
  threadRows: 4,
  threadColumns: 4,
  down: 1,
  across: 1,
};

/** Invocations of a workgroup for small results. */
const SIDE = 64;

/**
 * Chooses the way and the sizes.
 *
 * @param plan The contraction.
 * @param limits What the adapter can do.
 * @param options What is chosen by hand.
 * @returns The choice.
 */
export function chooseContract(
  plan: ContractPlan,
  limits: WebGpuLimits,
  options: ContractOptions,
): ContractChoice {
  const most = mostParts(plan, limits, options);
  const way = options.tile === undefined
    ? options.way ?? wayOf(plan, limits)
    : "tiled";
  if (way === "skinny" && plan.left.length <= MOST_ROWS) {
    return skinnyChoice(plan, limits, options, most);
  }
  if (way === "registers" || way === "skinny") {
    return registerChoice(plan, limits);
  }
  return tiledChoice(plan, limits, options, most);
}

function wayOf(plan: ContractPlan, limits: WebGpuLimits): ContractWay {
  const { left, right, batches } = plan;
  if (!limits.isHardware) {
    return left.length <= 4 && right.along === "depth" ? "skinny" : "registers";
  }
  if (isManySmall(plan) && batches >= SIDE) return "registers";
  return Math.min(left.length, right.length) <= MOST_ROWS ? "skinny" : "tiled";
}

function isManySmall({ left, right, batches }: ContractPlan): boolean {
  return Math.max(left.length, right.length) <= 32 && batches > 1;
}

/** Parts of the sum at most: they need a temporary, thus a binding. */
function mostParts(
  { kernel }: ContractPlan,
  limits: WebGpuLimits,
  options: ContractOptions,
): number {
  const bindings = kernel.operands.length + kernel.outputs.length + 1;
  if (bindings > limits.maxStorageBuffersPerShaderStage) return 1;
  return options.parts ?? (limits.isHardware ? 64 : 1);
}

/** Divides a depth into at most `count` parts of whole steps. */
function partsOf(depth: number, step: number, count: number): Parts {
  const steps = Math.ceil(depth / step);
  const each = Math.ceil(steps / Math.max(1, Math.min(count, steps)));
  return { count: Math.ceil(steps / each), depth: each * step };
}

function skinnyChoice(
  plan: ContractPlan,
  limits: WebGpuLimits,
  options: ContractOptions,
  most: number,
): ContractChoice {
  const tile = skinnyTile(plan);
  const step = skinnyDepth(tile);
  const whole: Work = {
    plan,
    rows: tile.rows,
    columns: tile.across * tile.columns,
    parts: partsOf(plan.depth, step, 1),
  };
  const wanted = limits.isHardware && options.parts === undefined
    // Each part loops at least four times, or it is all start and end.
    ? Math.min(
      most,
      Math.floor(GPU.readers / groupsOf(whole)),
      Math.floor(plan.depth / step / 4),
    )
    : most;
  const parts = partsOf(plan.depth, step, wanted);
  return { way: "skinny", tile, work: { ...whole, parts } };
}

function registerChoice(
  plan: ContractPlan,
  limits: WebGpuLimits,
): ContractChoice {
  const isSmall = isManySmall(plan);
  const tile = limits.isHardware || isSmall ? SMALL_TILE : SOFTWARE_TILE;
  const { threadRows, threadColumns, down, across } = tile;
  const parts = partsOf(plan.depth, REGISTER_DEPTH, 1);
  return {
    way: "registers",
    tile,
    work: {
      plan,
      rows: threadRows * down,
      columns: threadColumns * across,
      parts,
      side: down * across === 1 ? SIDE : undefined,
    },
  };
}

function tiledChoice(
  plan: ContractPlan,
  limits: WebGpuLimits,
  options: ContractOptions,
  most: number,
): ContractChoice {
  const half = options.arithmetic === "f16" && limits.hasF16 &&
    isHalf(plan.left.value) && isHalf(plan.right.value);
  const tiles = options.tile === undefined
    ? [...CANDIDATE_TILES, ...SMALL_TILES].filter(({ tile }) =>
      fits(tile, limits, half ? 2 : 4)
    )
    : [{ tile: options.tile, speed: 1 }];
  let best: ContractChoice | undefined;
  let least = Infinity;
  for (const { tile, speed } of tiles) {
    const count = options.parts ?? 1;
    for (let parts = count; parts <= most; parts *= 2) {
      const work: Work = {
        plan,
        rows: tile.rows,
        columns: tile.columns,
        parts: partsOf(plan.depth, tile.depth, parts),
        isHalf: half,
      };
      const seconds = secondsOf(work, speed);
      if (seconds < least) {
        least = seconds;
        best = { way: "tiled", tile, work };
      }
    }
  }
  if (best === undefined) return registerChoice(plan, limits);
  return best;
}

/** Whether a factor's elements are f16, maybe cast to be summed. */
function isHalf({ op, dtype, args }: Expr): boolean {
  return dtype === "f16" || op === "cast" && args[0]!.dtype === "f16";
}

/** About how long a large GPU takes. */
function secondsOf(work: Work, speed: number): number {
  const { plan, parts } = work;
  const waves = Math.ceil(groupsOf(work) / GPU.processors);
  const depth = Math.min(plan.depth, parts.depth);
  const flops = 2 * work.rows * work.columns * depth;
  const seconds = waves * flops / (GPU.rate * speed);
  if (parts.count === 1) return seconds;
  const sums = plan.batches * plan.left.length * plan.right.length;
  return seconds + GPU.gap + 8 * parts.count * sums / GPU.bandwidth;
}
