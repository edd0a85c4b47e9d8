/**
 * Passes along rows: what a stage reduces and stores at each step.
 *
 * @module
 */

import type { Stage } from "../../ir/kernel.ts";
import { WgslScope } from "../wgsl/mod.ts";
import type { RowAccumulator, Total } from "./accumulator.ts";
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
  accumulators: readonly RowAccumulator[],
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
        : accumulator.joinAll(scope, [total, next], text.width, true);
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
  accumulators: readonly RowAccumulator[],
  parts: number,
): Total[] {
  const { module, plan, root, team, width } = text;
  const { atOnce, members } = plan;
  const totals = accumulators.map((accumulator) =>
    accumulator.empty(width).map((empty) => root.variable("sum", empty))
  );
  let first = team.member;
  let end = module.size(plan.units);
  if (parts > 1) {
    const own = module.size(Math.ceil(plan.units / parts));
    const start = root.let("first", `${text.part} * ${own}`);
    end = root.let("end", `min(${start} + ${own}, ${end})`);
    first = `${start} + ${first}`;
  }
  const unit = root.variable("unit", first);
  const loop = (count: number) => {
    const body = loopBody(text, stage, accumulators, totals, unit, count);
    const last = count === 1 ? unit : `${unit} + ${(count - 1) * members}`;
    root.block(
      `for (; ${last} < ${end}; ${unit} += ${count * members})`,
      body,
    );
  };
  if (atOnce > 1) loop(atOnce);
  loop(1);
  return totals;
}

/** Some steps at once: all that they load is on its way at the same time. */
function loopBody(
  text: RowText,
  stage: Stage,
  accumulators: readonly RowAccumulator[],
  totals: readonly Total[],
  unit: string,
  count: number,
): WgslScope {
  const { module, plan, root, width } = text;
  const body = new WgslScope(module, root);
  const flush = ({ scope }: Step) => {
    for (const line of scope.lines) body.line(line);
    scope.lines.length = 0;
  };
  const steps = Array.from({ length: count }, (_, k) => {
    const own = k === 0
      ? unit
      : body.let("unit", `${unit} + ${k * plan.members}`);
    return beginStep(text, own, undefined);
  });
  const added = steps.map((step) =>
    accumulators.map((accumulator) => contribution(text, accumulator, step))
  );
  // Nothing is stored before all has been loaded.
  if (count > 1) {
    for (const { scope } of steps) {
      for (const { value } of stage.stores) scope.value(value);
    }
  }
  steps.forEach(flush);
  accumulators.forEach((accumulator, k) => {
    const total = totals[k]!;
    const parts = [total, ...added.map((one) => one[k]!)];
    const joined = accumulator.joinAll(body, parts, width, true);
    total.forEach((name, part) => body.line(`${name} = ${joined[part]};`));
  });
  for (const step of steps) {
    writeStores(text, stage, step);
    flush(step);
  }
  return body;
}

/** What a step adds to a total: nothing where it does not exist. */
function contribution(
  { width }: RowText,
  accumulator: RowAccumulator,
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
