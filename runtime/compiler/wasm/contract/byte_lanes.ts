/**
 * Writes whole numbers in lanes of a byte.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { Local } from "../assembler.ts";
import { pushAddress } from "../emit/addresses.ts";
import type { Emitter } from "../emit/emitter.ts";
import type { ByteForms } from "./byte_forms.ts";
import type { LanePatterns } from "../../ir/lane_patterns.ts";

/** Writes the bytes of the lanes of one block. */
export class ByteLanes {
  readonly #emitter: Emitter;
  readonly #patterns: LanePatterns;
  readonly #forms: ByteForms;
  readonly #made = new Map<string, Local>();

  /**
   * @param emitter What writes expressions.
   * @param patterns How numbers differ from lane to lane.
   * @param forms What has a form in bytes.
   */
  constructor(emitter: Emitter, patterns: LanePatterns, forms: ByteForms) {
    this.#emitter = emitter;
    this.#patterns = patterns;
    this.#forms = forms;
  }

  /**
   * A variable with the bytes of a group of lanes.
   *
   * @param expr An expression that has a form in bytes.
   * @param from First lane of the group.
   * @returns The variable.
   */
  hold(expr: Expr, from: number): Local {
    return this.#once(`${expr.id}:${from}`, () => this.#push(expr, from));
  }

