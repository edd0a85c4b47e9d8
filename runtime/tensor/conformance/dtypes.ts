/**
 * Conformance of dtypes: rounding, wrapping and conversion.
 *
 * @module
 */

import assert from "node:assert/strict";
import * as wf from "../mod.ts";
import type { ConformanceCase } from "./case.ts";

async function elements(x: wf.Tensor): Promise<number[]> {
  return [...await x.data()];
}

const NUMBERS = [0, 1, -2, 0.1, 3.5e38, -1e-20, 65504, -Infinity];

/** The bits of numbers, as the language knows them. */
function bitsOf(numbers: readonly number[], Kind: typeof Uint32Array) {
  return new Kind(new Float32Array(numbers).buffer);
}

/** All cases of this file. */
export const DTYPE_CASES: readonly ConformanceCase[] = [
  {
    name: "f32 arithmetic is rounded to single precision at each step",
    run: async () => {
      const x = wf.tensor([0.1, 16777216], { dtype: "f32" });
      const y = wf.add(wf.multiply(x, 3), 1);
      assert.deepEqual(await elements(y), [
        Math.fround(Math.fround(Math.fround(0.1) * 3) + 1),
        Math.fround(50331648 + 1),
      ]);
    },
  },
  {
    name: "f16 arithmetic is rounded to half precision at each step",
    run: async () => {
      const x = wf.tensor([0.1, 2049, 60000], { dtype: "f16" });
      assert.deepEqual(await elements(x), [0.0999755859375, 2048, 60000]);
      const y = wf.multiply(x, 2);
      assert.deepEqual(await elements(y), [0.199951171875, 4096, Infinity]);
    },
  },
  {
    name: "bitcast keeps the bits, alone and amid arithmetic",
    run: async () => {
      const x = wf.tensor(NUMBERS, { dtype: "f32" });
      const words = wf.bitcast(x, "u32");
      assert.deepEqual(await words.data(), bitsOf(NUMBERS, Uint32Array));
      assert.deepEqual(
        [...await wf.bitcast(x, "i32").data()],
        [...new Int32Array(bitsOf(NUMBERS, Uint32Array).buffer)],
      );
      assert.deepEqual(
        [...await wf.bitcast(wf.bitcast(words, "i32"), "f32").data()],
        NUMBERS.map(Math.fround),
      );
      const exponent = wf.bitwiseAnd(wf.bitwiseRightShift(words, 23), 255);
      assert.deepEqual(
        [...await exponent.data()],
        NUMBERS.map((_, k) => bitsOf(NUMBERS, Uint32Array)[k]! >>> 23 & 255),
      );
      // bf16: the upper half of an f32.
      const halves = wf.tensor([0x3f80, 0xc000], { dtype: "u32" });
      const wide = wf.bitcast(wf.bitwiseLeftShift(halves, 16), "f32");
      assert.deepEqual(await elements(wf.multiply(wide, 2)), [2, -4]);
      const bytes = wf.tensor([0, 127, 128, 255], { dtype: "u8" });
      const signed = wf.bitcast(bytes, "i8");
      assert.deepEqual(await elements(signed), [0, 127, -128, -1]);
      assert.deepEqual(await elements(wf.bitcast(signed, "u8")), [
        0,
        127,
        128,
        255,
      ]);
    },
  },
  {
    name:
      "bitcast of numbers that a program knows, and in the load of a product",
    run: async () => {
      const one = wf.bitcast(wf.full([3], 1), "u32");
      assert.deepEqual(await elements(one), [
        1065353216,
        1065353216,
        1065353216,
      ]);
      assert.deepEqual(await elements(wf.bitcast(wf.full([1], 0.1), "i32")), [
        1036831949,
      ]);
      const words = wf.reshape(
        wf.bitwiseLeftShift(
          wf.tensor([0x3f80, 0x4000, 0x4040, 0x4080], {
            dtype: "u32",
          }),
          16,
        ),
        [2, 2],
      );
      const product = wf.matmul(
        wf.tensor([[1, 10]], { dtype: "f32" }),
        wf.bitcast(words, "f32"),
      );
      assert.deepEqual(await elements(product), [31, 42]);
      assert.throws(() => wf.bitcast(words, "f64"), /Cannot take the bits/);
      assert.throws(() => wf.bitcast(words, "u8"), /Cannot take the bits/);
    },
  },
  {
    name: "integer arithmetic wraps around",
    run: async () => {
      const sum = (dtype: "i32" | "u32" | "i8" | "u8", a: number, b: number) =>
        elements(wf.add(wf.tensor([a], { dtype }), b));
      assert.deepEqual(await sum("i32", 2147483647, 1), [-2147483648]);
      assert.deepEqual(await sum("u32", 4294967295, 2), [1]);
      assert.deepEqual(await sum("i8", 127, 1), [-128]);
      assert.deepEqual(await sum("u8", 250, 10), [4]);
    },
  },
  {
    name: "sums and products of integers wrap around and lose no digits",
    run: async () => {
      const i32 = { dtype: "i32" } as const;
      const wrapped = (n: bigint) => Number(BigInt.asIntN(32, n));
      const threes = wf.full([40], 3, i32);
      assert.equal(await wf.prod(threes).item(), wrapped(3n ** 40n));
      assert.equal(
        await wf.power(wf.full([], 3, i32), 40).item(),
        wrapped(3n ** 40n),
      );
      const big = wf.tensor([2147483647, 3], i32);
      const product = wf.matmul(big, wf.tensor([2147483647, 1], i32));
      assert.equal(await product.item(), wrapped(2147483647n ** 2n + 3n));
      assert.equal(await wf.sum(big).item(), wrapped(2147483650n));
      assert.deepEqual(await elements(wf.cumulativeSum(big)), [
        2147483647,
        wrapped(2147483650n),
      ]);
      const unsigned = wf.full([3], 4294967295, { dtype: "u32" });
      assert.equal(await wf.sum(unsigned).item(), 4294967293);
      assert.equal(await wf.prod(unsigned).item(), 4294967295);
    },
  },
  {
    name: "u32 multiplication keeps the low 32 bits",
    run: async () => {
      const x = wf.tensor([3000000000, 4294967295], { dtype: "u32" });
      const expected = [3000000000n, 4294967295n].map((n) =>
        Number((n * 2654435761n) % 4294967296n)
      );
      assert.deepEqual(await elements(wf.multiply(x, 2654435761)), expected);
    },
  },
  {
    name: "bit operations work on all 32 bits",
    run: async () => {
      const x = wf.tensor([0xF0F0F0F0, 1], { dtype: "u32" });
      assert.deepEqual(await elements(wf.bitwiseAnd(x, 0xFF00FF00)), [
        0xF000F000,
        0,
      ]);
      assert.deepEqual(await elements(wf.bitwiseOr(x, 0x0F)), [
        0xF0F0F0FF,
        15,
      ]);
      assert.deepEqual(await elements(wf.bitwiseXor(x, 0xFFFFFFFF)), [
        0x0F0F0F0F,
        0xFFFFFFFE,
      ]);
      assert.deepEqual(await elements(wf.bitwiseNot(x)), [
        0x0F0F0F0F,
        0xFFFFFFFE,
      ]);
      assert.deepEqual(await elements(wf.bitwiseLeftShift(x, 4)), [
        0x0F0F0F00,
        16,
      ]);
      assert.deepEqual(await elements(wf.bitwiseRightShift(x, 4)), [
        0x0F0F0F0F,
        0,
      ]);
      const signed = wf.tensor([-16], { dtype: "i32" });
      assert.deepEqual(await elements(wf.bitwiseRightShift(signed, 2)), [-4]);
    },
  },
  {
    name: "cast from floats to integers truncates, clamps and sends NaN to 0",
    run: async ({ dtype }) => {
      const x = wf.tensor([1.9, -1.9, 300, -300, NaN, Infinity], { dtype });
      assert.deepEqual(await elements(wf.cast(x, "i8")), [
        1,
        -1,
        127,
        -128,
        0,
        127,
      ]);
      assert.deepEqual(await elements(wf.cast(x, "u8")), [
        1,
        0,
        255,
        0,
        0,
        255,
      ]);
      assert.deepEqual(await elements(wf.cast(x, "i32")), [
        1,
        -1,
        300,
        -300,
        0,
        2147483647,
      ]);
    },
  },
  {
    name: "cast between integers wraps around",
    run: async () => {
      const x = wf.tensor([300, -1], { dtype: "i32" });
      assert.deepEqual(await elements(wf.cast(x, "u8")), [44, 255]);
      assert.deepEqual(await elements(wf.cast(x, "i8")), [44, -1]);
      assert.deepEqual(await elements(wf.cast(x, "u32")), [300, 4294967295]);
    },
  },
  {
    name: "cast to bool tells zero from everything else, NaN included",
    run: async ({ dtype }) => {
      const x = wf.tensor([0, -0, 0.5, NaN], { dtype });
      assert.deepEqual(await elements(wf.cast(x, "bool")), [0, 0, 1, 1]);
      const y = wf.cast(wf.tensor([true, false]), dtype);
      assert.deepEqual(await elements(y), [1, 0]);
    },
  },
  {
    name: "sum of booleans counts them, any and all ask for some and for each",
    run: async () => {
      const x = wf.tensor([[true, false], [true, true]]);
      assert.deepEqual(await elements(wf.sum(x, { axis: 1 })), [1, 2]);
      assert.deepEqual(await elements(wf.all(x, { axis: 1 })), [0, 1]);
      assert.deepEqual(await elements(wf.any(x, { axis: 0 })), [1, 1]);
    },
  },
  {
    name: "sums of narrow floats are accumulated wide and rounded once",
    run: async () => {
      const x = wf.full([4097], 1, { dtype: "f16" });
      // One by one in half precision the sum would stick at 2048.
      assert.equal(await wf.sum(x).item(), 4096);
    },
  },
];
