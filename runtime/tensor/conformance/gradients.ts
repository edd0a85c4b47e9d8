/**
 * Conformance of gradients: each against central differences in f64.
 *
 * @module
 */

import assert from "node:assert/strict";
import { verifyGraph } from "../../device/verify.ts";
import * as wf from "../mod.ts";
import { type ConformanceCase, spreadNumbers } from "./case.ts";

const f64 = { dtype: "f64" } as const;
const STEP = 1e-5;
const TOLERANCE = 3e-7;

/** A function of f64 tensors, and the shape and range of each argument. */
interface GradientRow {
  readonly name: string;
  readonly fn: (...args: wf.F64[]) => wf.F64;
  readonly shapes: readonly (readonly number[])[];
  readonly low?: number;
  readonly high?: number;
}

/** The function as a scalar: its results weighted by fixed numbers. */
function weighted(row: GradientRow): (...args: wf.F64[]) => wf.F64 {
  return (...args) => {
    const y = row.fn(...args);
    const weights = wf.tensor(spreadNumbers(y.size, -1, 1, 5), {
      dtype: "f64",
      shape: y.shape,
    });
    return wf.sum(wf.multiply(y, weights));
  };
}

/**
 * Compares gradients of a scalar function with central differences.
 *
 * @param name Said when they differ.
 * @param fn The function.
 * @param args Its arguments.
 */
export async function assertGradients(
  name: string,
  fn: (...args: wf.F64[]) => wf.F64,
  args: readonly wf.F64[],
): Promise<void> {
  const argnums = args.map((_, k) => k);
  const gradients = wf.grad(fn, { argnums })(...args) as wf.F64[];
  verifyGraph(gradients.map((one) => one.node));
  for (const [k, gradient] of gradients.entries()) {
    assert.deepEqual(gradient.shape, args[k]!.shape);
    const actual = await gradient.data();
    const values = await args[k]!.data();
    for (let at = 0; at < values.length; at++) {
      const shifted = (by: number) => {
        const moved = values.slice();
        moved[at]! += by;
        const own = wf.tensor(moved, { shape: args[k]!.shape });
        return fn(...args.toSpliced(k, 1, own)).item();
      };
      const slope = (await shifted(STEP) - await shifted(-STEP)) / (2 * STEP);
      const error = Math.abs(actual[at]! - slope);
      assert.ok(
        error <= TOLERANCE * Math.max(1, Math.abs(slope)),
        `${name}, argument ${k} at ${at}: ${actual[at]} is not ${slope}`,
      );
    }
  }
}

function gradientCase(row: GradientRow): ConformanceCase {
  return {
    name: `the gradient of ${row.name} equals central differences`,
    run: async () => {
      const args = row.shapes.map((shape, k) =>
        wf.tensor(
          spreadNumbers(
            shape.reduce((size, n) => size * n, 1),
            row.low ?? -1.5,
            row.high ?? 1.5,
            k + 1,
          ),
          { dtype: "f64", shape },
        )
      );
      await assertGradients(row.name, weighted(row), args);
    },
  };
}

const at = (...indices: number[]) => wf.tensor(indices, { dtype: "i32" });

