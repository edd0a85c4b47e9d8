/**
 * How the invocations of a workgroup add up what each has summed over its part
 * of the depth.
 *
 * @module
 */

import type { WgslModule, WgslScope } from "../wgsl/mod.ts";
import type { Lanes } from "./plan.ts";
import { epilogueOf } from "./sums.ts";
import type { Work } from "./work.ts";

/** Bytes of workgroup memory for sums; a few rows at a time fit. */
export const SKINNY_BYTES = 16384;

/** How the invocations of a workgroup share columns and depth. */
export interface SkinnyTile {
  /** Rows; those of the result, rounded up to a power of 2. */
  readonly rows: number;
  /** Invocations along the columns, a power of 2. */
  readonly across: number;
  /** Columns of one invocation, side by side. */
  readonly columns: Lanes;
  /** Invocations along the depth, a power of 2. */
  readonly down: number;
  /** Depths that one invocation takes at once, side by side. */
  readonly lanes: Lanes;
  /** Vectors of so many depths that it takes at once. */
  readonly vectors: number;
  /** How often it does so before it loops. */
  readonly unrolled: number;
  /** Whether neighbours have other columns, rather than other depths. */
  readonly isAcross: boolean;
}

/** The sums of an invocation. */
export interface SkinnySums {
  /** Name of workgroup memory. */
  readonly memory: string;
  /** Rows that it holds. */
  readonly rowsAtOnce: number;
  /** Text of the sums of each row: one number or a vector of columns. */
  readonly totals: readonly string[];
}

/**
 * Invocations of a tile's workgroup.
 *
 * @param tile The tile.
 * @returns Their number.
 */
export function tileInvocations(tile: SkinnyTile): number {
  return tile.across * tile.down;
}

/**
 * Adds up and hands the sums to the epilogue, some rows at a time.
 *
 * @param module The module.
 * @param around The scope in which the batch axes are bound.
 * @param work The division.
 * @param tile The tile.
 * @param sums The sums of each invocation.
 * @returns Statements.
 */
export function finishLines(
  module: WgslModule,
  around: WgslScope,
  work: Work,
  tile: SkinnyTile,
  { memory, rowsAtOnce, totals }: SkinnySums,
): string[] {
  const threads = tileInvocations(tile);
  const lines = [`let cell = ownDepth * ${tile.across} + ownGroup;`];
  for (let first = 0; first < tile.rows; first += rowsAtOnce) {
    const rows = totals.slice(first, first + rowsAtOnce);
    if (first > 0) lines.push("workgroupBarrier();");
    lines.push(
      ...rows.map((total, row) =>
        `${memory}[${row * threads} + cell] = ${total};`
      ),
      "workgroupBarrier();",
      ...halvings(memory, tile, rows.length),
      ...closing(module, around, work, tile, memory, [first, rows.length]),
    );
  }
  return lines;
}

/** Adds the sums of all depths, half of them to the other half each time. */
function halvings(memory: string, tile: SkinnyTile, rows: number): string[] {
  const threads = tileInvocations(tile);
  const lines: string[] = [];
  for (let half = threads / 2; half >= tile.across; half /= 2) {
    lines.push(
      `if (thread < ${half}) {`,
      ...Array.from(
        { length: rows },
        (_, row) =>
          `${memory}[${row * threads} + thread] += ${memory}[${
            row * threads + half
          } + thread];`,
      ),
      "}",
      "workgroupBarrier();",
    );
  }
  return lines;
}

/** Each invocation finishes four columns of a row. */
function closing(
  module: WgslModule,
  around: WgslScope,
  work: Work,
  tile: SkinnyTile,
  memory: string,
  [firstRow, rows]: readonly [first: number, count: number],
): string[] {
  const { plan } = work;
  const { across, columns } = tile;
  const threads = tileInvocations(tile);
  const groups = Math.ceil(across * columns / 4);
  const items = groups * rows;
  const row = module.name("row");
  const column = module.name("column");
  const total = module.name("total");
  const epilogue = epilogueOf(module, around, work, column);
  const uses = epilogue.use(row, total);
  const have = Math.min(4, across);
  const place = `${memory}[(item / ${groups}) * ${threads} + group4`;
  const value = columns === 4
    ? `${place}]`
    : `vec4<${plan.type}>(${
      [0, 1, 2, 3].map((lane) => lane < have ? `${place} * 4 + ${lane}]` : "0")
        .join(", ")
    })`;
  return [
    items > threads
      ? `for (var item = thread; item < ${items}; item += ${threads}) {`
      : `if (thread < ${items}) { let item = thread;`,
    `let ${row} = item / ${groups} + ${firstRow};`,
    `let group4 = item % ${groups};`,
    `let ${column} = firstColumn + group4 * 4;`,
    `if (${row} < ${module.size(plan.left.length)} && ${column} < ${
      module.size(plan.right.length)
    }) {`,
    `let ${total} = ${value};`,
    ...epilogue.before,
    ...uses,
    "}",
    "}",
  ];
}
