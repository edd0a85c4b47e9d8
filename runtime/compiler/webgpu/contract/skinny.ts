/**
 * Contractions with few rows: products of matrices and vectors, and of vectors.
 * The right factor is read once, straight from its buffer; the invocations of a
 * workgroup share its columns and its depth, and add up at last.
 *
 * @module
 */

import { type WgslModule, WgslScope, widen } from "../wgsl/mod.ts";
import { BLOCK_DEPTH, BlockReader, isReadInBlocks } from "./block_reader.ts";
import { FactorReader } from "./factor.ts";
import type { ContractPlan, Factor, Lanes } from "./plan.ts";
import {
  finishLines,
  SKINNY_BYTES,
  type SkinnyTile,
  tileInvocations,
} from "./skinny_finish.ts";
import { openWork, type Work } from "./work.ts";

/** Invocations of a workgroup at most. */
const THREADS = 256;

/** Invocations along the depth at least, where it is deep enough. */
const DOWN = 32;

function powerFrom(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}

/**
 * The tile for a contraction with few rows.
 *
 * @param plan The contraction.
 * @returns The tile.
 */
export function skinnyTile(plan: ContractPlan): SkinnyTile {
  const { left, right, depth } = plan;
  const rows = powerFrom(left.length);
  const isAcross = right.along === "row";
  const columns: Lanes = isAcross ? right.lanes : right.length < 4 ? 1 : 4;
  const isInBlocks = !isAcross && isReadInBlocks(plan, right);
  const lanes: Lanes = isInBlocks
    ? 4
    : isAcross
    ? depth % 4 === 0 ? 4 : 1
    : right.lanes;
  const vectors = isInBlocks ? BLOCK_DEPTH / lanes : 1;
  const wanted = powerFrom(Math.ceil(right.length / columns));
  // Columns that lie along the depth are read by neighbours: 32 at least, and
  // more where there are few rows, which columns would share.
  const most = isAcross ? 16 : rows > 4 ? THREADS / DOWN : THREADS / DOWN / 2;
  const deep = powerFrom(Math.ceil(depth / lanes / vectors));
  const down = Math.min(THREADS / Math.min(most, wanted), deep);
  const across = Math.min(wanted, THREADS / down);
  return {
    rows,
    across,
    columns,
    down,
    lanes,
    vectors,
    unrolled: isInBlocks ? 1 : Math.min(
      powerFrom(depth / lanes / down),
      lanes === 1 ? 4 : rows > 2 ? 1 : columns === 1 ? 4 : 2,
    ),
    isAcross,
  };
}

/**
 * Depth that a workgroup covers before it loops.
 *
 * @param tile The tile.
 * @returns The depth.
 */
export function skinnyDepth(tile: SkinnyTile): number {
  return tile.down * tile.lanes * tile.vectors * tile.unrolled;
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
  const { across, columns, down, lanes, isAcross } = tile;
  const root = new WgslScope(module);
  const open = openWork(module, root, work);
  const threads = tileInvocations(tile);
  const step = skinnyDepth(tile);
  const reads = new SkinnyReads(module, open.scope, work, tile);
  const loop = reads.lines();
  const [ownDepth, ownGroup] = isAcross
    ? [`thread / ${across}`, `thread % ${across}`]
    : [`thread % ${down}`, `thread / ${down}`];
  const cell = widen(plan.type, columns);
  const rowsAtOnce = Math.max(
    1,
    Math.min(tile.rows, SKINNY_BYTES / (4 * columns * threads)),
  );
  const memory = module.shared(cell, rowsAtOnce * threads);
  // It adds to the scopes around, so it is written before they are read.
  const finish = finishLines(module, open.scope, work, tile, {
    memory,
    rowsAtOnce,
    totals: reads.sums.map((cells) =>
      cells.length === 1 ? cells[0]! : `${cell}(${cells.join(", ")})`
    ),
  });
  return module.text([threads, 1], [
    ...root.lines,
    ...open.lines,
    ...open.scope.lines,
    "let thread = i32(local.x);",
    `let ownDepth = ${ownDepth};`,
    `let ownGroup = ${ownGroup};`,
    `let ownColumn = firstColumn + ownGroup * ${columns};`,
    ...reads.before,
    ...reads.sums.flat().map((name) => `var ${name} = ${reads.type}();`),
    `for (var at = firstDepth + ownDepth * ${lanes * tile.vectors}; ` +
    `at < endDepth; ` +
    `at += ${step}) {`,
    ...loop,
    "}",
    ...finish,
  ]);
}

/** What one invocation reads, multiplies and adds up. */
class SkinnyReads {
  /** Names of the sums of each row: one vector, or one of each column. */
  readonly sums: readonly (readonly string[])[];
  /** Type of a sum. */
  readonly type: string;
  readonly #module: WgslModule;
  readonly #work: Work;
  readonly #tile: SkinnyTile;
  readonly #places: string[] = [];
  readonly #rows: readonly FactorReader[];
  readonly #columns: readonly (FactorReader | BlockReader)[];

