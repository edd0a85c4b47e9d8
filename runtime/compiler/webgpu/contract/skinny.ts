/**
 * Contractions with few rows: products of matrices and vectors, and of vectors.
 * The right factor is read once, straight from its buffer; the invocations of a
 * workgroup share its columns and its depth, and add up at last.
 *
 * @module
 */

import { type WgslModule, WgslScope, widen } from "../wgsl/mod.ts";
import { FactorReader } from "./factor.ts";
import type { ContractPlan, Factor } from "./plan.ts";
import { epilogueOf } from "./sums.ts";
import { openWork, type Work } from "./work.ts";

/** Rows that a workgroup can have at most. */
export const MOST_ROWS = 8;

/** How the invocations of a workgroup share columns and depth. */
export interface SkinnyTile {
  /** Rows; those of the result, rounded up to a power of 2. */
  readonly rows: number;
  /** Invocations side by side along the columns. */
  readonly across: number;
  /** Columns of one invocation. */
  readonly columns: number;
  /** Invocations along the depth, a power of 2. */
  readonly down: number;
  /** Depths that one invocation reads at once, side by side. */
  readonly lanes: number;
  /** How often it does so before it loops. */
  readonly unrolled: number;
}

/**
 * The tile for a contraction with few rows.
 *
 * @param plan The contraction.
 * @returns The tile.
 */
export function skinnyTile(plan: ContractPlan): SkinnyTile {
  const { left, right } = plan;
  const rows = 2 ** Math.ceil(Math.log2(left.length));
  const threads = rows > 4 ? 128 : 256;
  const isAcross = right.along === "row";
  const most = isAcross ? right.lanes : Math.max(1, 4 / rows);
  const columns = isAcross ? right.lanes : Math.min(most, right.length);
  const wanted = Math.ceil(right.length / columns);
  // A column that lies along the depth is read by neighbours, 32 at least.
  const side = isAcross ? 16 : threads / 32;
  const across = Math.min(side, 2 ** Math.ceil(Math.log2(wanted)));
  return {
    rows,
    across,
    columns,
    down: threads / across,
    lanes: isAcross ? 1 : right.lanes,
    unrolled: isAcross ? 4 : 1,
  };
}

/**
 * Depth that a workgroup covers before it loops.
 *
 * @param tile The tile.
 * @returns The depth.
 */
export function skinnyDepth(tile: SkinnyTile): number {
  return tile.down * tile.lanes * tile.unrolled;
}

/**
 * The text of a contraction with few rows.
 *
 * @param module The module.
 * @param work Its division: one tile holds all rows.
 * @param tile The tile.
 * @returns The text.
 */
