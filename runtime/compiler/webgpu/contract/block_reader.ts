/**
 * Reads packed codes of a factor, a block of depths at a time: words of many
 * codes at once, and scales once for the stretch that shares them.
 *
 * @module
 */

import { type Expr, exprOrder } from "../../ir/expr.ts";
import { dependsOn } from "../../ir/index_arithmetic.ts";
import { LanePatterns } from "../../ir/lane_patterns.ts";
import {
  laneBytes,
  literal,
  scalarType,
  type WgslModule,
  WgslScope,
  widen,
} from "../wgsl/mod.ts";
import type { ContractPlan, Factor } from "./plan.ts";

/** Depths of a block. */
export const BLOCK_DEPTH = 32;
/** Depths of a vector. */
const LANES = 4;

/** What is written in a way of its own. */
interface Parts {
  /** Whole numbers that are known in each lane. */
  readonly known: readonly Expr[];
  /** What all lanes of a vector share. */
  readonly shared: readonly Expr[];
  /** Loads of bytes, or of words in no plain order, that lie near each other. */
  readonly near: readonly Expr[];
}

/**
 * Whether a factor is read in blocks: it is packed along the depth.
 *
 * @param plan The contraction.
 * @param factor The factor.
 * @returns True when it is.
 */
export function isReadInBlocks(
  { depth, depthAxis }: ContractPlan,
  { along, value }: Factor,
): boolean {
  return along === "depth" && depth % BLOCK_DEPTH === 0 &&
    partsOf(value, depthAxis, new LanePatterns(depthAxis, BLOCK_DEPTH)).near
        .length > 0;
}

function isByte({ dtype }: Expr): boolean {
  return dtype === "u8" || dtype === "i8";
}

/** Whether a block of bytes begins with a word, and lanes need few words. */
function isNear(load: Expr, patterns: LanePatterns): boolean {
  if (load.op !== "load" || load.args.length > 1) return false;
  const pattern = patterns.of(load.args[0]!);
  if (pattern === undefined) return false;
  const { divides, offsets } = pattern;
  if (offsets.some((offset) => offset < 0 || offset >= BLOCK_DEPTH)) {
    return false;
  }
  return isByte(load)
    ? divides === Infinity || divides % 4 === 0
    : load.dtype === "u32" && offsets[1] !== 1;
}

function partsOf(value: Expr, axis: number, patterns: LanePatterns): Parts {
  const known: Expr[] = [];
  const shared: Expr[] = [];
  const near: Expr[] = [];
  const reached = new Set<Expr>([value]);
  for (const expr of exprOrder([value]).reverse()) {
    if (!reached.has(expr) || !dependsOn(expr, axis)) continue;
    if (expr.args.length === 0) continue;
    if (patterns.known(expr) !== undefined) known.push(expr);
    else if (patterns.run(expr) >= LANES) shared.push(expr);
    else if (isNear(expr, patterns)) near.push(expr);
    else for (const arg of expr.args) reached.add(arg);
  }
  return { known, shared, near };
}

/** What reads a block. */
export interface BlockRead {
  /** Statements before all vectors. */
  readonly lines: readonly string[];
  /** The vectors: their own statements, and their values after them. */
  readonly vectors: readonly {
    readonly lines: readonly string[];
    readonly value: string;
  }[];
}

/** Reads one row of a factor. */
export class BlockReader {
  readonly #module: WgslModule;
  readonly #plan: ContractPlan;
  readonly #factor: Factor;
  readonly #scope: WgslScope;
  readonly #patterns: LanePatterns;
  readonly #parts: Parts;

  /**
   * @param module The module.
   * @param around The scope around, in which the batch axes are bound.
   * @param plan The contraction.
   * @param factor Which factor; it is read in blocks.
   * @param row Name of the row that is read.
   */
  constructor(
    module: WgslModule,
    around: WgslScope,
    plan: ContractPlan,
    factor: Factor,
    row: string,
  ) {
    this.#module = module;
    this.#plan = plan;
    this.#factor = factor;
    this.#scope = new WgslScope(module, around);
    this.#scope.bind("axis", factor.axis, row);
    this.#patterns = new LanePatterns(plan.depthAxis, BLOCK_DEPTH);
    this.#parts = partsOf(factor.value, plan.depthAxis, this.#patterns);
  }