  constructor(
    module: WgslModule,
    around: WgslScope,
    work: Work,
    tile: SkinnyTile,
  ) {
    const { plan } = work;
    const { left, right, type } = plan;
    const { columns, isAcross, lanes, rows } = tile;
    this.#module = module;
    this.#work = work;
    this.#tile = tile;
    const leftFactor: Factor = { ...left, along: "depth", lanes };
    this.#rows = Array.from({ length: rows }, (_, row) => {
      const name = `row${row}`;
      this.#places.push(
        `let ${name} = min(${row}, ${module.size(left.length)} - 1);`,
      );
      return new FactorReader(module, around, plan, leftFactor, name);
    });
    const cells = isAcross ? 1 : columns;
    const width = isAcross ? columns : 1;
    this.#columns = Array.from({ length: cells }, (_, cell) => {
      const name = `column${cell}`;
      this.#places.push(
        `let ${name} = min(ownColumn + ${cell}, ${
          module.size(right.length)
        } - ${width});`,
      );
      return tile.vectors > 1
        ? new BlockReader(module, around, plan, right, name)
        : new FactorReader(module, around, plan, right, name);
    });
    this.type = widen(type, width === 4 ? 4 : 1);
    this.sums = this.#rows.map((_, row) =>
      Array.from({ length: cells }, (_, cell) => `sum${row}_${cell}`)
    );
  }

  /** Statements before the loop; complete when all reads are written. */
  get before(): readonly string[] {
    return [
      ...this.#places,
      ...[...this.#rows, ...this.#columns].flatMap((reader) => reader.before),
    ];
  }

  /** Statements of the loop, at the depth named `at`. */
  lines(): string[] {
    const { plan } = this.#work;
    const { down, lanes, unrolled, vectors } = this.#tile;
    // Blocks end where the depth ends.
    const isRagged = vectors === 1 &&
      plan.depth % skinnyDepth(this.#tile) !== 0;
    const loop: string[] = [];
    for (let k = 0; k < unrolled; k++) {
      const depth = this.#place(loop, `at + ${k * down * lanes * vectors}`);
      const elements = this.#elements(loop, depth, isRagged);
      for (let vector = 0; vector < vectors; vector++) {
        const own = vector === 0
          ? depth
          : this.#place(loop, `${depth} + ${vector * lanes}`);
        const element = elements(vector);
        this.#rows.forEach((reader, row) => {
          const part = this.#read(loop, reader, own, isRagged);
          for (let k = 0; k < lanes; k++) {
            this.sums[row]!.forEach((sum, cell) =>
              loop.push(
                this.#product(sum, laneOf(part, k, lanes), element(k, cell)),
              )
            );
          }
        });
      }
    }
    return loop;
  }

  #place(loop: string[], place: string): string {
    const name = this.#module.name("depth");
    loop.push(`let ${name} = ${place};`);
    return name;
  }

  #read(
    loop: string[],
    reader: FactorReader,
    depth: string,
    isRagged: boolean,
  ): string {
    const { lines, value } = reader.read(depth, isRagged);
    const name = this.#module.name("part");
    loop.push(...lines, `let ${name} = ${value};`);
    return name;
  }

  /**
   * Reads the right factor. Gives what writes a vector of depths, and then gives
   * its elements by lane and column.
   */
  #elements(
    loop: string[],
    depth: string,
    isRagged: boolean,
  ): (vector: number) => (lane: number, cell: number) => string {
    const { isAcross, lanes } = this.#tile;
    if (isAcross) {
      const [reader] = this.#columns;
      if (!(reader instanceof FactorReader)) throw new Error("no block here");
      const names = Array.from({ length: lanes }, (_, k) =>
        this.#read(
          loop,
          reader,
          this.#place(loop, `${depth} + ${k}`),
          isRagged,
        ));
      return () => (k) => names[k]!;
    }
    const cells = this.#columns.map((reader) => {
      if (reader instanceof FactorReader) {
        const name = this.#read(loop, reader, depth, isRagged);
        return () => name;
      }
      const { lines, vectors } = reader.read(depth);
      loop.push(...lines);
      return (vector: number) => {
        loop.push(...vectors[vector]!.lines);
        return vectors[vector]!.value;
      };
    });
    return (vector) => {
      const names = cells.map((cell) => cell(vector));
      return (k, cell) => laneOf(names[cell]!, k, lanes);
    };
  }

  #product(sum: string, a: string, b: string): string {
    const { type } = this.#work.plan;
    const wide = this.type === type ? a : `${this.type}(${a})`;
    return type === "f32"
      ? `${sum} = fma(${wide}, ${b}, ${sum});`
      : `${sum} += ${wide} * ${b};`;
  }
}

/** One number of a vector, or the only one. */
function laneOf(name: string, lane: number, lanes: Lanes): string {
  return lanes === 1 ? name : `${name}.${"xyzw"[lane]}`;
}
