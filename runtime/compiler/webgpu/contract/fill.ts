/**
 * Moves factors from their buffers to workgroup memory, a tile at a time.
 *
 * @module
 */

import { type WgslModule, type WgslScope, widen } from "../wgsl/mod.ts";
import { FactorReader } from "./factor.ts";
import type { Factor } from "./plan.ts";
import { type ContractTile, invocationsOf } from "./tile.ts";
import type { Work } from "./work.ts";

/** Which factor is filled, and under which names. */
export interface FillSource {
  /** The factor. */
  readonly factor: Factor;
  /** How names start. */
  readonly name: string;
  /** Name of the first row. */
  readonly first: string;
  /** Rows of a tile. */
  readonly extent: number;
}

/** One element, or four, that an invocation moves for each tile. */
interface Slot {
  readonly row: string;
  readonly depth: string;
  readonly value: string;
  readonly reader: FactorReader;
  readonly guard: string | undefined;
}

/** A number that is made of a name and a literal. */
interface ItemNumber {
  readonly name: string;
  /** What is added to the name. */
  readonly start: number;
  /** The name is below this. */
  readonly end: number;
}

/** An item's number in a row of `radix`, and the number of that row. */
function split(
  { name, start, end }: ItemNumber,
  radix: number,
): readonly [rest: string, row: ItemNumber] {
  // Most often what is added is known to belong to one of both.
  if (end % radix === 0 && start % end === 0) {
    const row = {
      name: `(${name} / ${radix})`,
      start: start / radix,
      end: end / radix,
    };
    return [`${name} % ${radix}`, row];
  }
  if (radix % end === 0 && start % end === 0) {
    const row = { name: "0", start: Math.floor(start / radix), end: 1 };
    return [`${name} + ${start % radix}`, row];
  }
  const item = `(${name} + ${start})`;
  const row = { name: `(${item} / ${radix})`, start: 0, end: Infinity };
  return [`${item} % ${radix}`, row];
}

function numberText({ name, start }: ItemNumber): string {
  return `${name} + ${start}`;
}

/**
 * Row and depth of the element, or the first of four, that an invocation moves.
 * Neighbours read what lies side by side.
 */
function placeOfItem(
  item: ItemNumber,
  { along, lanes }: Factor,
  extent: number,
  depth: number,
): readonly [row: string, depth: string] {
  if (along === "row") {
    const [row, rest] = split(item, extent / lanes);
    return [lanes === 1 ? row : `(${row}) * 4`, numberText(rest)];
  }
  if (lanes === 1) {
    const [place, rest] = split(item, depth);
    return [numberText(rest), place];
  }
  // Two vectors, a sector of memory: their columns of workgroup memory lie in
  // other banks then.
  const pair = depth % 8 === 0 ? 2 : 1;
  const [side, pairs] = split(item, pair);
  const [row, rest] = split(pairs, extent);
  return [row, `((${numberText(rest)}) * ${pair} + ${side}) * 4`];
}

/** Moves one factor's part of a tile to workgroup memory. */
export class Fill {
  /** Name of the workgroup memory. */
  readonly memory: string;
  readonly #module: WgslModule;
  readonly #factor: Factor;
  readonly #depth: number;
  readonly #isHalf: boolean;
  readonly #type: string;
  readonly #slots: Slot[] = [];
  readonly #places: string[] = [];

  /**
   * @param module The module.
   * @param around The scope in which the batch axes are bound.
   * @param work The division.
   * @param tile The tile.
   * @param source The factor.
   */
  constructor(
    module: WgslModule,
    around: WgslScope,
    work: Work,
    tile: ContractTile,
    source: FillSource,
  ) {
    const { factor, extent, name } = source;
    const { along, lanes, length } = factor;
    const { plan } = work;
    this.#module = module;
    this.#factor = factor;
    this.#depth = plan.depth;
    this.#isHalf = work.isHalf === true;
    this.#type = widen(this.#isHalf ? "f16" : plan.type, lanes);
    // One vector more where single elements go, for the banks of memory.
    const whole = along === "row" && lanes === 4;
    const width = extent / 4 + (whole ? 0 : 1);
    const vector = widen(work.isHalf === true ? "f16" : plan.type, 4);
    this.memory = module.shared(
      `array<array<${vector}, ${width}>, ${tile.depth}>`,
      tile.buffers,
    );
    const threads = invocationsOf(tile);
    const items = extent * tile.depth / lanes;
    for (let slot = 0; slot * threads < items; slot++) {
      const item = { name: "thread", start: slot * threads, end: threads };
      const [row, depth] = placeOfItem(item, factor, extent, tile.depth);
      const id = `${name}${slot}`;
      const last = whole ? 4 : 1;
      this.#places.push(
        `let ${id}Row = ${row};`,
        `let ${id}Depth = ${depth};`,
        // Rows beyond the end repeat the last one: nobody stores their sums.
        `let ${id}At = min(${source.first} + ${id}Row, ${
          module.size(length)
        } - ${last});`,
        `var ${id}Value = ${this.#type}();`,
      );
      this.#slots.push({
        row: `${id}Row`,
        depth: `${id}Depth`,
        value: `${id}Value`,
        reader: new FactorReader(module, around, plan, factor, `${id}At`),
        guard: (slot + 1) * threads > items
          ? `${numberText(item)} < ${items}`
          : undefined,
      });
    }
  }

  /** Statements before the loop; complete when all reads are written. */
  get before(): readonly string[] {
    return [
      ...this.#places,
      ...this.#slots.flatMap(({ reader }) => reader.before),
    ];
  }

  /**
   * Reads the elements of the tile at the depth named `at`. What lies beyond
   * the end is read, too, so that nothing waits for it here.
   *
   * @returns Statements.
   */
  reads(): string[] {
    return this.#slots.flatMap(({ depth, value, reader, guard }) => {
      const here = this.#module.name("depth");
      const read = reader.read(here, false);
      const lines = [
        `let ${here} = at + ${depth};`,
        ...read.lines,
        this.#isHalf
          ? `${value} = ${this.#type}(${read.value});`
          : `${value} = ${read.value};`,
      ];
      return guard === undefined ? lines : [`if (${guard}) {`, ...lines, "}"];
    });
  }

  /**
   * Writes them to a part of workgroup memory, and 0 for what lies beyond the
   * end.
   *
   * @param buffer Which part.
   * @param at The depth at which they were read.
   * @param isRagged Whether there may be something beyond the end.
   * @returns Statements.
   */
  writes(buffer: string, at: string, isRagged: boolean): string[] {
    const { along, lanes } = this.#factor;
    const end = this.#module.size(this.#depth);
    return this.#slots.flatMap(({ row, depth, value: read, guard }) => {
      const memory = `${this.memory}[${buffer}]`;
      const place = `[${row} >> 2u]`;
      const value = isRagged ? this.#module.name("there") : read;
      const lines = lanes === 1
        ? [`${memory}[${depth}]${place}[${row} & 3] = ${value};`]
        : along === "row"
        ? [`${memory}[${depth}]${place} = ${value};`]
        : ["x", "y", "z", "w"].map((lane, k) =>
          `${memory}[${depth} + ${k}]${place}[${row} & 3] = ${value}.${lane};`
        );
      if (isRagged) {
        lines.unshift(
          `let ${value} = select(${this.#type}(), ${read}, ` +
            `${at} + ${depth} < ${end});`,
        );
      }
      return guard === undefined ? lines : [`if (${guard}) {`, ...lines, "}"];
    });
  }
}
