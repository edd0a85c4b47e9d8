/**
 * Adds the parts of sums that workgroups kept apart, and runs the epilogue.
 *
 * @module
 */

import { type WgslModule, WgslScope } from "../wgsl/mod.ts";
import { StoringEpilogue } from "./epilogue.ts";
import { bindBatch, type Work } from "./work.ts";

/** Invocations of a workgroup. */
const THREADS = 64;

/**
 * Number of workgroups that combine the parts.
 *
 * @param work Division of the contraction.
 * @returns The number.
 */
export function combineGroups({ plan }: Work): number {
  const groups = Math.ceil(plan.right.length / 4);
  return Math.ceil(plan.batches * plan.left.length * groups / THREADS);
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
  return module.text([THREADS, 1], [
    ...root.lines,
    `let item = i32((group.x + group.y * groups.x) * ${THREADS}u + local.x);`,
    `let line = item / ${groups};`,
    `let column = item % ${groups} * 4;`,
    `let row = line % ${rows};`,
    `let plane = line / ${rows};`,
    `if (plane >= ${planes}) { return; }`,
    ...batch,
    ...scope.lines,
    `var total = vec4<${type}>();`,
    `for (var part = 0; part < ${module.size(parts.count)}; part++) {`,
    `let at = ((part * ${planes} + plane) * ${rows} + row) * ${columns} + column;`,
    part,
    "}",
    ...epilogue.before,
    ...close,
  ]);
}
