/**
 * Additions at indices, without atomic additions of floats, so that runs give
 * the same bits: where an index occurs several times, its first occurrence adds
 * all of them up in their order.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import { sizeOf } from "../../../device/shapes.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits, WebGpuPhase } from "../abi.ts";
import { WgslModule, WgslScope } from "../wgsl/mod.ts";
import { GROUP_INDEX, phaseOf } from "./grid.ts";
import { splitIndex } from "./positions.ts";
import { wrapSum } from "./running_steps.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 128;
/** Most indices of a line: each looks at all others. */
const MOST_INDICES = 131072;
/** Indices of a line that one invocation may as well add one by one. */
const FEW_INDICES = 64;
/** As many lines give enough to do when each is one invocation's. */
const MANY_LINES = 4096;

/** The lengths that matter. */
interface Plan {
  readonly step: RoutineStep;
  readonly limits: WebGpuLimits;
  readonly dtype: DType;
  /** Product of the lengths before the axis. */
  readonly before: number;
  /** Length of the axis. */
  readonly along: number;
  /** Product of the lengths behind the axis. */
  readonly after: number;
  /** Indices of a line. */
  readonly count: number;
  /** Whether each line along the axis has indices of its own. */
  readonly own: boolean;
}

/**
 * Renders an addition at indices.
 *
 * @param step The step: `scatterAdd` or `scatterAddAlongAxis`.
 * @param limits Limits of the adapter.
 * @returns The kernel, or undefined where another device does better.
 */
export function renderScatter(
  step: RoutineStep,
  limits: WebGpuLimits,
): WebGpuKernel | undefined {
  const axis = step.attributes["axis"];
  const own = step.name === "scatterAddAlongAxis";
  if ((!own && step.name !== "scatterAdd") || typeof axis !== "number") {
    return undefined;
  }
  const [{ dtype, shape }, indices] = step.inputSpecs as [
    RoutineStep["inputSpecs"][number],
    RoutineStep["inputSpecs"][number],
  ];
  const plan: Plan = {
    step,
    limits,
    dtype,
    before: sizeOf(shape.slice(0, axis)),
    along: shape[axis]!,
    after: sizeOf(shape.slice(axis + 1)),
    count: own ? indices.shape[axis]! : sizeOf(indices.shape),
    own,
  };
  const lines = plan.before * plan.after;
  if (plan.count === 0 || lines === 0) {
    return { phases: [renderCopy(plan, false)], temporaries: [] };
  }
  if (own && (plan.count <= FEW_INDICES || lines >= MANY_LINES)) {
    const phases = [renderCopy(plan, false), renderLines(plan)];
    return { phases, temporaries: [] };
  }
  if (plan.count > MOST_INDICES) return undefined;
  return {
    phases: [renderCopy(plan, true), renderChains(plan), renderSums(plan)],
    temporaries: [4 * plan.count * (own ? lines : 1)],
  };
}

/** A module over the step's buffers, with or without the links of indices. */
function moduleOf({ limits, step }: Plan, isLinked: boolean): WgslModule {
  return new WgslModule({
    operands: step.inputSpecs,
    outputs: step.outputSpecs,
    scalars: [],
    temporaries: isLinked ? [{ dtype: "i32" }] : [],
    limits,
  });
}

/** Statements that return where there is nothing to do, and the own number. */
function begin(module: WgslModule, root: WgslScope, count: number): string {
  const id = root.let("id", `${GROUP_INDEX} * ${WORKGROUP} + i32(local.x)`);
  root.line(`if (${id} >= ${module.size(count)}) { return; }`);
  return id;
}

function finish(
  plan: Plan,
  module: WgslModule,
  root: WgslScope,
  count: number,
): WebGpuPhase {
  const bytes = 4 * count;
  return phaseOf(module, [WORKGROUP, 1], root.lines, {
    workgroups: Math.ceil(count / WORKGROUP),
    flops: plan.step.flops,
    bytes,
  }, plan.limits);
}

/** Copies the input to which is added. */
function renderCopy(plan: Plan, isLinked: boolean): WebGpuPhase {
  const module = moduleOf(plan, isLinked);
  const root = new WgslScope(module);
  const count = Math.ceil(plan.before * plan.along * plan.after / 4);
  const first = root.let("first", `${begin(module, root, count)} * 4`);
  const value = module.operand(0).load(first, 4);
  root.line(module.output(0).store(first, value, 4));
  return finish(plan, module, root, count);
}

/** The index at a place, counted from the start of the axis. */
function indexAt(module: WgslModule, plan: Plan, place: string): string {
  module.define(
    "from_start",
    "fn from_start(i: i32, n: i32) -> i32 { return select(i, i + n, i < 0); }",
  );
  const index = `i32(${module.operand(1).load(place, 1)})`;
  return `from_start(${index}, ${module.size(plan.along)})`;
}

