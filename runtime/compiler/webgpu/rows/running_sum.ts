/**
 * Running sums of few long lanes: lanes are cut into blocks, first the sums of
 * the blocks are taken, then what stands before each block, then the sums
 * within.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { LoopKernel } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits, WebGpuPhase } from "../abi.ts";
import { scalarType, WgslModule, WgslScope } from "../wgsl/mod.ts";
import { GROUP_INDEX, phaseOf } from "./grid.ts";
import { indicesOf, LaneIndices } from "./lanes.ts";
import { splitIndex } from "./positions.ts";
import { type Member, scanMembers, sumMembers } from "./running_scan.ts";
import { ownSteps, type RunningPlan, writeSums } from "./running_steps.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 256;
/** Neighbouring steps that an invocation adds up itself. */
const OWN_STEPS = 16;
/** The same where invocations share the vectors of a processor. */
const SOFTWARE_STEPS = 8;
/** Totals of blocks that are read at once. */
const STARTS = 8;
/** Shorter lanes are walked. */
const SHORTEST = 256;
/** The same where walking would jump about in memory. */
const SHORTEST_ALONG = 64;
/** As many lanes give enough to do when each is walked. */
const MOST_LANES = 8192;

/**
 * Whether a loop is better computed in parallel.
 *
 * @param kernel The kernel.
 * @param limits Limits of the adapter.
 * @returns True for running sums of few long lanes, and on a real GPU for those
 * of lanes that lie one after the other.
 */
export function isLongSum(kernel: LoopKernel, limits: WebGpuLimits): boolean {
  const { axes, carries, runningSum } = kernel;
  const length = axes[axes.length - 1]!;
  const lanes = axes.slice(0, -1).reduce((n, one) => n * one, 1);
  const isLong = limits.isHardware && !isAcross(kernel)
    ? length >= SHORTEST_ALONG
    : length >= SHORTEST && lanes <= MOST_LANES;
  return runningSum && kernel.rowStores.length === 0 && isLong &&
    carries[0]!.dtype !== "bool";
}

/** Whether neighbouring elements belong to neighbouring lanes. */
function isAcross(kernel: LoopKernel): boolean {
  const last = kernel.axes.length - 1;
  const { loads } = indicesOf({ stages: [], rowStores: kernel.stores });
  const beside = new LaneIndices(last - 1);
  return last > 0 && loads.some((index) => beside.isDense(index));
}

/** Whether four steps are loaded and stored together. */
function isWide(kernel: LoopKernel): boolean {
  const { axes, reverse, stores } = kernel;
  const last = axes.length - 1;
  const along = new LaneIndices(last);
  const indices = indicesOf({ stages: [], rowStores: stores });
  return !reverse && axes[last]! % 4 === 0 &&
    [...indices.loads, ...indices.stores].some((one) => along.isVector(one));
}

/**
 * Renders a running sum in parallel.
 *
 * @param kernel The kernel, with as few axes as possible.
 * @param limits Limits of the adapter.
 * @returns The kernel in WGSL.
 */
export function renderRunningSum(
  kernel: LoopKernel,
  limits: WebGpuLimits,
): WebGpuKernel {
  const { axes } = kernel;
  const length = axes[axes.length - 1]!;
  const lanes = axes.slice(0, -1).reduce((n, one) => n * one, 1);
  const ownSteps = limits.isHardware ? OWN_STEPS : SOFTWARE_STEPS;
  const across = isAcross(kernel);
  const most = powerAbove(lanes);
  // Neighbouring invocations take neighbouring lanes where these lie together;
  // short lanes share a workgroup.
  const slots = across ? Math.min(32, most) : Math.min(
    most,
    WORKGROUP / Math.min(WORKGROUP, powerAbove(length / ownSteps)),
  );
  const members = WORKGROUP / slots;
  const blocks = Math.ceil(length / (members * ownSteps));
  const plan: RunningPlan = {
    kernel,
    limits,
    lanes,
    slots,
    members,
    blocks,
    ownSteps,
    isAcross: across,
    isWide: !across && isWide(kernel),
    type: scalarType(kernel.carries[0]!.dtype),
  };
  const phases = blocks === 1 ? [renderBlocks(plan, "sums")] : [
    renderBlocks(plan, "totals"),
    renderStarts(plan),
    renderBlocks(plan, "sums"),
  ];
  return { phases, temporaries: blocks === 1 ? [] : [4 * lanes * blocks] };
}

function powerAbove(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}

function moduleOf({ blocks, kernel, limits, type }: RunningPlan): WgslModule {
  const dtype: DType = type === "f32" ? "f32" : type === "u32" ? "u32" : "i32";
  return new WgslModule({
    ...kernel,
    temporaries: blocks === 1 ? [] : [{ dtype }],
    limits,
  });
}

