/**
 * The rectangle of sums that one invocation holds in registers.
 *
 * @module
 */

import { type WgslModule, WgslScope } from "../wgsl/mod.ts";
import { keepSums, storeSums } from "./epilogue.ts";
import type { ContractPlan } from "./plan.ts";
import type { Work } from "./work.ts";

/** Where the sums of an invocation belong. */
export interface SumGrid {
  /** Number of rows. */
  readonly rows: number;
  /** Number of vectors of four columns in each. */
  readonly groups: number;
  /** Text of the position of a row. */
  readonly rowAt: (row: number) => string;
  /** Text of the position of the first column of a group. */
  readonly columnAt: (group: number) => string;
}

/**
 * Name of a vector of sums.
 *
 * @param row The row.
 * @param group The group of columns.
 * @returns The name.
 */
export function sumName(row: number, group: number): string {
  return `sum${row}_${group}`;
}

/**
 * Declares the sums.
 *
 * @param grid Their places.
 * @param type Their type.
 * @returns Statements.
 */
export function sumLines(grid: SumGrid, type: ContractPlan["type"]): string[] {
  const lines: string[] = [];
  for (let row = 0; row < grid.rows; row++) {
    for (let group = 0; group < grid.groups; group++) {
      lines.push(`var ${sumName(row, group)} = vec4<${type}>();`);
    }
  }
  return lines;
}

/**
 * Adds the products of some rows and columns at one depth.
 *
 * @param rows Number of rows.
 * @param groups Number of groups of four columns.
 * @param type Type of the sums and of both factors.
 * @param left Name of four elements of the left factor.
 * @param right Name of four elements of the right factor.
 * @param sumOf Names of the sums.
 * @returns Statements.
 */
export function productLines(
  rows: number,
  groups: number,
  type: ContractPlan["type"] | "f16",
  left: (group: number) => string,
  right: (group: number) => string,
  sumOf: (row: number, group: number) => string = sumName,
): string[] {
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    const a = `vec4<${type}>(${left(row >> 2)}.${"xyzw"[row & 3]})`;
    for (let group = 0; group < groups; group++) {
      const sum = sumOf(row, group);
      lines.push(
        type === "f32" || type === "f16"
          ? `${sum} = fma(${a}, ${right(group)}, ${sum});`
          : `${sum} += ${a} * ${right(group)};`,
      );
    }
  }
  return lines;
}

/**
 * Hands the sums to the epilogue, or keeps them where they are parts.
 *
 * @param module The module.
 * @param around The scope in which the batch axes are bound.
 * @param work Division of the contraction.
 * @param grid Places of the sums.
 * @returns Statements.
 */
export function closeWork(
  module: WgslModule,
  around: WgslScope,
  work: Work,
  grid: SumGrid,
): string[] {
  const { plan, parts } = work;
  const rows = module.size(plan.left.length);
  const columns = module.size(plan.right.length);
  const lines: string[] = [];
  for (let row = 0; row < grid.rows; row++) {
    const scope = new WgslScope(module, around);
    const name = module.name("row");
    scope.bind("axis", plan.left.axis, name);
    const use = parts.count === 1
      ? storeSums(module, scope, plan)
      : keepSums(module, plan, name);
    const stores: string[] = [];
    for (let group = 0; group < grid.groups; group++) {
      const column = module.name("column");
      const inner = use(column, sumName(row, group));
      stores.push(
        `let ${column} = ${grid.columnAt(group)};`,
        `if (${column} < ${columns}) {`,
        ...inner,
        "}",
      );
    }
    lines.push(
      `let ${name} = ${grid.rowAt(row)};`,
      `if (${name} < ${rows}) {`,
      ...scope.lines,
      ...stores,
      "}",
    );
  }
  return lines;
}
