/**
 * Short ways for packed codes: bytes that many lanes share, what a stretch of
 * lanes has in common, and small tables, in a few instructions for many lanes.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { ContractKernel } from "../../ir/kernel.ts";
import { hasRelaxedSimd } from "../assembler_features.ts";
import type { Local } from "../assembler.ts";
import { pushAddress } from "../emit/addresses.ts";
import type { Emitter } from "../emit/emitter.ts";
import { pushDecoded } from "../emit/lanes.ts";
import { kindOf } from "../emit/kinds.ts";
import { codeBits, MANTISSA_BITS } from "./affine_factors.ts";
import { ByteForms } from "./byte_forms.ts";
import { ByteLanes } from "./byte_lanes.ts";
import { LanePatterns } from "../../ir/lane_patterns.ts";
import { SHORT_BLOCK, type ShortWays, shortWays } from "./short_ways.ts";

/** Writes the short ways of one expression. */
export class Lookups {
  /** Lanes that are bound at once. */
  readonly group: number;
  readonly #emitter: Emitter;
  readonly #patterns: LanePatterns;
  readonly #forms: ByteForms;
  readonly #ways: ShortWays;
  readonly #axes: readonly number[];
  readonly #mantissas: boolean;
  /** Tables, four elements a vector. */
  readonly #tables = new Map<number, readonly Local[]>();
  #bytes: ByteLanes;
  #splats = new Map<string, Local>();

  /**
   * Writes what is needed before the loop.
   *
   * @param kernel The kernel.
   * @param emitter What writes the expression, in four lanes.
   * @param expr The expression.
   * @param axis The axis that lanes lie along.
   * @param lanes Lanes of a block, a power of two: blocks start at its
   * multiples.
   * @param more What else is written, singly.
   * @param mantissas Whether small codes are given as mantissas of a half and
   * the code by 2^(its bits + 1), rather than as floats.
   */
  constructor(
    kernel: ContractKernel,
    emitter: Emitter,
    expr: Expr,
    axis: number,
    lanes: number,
    more: readonly Expr[] = [],
    mantissas = false,
  ) {
    this.#axes = kernel.axes;
    this.#mantissas = mantissas;
    this.group = Math.min(lanes, SHORT_BLOCK);
    this.#emitter = emitter;
    this.#patterns = new LanePatterns(axis, lanes);
    this.#forms = new ByteForms(kernel, this.#patterns, this.group);
    this.#ways = shortWays(
      kernel,
      [expr, ...more],
      axis,
      this.#patterns,
      this.#forms,
    );
    this.#bytes = this.#newBytes();
    for (const { value } of this.#ways.tables) this.#loadTable(value);
  }

  #newBytes(): ByteLanes {
    return new ByteLanes(this.#emitter, this.#patterns, this.#forms);
  }

  /** Starts a block: what was bound before is forgotten. */
  begin(): void {
    this.#bytes = this.#newBytes();
    this.#splats = new Map();
    const isTwo = (load: Expr) => this.#stretches(load) === 2;
    const twos = this.#ways.halves.filter(isTwo);
    for (let k = 0; k < twos.length; k += 2) {
      this.#bindHalves(twos.slice(k, k + 2));
    }
    for (const load of this.#ways.halves) {
      if (!isTwo(load)) this.#bindHalves([load]);
    }
  }

