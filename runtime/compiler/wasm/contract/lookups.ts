/**
 * Loads of packed codes, of what many codes share, and of small tables, in a few
 * instructions for all lanes.
 *
 * @module
 */

import { byteSize } from "../../../device/dtypes.ts";
import { type Expr, exprOrder } from "../../ir/expr.ts";
import { rangeOf, strideAlong } from "../../ir/index_arithmetic.ts";
import type { ContractKernel } from "../../ir/kernel.ts";
import { substitute } from "../../ir/substitute.ts";
import type { Local } from "../assembler.ts";
import type { Emitter } from "../emit/emitter.ts";
import { kindOf } from "../emit/kinds.ts";
import { blockAlong } from "./value_blocks.ts";

/** Elements of a table that is kept in vectors. */
const TABLE_SIZE = 16;

/** A load from a small table. */
interface Table {
  readonly load: Expr;
  /** The table, four elements a vector. */
  readonly parts: readonly Local[];
}

/** Knows short ways for some parts of an expression. */
export class Lookups {
  readonly #emitter: Emitter;
  readonly #units: number;
  /** Parts that have one value in all vectors side by side. */
  readonly #shared: readonly Expr[];
  /** Loads of bytes that two neighbours share. */
  readonly #pairs: readonly Expr[];
  readonly #tables: readonly Table[];

  /**
   * Writes what is needed before the loop.
   *
   * @param kernel The kernel.
   * @param emitter What writes the expression; vectors start at multiples of
   * their length along the axis.
   * @param expr The expression.
   * @param axis The axis that lanes lie along.
   * @param units Number of vectors side by side; they start at multiples of their
   * length together.
   */
  constructor(
    kernel: ContractKernel,
    emitter: Emitter,
    expr: Expr,
    axis: number,
    units: number,
  ) {
    this.#emitter = emitter;
    this.#units = units;
    const shared: Expr[] = [];
    const pairs: Expr[] = [];
    const tables: Table[] = [];
    const wanted = emitter.lanes === 4 ? exprOrder([expr]).reverse() : [];
    const reached = new Set<Expr>([expr]);
    for (const one of wanted) {
      if (!reached.has(one) || one.args.length === 0) continue;
      const block = blockAlong(one, axis);
      if (block === Infinity) continue;
      if (block >= emitter.lanes * units) {
        shared.push(one);
        continue;
      }
      for (const arg of one.args) reached.add(arg);
      if (one.op !== "load" || one.args.length > 1) continue;
      if (isPair(kernel, one, axis)) pairs.push(one);
      else if (isTable(kernel, one)) {
        tables.push({ load: one, parts: this.#loadTable(one) });
      }
    }
    this.#shared = shared;
    this.#pairs = pairs;
    // Arguments come first.
    this.#tables = tables.reverse();
  }

  /** Writes the short ways of the current point, for the rest of the scope. */
  bind(): void {
    for (const expr of this.#shared) this.#bindShared(expr);
    for (let unit = 0; unit < this.#units; unit++) {
      for (const load of this.#pairs) this.#bindPair(load, unit);
      for (const table of this.#tables) this.#bindTable(table, unit);
    }
  }

  #bindShared(expr: Expr): void {
    const { fn } = this.#emitter;
    this.#emitter.push(expr, false);
    this.#emitter.splat(kindOf(expr.dtype));
    const local = this.#emitter.local("v128");
    fn.set(local);
    for (let unit = 0; unit < this.#units; unit++) {
      this.#emitter.bind(expr, unit, local);
    }
  }

  /** Two bytes, each in two lanes. */
  #bindPair(load: Expr, unit: number): void {
    const emitter = this.#emitter;
    const { fn } = emitter;
    const { parameters } = emitter.settings;
    fn.get(parameters.operand(load.value));
    emitter.push(load.args[0]!, false, unit);
    fn.op("i32.add");
    fn.memory("v128.load16_splat");
    fn.get(parameters.splat("i32", 0));
    const lanes = [0, 0, 1, 1].flatMap((byte) => [byte, 16, 16, 16]);
    fn.shuffle(lanes);
    if (load.dtype === "i8") {
      for (const op of ["i32x4.shl", "i32x4.shr_s"] as const) {
        fn.i32(24);
        fn.op(op);
      }
    }
    const local = emitter.local("v128");
    fn.set(local);
    emitter.bind(load, unit, local);
  }

  #loadTable(load: Expr): Local[] {
    const { fn } = this.#emitter;
    const base = this.#emitter.settings.parameters.operand(load.value);
    return [0, 1, 2, 3].map((part) => {
      const local = fn.local("v128");
      fn.get(base);
      fn.memory("v128.load", 16 * part, 2);
      fn.set(local);
      return local;
    });
  }

  /** Elements of the table, byte by byte: each byte has a place in one part. */
  #bindTable({ load, parts }: Table, unit: number): void {
    const emitter = this.#emitter;
    const { fn } = emitter;
    const { parameters } = emitter.settings;
    const places = emitter.local("v128");
    emitter.push(load.args[0]!, true, unit);
    fn.i32(2);
    fn.op("i32x4.shl");
    fn.tee(places);
    fn.get(places);
    fn.shuffle([0, 4, 8, 12].flatMap((byte) => [byte, byte, byte, byte]));
    fn.get(parameters.splat("i32", 0x03020100));
    fn.op("v128.or");
    fn.set(places);
    parts.forEach((part, k) => {
      fn.get(part);
      fn.get(places);
      if (k > 0) {
        // Places of other parts are out of range, and give 0.
        fn.get(parameters.splat("i32", 0x10101010 * k));
        fn.op("i8x16.sub");
      }
      fn.op("i8x16.swizzle");
      if (k > 0) fn.op("v128.or");
    });
    const local = emitter.local("v128");
    fn.set(local);
    emitter.bind(load, unit, local);
  }
}

/** Whether neighbours along an axis read each byte twice, one after another. */
function isPair({ pool }: ContractKernel, load: Expr, axis: number): boolean {
  if (load.dtype !== "u8" && load.dtype !== "i8") return false;
  const [index] = load.args as [Expr];
  if (blockAlong(index, axis) !== 2) return false;
  const stand = pool.axis(-1);
  const [halved] = substitute(
    pool,
    [index],
    (one) =>
      one.op === "shiftRight" && blockAlong(one, axis) === 2 &&
        one.args[0]!.op === "axis"
        ? stand
        : undefined,
  );
  return strideAlong(halved!, -1) === 1 && strideAlong(halved!, axis) === 0;
}

function isTable({ axes, operands }: ContractKernel, load: Expr): boolean {
  const operand = operands[load.value]!;
  if (operand.size !== TABLE_SIZE || byteSize(load.dtype) !== 4) return false;
  const [low, high] = rangeOf(load.args[0]!, axes);
  return low >= 0 && high < TABLE_SIZE;
}