export function skinnyText(
  module: WgslModule,
  work: Work,
  tile: SkinnyTile,
): string {
  const { plan } = work;
  const { rows, across, columns, down, lanes, unrolled } = tile;
  const { left, right, type } = plan;
  const root = new WgslScope(module);
  const open = openWork(module, root, work);
  const threads = across * down;
  const isWide = right.along === "row" && right.lanes === 4;
  const cells = isWide ? 1 : columns;
  const cellType = widen(type, isWide ? 4 : 1);
  const memory = module.shared(cellType, rows * cells * threads);
  const places: string[] = [];
  const leftFactor: Factor = {
    ...left,
    along: "depth",
    lanes: lanes === 4 ? 4 : 1,
  };
  const rowReaders = Array.from({ length: rows }, (_, row) => {
    places.push(
      `let row${row} = min(${row}, ${module.size(left.length)} - 1);`,
    );
    return new FactorReader(module, open.scope, plan, leftFactor, `row${row}`);
  });
  const columnReaders = Array.from({ length: cells }, (_, cell) => {
    places.push(
      `let column${cell} = min(ownColumn + ${cell}, ${
        module.size(right.length)
      } - ${isWide ? 4 : 1});`,
    );
    return new FactorReader(
      module,
      open.scope,
      plan,
      right,
      `column${cell}`,
    );
  });
  const step = skinnyDepth(tile);
  const isRagged = plan.depth % step !== 0;
  const sums = rowReaders.map((_, row) =>
    Array.from({ length: cells }, (_, cell) => `sum${row}_${cell}`)
  );
  const sumType = isWide || lanes === 4 ? widen(type, 4) : type;
  const loop: string[] = [];
  for (let k = 0; k < unrolled; k++) {
    const depth = module.name("depth");
    loop.push(`let ${depth} = at + ${k * down * lanes};`);
    const read = (reader: FactorReader) => {
      const { lines, value } = reader.read(depth, isRagged);
      const name = module.name("part");
      loop.push(...lines, `let ${name} = ${value};`);
      return name;
    };
    const rightParts = columnReaders.map(read);
    rowReaders.forEach((reader, row) => {
      const part = read(reader);
      const a = isWide ? `${sumType}(${part})` : part;
      rightParts.forEach((b, cell) => {
        const sum = sums[row]![cell]!;
        loop.push(
          type === "f32"
            ? `${sum} = fma(${a}, ${b}, ${sum});`
            : `${sum} += ${a} * ${b};`,
        );
      });
    });
  }
  const names = sums.flat();
  const total = (name: string) =>
    lanes === 4 ? `(${name}.x + ${name}.y) + (${name}.z + ${name}.w)` : name;
  return module.text([threads, 1], [
    ...root.lines,
    ...open.lines,
    ...open.scope.lines,
    "let thread = i32(local.x);",
    `let ownDepth = thread / ${across};`,
    `let ownColumn = firstColumn + thread % ${across} * ${columns};`,
    ...places,
    ...[...rowReaders, ...columnReaders].flatMap((reader) => reader.before),
    ...names.map((name) => `var ${name} = ${sumType}();`),
    `for (var at = firstDepth + ownDepth * ${lanes}; at < endDepth; at += ${step}) {`,
    ...loop,
    "}",
    ...names.map((name, k) =>
      `${memory}[${k * threads} + thread] = ${total(name)};`
    ),
    "workgroupBarrier();",
    ...halvings(memory, tile, names.length),
    ...closing(module, open.scope, work, tile, memory, isWide),
  ]);
}

/** Adds the sums of all depths, half of them to the other half each time. */
function halvings(memory: string, tile: SkinnyTile, cells: number): string[] {
  const threads = tile.across * tile.down;
  const lines: string[] = [];
  for (let half = threads / 2; half >= tile.across; half /= 2) {
    lines.push(
      `if (thread < ${half}) {`,
      ...Array.from(
        { length: cells },
        (_, k) =>
          `${memory}[${k * threads} + thread] += ${memory}[${
            k * threads + half
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
  isWide: boolean,
): string[] {
  const { plan } = work;
  const { across, columns, down, rows } = tile;
  const threads = across * down;
  const groups = Math.ceil(across * columns / 4);
  const items = groups * rows;
  const loops = items > threads;
  const epilogue = epilogueOf(module, around, work, "column");
  const uses = epilogue.use("row", "total");
  const element = (lane: number) => {
    const column = `(group4 * 4 + ${lane})`;
    const cell = `(row * ${columns} + ${column} % ${columns})`;
    return `${memory}[${cell} * ${threads} + ${column} / ${columns}]`;
  };
  const have = Math.min(4, across * columns);
  const total = isWide
    ? `${memory}[row * ${threads} + group4]`
    : `vec4<${plan.type}>(${
      [0, 1, 2, 3].map((lane) => lane < have ? element(lane) : "0").join(", ")
    })`;
  return [
    loops
      ? `for (var item = thread; item < ${items}; item += ${threads}) {`
      : `let item = thread; if (item < ${items}) {`,
    `let row = item / ${groups};`,
    `let group4 = item % ${groups};`,
    "let column = firstColumn + group4 * 4;",
    `if (row < ${module.size(plan.left.length)} && column < ${
      module.size(plan.right.length)
    }) {`,
    `let total = ${total};`,
    ...epilogue.before,
    ...uses,
    "}",
    "}",
  ];
}
