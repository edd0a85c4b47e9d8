/**
 * Passes along rows: what a stage reduces and stores at each step.
 *
 * @module
 */

import type { Stage } from "../../ir/kernel.ts";
import { WgslScope } from "../wgsl/mod.ts";
import type { Accumulator, Total } from "./accumulator.ts";
import { beginStep, type RowText, type Step } from "./row_text.ts";
import { computeStores, writeStore } from "./stores.ts";

/**
 * The own steps of an invocation, written out: what they load for one stage is
 * still there for the next.
 *
 * @param text The text.
 * @param count Number of steps.
 * @returns The steps.
 */
export function writtenSteps(text: RowText, count: number): Step[] {
  const { module, plan, root, team } = text;
  const { members, units } = plan;
  return Array.from({ length: count }, (_, k) => {
    const unit = root.let("unit", `${team.member} + ${k * members}`);
    const exists = (k + 1) * members <= units
      ? undefined
      : root.let("there", `${unit} < ${module.size(units)}`);
    return beginStep(text, unit, exists);
  });
}

/**
 * A pass over steps that are written out.
 *
 * @param text The text.
 * @param stage The stage.
 * @param accumulators Its reductions.
 * @param steps The steps.
 * @returns The totals of the invocation.
 */
export function writtenPass(
  text: RowText,
  stage: Stage,
  accumulators: readonly Accumulator[],
  steps: readonly Step[],
): Total[] {
  const totals = accumulators.map((): Total | undefined => undefined);
  for (const step of steps) {
    const { scope } = step;
    accumulators.forEach((accumulator, k) => {
      const next = contribution(text, accumulator, step);
      const total = totals[k];
      totals[k] = total === undefined
        ? next
        : accumulator.join(scope, total, next, text.width);
    });
    writeStores(text, stage, step);
    // What the step needs of the row was written before.
    for (const line of scope.lines) text.root.line(line);
    scope.lines.length = 0;
  }
  return totals.map((total) => total!);
}

/**
 * A pass as a loop, over the whole row or over the own part of it.
 *
 * @param text The text.
 * @param stage The stage.
 * @param accumulators Its reductions.
 * @param parts Parts of a row.
 * @returns The totals of the invocation.
 */
export function loopPass(
  text: RowText,
  stage: Stage,
  accumulators: readonly Accumulator[],
  parts: number,
): Total[] {
  const { module, plan, root, team, width } = text;
  const totals = accumulators.map((accumulator) =>
    accumulator.empty(width).map((empty) => root.variable("sum", empty))
  );
  const unit = module.name("unit");
  const step = beginStep(text, unit, undefined);
  accumulators.forEach((accumulator, k) => {
    const next = contribution(text, accumulator, step);
    const total = totals[k]!;
    const joined = accumulator.join(step.scope, total, next, width);
    total.forEach((name, part) => {
      step.scope.line(`${name} = ${joined[part]};`);
    });
  });
  writeStores(text, stage, step);
  let first = team.member;
  let end = module.size(plan.units);
  if (parts > 1) {
    const own = module.size(Math.ceil(plan.units / parts));
    const start = root.let("first", `${text.part} * ${own}`);
    end = root.let("end", `min(${start} + ${own}, ${end})`);
    first = `${start} + ${first}`;
  }
  root.block(
    `for (var ${unit} = ${first}; ${unit} < ${end}; ` +
      `${unit} += ${plan.members})`,
    step.scope,
  );
  return totals;
}

/** What a step adds to a total: nothing where it does not exist. */
function contribution(
  { width }: RowText,
  accumulator: Accumulator,
  step: Step,
): Total {
  const { scope } = step;
  const parts = accumulator.one(scope, width, step.place);
  const condition = step.lanesExist ?? step.exists;
  if (condition === undefined) return parts.map((one) => scope.let("t", one));
  const nothing = accumulator.empty(width);
  return parts.map((part, k) =>
    scope.let("t", `select(${nothing[k]}, ${part}, ${condition})`)
  );
}

function writeStores(text: RowText, stage: Stage, step: Step): void {
  if (stage.stores.length === 0) return;
  const inner = new WgslScope(text.module, step.scope);
  computeStores(inner, stage.stores);
  for (const store of stage.stores) {
    writeStore(text.module, inner, store, text.kernel.outputs, step.end);
  }
  const condition = step.exists === undefined
    ? text.exists
    : `${text.exists} && ${step.exists}`;
  step.scope.block(`if (${condition})`, inner);
}
