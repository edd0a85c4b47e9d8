/**
 * How the invocations of a workgroup share rows: each row belongs to a team,
 * whose members take turns along the inner axes.
 *
 * @module
 */

import type { RowKernel } from "../../ir/kernel.ts";
import type { WebGpuLimits } from "../abi.ts";
import { indicesOf, LaneIndices } from "./lanes.ts";

/** The plan of a rows kernel with inner axes. */
export interface RowGeometry {
  /** Whether neighbouring invocations work on neighbouring rows. */
  readonly acrossRows: boolean;
  /** The axis whose positions are taken four at a time, if any. */
  readonly laneAxis: number | undefined;
  /** Rows, or fours of rows where lanes lie along the last outer axis. */
  readonly rows: number;
  /** Rows of a workgroup; a power of 2. */
  readonly slots: number;
  /** Invocations of a row; a power of 2. */
  readonly members: number;
  /** Steps along the inner axes, each of one position or of four. */
  readonly units: number;
  /**
   * Steps of each member when all of them are written out, so that what was
   * loaded stays in registers from stage to stage; undefined for a loop.
   */
  readonly unrolled: number | undefined;
  /** Steps of each member that are written out side by side in a loop. */
  readonly atOnce: number;
  /**
   * Parts of a row, each of a workgroup of its own; more than 1 where rows are
   * few and long, and only without `unrolled`.
   */
  readonly parts: number;
  /** Totals that a member joins before all wait for each other; a power of 2. */
  readonly joinedAtOnce: number;
}

/** Invocations of a workgroup, unless few rows ask for more. */
const WORKGROUP = 256;
/** The same where invocations share the vectors of a processor. */
const SOFTWARE_WORKGROUP = 8;
/** Steps of a row from which on that is faster. */
const MOST_SOFTWARE_UNITS = 512;
/** Steps of a member that are written out at most. */
const MOST_UNROLLED = 8;
/** The same where each is of one position. */
const MOST_NARROW = 16;
/** Positions of a member that are visited side by side in loops. */
const AT_ONCE = { wide: 4, narrow: 8 } as const;
/** Expressions that are written out at most. */
const MOST_WRITTEN = 2000;
/** Totals that a member joins at once. */
const JOINED = 8;
/** The same where each wait of a workgroup costs much. */
const JOINED_SOFTWARE = 16;
/** Invocations that keep a GPU busy. */
const BUSY = 131072;
/** Invocations that keep a software adapter busy. */
const BUSY_SOFTWARE = 256;
/** Invocations that fill a GPU. */
const FULL = 270336;
/** Steps of a member that are worth a part of their own. */
const STEPS_OF_PART = 8;
/** Parts of a row at most: they are joined by the members of a team. */
const MOST_PARTS = 1024;

function product(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total * length, 1);
}

function powerAbove(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}

/**
 * Plans a rows kernel.
 *
 * @param kernel The kernel, with as few axes as possible and with inner axes.
 * @param limits Limits of the adapter.
 * @returns The plan.
 */
