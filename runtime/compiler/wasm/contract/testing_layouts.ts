/**
 * Layouts of packed codes, for tests.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import { bits, type Codes, float, over, rest, sum } from "./testing_codes.ts";

/** Layouts like those of files of weights. */
export const LAYOUTS: Readonly<Record<string, Codes>> = {
  "neighbours in one byte, looked up in a table": {
    unit: 2,
    parts: [["u8", 2], ["f32", 64]],
    table: 16,
    decode: (place, load) => {
      const { at, pool } = place;
      const places = pool.make("multiply", "i32", [
        pool.make("subtract", "i32", [pool.constant(1), rest(place, at, 2)]),
        pool.constant(4),
      ]);
      const code = bits(place, load(0, over(place, at, 2)), places, 15);
      const value = load(2, pool.make("cast", "i32", [code]));
      return pool.make("multiply", "f32", [
        value,
        load(1, over(place, at, 64)),
      ]);
    },
  },
  "halves of blocks of 32, with scales and offsets": {
    unit: 32,
    parts: [["u8", 2], ["f16", 32], ["f16", 32]],
    decode: (place, load) => {
      const { at, pool } = place;
      const block = over(place, at, 32);
      const byte = load(0, sum(place, rest(place, at, 16), block, 16));
      const half = over(place, rest(place, at, 32), 16);
      const from = pool.make("multiply", "i32", [half, pool.constant(4)]);
      const code = float(place, bits(place, byte, from, 15));
      return pool.make("add", "f32", [
        pool.make("multiply", "f32", [float(place, load(1, block)), code]),
        float(place, load(2, block)),
      ]);
    },
  },
  "planes of single bits beside halves": {
    unit: 32,
    parts: [["u8", 2], ["u8", 8], ["f32", 32]],
    decode: (place, load) => {
      const { at, pool } = place;
      const block = over(place, at, 32);
      const within = rest(place, at, 32);
      const low = bits(
        place,
        load(0, sum(place, rest(place, at, 16), block, 16)),
        pool.make("multiply", "i32", [
          over(place, within, 16),
          pool.constant(4),
        ]),
        15,
      );
      const high = bits(
        place,
        load(1, sum(place, rest(place, at, 4), block, 4)),
        over(place, within, 4),
        1,
      );
      const code = pool.make("or", "u8", [
        low,
        pool.make("shiftLeft", "u8", [high, pool.constant(4, "u8")]),
      ]);
      const value = pool.make("subtract", "f32", [
        float(place, code),
        pool.constant(16, "f32"),
      ]);
      return pool.make("multiply", "f32", [load(2, block), value]);
    },
  },
  "signed bytes with a scale for 32": {
    unit: 32,
    parts: [["i8", 1], ["f16", 32]],
    decode: (place, load) =>
      place.pool.make("multiply", "f32", [
        float(place, load(0, place.at)),
        float(place, load(1, over(place, place.at, 32))),
      ]),
  },
  "pairs of bits in blocks of 128, with scales of 16": {
    unit: 128,
    parts: [["u8", 4], ["i8", 16], ["f32", 128]],
    decode: (place, load) => {
      const { at, pool } = place;
      const block = over(place, at, 128);
      const byte = load(0, sum(place, rest(place, at, 32), block, 32));
      const from = pool.make("multiply", "i32", [
        over(place, rest(place, at, 128), 32),
        pool.constant(2),
      ]);
      const code = float(place, bits(place, byte, from, 3));
      const scale = pool.make("multiply", "f32", [
        pool.make("multiply", "f32", [
          float(place, load(1, over(place, at, 16))),
          pool.constant(1 / 128, "f32"),
        ]),
        load(2, block),
      ]);
      return pool.make("subtract", "f32", [
        pool.make("multiply", "f32", [scale, code]),
        load(2, block),
      ]);
    },
  },
  "the upper halves of floats, byte by byte": {
    unit: 1,
    parts: [["u8", 0.5]],
    decode: (place, load) => {
      const { at, pool } = place;
      const twice = pool.make("multiply", "i32", [at, pool.size(2)]);
      const wide = (byte: Expr, by: number) =>
        pool.make("shiftLeft", "u32", [
          pool.make("cast", "u32", [byte]),
          pool.constant(by, "u32"),
        ]);
      const low = wide(load(0, twice), 16);
      // Exponents that are not far from 0.
      const high = wide(
        pool.make("and", "u8", [
          load(0, sum(place, twice, pool.constant(1))),
          pool.constant(0xbf, "u8"),
        ]),
        24,
      );
      return pool.make("bitcast", "f32", [pool.make("or", "u32", [low, high])]);
    },
  },
  "the upper halves of floats, two in a word": {
    unit: 2,
    parts: [["u32", 2]],
    decode: (place, load) => {
      const { at, pool } = place;
      const by = pool.make("multiply", "u32", [
        pool.make("cast", "u32", [rest(place, at, 2)]),
        pool.constant(16, "u32"),
      ]);
      const half = pool.make("shiftRight", "u32", [
        load(0, over(place, at, 2)),
        by,
      ]);
      const whole = pool.make("shiftLeft", "u32", [
        // Exponents that are not far from 0.
        pool.make("and", "u32", [half, pool.constant(0xbfff, "u32")]),
        pool.constant(16, "u32"),
      ]);
      return pool.make("bitcast", "f32", [whole]);
    },
  },
};
