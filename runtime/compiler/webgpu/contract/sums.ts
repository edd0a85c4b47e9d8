/**
 * The rectangle of sums that one invocation holds in registers.
 *
 * @module
 */

import type { WgslModule, WgslScope } from "../wgsl/mod.ts";
import { type Epilogue, KeepingEpilogue, StoringEpilogue } from "./epilogue.ts";
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
  const rows = module.size(work.plan.left.length);
  const columns = module.size(work.plan.right.length);
  const lines: string[] = [];
  const names = Array.from({ length: grid.rows }, (_, row) => {
    const name = module.name("row");
    lines.push(`let ${name} = ${grid.rowAt(row)};`);
    return name;
  });
  for (let group = 0; group < grid.groups; group++) {
    const column = module.name("column");
    const epilogue = epilogueOf(module, around, work, column);
    const uses = names.flatMap((row, k) => [
      `if (${row} < ${rows}) {`,
      ...epilogue.use(row, sumName(k, group)),
      "}",
    ]);
    lines.push(
      `let ${column} = ${grid.columnAt(group)};`,
      `if (${column} < ${columns}) {`,
      ...epilogue.before,
      ...uses,
      "}",
    );
  }
  return lines;
}

/**
 * What becomes of the sums of four columns.
 *
 * @param module The module.
 * @param around The scope in which the batch axes are bound.
 * @param work Division of the contraction.
 * @param column Name of the first column.
 * @returns Stores, or a place for sums that are parts.
 */
export function epilogueOf(
  module: WgslModule,
  around: WgslScope,
  work: Work,
  column: string,
): Epilogue {
  return work.parts.count === 1
    ? new StoringEpilogue(module, around, work.plan, column)
    : new KeepingEpilogue(module, work.plan, column);
}