  /** How many stretches of a block have an element of their own. */
  #stretches(load: Expr): number {
    return this.#patterns.lanes / this.#patterns.run(load);
  }

  /** Decodes all f16 of a block at once: four of one load, or two of each of two. */
  #bindHalves(loads: readonly Expr[]): void {
    const { fn, settings } = this.#emitter;
    const vector = this.#emitter.local("v128");
    const pushPlace = (load: Expr) => {
      const base = settings.parameters.operand(load.value);
      pushAddress(this.#emitter, { base, index: load.args[0]!, shift: 1 });
    };
    const [first, second] = loads as [Expr, ...readonly Expr[]];
    const count = this.#stretches(first);
    pushPlace(first);
    fn.memory(count === 2 ? "v128.load32_zero" : "v128.load64_zero");
    if (second !== undefined) {
      fn.set(vector);
      pushPlace(second);
      fn.get(vector);
      fn.laneMemory("v128.load32_lane", 1);
    }
    fn.op("i32x4.extend_low_i16x8_u");
    pushDecoded(this.#emitter, true);
    fn.set(vector);
    const units = this.#patterns.run(first) / this.#emitter.lanes;
    loads.forEach((load, k) => {
      for (let stretch = 0; stretch < count; stretch++) {
        const local = this.#emitter.local("f32");
        fn.get(vector);
        fn.lane("f32x4.extract_lane", k * count + stretch);
        fn.set(local);
        for (let unit = 0; unit < units; unit++) {
          this.#emitter.bind(load, stretch * units + unit, local);
        }
      }
    });
  }

  /**
   * Binds the vectors of a group of lanes, for the rest of the scope.
   *
   * @param from First lane of the group.
   */
  bind(from: number): void {
    const { floats, halfVectors, near, shared, shifts, tables, words } =
      this.#ways;
    for (const expr of shared) this.#bindShared(expr, from);
    for (const expr of words) {
      this.#bindEach(expr, from, this.#words(expr, from));
    }
    for (const expr of floats) {
      this.#bindEach(expr, from, this.#floats(expr.args[0]!, from));
    }
    for (const load of tables) {
      this.#bindEach(load, from, this.#elements(load, from));
    }
    for (const load of halfVectors) {
      this.#bindEach(load, from, this.#halfVectors(load, from));
    }
    for (const load of near) this.#bindEach(load, from, this.#near(load, from));
    for (const expr of shifts) {
      this.#bindEach(expr, from, this.#shifted(expr, from));
    }
  }

  #bindEach(expr: Expr, from: number, vectors: readonly Local[]): void {
    const first = from / this.#emitter.lanes;
    vectors.forEach((vector, k) => this.#emitter.bind(expr, first + k, vector));
  }

  #bindShared(expr: Expr, from: number): void {
    const { fn } = this.#emitter;
    const run = this.#patterns.run(expr);
    const stretch = Math.floor(from / run);
    const key = `${expr.id}:${stretch}`;
    let local = this.#splats.get(key);
    if (local === undefined) {
      this.#emitter.push(expr, false, stretch * run / this.#emitter.lanes);
      this.#emitter.splat(kindOf(expr.dtype));
      local = this.#emitter.local("v128");
      fn.set(local);
      this.#splats.set(key, local);
    }
    const vectors = Array<Local>(this.group / this.#emitter.lanes).fill(local);
    this.#bindEach(expr, from, vectors);
  }

  /** Codes in the upper bits of mantissas, whose lower bits are 0. */
  #inMantissas(expr: Expr, from: number, bits: number): Local[] {
    const { fn, settings } = this.#emitter;
    const codes = this.#bytes.holdShifted(expr, from, MANTISSA_BITS - bits);
    const make = (a: Local, b: Local, half: 0 | 1, width: 1 | 2) => {
      const local = this.#emitter.local("v128");
      fn.get(a);
      fn.get(b);
      fn.shuffle(interleaved(half, width));
      fn.set(local);
      return local;
    };
    const exponents = settings.parameters.splat("i32", 0x3f3f3f3f);
    const zeros = settings.parameters.splat("i32", 0);
    const halves = ([0, 1] as const).slice(0, this.group / 8);
    return halves.flatMap((half) => {
      const upper = make(codes, exponents, half, 1);
      return ([0, 1] as const).map((quarter) => make(zeros, upper, quarter, 2));
    });
  }

  /** Numbers of a byte as floats. */
  #floats(expr: Expr, from: number): Local[] {
    const bits = this.#mantissas ? codeBits(expr, this.#axes) : undefined;
    if (bits !== undefined) return this.#inMantissas(expr, from, bits);
    const vectors = this.#words(expr, from);
    for (const vector of vectors) {
      this.#emitter.fn.get(vector);
      this.#emitter.fn.op("f32x4.convert_i32x4_s");
      this.#emitter.fn.set(vector);
    }
    return vectors;
  }

  /**
   * Neighbouring f16: infinities and NaN are rare, and looked for once for all
   * lanes.
   */
  #halfVectors(load: Expr, from: number): Local[] {
    const { fn, settings } = this.#emitter;
    const base = settings.parameters.operand(load.value);
    const bits = Array.from({ length: this.group / 8 }, (_, k) => {
      pushAddress(this.#emitter, { base, index: load.args[0]!, shift: 1 });
      fn.memory("v128.load", 2 * from + 16 * k, 1);
      const local = this.#emitter.local("v128");
      fn.set(local);
      return local;
    });
    const vectors = bits.flatMap(() => [
      this.#emitter.local("v128"),
      this.#emitter.local("v128"),
    ]);
    const each = (sign: "s" | "u", decode: () => void) =>
      vectors.forEach((vector, k) => {
        fn.get(bits[k >> 1]!);
        fn.op(`i32x4.extend_${k % 2 === 0 ? "low" : "high"}_i16x8_${sign}`);
        decode();
        fn.set(vector);
      });
    const exponent = settings.parameters.splat("i32", 0x7c007c00);
    bits.forEach((one, k) => {
      fn.get(one);
      fn.get(exponent);
      fn.op("v128.and");
      fn.get(exponent);
      fn.op("i16x8.eq");
      if (k > 0) fn.op("v128.or");
    });
    fn.op("v128.any_true");
    fn.if(
      () => each("u", () => pushDecoded(this.#emitter, true)),
      () =>
        each("s", () => {
          // The sign was spread to the left; the exponent is 112 too small.
          fn.i32(13);
          fn.op("i32x4.shl");
          fn.get(settings.parameters.splat("i32", 0x8fffe000 | 0));
          fn.op("v128.and");
          fn.get(settings.parameters.splat("f32", 2 ** 112));
          fn.op("f32x4.mul");
        }),
    );
    return vectors;
  }

  /** The first lanes of the vectors of a group. */
  #starts(from: number): number[] {
    const { lanes } = this.#emitter;
    return Array.from(
      { length: this.group / lanes },
      (_, k) => from + k * lanes,
    );
  }

  /** Words that lie near each other, put in the order of the lanes. */
  #near(load: Expr, from: number): Local[] {
    const { fn, settings } = this.#emitter;
    const [index] = load.args as [Expr];
    const base = settings.parameters.operand(load.value);
    const { offsets } = this.#patterns.of(index)!;
    return this.#starts(from).map((start) => {
      const first = offsets[start]!;
      const places = offsets.slice(start, start + this.#emitter.lanes)
        .map((offset) => offset - first);
      const local = this.#emitter.local("v128");
      pushAddress(this.#emitter, { base, index, shift: 2 });
      const [load, last] = LOADS[Math.max(...places)]!;
      fn.memory(load, 4 * first);
      fn.tee(local);
      fn.get(local);
      fn.shuffle(
        places.flatMap((place) =>
          [0, 1, 2, 3].map((byte) => 4 * Math.min(place, last) + byte)
        ),
      );
      fn.set(local);
      return local;
    });
  }

  /** Numbers shifted by what is known in each lane. */
  #shifted({ op, args, dtype }: Expr, from: number): Local[] {
    const { fn, settings } = this.#emitter;
    const [value, by] = args as [Expr, Expr];
    const sign = dtype === "u32" ? "u" : "s";
    const name = op === "shiftLeft" ? "shl" : `shr_${sign}` as const;
    const known = this.#patterns.known(by)!;
    return this.#starts(from).map((start) => {
      const all = known.slice(start, start + this.#emitter.lanes);
      const local = this.#emitter.local("v128");
      this.#emitter.push(value, true, start / this.#emitter.lanes);
      fn.set(local);
      const pushBy = (places: number) => {
        fn.get(local);
        if (places === 0) return;
        fn.i32(places);
        fn.op(`i32x4.${name}`);
      };
      const [first, ...others] = new Set(all);
      pushBy(first!);
      for (const places of others) {
        pushBy(places);
        const kept = all.map((one) => one === places ? 0 : -1);
        fn.get(settings.parameters.vector(
          `kept:${kept}`,
          () => new Uint8Array(Int32Array.from(kept).buffer),
        ));
        fn.op("v128.bitselect");
      }
      fn.set(local);
      return local;
    });
  }

  /** Numbers of a byte in lanes of 32 bits. */
  #words(expr: Expr, from: number): Local[] {
    const { fn } = this.#emitter;
    const bytes = this.#bytes.hold(expr, from);
    const sign = this.#forms.sign(expr)!;
    const halves = (["low", "high"] as const).slice(0, this.group / 8);
    return halves.flatMap((half) => {
      const pair = this.#emitter.local("v128");
      fn.get(bytes);
      fn.op(`i16x8.extend_${half}_i8x16_${sign}`);
      fn.set(pair);
      return (["low", "high"] as const).map((quarter) => {
        const local = this.#emitter.local("v128");
        fn.get(pair);
        fn.op(`i32x4.extend_${quarter}_i16x8_${sign}`);
        fn.set(local);
        return local;
      });
    });
  }

  /** Keeps the first bytes of all elements, then the second ones, and so on. */
  #loadTable(operand: number): void {
    if (this.#tables.has(operand)) return;
    const { fn, settings } = this.#emitter;
    const base = settings.parameters.operand(operand);
    const parts = [0, 1, 2, 3].map((part) => {
      const local = fn.local("v128");
      fn.get(base);
      fn.memory("v128.load", 16 * part, 2);
      fn.set(local);
      return local;
    });
    const merge = (
      [a, b]: readonly [Local, Local],
      bytes: readonly number[],
    ) => {
      const local = fn.local("v128");
      fn.get(a);
      fn.get(b);
      fn.shuffle(bytes);
      fn.set(local);
      return local;
    };
    const planes = [0, 1, 2, 3].map((byte) => {
      const four = [0, 4, 8, 12].map((element) => element + byte);
      const eight = [...four, ...four.map((place) => place + 16)];
      const [low, high] = [[0, 1], [2, 3]].map(([a, b]) =>
        merge([parts[a!]!, parts[b!]!], [...eight, ...eight])
      );
      const first = [0, 1, 2, 3, 4, 5, 6, 7];
      return merge([low!, high!], [...first, ...first.map((k) => k + 16)]);
    });
    this.#tables.set(operand, planes);
  }

  /** Elements of a table: their bytes are looked up, then put together. */
  #elements({ args, value }: Expr, from: number): Local[] {
    const { fn } = this.#emitter;
    const places = this.#bytes.hold(args[0]!, from);
    const make = (push: () => void): Local => {
      push();
      const local = this.#emitter.local("v128");
      fn.set(local);
      return local;
    };
    const planes = this.#tables.get(value)!.map((plane) =>
      make(() => {
        fn.get(plane);
        fn.get(places);
        fn.op(hasRelaxedSimd() ? "i8x16.relaxed_swizzle" : "i8x16.swizzle");
      })
    );
    const merge = (a: Local, b: Local, half: 0 | 1, width: 1 | 2) =>
      make(() => {
        fn.get(a);
        fn.get(b);
        fn.shuffle(interleaved(half, width));
      });
    const halves = ([0, 1] as const).slice(0, this.group / 8);
    return halves.flatMap((half) => {
      const low = merge(planes[0]!, planes[1]!, half, 1);
      const high = merge(planes[2]!, planes[3]!, half, 1);
      return ([0, 1] as const).map((quarter) => merge(low, high, quarter, 2));
    });
  }
}

/** The bytes of elements of a width, by turns of two vectors. */
function interleaved(half: 0 | 1, width: 1 | 2): number[] {
  const count = 8 / width;
  return Array.from({ length: count }, (_, k) => half * count + k)
    .flatMap((element) =>
      [0, 16].flatMap((vector) =>
        Array.from(
          { length: width },
          (_, byte) => vector + element * width + byte,
        )
      )
    );
}

/** How the words up to one are loaded, and the last that is. */
const LOADS = [
  ["v128.load32_zero", 0],
  ["v128.load64_zero", 1],
  ["v128.load", 3],
  ["v128.load", 3],
] as const;
