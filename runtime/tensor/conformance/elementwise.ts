/**
 * Conformance of elementwise operations, with plain functions beside them.
 *
 * @module
 */

import assert from "node:assert/strict";
import recorded from "../../../fixtures/reference/special.json" with {
  type: "json",
};
import * as wf from "../mod.ts";
import { assertClose, type ConformanceCase, spreadNumbers } from "./case.ts";

type Unary = <D extends wf.DType>(x: wf.Tensor<D>) => wf.Tensor<D>;
type Binary = <D extends wf.DType>(
  a: wf.Tensor<D>,
  b: wf.Tensor<D>,
) => wf.Tensor<D>;

/** A function, its plain twin, and the range of its arguments. */
type UnaryRow = readonly [
  fn: Unary,
  plain: (x: number) => number,
  low: number,
  high: number,
];

const UNARY_ROWS: readonly UnaryRow[] = [
  [wf.negative, (x) => -x, -3, 3],
  [wf.absolute, (x) => x < 0 ? -x : x, -3, 3],
  [wf.sign, (x) => x > 0 ? 1 : x < 0 ? -1 : 0, -3, 3],
  [wf.exp, (x) => Math.E ** x, -3, 3],
  [wf.expm1, (x) => Math.expm1(x), -1, 1],
  [wf.log, (x) => Math.log10(x) * Math.LN10, 0.01, 9],
  [wf.log1p, (x) => Math.log1p(x), -0.9, 3],
  [wf.log2, (x) => Math.log2(x), 0.01, 9],
  [wf.sqrt, (x) => x ** 0.5, 0, 9],
  [wf.rsqrt, (x) => x ** -0.5, 0.1, 9],
  [wf.square, (x) => x * x, -3, 3],
  [wf.reciprocal, (x) => 1 / x, 0.2, 3],
  [wf.sin, (x) => Math.cos(x - Math.PI / 2), -3, 3],
  [wf.cos, (x) => Math.sin(x + Math.PI / 2), -3, 3],
  [wf.tan, (x) => Math.sin(x) / Math.cos(x), -1.2, 1.2],
  [wf.asin, (x) => Math.atan2(x, Math.sqrt(1 - x * x)), -0.99, 0.99],
  [wf.acos, (x) => Math.atan2(Math.sqrt(1 - x * x), x), -0.99, 0.99],
  [wf.atan, (x) => Math.atan2(x, 1), -3, 3],
  [wf.sinh, (x) => (Math.exp(x) - Math.exp(-x)) / 2, -3, 3],
  [wf.cosh, (x) => (Math.exp(x) + Math.exp(-x)) / 2, -3, 3],
  [wf.tanh, (x) => 1 - 2 / (Math.exp(2 * x) + 1), -3, 3],
  [wf.sigmoid, (x) => 1 / (1 + Math.exp(-x)), -9, 9],
  [wf.softplus, (x) => Math.log(1 + Math.exp(x)), -9, 9],
  [wf.relu, (x) => x > 0 ? x : 0, -3, 3],
  [wf.silu, (x) => x / (1 + Math.exp(-x)), -3, 3],
  [wf.floor, (x) => x - ((x % 1) + 1) % 1, -3, 3],
  [wf.ceil, (x) => -Math.floor(-x), -3, 3],
  [wf.trunc, (x) => x - x % 1, -3, 3],
  [wf.round, (x) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5), -3, 3],
];

/** A function of two arguments, its plain twin, and the range of both. */
type BinaryRow = readonly [
  fn: Binary,
  plain: (a: number, b: number) => number,
  low: number,
  high: number,
];