const ROWS: readonly GradientRow[] = [
  ...([
    ["negative", wf.negative],
    ["absolute", wf.absolute],
    ["exp", wf.exp],
    ["expm1", wf.expm1],
    ["sin", wf.sin],
    ["cos", wf.cos],
    ["tan", (x) => wf.tan(wf.multiply(x, 0.5))],
    ["atan", wf.atan],
    ["sinh", wf.sinh],
    ["cosh", wf.cosh],
    ["tanh", wf.tanh],
    ["sigmoid", wf.sigmoid],
    ["softplus", wf.softplus],
    ["relu", wf.relu],
    ["gelu", wf.gelu],
    ["silu", wf.silu],
    ["erf", wf.erf],
    ["erfc", wf.erfc],
    ["logNormalCdf", wf.logNormalCdf],
    ["square", wf.square],
    ["clip", (x) => wf.clip(x, -0.7, 0.7)],
    ["cast to f64 and back from f64", (x) => wf.cast(x, "f64")],
    ["alias by reshape", (x) => wf.reshape(x, [3, 2])],
  ] as const satisfies readonly (readonly [string, (x: wf.F64) => wf.F64])[])
    .map(([name, fn]): GradientRow => ({ name, fn, shapes: [[6]] })),
  ...([
    ["log", wf.log],
    ["log1p", wf.log1p],
    ["log2", wf.log2],
    ["sqrt", wf.sqrt],
    ["rsqrt", wf.rsqrt],
    ["reciprocal", wf.reciprocal],
    ["lgamma", wf.lgamma],
    ["digamma", wf.digamma],
    ["power by a number", (x) => wf.power(x, 2.5)],
    ["a number to a power", (x) => wf.power(2.5, x)],
  ] as const satisfies readonly (readonly [string, (x: wf.F64) => wf.F64])[])
    .map(([name, fn]): GradientRow => ({
      name,
      fn,
      shapes: [[5]],
      low: 0.4,
      high: 3,
    })),
  { name: "asin", fn: wf.asin, shapes: [[5]], low: -0.9, high: 0.9 },
  { name: "acos", fn: wf.acos, shapes: [[5]], low: -0.9, high: 0.9 },
  { name: "add", fn: wf.add, shapes: [[2, 3], [3]] },
  { name: "subtract", fn: wf.subtract, shapes: [[2, 1], [1, 3]] },
  { name: "multiply", fn: wf.multiply, shapes: [[2, 3], []] },
  { name: "divide", fn: wf.divide, shapes: [[4], [4]], low: 0.5, high: 2 },
  { name: "power", fn: wf.power, shapes: [[4], [4]], low: 0.5, high: 2 },
  { name: "atan2", fn: wf.atan2, shapes: [[4], [4]], low: 0.5, high: 2 },
  { name: "remainder", fn: wf.remainder, shapes: [[4], []], low: 0.6, high: 2 },
  { name: "maximum", fn: wf.maximum, shapes: [[5], [5]] },
  { name: "minimum", fn: wf.minimum, shapes: [[5], [5]] },
  {
    name: "where",
    fn: (a, b) => wf.where(wf.less(a, b), wf.square(a), wf.exp(b)),
    shapes: [[5], [5]],
  },
  {
    name: "broadcastTo",
    fn: (x) => wf.broadcastTo(x, [2, 3, 4]),
    shapes: [[3, 1]],
  },
  { name: "permuteDims", fn: (x) => wf.permuteDims(x), shapes: [[2, 3, 2]] },
  {
    name: "slice with steps in both directions",
    fn: (x) => wf.slice(x, [null, null, -2], [1, null, 2], 1),
    shapes: [[5, 4, 2]],
  },
  {
    name: "pad",
    fn: (x) => wf.pad(x, [[1, 2], [0, 1]], { value: 3 }),
    shapes: [[2, 2]],
  },
  {
    name: "concat",
    fn: (a, b) => wf.concat([a, b, a], { axis: 1 }),
    shapes: [[2, 2], [2, 1]],
  },
  {
    name: "take",
    fn: (x) => wf.take(x, [1, 1, -1], { axis: 1 }),
    shapes: [[2, 3]],
  },
  {
    name: "takeAlongAxis",
    fn: (x) => wf.takeAlongAxis(x, wf.reshape(at(1, 1, 0, -1), [2, 2])),
    shapes: [[2, 3]],
  },
  {
    name: "scatterAdd",
    fn: (x, u) => wf.scatterAdd(x, [1, 1], wf.square(u)),
    shapes: [[3, 2], [2, 2]],
  },
  {
    name: "scatterAddAlongAxis",
    fn: (x, u) =>
      wf.scatterAddAlongAxis(x, wf.reshape(at(2, 2, 0, 1), [2, 2]), wf.sin(u)),
    shapes: [[2, 3], [2, 2]],
  },
  { name: "sum", fn: (x) => wf.sum(x, { axis: 1 }), shapes: [[2, 3]] },
  { name: "prod", fn: (x) => wf.prod(x, { axis: 0 }), shapes: [[3, 2]] },
  { name: "mean", fn: (x) => wf.mean(x, { axis: [0, 1] }), shapes: [[2, 3]] },
  { name: "max", fn: (x) => wf.max(x, { axis: 1 }), shapes: [[2, 4]] },
  { name: "min", fn: (x) => wf.min(x), shapes: [[2, 4]] },
  {
    name: "variance",
    fn: (x) => wf.variance(x, { axis: 0, correction: 1 }),
    shapes: [[4, 2]],
  },
  { name: "std", fn: (x) => wf.std(x), shapes: [[5]] },
  {
    name: "logSumExp",
    fn: (x) => wf.logSumExp(x, { axis: 1 }),
    shapes: [[2, 3]],
  },
  { name: "softmax", fn: (x) => wf.softmax(x, { axis: 0 }), shapes: [[3, 2]] },
  { name: "logSoftmax", fn: (x) => wf.logSoftmax(x), shapes: [[2, 3]] },
  { name: "norm", fn: (x) => wf.norm(x, { axis: 1 }), shapes: [[2, 3]] },
  {
    name: "cumulativeSum",
    fn: (x) => wf.cumulativeSum(x, { axis: 1, reverse: true }),
    shapes: [[2, 4]],
  },
  { name: "matmul", fn: wf.matmul, shapes: [[2, 3], [3, 2]] },
  { name: "batched matmul", fn: wf.matmul, shapes: [[2, 2, 3], [3, 1]] },
  { name: "matmul of vectors", fn: wf.matmul, shapes: [[3], [3]] },
  {
    name: "checkpoint",
    fn: (x, y) =>
      wf.checkpoint((a: wf.F64) => wf.multiply(wf.sin(a), wf.exp(y)))(x),
    shapes: [[4], [4]],
  },
  {
    name: "compile",
    fn: wf.compile((x: wf.F64, y: wf.F64) => wf.multiply(wf.sin(x), wf.exp(y))),
    shapes: [[4], []],
  },
  {
    name: "a gradient",
    fn: (x) => wf.grad((y: wf.F64) => wf.sum(wf.power(wf.exp(y), 1.5)))(x),
    shapes: [[3]],
  },
];