/** Adds the elements of a line one by one, in one invocation. */
function renderLines(plan: Plan): WebGpuPhase {
  const { after, along, before, count } = plan;
  const module = moduleOf(plan, false);
  const root = new WgslScope(module);
  const id = begin(module, root, before * after);
  const [row, column] = splitIndex(module, root, id, [before, after]);
  const n = module.size(count);
  const width = module.size(after);
  const length = module.size(along);
  const place = `(${row} * ${n} + k) * ${width} + ${column}`;
  const output = module.output(0);
  root.line(`for (var k = 0; k < ${n}; k++) {`);
  root.line(`  let place = ${place};`);
  root.line(`  let index = ${indexAt(module, plan, "place")};`);
  root.line(`  if (index < 0 || index >= ${length}) { continue; }`);
  root.line(`  let to = (${row} * ${length} + index) * ${width} + ${column};`);
  const sum = `${output.load("to", 1)} + ${module.operand(2).load("place", 1)}`;
  root.line(`  ${output.store("to", sum, 1)}`);
  root.line("}");
  return finish(plan, module, root, before * after);
}

/** Lengths of the lines that have indices of their own, and their place. */
function lineOf(
  module: WgslModule,
  root: WgslScope,
  plan: Plan,
  line: string,
): (k: string) => string {
  if (!plan.own) return (k) => k;
  const [row, column] = splitIndex(module, root, line, [
    plan.before,
    plan.after,
  ]);
  const n = module.size(plan.count);
  const width = module.size(plan.after);
  return (k) => `(${row} * ${n} + ${k}) * ${width} + ${column}`;
}

/**
 * Links each index to the next one that is equal: twice its number, or 0 for the
 * last, and 1 more for the first of a chain.
 */
function renderChains(plan: Plan): WebGpuPhase {
  const { after, before, count, own } = plan;
  const module = moduleOf(plan, true);
  const root = new WgslScope(module);
  const lines = own ? before * after : 1;
  const id = begin(module, root, lines * count);
  const [line, k] = splitIndex(module, root, id, [lines, count]) as [
    string,
    string,
  ];
  const placeOf = lineOf(module, root, plan, line);
  const n = module.size(count);
  root.line(`let index = ${indexAt(module, plan, placeOf(k))};`);
  root.line("var code = 1;");
  root.line(`for (var j = ${k} - 1; j >= 0; j--) {`);
  root.line(`  if (${indexAt(module, plan, placeOf("j"))} == index) {`);
  root.line("    code = 0;");
  root.line("    break;");
  root.line("  }");
  root.line("}");
  root.line(`for (var j = ${k} + 1; j < ${n}; j++) {`);
  root.line(`  if (${indexAt(module, plan, placeOf("j"))} == index) {`);
  root.line("    code += 2 * j;");
  root.line("    break;");
  root.line("  }");
  root.line("}");
  root.line(module.temporary(0).store(id, "code", 1));
  return finish(plan, module, root, lines * count);
}

/** Adds each chain up and writes its sum. */
function renderSums(plan: Plan): WebGpuPhase {
  const { after, along, before, count } = plan;
  const module = moduleOf(plan, true);
  const root = new WgslScope(module);
  const total = before * count * after;
  const id = begin(module, root, total);
  const [row, k, column] = splitIndex(module, root, id, [before, count, after]);
  const n = module.size(count);
  const width = module.size(after);
  const length = module.size(along);
  // Chains lie line by line where lines have their own.
  const chain = plan.own
    ? (at: string) => `(${row} * ${width} + ${column}) * ${n} + ${at}`
    : (at: string) => at;
  const placeOf = (at: string) =>
    `(${row} * ${n} + ${at}) * ${width} + ${column}`;
  const links = module.temporary(0);
  const output = module.output(0);
  const place = plan.own ? placeOf(k!) : k!;
  root.line(`var at = ${k};`);
  root.line(`var code = ${links.load(chain("at"), 1)};`);
  root.line(`let index = ${indexAt(module, plan, place)};`);
  root.line(
    `if ((code & 1) == 0 || index < 0 || index >= ${length}) { return; }`,
  );
  root.line(`let to = (${row} * ${length} + index) * ${width} + ${column};`);
  root.line(`var sum = ${output.load("to", 1)};`);
  root.line("loop {");
  root.line(`  sum += ${module.operand(2).load(placeOf("at"), 1)};`);
  root.line("  at = code >> 1u;");
  root.line("  if (at == 0) { break; }");
  root.line(`  code = ${links.load(chain("at"), 1)};`);
  root.line("}");
  root.line(output.store("to", wrapSum(plan.dtype, "sum"), 1));
  return finish(plan, module, root, total);
}
