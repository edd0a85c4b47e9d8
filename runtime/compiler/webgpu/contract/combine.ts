/**
 * Adds the parts of sums that workgroups kept apart, and runs the epilogue.
 *
 * @module
 */

import { type WgslModule, WgslScope } from "../wgsl/mod.ts";
import { StoringEpilogue } from "./epilogue.ts";
import { bindBatch, type Work } from "./work.ts";

/** Invocations of a workgroup. */
const THREADS = 128;

/** Invocations that share the parts of few sums. */
const SHARING = 32;

/** Sums of which each has one invocation. */
const MANY_SUMS = 65536;

/** Invocations that share the parts of four sums. */
function sharing({ plan, parts }: Work): number {
  const { batches, left, right } = plan;
  const isShared = parts.count >= SHARING / 2 &&
    batches * left.length * right.length < MANY_SUMS;
  return isShared ? SHARING : 1;
}

/**
 * Number of workgroups that combine the parts.
 *
 * @param work Division of the contraction.
 * @returns The number.
 */
export function combineGroups(work: Work): number {
  const { batches, left, right } = work.plan;
  const items = batches * left.length * Math.ceil(right.length / 4);
  return Math.ceil(items * sharing(work) / THREADS);
}

/**
 * The text that combines parts.
 *
 * @param module The module.
 * @param work Division of the contraction.
 * @returns The text.
 */
export function combineText(module: WgslModule, work: Work): string {
  const { plan, parts } = work;
  const { left, right, type } = plan;
  const groups = module.size(Math.ceil(right.length / 4));
  const rows = module.size(left.length);
  const columns = module.size(right.length);
  const planes = module.size(plan.batches);
  const root = new WgslScope(module);
  const scope = new WgslScope(module, root);
  const batch: string[] = [];
  bindBatch(module, scope, plan, "plane", batch);
  const epilogue = new StoringEpilogue(module, scope, plan, "column");
  const close = epilogue.use("row", "total");
  const buffer = module.temporary(0);
  const part = right.length % 4 === 0
    ? `total += ${buffer.load("at", 4)};`
    : `total += vec4<${type}>(${
      [0, 1, 2, 3].map((lane) => buffer.load(`at + ${lane}`, 1)).join(", ")
    });`;
  const shared = sharing(work);
  const items = THREADS / shared;
  return module.text([THREADS, 1], [
    ...root.lines,
    "let thread = i32(local.x);",
    `let item = i32(group.x + group.y * groups.x) * ${items} + ` +
    `thread % ${items};`,
    `let line = item / ${groups};`,
    `let column = item % ${groups} * 4;`,
    `let row = line % ${rows};`,
    `let plane = line / ${rows};`,
    `var total = vec4<${type}>();`,
    `if (plane < ${planes}) {`,
    `for (var part = thread / ${items}; part < ${module.size(parts.count)}; ` +
    `part += ${shared}) {`,
    `let at = ((part * ${planes} + plane) * ${rows} + row) * ${columns} + column;`,
    part,
    "}",
    "}",
    ...(shared === 1 ? [] : shareLines(module, type, items)),
    `if (plane < ${planes} && thread < ${items}) {`,
    ...batch,
    ...scope.lines,
    ...epilogue.before,
    ...close,
    "}",
  ]);
}

/** Adds up what the invocations of an item have. */
function shareLines(
  module: WgslModule,
  type: string,
  items: number,
): string[] {
  const memory = module.shared(`vec4<${type}>`, THREADS);
  const lines = [`${memory}[thread] = total;`, "workgroupBarrier();"];
  for (let half = THREADS / 2; half >= items; half /= 2) {
    lines.push(
      `if (thread < ${half}) {`,
      `${memory}[thread] += ${memory}[thread + ${half}];`,
      "}",
      "workgroupBarrier();",
    );
  }
  return [...lines, `total = ${memory}[thread];`];
}