const OTHER_CASES: readonly ConformanceCase[] = [
  {
    name: "the gradient of prod is right where one or two elements are zero",
    run: async () => {
      const slope = wf.grad((x: wf.F64) => wf.prod(x));
      const one = slope(wf.tensor([2, 0, 5], f64));
      assert.deepEqual(await one.toArray(), [0, 10, 0]);
      const two = slope(wf.tensor([0, 0, 5], f64));
      assert.deepEqual(await two.toArray(), [0, 0, 0]);
    },
  },
  {
    name: "the gradient of max is shared among equal elements",
    run: async () => {
      const slope = wf.grad((x: wf.F64) => wf.max(x));
      const g = slope(wf.tensor([3, 1, 3], f64));
      assert.deepEqual(await g.toArray(), [0.5, 0, 0.5]);
    },
  },
  {
    name: "the gradients of norm and std are 0 where they are",
    run: async () => {
      const x = wf.tensor([0, 0], f64);
      for (const order of [1, 2, 3]) {
        const slope = wf.grad((y: wf.F64) => wf.norm(y, { order }))(x);
        assert.deepEqual(await slope.toArray(), [0, 0], `order ${order}`);
      }
      const slope = wf.grad((y: wf.F64) => wf.std(y))(wf.add(x, 3));
      assert.deepEqual(await slope.toArray(), [0, 0]);
    },
  },
  {
    name: "no gradient flows through stopGradient, comparisons and rounding",
    run: async () => {
      const slope = wf.grad((x: wf.F64) =>
        wf.add(
          wf.multiply(wf.stopGradient(x), x),
          wf.where(wf.greater(x, 0), wf.round(x), 0),
        )
      );
      assert.equal(await slope(wf.tensor(3, f64)).item(), 3);
    },
  },
  {
    name: "where keeps NaN of the branch not chosen out of the gradient",
    run: async () => {
      const slope = wf.grad((x: wf.F64) =>
        wf.sum(wf.where(wf.greater(x, 0), wf.log(x), 0))
      );
      const g = await slope(wf.tensor([2, -1], f64)).data();
      assert.deepEqual([g[0], Math.abs(g[1]!)], [0.5, 0]);
    },
  },
  {
    name: "arguments are varied one by one even where they share tensors",
    run: async () => {
      const x = wf.tensor(3, f64);
      const [a, b] = wf.grad((p: wf.F64, q: wf.F64) => wf.multiply(p, q), {
        argnums: [0, 1],
      })(x, wf.square(x));
      assert.deepEqual([await a.item(), await b.item()], [9, 3]);
    },
  },
  {
    name:
      "valueAndGrad keeps the form of trees and gives zeros where nothing depends",
    run: async () => {
      const [value, gradient] = wf.valueAndGrad(
        (p: { w: wf.F64[]; unused: wf.F64 }) => wf.sum(wf.square(p.w[0]!)),
      )({ w: [wf.tensor([1, 2], f64)], unused: wf.tensor([7], f64) });
      assert.equal(await value.item(), 5);
      assert.deepEqual(await gradient.w[0]!.toArray(), [2, 4]);
      assert.deepEqual(await gradient.unused.toArray(), [0]);
    },
  },
  {
    name: "customGradient replaces the derived gradient, also inside scan",
    run: async () => {
      const straight = wf.customGradient(
        (x: wf.F64): wf.F64 => wf.round(x),
        ({ inputs: [x], cotangent }) => [wf.multiply(cotangent, x)],
      );
      const slope = wf.grad((x: wf.F64) => wf.multiply(straight(x), 3));
      assert.equal(await slope(wf.tensor(1.5, f64)).item(), 4.5);
      const inside = wf.grad((x: wf.F64) =>
        wf.sum(
          wf.scan(
            (carry: wf.F64, y: wf.F64): [wf.F64, wf.F64] => {
              const next = wf.add(carry, straight(y));
              return [next, next];
            },
            wf.tensor(0, f64),
            x,
          )[0],
        )
      );
      const g = inside(wf.tensor([1.5, 2.25], f64));
      assert.deepEqual(await g.toArray(), [1.5, 2.25]);
    },
  },
  {
    name: "the gradient of a long chain does not overflow the stack",
    run: async () => {
      const slope = wf.grad((x: wf.F64) => {
        let y = x;
        for (let k = 0; k < 20_000; k++) y = wf.add(y, x);
        return y;
      });
      assert.equal(await slope(wf.tensor(1, f64)).item(), 20_001);
    },
  },
];

/** All cases of this file; they need a device that computes in f64. */
export const GRADIENT_CASES: readonly ConformanceCase[] = [
  ...ROWS.map(gradientCase),
  ...OTHER_CASES,
];
