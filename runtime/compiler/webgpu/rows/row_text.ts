/**
 * The text of a rows kernel while it is written: which row an invocation works
 * on, and which steps along it are its own.
 *
 * @module
 */

import type { WebGpuLimits } from "../abi.ts";
import type { RowKernel } from "../../ir/kernel.ts";
import { WgslModule, WgslScope, type Width } from "../wgsl/mod.ts";
import type { RowGeometry } from "./geometry.ts";
import { GROUP_INDEX } from "./grid.ts";
import { partTypes } from "./accumulator.ts";
import { splitIndex } from "./positions.ts";
import { shiftOfRow } from "./shifted.ts";
import type { LaneEnd } from "./stores.ts";
import type { Team } from "./team.ts";

/** What all pieces of the text share. */
export interface RowText {
  /** The module. */
  readonly module: WgslModule;
  /** The statements that all invocations come by. */
  readonly root: WgslScope;
  /** The kernel. */
  readonly kernel: RowKernel;
  /** How invocations share rows. */
  readonly plan: RowGeometry;
  /** Numbers that the parts of a total hold while a pass goes on. */
  readonly width: Width;
  /** Numbers that a result holds: four where lanes are rows. */
  readonly resultWidth: Width;
  /** The own team. */
  readonly team: Team;
  /** The own row, or the last one where there is no such row. */
  readonly row: string;
  /** Number of the own part of the row. */
  readonly part: string;
  /** Condition that the row exists. */
  readonly exists: string;
  /** How far behind a multiple of 4 the own row begins, if that varies. */
  readonly shift: string | undefined;
}

/** A step along the inner axes, whose statements go where they are due. */
export interface Step {
  /** Scope of all that changes along the inner axes. */
  readonly scope: WgslScope;
  /** Text that says whether the step exists; undefined where all do. */
  readonly exists: string | undefined;
  /** Text that says which lanes exist; undefined where all do. */
  readonly lanesExist: string | undefined;
  /** Where lanes end, if the last ones may not exist. */
  readonly end: LaneEnd | undefined;
  /** Position along the inner axes as one number, of the width of lanes. */
  readonly place: string;
}

/**
 * Begins a text: says which row the invocation works on.
 *
 * @param kernel The kernel.
 * @param plan How invocations share rows.
 * @param limits What the adapter can do.
 * @param parts Parts of a row, each of its own workgroup.
 * @returns The text.
 */
export function beginRows(
  kernel: RowKernel,
  plan: RowGeometry,
  limits: WebGpuLimits,
  parts: number,
): RowText {
  const { acrossRows, joinedAtOnce, laneAxis, members, rows, slots } = plan;
  const module = new WgslModule({
    ...kernel,
    temporaries: plan.parts === 1
      ? []
      : partTypes(kernel).map((dtype) => ({ dtype })),
    limits,
  });
  const root = new WgslScope(module);
  const fast = acrossRows ? slots : members;
  const low = root.let("low", `i32(local.x) & ${fast - 1}`);
  const high = root.let("high", `i32(local.x) >> ${Math.log2(fast)}u`);
  const [slot, member] = acrossRows ? [low, high] : [high, low];
  const [group, part] = splitIndex(
    module,
    root,
    root.let("group", GROUP_INDEX),
    [Math.ceil(rows / slots), parts],
  ) as [string, string];
  const any = root.let("row", `${group} * ${slots} + ${slot}`);
  const count = module.size(rows);
  const exists = root.let("exists", `${any} < ${count}`);
  const row = root.let("row", `min(${any}, ${count} - 1)`);
  bindOuter(module, root, kernel, plan, row);
  const width = laneAxis === undefined ? 1 : 4;
  return {
    module,
    root,
    kernel,
    plan,
    width,
    resultWidth: acrossRows ? width : 1,
    team: { members, slots, member, slot, acrossRows, joinedAtOnce },
    row,
    part,
    exists,
    shift: plan.shifted === undefined
      ? undefined
      : shiftOfRow({ kernel, module, root }, plan.shifted),
  };
}

function bindOuter(
  module: WgslModule,
  root: WgslScope,
  { axes, outer }: RowKernel,
  { acrossRows, laneAxis }: RowGeometry,
  row: string,
): void {
  const lengths = axes.slice(0, outer);
  const wide = acrossRows && laneAxis !== undefined;
  if (wide) lengths[outer - 1]! /= 4;
  splitIndex(module, root, row, lengths).forEach((position, axis) => {
    if (wide && axis === outer - 1) {
      root.bindLanes(axis, root.let("p", `${position} * 4`));
    } else root.bind("axis", axis, position);
  });
}

/**
 * The condition on which an invocation writes for its row.
 *
 * @param text The text.
 * @returns The condition.
 */
export function isFirstMember({ exists, plan, team }: RowText): string {
  return plan.members === 1 ? exists : `${exists} && ${team.member} == 0`;
}

/**
 * Says where a step is along the inner axes.
 *
 * @param text The text.
 * @param unit Number of the step.
 * @param exists Whether the step exists; undefined where all do.
 * @returns The step.
 */
export function beginStep(
  { kernel, module, plan, root, shift, width }: RowText,
  unit: string,
  exists: string | undefined,
): Step {
  const { axes, outer } = kernel;
  const scope = new WgslScope(module, root);
  const inner = axes.slice(outer);
  const last = inner.length - 1;
  const length = inner[last]!;
  const wide = !plan.acrossRows && plan.laneAxis !== undefined;
  if (wide) {
    inner[last] = shift === undefined ? Math.ceil(length / 4) : plan.units;
  }
  const positions = splitIndex(module, scope, unit, inner);
  positions.forEach((position, k) => {
    if (!wide || k < last) scope.bind("axis", outer + k, position);
  });
  if (!wide) {
    const place = width === 4 ? `vec4<i32>(${unit})` : unit;
    return { scope, exists, lanesExist: undefined, end: undefined, place };
  }
  const own = `${positions[last]} * 4`;
  const first = scope.let("p", shift === undefined ? own : `${own} - ${shift}`);
  scope.bindLanes(outer + last, first, plan.shifted);
  const place = shift === undefined
    ? `vec4<i32>(${unit} * 4) + vec4<i32>(0, 1, 2, 3)`
    : `vec4<i32>(${first}) + vec4<i32>(0, 1, 2, 3)`;
  if (length % 4 === 0) {
    return { scope, exists, lanesExist: undefined, end: undefined, place };
  }
  // Lanes behind the end are also those of steps that do not exist.
  const text = module.size(length);
  const isBefore = `${place} < vec4<i32>(${text})`;
  const lanesExist = scope.let(
    "there",
    shift === undefined
      ? isBefore
      : `(${place} >= vec4<i32>(0)) & (${isBefore})`,
  );
  const isShifted = shift !== undefined;
  const end = { first, text, length, isShifted };
  return { scope, exists, lanesExist, end, place };
}