const BINARY_ROWS: readonly BinaryRow[] = [
  [wf.add, (a, b) => a + b, -3, 3],
  [wf.subtract, (a, b) => a - b, -3, 3],
  [wf.multiply, (a, b) => a * b, -3, 3],
  [wf.divide, (a, b) => a / b, 0.5, 3],
  [wf.floorDivide, (a, b) => Math.floor(a / b), 0.5, 9],
  [wf.power, (a, b) => Math.exp(b * Math.log(a)), 0.5, 3],
  [wf.atan2, (a, b) => Math.atan(a / b), 0.5, 3],
  [wf.remainder, (a, b) => a - b * Math.floor(a / b), 0.5, 9],
  [wf.maximum, (a, b) => a > b ? a : b, -3, 3],
  [wf.minimum, (a, b) => a < b ? a : b, -3, 3],
];

const COUNT = 40;

function unaryCase([fn, plain, low, high]: UnaryRow): ConformanceCase {
  return {
    name: `${fn.name} equals its closed form`,
    run: async ({ dtype, tolerance }) => {
      const x = spreadNumbers(COUNT, low, high);
      const y = fn(wf.tensor(x, { dtype }));
      await assertClose(y, x.map(plain), tolerance, fn.name);
    },
  };
}

function binaryCase([fn, plain, low, high]: BinaryRow): ConformanceCase {
  return {
    name: `${fn.name} equals its closed form`,
    run: async ({ dtype, tolerance }) => {
      const a = spreadNumbers(COUNT, low, high);
      const b = spreadNumbers(COUNT, low, high, 2);
      const y = fn(wf.tensor(a, { dtype }), wf.tensor(b, { dtype }));
      await assertClose(
        y,
        a.map((x, k) => plain(x, b[k]!)),
        tolerance,
        fn.name,
      );
    },
  };
}

/** Functions whose values were recorded from mpmath. */
const RECORDED_ROWS: readonly (readonly [
  name: keyof typeof recorded.values,
  fn: Unary,
])[] = [
  ["erf", wf.erf],
  ["erfc", wf.erfc],
  ["logNormalCdf", wf.logNormalCdf],
  ["lgamma", wf.lgamma],
  ["digamma", wf.digamma],
  ["trigamma", (x) => wf.polygamma(1, x)],
];

function recordedCase(
  [name, fn]: typeof RECORDED_ROWS[number],
): ConformanceCase {
  return {
    name: `${name} equals mpmath`,
    run: async ({ dtype, tolerance }) => {
      // Points that f32 would round stay with the devices that compute in f64.
      const rows = (recorded.values[name] as [number, number][]).filter(
        ([x, y]) => dtype === "f64" || (Math.fround(x) === x && y > -80),
      );
      const y = fn(wf.tensor(rows.map(([x]) => x), { dtype }));
      // The relative error grows near zeros and with the size of arguments.
      await assertClose(y, rows.map((row) => row[1]), tolerance * 50, name);
    },
  };
}

const COMPARISONS: readonly (readonly [
  fn: <D extends wf.DType>(a: wf.Tensor<D>, b: wf.Tensor<D>) => wf.Bool,
  plain: (a: number, b: number) => boolean,
])[] = [
  [wf.equal, (a, b) => a === b],
  [wf.notEqual, (a, b) => a !== b],
  [wf.less, (a, b) => a < b],
  [wf.lessEqual, (a, b) => a <= b],
  [wf.greater, (a, b) => a > b],
  [wf.greaterEqual, (a, b) => a >= b],
];

function comparisonCase(
  [fn, plain]: typeof COMPARISONS[number],
): ConformanceCase {
  return {
    name: `${fn.name} compares as the language does, NaN included`,
    run: async ({ dtype }) => {
      const values = [-1, 0, 0.5, Infinity, NaN];
      const a = values.flatMap((x) => values.map(() => x));
      const b = values.flatMap(() => values);
      const y = fn(wf.tensor(a, { dtype }), wf.tensor(b, { dtype }));
      assert.equal(y.dtype, "bool");
      assert.deepEqual(
        [...await y.data()],
        a.map((x, k) => plain(x, b[k]!) ? 1 : 0),
      );
    },
  };
}