  /**
   * A variable with the bytes of a group of lanes, shifted to the left.
   *
   * @param expr An expression that has a form in bytes.
   * @param from First lane of the group.
   * @param by By how many bits: none of the bytes' bits get lost.
   * @returns The variable.
   */
  holdShifted(expr: Expr, from: number, by: number): Local {
    if (by === 0) return this.hold(expr, from);
    return this.#once(`${expr.id}:${from}<<${by}`, () => {
      const { fn } = this.#emitter;
      const masked = this.#masked(expr, from);
      fn.get(this.hold(masked?.value ?? expr, from));
      const places = by - (masked?.places ?? 0);
      if (places !== 0) {
        fn.i32(Math.abs(places));
        fn.op(places > 0 ? "i16x8.shl" : "i16x8.shr_u");
      }
      if (masked === undefined) return;
      this.#pushNumbers(masked.mask.map((bits) => bits << by));
      fn.op("v128.and");
    });
  }

  /** A value of which some bits are used, moved to the right by known places. */
  #masked(
    expr: Expr,
    from: number,
  ): { value: Expr; places: number; mask: readonly number[] } | undefined {
    const masked = withoutCasts(expr);
    if (masked.op !== "and") return undefined;
    const [a, b] = masked.args as [Expr, Expr];
    const mask = this.#numbers(b, from);
    const shift = withoutCasts(a);
    if (mask === undefined || shift.op !== "shiftRight") return undefined;
    const [value, by] = shift.args as [Expr, Expr];
    const [places, ...others] = this.#numbers(by, from) ?? [];
    const isOne = places !== undefined && places >= 0 && places < 8 &&
      others.every((other) => other === places);
    return isOne && this.#forms.isBytes(value) &&
        this.#forms.sign(value) !== undefined &&
        mask.every((bits) => bits >= 0 && bits <= 255 >> places)
      ? { value, places, mask }
      : undefined;
  }

  #once(key: string, push: () => void): Local {
    let local = this.#made.get(key);
    if (local === undefined) {
      push();
      local = this.#emitter.local("v128");
      this.#emitter.fn.set(local);
      this.#made.set(key, local);
    }
    return local;
  }

  #numbers(expr: Expr, from: number): readonly number[] | undefined {
    return this.#patterns.known(expr)?.slice(from, from + this.#forms.group);
  }

  #pushNumbers(numbers: readonly number[]): void {
    const bytes = Array.from(
      { length: 16 },
      (_, k) => numbers[k % numbers.length]! & 255,
    );
    this.#emitter.fn.get(
      this.#emitter.settings.parameters.vector(
        `bytes:${bytes}`,
        () => Uint8Array.from(bytes),
      ),
    );
  }

  #push(expr: Expr, from: number): void {
    const { fn } = this.#emitter;
    const { op, args } = expr;
    const numbers = this.#numbers(expr, from);
    if (numbers !== undefined) return this.#pushNumbers(numbers);
    if (this.#patterns.run(expr) >= this.#forms.group) {
      this.#emitter.push(expr, false, from / this.#emitter.lanes);
      return fn.op("i8x16.splat");
    }
    const [a, b] = args as [Expr, Expr];
    switch (op) {
      case "load":
        return this.#pushLoad(expr, from);
      case "cast":
        fn.get(this.hold(a, from));
        return;
      case "and":
        return this.#pushAnd(a, b, from);
      case "shiftLeft":
      case "shiftRight":
        return this.#pushShift(expr, from);
    }
    fn.get(this.hold(a, from));
    fn.get(this.hold(b, from));
    switch (op) {
      case "or":
      case "xor":
        return fn.op(`v128.${op}`);
      case "add":
        return fn.op("i8x16.add");
      case "subtract":
        return fn.op("i8x16.sub");
      default: {
        const name = op === "maximum" ? "max" : "min";
        return fn.op(`i8x16.${name}_${this.#forms.sign(a)!}`);
      }
    }
  }

  /** Two bits of a mask tell more than shifting: see the cases. */
  #pushAnd(a: Expr, b: Expr, from: number): void {
    const { fn } = this.#emitter;
    const mask = this.#numbers(b, from);
    const shift = withoutCasts(a);
    if (
      mask === undefined || shift.op !== "shiftRight" ||
      this.#patterns.run(shift) >= this.#forms.group ||
      this.#forms.sign(shift.args[0]!) === undefined
    ) {
      fn.get(this.hold(a, from));
      fn.get(this.hold(b, from));
      return fn.op("v128.and");
    }
    const [value, by] = shift.args as [Expr, Expr];
    const places = this.#numbers(by, from);
    if (
      places?.every((place) => place >= 0 && place < 8) !== true ||
      !this.#forms.isBytes(value)
    ) {
      fn.get(this.hold(a, from));
      fn.get(this.hold(b, from));
      return fn.op("v128.and");
    }
    const isOne = places.every((place) => place === places[0]);
    const largest = Math.max(...mask.map((number) => number & 255));
    if (isOne && largest <= 255 >> places[0]!) {
      // What comes from the next byte is masked out.
      fn.get(this.hold(value, from));
      if (places[0]! > 0) {
        fn.i32(places[0]!);
        fn.op("i16x8.shr_u");
      }
      fn.get(this.hold(b, from));
      return fn.op("v128.and");
    }
    if (!isOne && mask.every((number) => number === 1)) {
      // Whether a bit is set: each lane has its own.
      const bits = places.map((place) => 1 << place);
      fn.get(this.hold(value, from));
      this.#pushNumbers(bits);
      fn.op("v128.and");
      this.#pushNumbers(bits);
      fn.op("i8x16.eq");
      this.#pushNumbers([1]);
      return fn.op("v128.and");
    }
    fn.get(this.hold(a, from));
    fn.get(this.hold(b, from));
    fn.op("v128.and");
  }

  #pushShift({ op, args }: Expr, from: number): void {
    const { fn } = this.#emitter;
    const [a, b] = args as [Expr, Expr];
    const name = op === "shiftLeft"
      ? "shl"
      : `shr_${this.#forms.sign(a)!}` as const;
    const value = this.hold(a, from);
    const places = this.#numbers(b, from);
    if (places === undefined) {
      this.#pushRuntimeShift(b, value, from, name === "shr_s");
      return;
    }
    const pushBy = (by: number) => {
      fn.get(value);
      if (by === 0) return;
      fn.i32(by);
      fn.op(`i8x16.${name}`);
    };
    const [first, ...others] = new Set(places);
    pushBy(first!);
    for (const by of others) {
      pushBy(by);
      this.#pushNumbers(places.map((place) => place === by ? 0 : 255));
      fn.op("v128.bitselect");
    }
  }

  /** A shift to the right by a number that is known at the block. */
  #pushRuntimeShift(
    by: Expr,
    value: Local,
    from: number,
    isSigned: boolean,
  ): void {
    const { fn } = this.#emitter;
    const unit = from / this.#emitter.lanes;
    fn.get(value);
    this.#emitter.push(by, false, unit);
    if (isSigned) return fn.op("i8x16.shr_s");
    // Shifting pairs of bytes and masking is faster than shifting bytes.
    fn.op("i16x8.shr_u");
    fn.i32(255);
    this.#emitter.push(by, false, unit);
    fn.op("i32.shr_u", "i8x16.splat", "v128.and");
  }

  #pushLoad(load: Expr, from: number): void {
    const { fn } = this.#emitter;
    const [index] = load.args as [Expr];
    const { offsets } = this.#patterns.of(index)!;
    const first = offsets[from]!;
    const places = offsets.slice(from, from + this.#forms.group)
      .map((offset) => offset - first);
    const span = Math.max(...places) + 1;
    const width = 2 ** Math.floor(Math.log2(Math.min(span, 16)));
    const read = (offset: number) =>
      this.#once(`${load.id}:${width}@${offset}`, () => {
        const base = this.#emitter.settings.parameters.operand(load.value);
        pushAddress(this.#emitter, { base, index, shift: 0 });
        fn.memory(LOADS[width]!, offset);
      });
    const low = read(first);
    const isStraight = places.every((place, lane) => place === lane);
    if (isStraight && width >= places.length) return fn.get(low);
    const rest = span - width;
    fn.get(low);
    const high = rest === 0 ? low : read(first + rest);
    fn.get(high);
    fn.shuffle(Array.from({ length: 16 }, (_, k) => {
      const place = places[k % places.length]!;
      return place < width ? place : 16 + place - rest;
    }));
  }
}

const LOADS: Readonly<
  Record<
    number,
    | "v128.load8_splat"
    | "v128.load16_splat"
    | "v128.load32_zero"
    | "v128.load64_zero"
    | "v128.load"
  >
> = {
  1: "v128.load8_splat",
  2: "v128.load16_splat",
  4: "v128.load32_zero",
  8: "v128.load64_zero",
  16: "v128.load",
};

/** What is cast from bytes to wider numbers and back. */
function withoutCasts(expr: Expr): Expr {
  let at = expr;
  while (at.op === "cast" && at.args[0]!.dtype !== "bool") at = at.args[0]!;
  return at;
}