  /**
   * Statements that must come before all reads; complete only when all reads are
   * written.
   */
  get before(): readonly string[] {
    return this.#scope.lines;
  }

  /**
   * Reads a block.
   *
   * @param depth Name of its first depth.
   * @returns Statements, and the vectors of four depths, in order.
   */
  read(depth: string): BlockRead {
    const { depthAxis } = this.#plan;
    const positions: string[] = [];
    const stretches = new Map<number, WgslScope>();
    const stretchAt = (start: number): WgslScope => {
      let scope = stretches.get(start);
      if (scope === undefined) {
        scope = new WgslScope(this.#module, this.#scope);
        let at = depth;
        if (start > 0) {
          at = this.#module.name("depth");
          positions.push(`let ${at} = ${depth} + ${start};`);
        }
        scope.bind("axis", depthAxis, at);
        stretches.set(start, scope);
      }
      return scope;
    };
    const words = new Map(
      this.#parts.near.map((load) => [
        load,
        this.#words(load, stretchAt(0)),
      ]),
    );
    const vectors = Array.from({ length: BLOCK_DEPTH / LANES }, (_, group) => {
      const from = group * LANES;
      const first = this.#module.name("depth");
      const inner = new WgslScope(this.#module, this.#scope);
      inner.bindLanes(depthAxis, first);
      for (const expr of this.#parts.known) {
        this.#defineKnown(inner, expr, from);
      }
      for (const expr of this.#parts.shared) {
        const run = this.#patterns.run(expr);
        const stretch = stretchAt(from - from % run);
        inner.define(expr, stretch.value(expr).text);
      }
      for (const load of this.#parts.near) {
        const places = this.#patterns.of(load.args[0]!)!.offsets
          .slice(from, from + LANES);
        const found = words.get(load)!;
        const text = isByte(load)
          ? laneBytes(load.dtype, {
            words: places.map((place) => found[place >> 2]!),
            places: places.map((place) => place & 3),
          })
          : `vec4<u32>(${places.map((place) => found[place]!).join(", ")})`;
        inner.define(load, inner.let("x", text), LANES);
      }
      const value = inner.text(this.#factor.value, LANES);
      const lines = [`let ${first} = ${depth} + ${from};`, ...inner.lines];
      return { lines, value };
    });
    const before = [...stretches.values()].flatMap((scope) => scope.lines);
    return { lines: [...positions, ...before], vectors };
  }

  #defineKnown(scope: WgslScope, expr: Expr, from: number): void {
    const numbers = this.#patterns.known(expr)!.slice(from, from + LANES);
    const texts = numbers.map((number) => literal(expr.dtype, number)!);
    if (texts.every((text) => text === texts[0])) scope.define(expr, texts[0]!);
    else {
      const type = widen(scalarType(expr.dtype), LANES);
      scope.define(expr, `${type}(${texts.join(", ")})`, LANES);
    }
  }

  /** Names of the words of a block, by their number. */
  #words(load: Expr, scope: WgslScope): readonly string[] {
    const { kernel } = this.#plan;
    const buffer = this.#module.operand(load.value);
    const [index] = load.args as [Expr];
    const { divides, offsets } = this.#patterns.of(index)!;
    // Elements of a word, and of four.
    const each = isByte(load) ? 4 : 1;
    const wide = 4 * each;
    const count = Math.floor(Math.max(...offsets) / each) + 1;
    const first = scope.value(index).text;
    const read = (place: string, width: 1 | 4) =>
      scope.let(
        "w",
        isByte(load) ? buffer.words(place, width) : buffer.load(place, width),
      );
    const isWide = count % 4 === 0 &&
      kernel.operands[load.value]!.size % wide === 0 &&
      (divides === Infinity || divides % wide === 0);
    if (!isWide) {
      return Array.from(
        { length: count },
        (_, k) => read(`${first} + ${each * k}`, 1),
      );
    }
    return Array.from(
      { length: count / 4 },
      (_, k) => read(`${first} + ${wide * k}`, 4),
    ).flatMap((name) => ["x", "y", "z", "w"].map((lane) => `${name}.${lane}`));
  }
}