const SPECIAL_CASES: readonly ConformanceCase[] = [
  {
    name: "gelu is x times the normal distribution function",
    run: async ({ dtype, tolerance }) => {
      const y = wf.gelu(wf.tensor([-1, 0, 1], { dtype }));
      const phi = 0.8413447460685429; // Φ(1)
      await assertClose(y, [phi - 1, 0, phi], tolerance);
    },
  },
  {
    name: "round sends halves to the even neighbour",
    run: async ({ dtype }) => {
      const y = wf.round(wf.tensor([0.5, 1.5, 2.5, -1.5], { dtype }));
      assert.deepEqual([...await y.data()], [0, 2, 2, -2]);
    },
  },
  {
    name: "remainder has the sign of the divisor",
    run: async ({ dtype }) => {
      const y = wf.remainder(
        wf.tensor([7, -7, 7, -7], { dtype }),
        wf.tensor([3, 3, -3, -3], { dtype }),
      );
      assert.deepEqual([...await y.data()], [1, 2, -2, -1]);
    },
  },
  {
    name: "maximum, minimum, max and min let NaN win",
    run: async ({ dtype }) => {
      const x = wf.tensor([1, NaN], { dtype });
      for (const y of [wf.maximum(x, 2), wf.minimum(x, 0)]) {
        assert.ok(Number.isNaN((await y.data())[1]));
      }
      for (const y of [wf.max(x), wf.min(x)]) {
        assert.ok(Number.isNaN(await y.item()));
      }
    },
  },
  {
    name: "isNaN, isFinite and isInf tell NaN, infinity and numbers apart",
    run: async ({ dtype }) => {
      const x = wf.tensor([0, NaN, Infinity, -Infinity], { dtype });
      assert.deepEqual([...await wf.isNaN(x).data()], [0, 1, 0, 0]);
      assert.deepEqual([...await wf.isFinite(x).data()], [1, 0, 0, 0]);
      assert.deepEqual([...await wf.isInf(x).data()], [0, 0, 1, 1]);
    },
  },
  {
    name: "where chooses element by element and broadcasts",
    run: async ({ dtype }) => {
      const x = wf.tensor([[1, -2], [-3, 4]], { dtype });
      const y = wf.where(wf.greater(x, 0), x, wf.tensor([10, 20], { dtype }));
      assert.deepEqual(await y.toArray(), [[1, 20], [10, 4]]);
    },
  },
  {
    name: "clip moves what is outside to the ends",
    run: async ({ dtype }) => {
      const x = wf.tensor([-5, 0.5, 5], { dtype });
      assert.deepEqual(await wf.clip(x, -1, 1).toArray(), [-1, 0.5, 1]);
      assert.deepEqual(await wf.clip(x, undefined, 1).toArray(), [-5, 0.5, 1]);
    },
  },
  {
    name: "logical operations follow their truth tables",
    run: async () => {
      const a = wf.tensor([false, false, true, true]);
      const b = wf.tensor([false, true, false, true]);
      assert.deepEqual([...await wf.logicalAnd(a, b).data()], [0, 0, 0, 1]);
      assert.deepEqual([...await wf.logicalOr(a, b).data()], [0, 1, 1, 1]);
      assert.deepEqual([...await wf.logicalXor(a, b).data()], [0, 1, 1, 0]);
      assert.deepEqual([...await wf.logicalNot(a).data()], [1, 1, 0, 0]);
    },
  },
  {
    name: "a long chain of operations does not overflow the stack",
    run: async ({ dtype }) => {
      let x = wf.tensor(0, { dtype });
      for (let k = 0; k < 100_000; k++) x = wf.add(x, 1);
      assert.equal(await x.item(), 100_000);
    },
  },
];

/** All cases of this file. */
export const ELEMENTWISE_CASES: readonly ConformanceCase[] = [
  ...UNARY_ROWS.map(unaryCase),
  ...BINARY_ROWS.map(binaryCase),
  ...RECORDED_ROWS.map(recordedCase),
  ...COMPARISONS.map(comparisonCase),
  ...SPECIAL_CASES,
];
