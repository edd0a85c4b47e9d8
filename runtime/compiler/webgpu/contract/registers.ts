/**
 * The contraction for adapters without real workgroup memory (software ones):
 * each invocation reads its part of both factors straight into registers and
 * holds a large rectangle of sums, as a load costs more than arithmetic there.
 *
 * @module
 */

import { type WgslModule, WgslScope } from "../wgsl/mod.ts";
import { FactorReader } from "./factor.ts";
import type { Factor } from "./plan.ts";
import { closeWork, productLines, type SumGrid, sumLines } from "./sums.ts";
import { openWork, type Work } from "./work.ts";

/** Depths that are read at once. */
export const REGISTER_DEPTH = 4;

/** How invocations divide the result. */
export interface RegisterTile {
  /** Rows of an invocation; a multiple of 4. */
  readonly threadRows: number;
  /** Columns of an invocation; a multiple of 4. */
  readonly threadColumns: number;
  /** Invocations of a workgroup along the rows. */
  readonly down: number;
  /** Invocations of a workgroup along the columns. */
  readonly across: number;
}

/**
 * The text of a contraction in registers.
 *
 * @param module The module.
 * @param work Division into tiles.
 * @param tile The tile.
 * @returns The text.
 */
export function registerText(
  module: WgslModule,
  work: Work,
  tile: RegisterTile,
): string {
  const { plan } = work;
  const { threadRows, threadColumns } = tile;
  const root = new WgslScope(module);
  const open = openWork(module, root, work);
  const isRagged = plan.depth % REGISTER_DEPTH !== 0;
  const left = new Block(module, open.scope, work, plan.left, {
    name: "left",
    first: "ownRow",
    count: threadRows,
  });
  const right = new Block(module, open.scope, work, plan.right, {
    name: "right",
    first: "ownColumn",
    count: threadColumns,
  });
  const loop = [
    ...left.reads(isRagged),
    ...right.reads(isRagged),
  ];
  for (let step = 0; step < REGISTER_DEPTH; step++) {
    loop.push(
      ...productLines(
        threadRows,
        threadColumns / 4,
        plan.type,
        (group) => left.value(group, step),
        (group) => right.value(group, step),
      ),
    );
  }
  const grid: SumGrid = {
    rows: threadRows,
    groups: threadColumns / 4,
    rowAt: (row) => `ownRow + ${row}`,
    columnAt: (group) => `ownColumn + ${4 * group}`,
  };
  const close = closeWork(module, open.scope, work, grid);
  const threads = work.side ?? tile.across * tile.down;
  return module.text([threads, 1], [
    ...root.lines,
    ...open.lines,
    ...open.scope.lines,
    ...ownPlace(work, tile),
    `if (ownRow >= ${module.size(plan.left.length)} || ownColumn >= ${
      module.size(plan.right.length)
    }) { return; }`,
    ...left.before,
    ...right.before,
    ...sumLines(grid, plan.type),
    `for (var at = firstDepth; at < endDepth; at += ${REGISTER_DEPTH}) {`,
    ...loop,
    "}",
    ...close,
  ]);
}

/** Where an invocation works. */
function ownPlace(work: Work, tile: RegisterTile): string[] {
  if (work.side !== undefined) {
    return ["let ownRow = firstRow;", "let ownColumn = firstColumn;"];
  }
  const { across, threadRows, threadColumns } = tile;
  return [
    `let ownRow = firstRow + i32(local.x) / ${across} * ${threadRows};`,
    `let ownColumn = firstColumn + i32(local.x) % ${across} * ${threadColumns};`,
  ];
}

/** Some rows of a factor at four depths, in registers. */
class Block {
  readonly #module: WgslModule;
  readonly #factor: Factor;
  readonly #type: string;
  readonly #name: string;
  readonly #count: number;
  readonly #places: string[] = [];
  readonly #readers: FactorReader[] = [];

  constructor(
    module: WgslModule,
    around: WgslScope,
    work: Work,
    factor: Factor,
    source: { name: string; first: string; count: number },
  ) {
    this.#module = module;
    this.#factor = factor;
    this.#type = work.plan.type;
    this.#name = source.name;
    this.#count = source.count;
    const each = this.#rowsAtOnce;
    const length = module.size(factor.length);
    for (let row = 0; row < source.count; row += each) {
      const name = `${source.name}At${row}`;
      // Rows beyond the end repeat the last one: nobody stores their sums.
      this.#places.push(
        `let ${name} = min(${source.first} + ${row}, ${length} - ${each});`,
      );
      this.#readers.push(
        new FactorReader(module, around, work.plan, factor, name),
      );
    }
  }

  get #rowsAtOnce(): number {
    const { along, lanes } = this.#factor;
    return along === "row" ? lanes : 1;
  }

  /** Statements before the loop; complete when all reads are written. */
  get before(): readonly string[] {
    return [
      ...this.#places,
      ...this.#readers.flatMap((reader) => reader.before),
    ];
  }

  /** Name of four rows at a step. */
  value(group: number, step: number): string {
    return `${this.#name}${group}_${step}`;
  }

  /** Reads the rows at four depths from the one named `at`. */
  reads(isRagged: boolean): string[] {
    const { lanes, along } = this.#factor;
    const lines: string[] = [];
    const depths = Array.from({ length: REGISTER_DEPTH }, (_, step) => {
      const name = this.#module.name("depth");
      lines.push(`let ${name} = at + ${step};`);
      return name;
    });
    const read = (reader: FactorReader, step: number) => {
      const { lines: before, value } = reader.read(depths[step]!, isRagged);
      const name = this.#module.name("part");
      lines.push(...before, `let ${name} = ${value};`);
      return name;
    };
    for (let group = 0; group < this.#count / 4; group++) {
      const own = (step: number, value: string) =>
        lines.push(`let ${this.value(group, step)} = ${value};`);
      if (along === "row" && lanes === 4) {
        depths.forEach((_, step) =>
          own(step, read(this.#readers[group]!, step))
        );
        continue;
      }
      const rows = this.#readers.slice(4 * group, 4 * group + 4);
      const whole = lanes === 4 ? rows.map((reader) => read(reader, 0)) : [];
      depths.forEach((_, step) => {
        const elements = lanes === 4
          ? whole.map((name) => `${name}.${"xyzw"[step]}`)
          : rows.map((reader) => read(reader, step));
        own(step, `vec4<${this.#type}>(${elements.join(", ")})`);
      });
    }
    return lines;
  }
}
