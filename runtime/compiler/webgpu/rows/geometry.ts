/**
 * How the invocations of a workgroup share rows: each row belongs to a team,
 * whose members take turns along the inner axes.
 *
 * @module
 */

import type { RowKernel } from "../../ir/kernel.ts";
import type { Expr } from "../../ir/expr.ts";
import type { WebGpuLimits } from "../abi.ts";
import { ROW_CHOICES, type RowChoices } from "./choices.ts";
import { indicesOf, LaneIndices } from "./lanes.ts";
import { shiftedIndices } from "./shifted.ts";

/** The plan of a rows kernel with inner axes. */
export interface RowGeometry {
  /** Whether neighbouring invocations work on neighbouring rows. */
  readonly acrossRows: boolean;
  /** The axis whose positions are taken four at a time, if any. */
  readonly laneAxis: number | undefined;
  /**
   * Indices that are multiples of four where the vectors of a row begin, though
   * rows do not begin there; undefined where they do.
   */
  readonly shifted: ReadonlySet<Expr> | undefined;
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

/** Invocations of a workgroup whose neighbours work on neighbouring rows. */
const WORKGROUP = 256;
/** Invocations of a workgroup where they share the vectors of a processor. */
const SOFTWARE_WORKGROUP = 8;
/** Steps of a row from which on that is faster. */
const MOST_SOFTWARE_UNITS = 512;
/** Steps of a row that one invocation walks alone there. */
const ALONE_SOFTWARE = 4;
/** Steps of each member there, about. */
const STEPS_SOFTWARE = 4;
/** Steps of a row that are shared out one by one, if not walked alone. */
const SHORT = 4;
/** Steps of a row that count as few. */
const SHORT_ROW = 8;
/** Steps of a member that are written out at most. */
const MOST_UNROLLED = 8;
/** The same where each is of one position. */
const MOST_NARROW = 16;
/** Steps of a member of columns that are kept at most. */
const MOST_KEPT = 16;
/** Expressions that are written out at most. */
const MOST_WRITTEN = 2000;
/** Totals that a member joins at once where each wait costs much. */
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
 * @param choices What is chosen on a real GPU.
 * @returns The plan.
 */
export function planRows(
  kernel: RowKernel,
  limits: WebGpuLimits,
  choices: RowChoices = ROW_CHOICES,
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
  const isWide = wantsLanes(kernel, along);
  const shifted = isWide || acrossRows || !limits.isHardware || !choices.shifts
    ? undefined
    : shiftedIndices(kernel);
  const laneAxis = isWide || shifted !== undefined ? along : undefined;
  const rows = product(axes.slice(0, outer)) /
    (laneAxis !== undefined && acrossRows ? 4 : 1);
  const inner = axes.slice(outer);
  const length = inner.at(-1)!;
  // A vector more than the row fills may be touched.
  const isLonger = shifted !== undefined && length % 4 !== 1;
  if (laneAxis === lastInner) inner[inner.length - 1] = Math.ceil(length / 4);
  const filled = product(inner);
  const units = filled + (isLonger ? 1 : 0);
  const busy = limits.isHardware ? BUSY : BUSY_SOFTWARE;
  const isNarrow = laneAxis === undefined && limits.isHardware;
  const isRepeated = kernel.stages.length > 1;
  const kept = acrossRows && laneAxis !== undefined && isRepeated &&
      limits.isHardware
    ? planKept(rows, units, expressions, choices)
    : undefined;
  const most = isNarrow
    ? MOST_NARROW
    : kept === undefined
    ? MOST_UNROLLED
    : MOST_KEPT;
  const team = kept ??
    (acrossRows
      ? planAcross(rows, units, laneAxis !== undefined, busy)
      : planAlong(rows, filled, limits, busy, most, {
        isRepeated,
        isShifted: shifted !== undefined,
        choices,
      }));
  const steps = Math.ceil(units / team.members);
  // A step that few members take is no reason for a loop.
  const isShort = Math.ceil(filled / team.members) <= most &&
    (steps === 1 || steps * expressions <= MOST_WRITTEN);
  const unrolled = isShort ? steps : undefined;
  const together = isNarrow ? 2 * choices.atOnce : choices.atOnce;
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
    shifted,
    rows,
    units,
    ...team,
    unrolled,
    atOnce: limits.isHardware && together * expressions <= MOST_WRITTEN
      ? together
      : 1,
    parts: Math.max(1, parts),
    joinedAtOnce: limits.isHardware ? choices.joinedAtOnce : JOINED_SOFTWARE,
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
  { isRepeated, isShifted, choices }: {
    readonly isRepeated: boolean;
    readonly isShifted: boolean;
    readonly choices: RowChoices;
  },
): TeamSize {
  const most = limits.maxComputeInvocationsPerWorkgroup;
  const isSlow = !limits.isHardware && units > MOST_SOFTWARE_UNITS;
  const wanted = limits.isHardware ? choices.workgroup : WORKGROUP;
  const group = isSlow ? SOFTWARE_WORKGROUP : Math.min(wanted, most);
  const alone = isRepeated ? choices.aloneAgain : choices.alone;
  if (units <= (limits.isHardware ? alone : ALONE_SOFTWARE)) {
    return { members: 1, slots: Math.min(group, powerAbove(rows)) };
  }
  if (units <= SHORT) {
    const members = powerAbove(units);
    return { members, slots: Math.min(group / members, powerAbove(rows)) };
  }
  // Few rows are given more members each, and so are long ones that are visited
  // again: they fit into the registers of more members, or keep fewer other rows
  // out of the cache.
  const isLong = isRepeated && units > mostSteps * group;
  const isLarge = limits.isHardware && (isLong || rows * group < busy / 2);
  const large = isLarge ? most : group;
  // Neighbours read side by side, so short rows have more of them.
  const steps = units > 4 * MOST_NARROW && mostSteps === MOST_NARROW
    ? MOST_NARROW
    : !limits.isHardware
    ? STEPS_SOFTWARE
    : isShifted || units <= SHORT_ROW
    ? choices.shortSteps
    : choices.steps;
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

/** Columns that fit into the registers of a workgroup and are visited again. */
function planKept(
  rows: number,
  units: number,
  expressions: number,
  { keptColumns }: RowChoices,
): TeamSize | undefined {
  if (keptColumns === 0) return undefined;
  const members = WORKGROUP / keptColumns;
  const steps = Math.ceil(units / members);
  const fits = steps > 1 && steps <= MOST_KEPT &&
    steps * expressions <= MOST_WRITTEN;
  return fits && rows * members >= BUSY
    ? { members, slots: keptColumns }
    : undefined;
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
