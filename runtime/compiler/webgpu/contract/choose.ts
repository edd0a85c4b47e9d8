/**
 * Which kernel serves which shape.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { WebGpuLimits } from "../abi.ts";
import { CANDIDATE_TILES, SMALL_TILES } from "./candidates.ts";
import { type ContractPlan, FEW_ROWS } from "./plan.ts";
import { REGISTER_DEPTH, type RegisterTile } from "./registers.ts";
import { skinnyDepth, skinnyTile } from "./skinny.ts";
import type { SkinnyTile } from "./skinny_finish.ts";
import { type ContractTile, fits, invocationsOf } from "./tile.ts";
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
  /** Processors; each runs several workgroups at a time. */
  processors: 132,
  /** Operations a second of one of them, in the best tile. */
  rate: 0.3e12,
  /** Invocations that keep one of them busy. */
  busy: 128,
  /** Invocations of one of them at most, as each holds many numbers. */
  most: 512,
  /** Bytes a second. */
  bandwidth: 2.5e12,
  /** Seconds from one dispatch to the next that waits for it. */
  gap: 8e-6,
  /** Seconds in which a tile's elements come, and the workgroup meets. */
  wait: 0.7e-6,
  /** Workgroups that keep memory busy, where they hold few numbers. */
  readers: 528,
  /** The same where they hold many. */
  largeReaders: 264,
} as const;

/** Parts of a sum are this deep, unless few processors would be busy. */
const PART_DEPTH = 1024;

/** So many parts of sums are added up in no time. */
const MOST_PARTIAL = 1 << 20;

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
  if (way === "skinny" && plan.left.length <= FEW_ROWS) {
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
  // Of deep sums, more rows than these are read faster by tiles.
  const few = plan.depth < DEEP ? FEW_ROWS : FEW_DEEP_ROWS;
  return Math.min(left.length, right.length) <= few ? "skinny" : "tiled";
}

/** Depth from which on sums are deep. */
const DEEP = 1024;
/** Rows of deep sums that are multiplied in the way of few rows. */
const FEW_DEEP_ROWS = 8;

function isManySmall({ left, right, batches }: ContractPlan): boolean {
  return Math.max(left.length, right.length) <= 32 && batches > 1;
}

/** Parts of the sum at most: they need a temporary, thus a binding. */
function mostParts(
  { kernel, batches, left, right }: ContractPlan,
  limits: WebGpuLimits,
  options: ContractOptions,
): number {
  const bindings = kernel.operands.length + kernel.outputs.length + 1;
  if (bindings > limits.maxStorageBuffersPerShaderStage) return 1;
  if (options.parts !== undefined) return options.parts;
  if (!limits.isHardware) return 1;
  const sums = batches * left.length * right.length;
  return Math.max(64, Math.min(512, Math.floor(MOST_PARTIAL / sums)));
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
      Math.floor(
        (tile.rows > 4 ? GPU.largeReaders : GPU.readers) / groupsOf(whole),
      ),
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
      if (options.parts === undefined && !maySplit(work, tile)) break;
      const seconds = secondsOf(work, tile, speed);
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

/**
 * Whether parts may be worth their while, as they are added up in a second
 * dispatch: where processors would be idle and parts are deep, or where most
 * would be idle.
 */
function maySplit(work: Work, tile: ContractTile): boolean {
  const { count, depth } = work.parts;
  if (count === 1) return true;
  const whole = groupsOf(work) / count;
  return whole < GPU.processors &&
    depth >= (3 * whole < GPU.processors ? 4 * tile.depth : PART_DEPTH);
}

/** About how long a large GPU takes. */
function secondsOf(work: Work, tile: ContractTile, speed: number): number {
  const { plan, parts } = work;
  const threads = invocationsOf(tile);
  const each = Math.ceil(groupsOf(work) / GPU.processors);
  const together = Math.min(each, Math.max(1, Math.floor(GPU.most / threads)));
  const busy = Math.min(1, (together * threads / GPU.busy) ** 0.6);
  const flops = 2 * tile.rows * tile.columns * tile.depth;
  const step = Math.max(
    GPU.wait,
    together * flops / (GPU.rate * speed * busy),
  );
  const steps = Math.ceil(Math.min(plan.depth, parts.depth) / tile.depth);
  const seconds = each / together * steps * step;
  if (parts.count === 1) return seconds;
  const sums = plan.batches * plan.left.length * plan.right.length;
  return seconds + GPU.gap + 8 * parts.count * sums / GPU.bandwidth;
}