export function planRows(
  kernel: RowKernel,
  limits: WebGpuLimits,
): RowGeometry {
  const { axes, outer } = kernel;
  const lastInner = axes.length - 1;
  const lastOuter = outer - 1;
  const { expressions, loads, stores } = indicesOf(kernel);
  const indices = [...loads, ...stores];
  const denseAlong = (axis: number) => {
    const lanes = new LaneIndices(axis);
    return indices.filter((index) => lanes.isDense(index)).length;
  };
  const acrossRows = outer > 0 && axes[lastOuter]! > 4 &&
    denseAlong(lastOuter) > denseAlong(lastInner);
  const along = acrossRows ? lastOuter : lastInner;
  const laneAxis = wantsLanes(kernel, along) ? along : undefined;
  const rows = product(axes.slice(0, outer)) /
    (laneAxis !== undefined && acrossRows ? 4 : 1);
  const inner = axes.slice(outer);
  if (laneAxis === lastInner) {
    inner[inner.length - 1] = Math.ceil(inner[inner.length - 1]! / 4);
  }
  const units = product(inner);
  const busy = limits.isHardware ? BUSY : BUSY_SOFTWARE;
  const isNarrow = laneAxis === undefined && limits.isHardware;
  const most = isNarrow ? MOST_NARROW : MOST_UNROLLED;
  const team = acrossRows
    ? planAcross(rows, units, laneAxis !== undefined, busy)
    : planAlong(rows, units, limits, busy, most, kernel.stages.length > 1);
  const steps = Math.ceil(units / team.members);
  const isShort = steps <= most &&
    (steps === 1 || steps * expressions <= MOST_WRITTEN);
  const unrolled = isShort ? steps : undefined;
  const together = AT_ONCE[isNarrow ? "narrow" : "wide"];
  const parts = unrolled === undefined && fitsParts(kernel, limits)
    ? Math.min(
      Math.floor(
        (limits.isHardware ? FULL : busy) / (rows * team.members),
      ),
      Math.floor(steps / STEPS_OF_PART),
      MOST_PARTS,
    )
    : 1;
  return {
    acrossRows,
    laneAxis,
    rows,
    units,
    ...team,
    unrolled,
    atOnce: limits.isHardware && together * expressions <= MOST_WRITTEN
      ? together
      : 1,
    parts: Math.max(1, parts),
    joinedAtOnce: limits.isHardware ? JOINED : JOINED_SOFTWARE,
  };
}

/** Whether there is room for the bindings of the totals of parts. */
function fitsParts(kernel: RowKernel, limits: WebGpuLimits): boolean {
  const reductions = kernel.stages.flatMap((stage) => stage.reductions);
  const bindings = kernel.operands.length + kernel.outputs.length +
    2 * reductions.length;
  return bindings <= limits.maxStorageBuffersPerShaderStage;
}

type TeamSize = Pick<RowGeometry, "slots" | "members">;

function planAlong(
  rows: number,
  units: number,
  limits: WebGpuLimits,
  busy: number,
  mostSteps: number,
  isRepeated: boolean,
): TeamSize {
  const most = limits.maxComputeInvocationsPerWorkgroup;
  const isSlow = !limits.isHardware && units > MOST_SOFTWARE_UNITS;
  const group = isSlow ? SOFTWARE_WORKGROUP : Math.min(WORKGROUP, most);
  if (units <= 4) {
    return { members: 1, slots: Math.min(group, powerAbove(rows)) };
  }
  // Few rows are given more members each, and rows that fit into the registers
  // of more members and are visited again.
  const fits = isRepeated && units > mostSteps * group &&
    units <= mostSteps * most;
  const isLarge = limits.isHardware && (fits || rows * group < busy / 2);
  const large = isLarge ? most : group;
  // Neighbours read side by side, so short rows have more of them.
  const steps = units > 4 * MOST_NARROW && mostSteps === MOST_NARROW
    ? MOST_NARROW
    : 4;
  const members = Math.min(large, powerAbove(Math.ceil(units / steps)));
  const slots = Math.max(1, group / members);
  return { members, slots: Math.min(slots, powerAbove(rows)) };
}

function planAcross(
  rows: number,
  units: number,
  wide: boolean,
  busy: number,
): TeamSize {
  // Enough neighbours to fill what memory hands over at once.
  const fewest = Math.min(powerAbove(rows), wide ? 8 : 32);
  const members = Math.min(
    powerAbove(Math.ceil(busy / rows)),
    powerAbove(Math.ceil(units / 8)),
    WORKGROUP / fewest,
    32,
  );
  return { members, slots: Math.min(WORKGROUP / members, powerAbove(rows)) };
}

/** Whether four neighbours along an axis are computed together. */
function wantsLanes(kernel: RowKernel, axis: number): boolean {
  const { axes, outer } = kernel;
  const { loads, stores } = indicesOf(kernel);
  const lanes = new LaneIndices(axis);
  const moving = [...loads, ...stores].filter((one) => lanes.isMoving(one));
  const fitting = moving.filter((one) => lanes.isVector(one));
  if (axes[axis]! % 4 === 0) return fitting.length > 0;
  // The last four of a row may not exist; only inner axes allow for that.
  return axis >= outer && axes.length === outer + 1 && moving.length > 0 &&
    fitting.length === moving.length;
}
