/**
 * The packed, tiled contraction: both factors of a tile lie in workgroup
 * memory, turned so that what an invocation needs at one depth are vectors, and
 * each invocation holds a rectangle of sums in registers.
 *
 * @module
 */

import { type WgslModule, WgslScope } from "../wgsl/mod.ts";
import { Fill } from "./fill.ts";
import {
  closeWork,
  productLines,
  type SumGrid,
  sumLines,
  sumName,
} from "./sums.ts";
import { type ContractTile, invocationsOf } from "./tile.ts";
import { openWork, type Work } from "./work.ts";

/**
 * The text of a tiled contraction.
 *
 * @param module The module.
 * @param work Division into tiles.
 * @param tile The tile.
 * @returns The text.
 */
export function tiledText(
  module: WgslModule,
  work: Work,
  tile: ContractTile,
): string {
  const { plan } = work;
  const root = new WgslScope(module);
  const open = openWork(module, root, work);
  if (work.isHalf === true) module.useF16();
  const threads = invocationsOf(tile);
  const across = tile.columns / tile.threadColumns;
  const [threadRow, threadColumn] = placeOf(threads, across);
  const isRagged = plan.depth % tile.depth !== 0;
  const left = new Fill(module, open.scope, work, tile, {
    factor: plan.left,
    name: "left",
    first: "firstRow",
    extent: tile.rows,
  });
  const right = new Fill(module, open.scope, work, tile, {
    factor: plan.right,
    name: "right",
    first: "firstColumn",
    extent: tile.columns,
  });
  const loop = (tile.buffers === 2 ? twoBuffers : oneBuffer)(
    tile,
    [left, right],
    isRagged,
    (buffer) => products(work, tile, left.memory, right.memory, buffer),
  );
  const grid: SumGrid = {
    rows: tile.threadRows,
    groups: tile.threadColumns / 4,
    rowAt: (row) =>
      `firstRow + threadRow * 4 + ${
        (row >> 2) * 4 * (tile.rows / tile.threadRows) + (row & 3)
      }`,
    columnAt: (group) =>
      `firstColumn + threadColumn * 4 + ${
        group * 4 * (tile.columns / tile.threadColumns)
      }`,
  };
  const close = closeWork(module, open.scope, work, grid);
  return module.text([threads, 1], [
    ...root.lines,
    ...open.lines,
    ...open.scope.lines,
    "let thread = i32(local.x);",
    `let threadRow = ${threadRow};`,
    `let threadColumn = ${threadColumn};`,
    ...left.before,
    ...right.before,
    ...sumLines(grid, plan.type),
    ...loop,
    ...close,
  ]);
}

/** Where an invocation works: 8 across in each 32, if there are as many. */
function placeOf(threads: number, across: number): [string, string] {
  if (across % 8 !== 0 || threads / across % 4 !== 0) {
    return [`thread / ${across}`, `thread % ${across}`];
  }
  const bands = across / 8;
  return [
    `(thread >> 5u) / ${bands} * 4 + ((thread & 31) >> 3u)`,
    `(thread >> 5u) % ${bands} * 8 + (thread & 7)`,
  ];
}

/** Adds the products of a tile. */
function products(
  { plan, isHalf }: Work,
  tile: ContractTile,
  left: string,
  right: string,
  buffer: string,
): string[] {
  const lines: string[] = [];
  const groups = tile.threadColumns / 4;
  const half = (row: number, group: number) => `half${row}_${group}`;
  const eachSum = (line: (sum: string, half: string) => string) => {
    for (let row = 0; row < tile.threadRows; row++) {
      for (let group = 0; group < groups; group++) {
        lines.push(line(sumName(row, group), half(row, group)));
      }
    }
  };
  if (isHalf) eachSum((_, part) => `var ${part} = vec4<f16>();`);
  // Depths are literals: an index that varies would be checked at each use.
  for (let k = 0; k < tile.depth; k++) {
    lines.push("{");
    for (let group = 0; group < tile.threadRows / 4; group++) {
      const place = group * (tile.rows / tile.threadRows);
      lines.push(
        `let a${group} = ${left}[${buffer}][${k}][threadRow + ${place}];`,
      );
    }
    for (let group = 0; group < groups; group++) {
      const place = group * (tile.columns / tile.threadColumns);
      lines.push(
        `let b${group} = ${right}[${buffer}][${k}][threadColumn + ${place}];`,
      );
    }
    lines.push(
      ...productLines(
        tile.threadRows,
        groups,
        isHalf ? "f16" : plan.type,
        (group) => `a${group}`,
        (group) => `b${group}`,
        isHalf ? half : sumName,
      ),
      "}",
    );
  }
  if (isHalf) eachSum((sum, part) => `${sum} += vec4<f32>(${part});`);
  return lines;
}

type Loop = (
  tile: ContractTile,
  fills: readonly Fill[],
  isRagged: boolean,
  sum: (buffer: string) => string[],
) => string[];

/** One buffer: the next tile waits in registers while this one is summed. */
const oneBuffer: Loop = (tile, fills, isRagged, sum) => [
  "{",
  "let at = firstDepth;",
  ...fills.flatMap((fill) => fill.reads()),
  "}",
  `for (var next = firstDepth + ${tile.depth}; ; next += ${tile.depth}) {`,
  ...fills.flatMap((fill) =>
    fill.writes("0", `next - ${tile.depth}`, isRagged)
  ),
  "workgroupBarrier();",
  "if (next < endDepth) {",
  "let at = next;",
  ...fills.flatMap((fill) => fill.reads()),
  "}",
  ...sum("0"),
  "if (next >= endDepth) { break; }",
  "workgroupBarrier();",
  "}",
];

/** Two buffers: one barrier a tile. */
const twoBuffers: Loop = (tile, fills, isRagged, sum) => [
  "{",
  "let at = firstDepth;",
  ...fills.flatMap((fill) => fill.reads()),
  ...fills.flatMap((fill) => fill.writes("0", "at", isRagged)),
  "}",
  "workgroupBarrier();",
  "var buffer = 0;",
  `for (var next = firstDepth + ${tile.depth}; ; next += ${tile.depth}) {`,
  "if (next < endDepth) {",
  "let at = next;",
  ...fills.flatMap((fill) => fill.reads()),
  "}",
  ...sum("buffer"),
  "if (next >= endDepth) { break; }",
  "buffer = 1 - buffer;",
  ...fills.flatMap((fill) => fill.writes("buffer", "next", isRagged)),
  "workgroupBarrier();",
  "}",
];