/** Adds blocks up, or writes the sums within blocks. */
function renderBlocks(plan: RunningPlan, what: "totals" | "sums"): WebGpuPhase {
  const { blocks, kernel, lanes, members, slots } = plan;
  const { axes } = kernel;
  const module = moduleOf(plan);
  const root = new WgslScope(module);
  const fast = plan.isAcross ? slots : members;
  const low = root.let("low", `i32(local.x) & ${fast - 1}`);
  const high = root.let("high", `i32(local.x) >> ${Math.log2(fast)}u`);
  const [slot, member] = plan.isAcross ? [low, high] : [high, low];
  const [across, block] = splitIndex(module, root, root.let("g", GROUP_INDEX), [
    Math.ceil(lanes / slots),
    blocks,
  ]) as [string, string];
  const lane = root.let("lane", `${across} * ${slots} + ${slot}`);
  const exists = root.let("exists", `${lane} < ${module.size(lanes)}`);
  const inside = root.let("lane", `min(${lane}, ${module.size(lanes)} - 1)`);
  splitIndex(module, root, inside, axes.slice(0, -1)).forEach((
    position,
    axis,
  ) => root.bind("axis", axis, position));
  const steps = ownSteps(module, root, plan, block, member);
  const place = `${inside} * ${module.size(blocks)} + ${block}`;
  const totals = steps.map((step) => step.total);
  const own = { members, slots, slot, member };
  if (what === "totals") {
    const total = root.let("total", totals.join(" + "));
    const sum = sumMembers(module, root, { ...own, type: plan.type, total });
    const store = module.temporary(0).store(place, sum, 1);
    root.line(`if (${exists} && ${member} == 0) { ${store} }`);
  } else {
    const start = blocks === 1
      ? `${plan.type}(0)`
      : root.let("start", module.temporary(0).load(place, 1));
    const starts = plan.isWide
      ? startsOfFours(module, root, plan, own, totals, start)
      : startsOfNeighbours(module, root, plan, own, totals, start);
    writeSums(module, root, plan, steps, starts, exists);
  }
  return phaseOf(module, [WORKGROUP, 1], root.lines, {
    workgroups: Math.ceil(lanes / slots) * blocks,
    flops: kernel.flops,
    bytes: kernel.bytes,
  }, plan.limits);
}

/** The own place, without the total. */
type Place = Omit<Member, "type" | "total">;

/** What stands before each of neighbouring steps. */
function startsOfNeighbours(
  module: WgslModule,
  root: WgslScope,
  { type }: RunningPlan,
  own: Place,
  totals: readonly string[],
  start: string,
): string[] {
  const total = root.let("total", totals.join(" + "));
  const { before } = scanMembers(module, root, { ...own, type, total });
  let sum = root.let("sum", `${before} + ${start}`);
  return totals.map((one) => {
    const known = sum;
    sum = root.let("sum", `${sum} + ${one}`);
    return known;
  });
}

/** What stands before each four steps, between which those of others lie. */
function startsOfFours(
  module: WgslModule,
  root: WgslScope,
  { type }: RunningPlan,
  own: Place,
  totals: readonly string[],
  start: string,
): string[] {
  const wide = `vec${totals.length}<${type}>`;
  const { all, before } = scanMembers(module, root, {
    ...own,
    type: wide,
    total: root.let("total", `${wide}(${totals.join(", ")})`),
  });
  let sum = start;
  return totals.map((_, k) => {
    const known = root.let("sum", `${before}[${k}] + ${sum}`);
    sum = root.let("sum", `${all}[${k}] + ${sum}`);
    return known;
  });
}

/** Turns the totals of the blocks of each lane into what stands before them. */
function renderStarts(plan: RunningPlan): WebGpuPhase {
  const { blocks, lanes, type } = plan;
  const module = moduleOf(plan);
  const root = new WgslScope(module);
  const own = Math.ceil(blocks / WORKGROUP);
  const member = root.let("member", "i32(local.x)");
  const count = module.size(blocks);
  // There may be more workgroups than lanes.
  const lane = root.let("lane", GROUP_INDEX);
  const exists = root.let("exists", `${lane} < ${module.size(lanes)}`);
  const start = root.let("start", `${lane} * ${count}`);
  const first = root.let("first", `${member} * ${module.size(own)}`);
  const end = root.let("end", `min(${first} + ${module.size(own)}, ${count})`);
  const total = root.variable("total", `${type}(0)`);
  const totals = module.temporary(0);
  const k = module.name("k");
  // Some are on their way at the same time.
  const head = `for (var ${k} = ${first}; ${k} < ${end}; ${k} += ${STARTS})`;
  const each = Array.from({ length: STARTS }, (_, at) => at);
  const loads = each.map((at) => {
    const value = totals.load(`${start} + min(${k} + ${at}, ${end} - 1)`, 1);
    const read = `select(${type}(0), ${value}, ${k} + ${at} < ${end})`;
    return `  let own${at} = ${read};`;
  });
  root.line(`${head} {`);
  for (const load of loads) root.line(load);
  root.line(`  ${total} += ${each.map((at) => `own${at}`).join(" + ")};`);
  root.line("}");
  const { before } = scanMembers(module, root, {
    members: WORKGROUP,
    slots: 1,
    slot: "0",
    member,
    type,
    total,
  });
  const sum = root.variable("sum", before);
  root.line(`${head} {`);
  for (const load of loads) root.line(load);
  for (const at of each) {
    const store = totals.store(`${start} + ${k} + ${at}`, sum, 1);
    root.line(`  if (${exists} && ${k} + ${at} < ${end}) { ${store} }`);
    root.line(`  ${sum} += own${at};`);
  }
  root.line("}");
  return phaseOf(module, [WORKGROUP, 1], root.lines, {
    workgroups: lanes,
    flops: lanes * blocks,
    bytes: 8 * lanes * blocks,
  }, plan.limits);
}
