/**
 * Conformance of traces, norms, powers, cross products and least squares.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import fixture from "../../../fixtures/reference/array_api.json" with {
  type: "json",
};
import {
  DTypeError,
  NumericalError,
  ParameterError,
  ShapeError,
} from "../../core/errors.ts";
import {
  assertEqualOn,
  assertGradient,
  floats,
  type GradientPoint,
  noise,
  type TestDType,
  type TestFloat,
} from "../linear_algebra/testing.ts";
import * as wf from "../mod.ts";
import type { ConformanceCase } from "./case.ts";

const recorded = fixture.linearAlgebra;
const whole = { dtype: "i32" } as const;

function point(shape: readonly number[], seed: number): GradientPoint {
  return { values: noise(shape.reduce((size, n) => size * n, 1), seed), shape };
}

function random(
  options: TestDType,
  shape: readonly number[],
  seed: number,
): TestFloat {
  return floats(options, point(shape, seed).values, shape);
}

function identity({ dtype }: TestDType, n: number): TestFloat {
  return wf.eye(n, n, { dtype }) as TestFloat;
}

const NORMS: readonly (readonly [
  keyof typeof recorded.tall.norms,
  wf.MatrixNormOrder,
])[] = [
  ["frobenius", "frobenius"],
  ["nuclear", "nuclear"],
  ["1", 1],
  ["-1", -1],
  ["2", 2],
  ["-2", -2],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
];

const matrices = (["tall", "wide", "deficient"] as const).flatMap(
  (name): ConformanceCase[] => {
    const { a, b, norms, ...right } = recorded[name];
    // Rounding to f32 gives a matrix without full rank a third small value.
    const loose = (dtype: string) =>
      name === "deficient" && dtype === "f32"
        ? { relativeTolerance: 1e-5 }
        : {};
    return [
      {
        name: `matrixNorm and trace equal NumPy's, ${name}`,
        run: async (at) => {
          const x = floats(at, a);
          for (const [key, order] of NORMS) {
            const tolerance = order === -2 ? 1e-11 : 1e-13;
            await assertEqualOn(
              at,
              wf.matrixNorm(x, { order }),
              norms[key],
              tolerance,
            );
          }
          const traces = [-1, 0, 1].map((offset) => wf.trace(x, { offset }));
          await assertEqualOn(at, wf.stack(traces), right.trace);
        },
      },
      {
        name: `pinv, lstsq and matrixRank equal NumPy's, ${name}`,
        run: async (at) => {
          const x = floats(at, a);
          const options = loose(at.dtype);
          await assertEqualOn(at, wf.pinv(x, options), right.pinv);
          const found = wf.lstsq(x, floats(at, b), options);
          await assertEqualOn(at, found.solution, right.solution);
          await assertEqualOn(at, found.singularValues, right.singularValues);
          assert.equal(found.rank.dtype, "i32");
          assert.equal(await found.rank.item(), right.rank);
          assert.equal(await wf.matrixRank(x, options).item(), right.rank);
        },
      },
    ];
  },
);

/** All cases of this file. */
export const ARRAY_API_LINEAR_ALGEBRA_CASES: readonly ConformanceCase[] = [
  ...matrices,
  {
    name: "matrixPower equals NumPy's, also for negative powers",
    run: async (at) => {
      const a = floats(at, recorded.square);
      for (const [power, right] of Object.entries(recorded.powers)) {
        await assertEqualOn(at, wf.matrixPower(a, Number(power)), right, 1e-11);
      }
    },
  },
  {
    name: "cross and vectorNorm equal NumPy's",
    run: async (at) => {
      const [u, v] = [floats(at, recorded.u), floats(at, recorded.v)];
      await assertEqualOn(at, wf.cross(u, v), recorded.cross);
      const turned = wf.cross(wf.transpose(u), wf.transpose(v), { axis: 0 });
      await assertEqualOn(at, wf.transpose(turned), recorded.cross);
      for (const [key, right] of Object.entries(recorded.vectorNorms)) {
        const order = Number(key);
        await assertEqualOn(at, wf.vectorNorm(u, { axis: 1, order }), right);
      }
    },
  },
  {
    name: "trace, cross and vectorNorm of closed forms",
    run: async ({ dtype }) => {
      const x = wf.reshape(wf.arange(12, undefined, 1, whole), [2, 2, 3]);
      assert.deepEqual(await wf.trace(x).toArray(), [4, 16]);
      assert.deepEqual(await wf.trace(x, { offset: 2 }).toArray(), [2, 8]);
      assert.deepEqual(await wf.trace(x, { offset: -1 }).toArray(), [3, 9]);
      assert.deepEqual(await wf.trace(x, { offset: 9 }).toArray(), [0, 0]);
      assert.equal(wf.trace(x).dtype, "i32");
      const axes = wf.eye(3, 3, whole);
      const next = wf.roll(axes, -1);
      assert.deepEqual(
        await wf.cross(axes, next).toArray(),
        await wf.roll(axes, -2).toArray(),
      );
      const v = wf.tensor([[0, 3], [-4, 0]], { dtype });
      assert.equal(await wf.vectorNorm(v).item(), 5);
      assert.deepEqual(
        await wf.vectorNorm(v, { order: 0, axis: 0, keepDims: true }).toArray(),
        [[1, 1]],
      );
      assert.equal(await wf.vectorNorm(v, { order: -1 }).item(), 0);
    },
  },
  {
    name: "pinv keeps the rules of Moore and Penrose, in batches of any shape",
    run: (at) =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 5 }),
          async (leading, m, n) => {
            const a = random(at, [...leading, m, n], 7);
            const p = wf.pinv(a);
            assert.deepEqual(p.shape, [...leading, n, m]);
            const ap = wf.matmul(a, p);
            const pa = wf.matmul(p, a);
            // Errors grow with the square of the condition at most.
            const size = Math.max(1, ...await p.data());
            const tolerance = 1e-13 * size * size;
            await assertEqualOn(at, wf.matmul(ap, a), a, tolerance);
            await assertEqualOn(at, wf.matmul(pa, p), p, tolerance);
            await assertEqualOn(at, wf.transpose(ap), ap, tolerance);
            await assertEqualOn(at, wf.transpose(pa), pa, tolerance);
            assert.deepEqual(wf.matrixRank(a).shape, leading);
            assert.deepEqual(wf.matrixNorm(a, { order: 2 }).shape, leading);
          },
        ),
        { numRuns: 20 },
      ),
  },
  {
    name: "lstsq solves square systems, broadcasts, and takes a vector",
    run: async (at) => {
      const a = wf.add(
        random(at, [2, 1, 3, 3], 3),
        wf.multiply(identity(at, 3), 3),
      );
      const x = random(at, [4, 3, 2], 5);
      const { solution, rank } = wf.lstsq(a, wf.matmul(a, x));
      assert.deepEqual(solution.shape, [2, 4, 3, 2]);
      assert.deepEqual(rank.shape, [2, 1]);
      await assertEqualOn(at, solution, wf.broadcastTo(x, [2, 4, 3, 2]));
      const line = floats(at, [[1, 0], [1, 1], [1, 2]]);
      const fit = wf.lstsq(line, floats(at, [1, 2, 4])).solution;
      await assertEqualOn(at, fit, [5 / 6, 1.5]);
    },
  },
  {
    name: "pinv and matrixRank count a value as zero by their tolerance",
    run: async (at) => {
      const a = wf.diag(floats(at, [4, 1, 0.01])) as TestFloat;
      const loose = { relativeTolerance: 0.01 };
      assert.equal(await wf.matrixRank(a).item(), 3);
      assert.equal(await wf.matrixRank(a, loose).item(), 2);
      const inverses = wf.diagonal(wf.pinv(a, loose));
      await assertEqualOn(at, inverses, [0.25, 1, 0]);
      const zero = wf.zeros([2, 3], { dtype: at.dtype }) as TestFloat;
      assert.equal(await wf.matrixRank(zero).item(), 0);
      await assertEqualOn(at, wf.pinv(zero), wf.transpose(zero), 0);
      const none = wf.zeros([0, 3], { dtype: at.dtype }) as TestFloat;
      assert.equal(await wf.matrixRank(none).item(), 0);
      assert.deepEqual(wf.pinv(none).shape, [3, 0]);
    },
  },
  {
    name: "pinv, lstsq and matrixPower have the gradients of differences",
    run: async (at) => {
      for (const shape of [[2, 4, 2], [2, 2, 4], [3, 3]]) {
        await assertGradient(at, (x) => wf.pinv(x), [point(shape, 8)], 1e-5);
      }
      await assertGradient(
        at,
        (a, b) => wf.lstsq(a, b).solution,
        [point([4, 2], 9), point([4], 10)],
        1e-6,
      );
      const square = [point([2, 3, 3], 11)];
      await assertGradient(at, (x) => wf.matrixPower(x, 3), square);
      await assertGradient(
        at,
        (x) => wf.matrixPower(wf.add(x, wf.multiply(identity(x, 3), 3)), -2),
        square,
      );
    },
  },
  {
    name: "pinv has the right gradient where singular values are equal",
    run: async (at) => {
      const start = {
        values: Float64Array.of(1, 0, 0, 1, 0, 0),
        shape: [3, 2],
      };
      await assertGradient(at, (x) => wf.pinv(x), [start]);
      const slope = wf.grad((x: TestFloat) => wf.sum(wf.pinv(x)) as TestFloat);
      const g = slope(identity(at, 2));
      await assertEqualOn(at, g, [[-1, -1], [-1, -1]]);
    },
  },
  {
    name: "trace, cross and norms have the gradients of differences",
    run: async (at) => {
      const a = [point([2, 3, 4], 12)];
      await assertGradient(at, (x) => wf.trace(x, { offset: 1 }), a);
      const orders: wf.MatrixNormOrder[] = [
        "frobenius",
        "nuclear",
        1,
        2,
        -Infinity,
      ];
      for (const order of orders) {
        await assertGradient(at, (x) => wf.matrixNorm(x, { order }), a, 1e-6);
      }
      for (const order of [3, -1, -Infinity]) {
        await assertGradient(
          at,
          (x) => wf.vectorNorm(x, { order, axis: 1 }),
          a,
          1e-6,
        );
      }
      const vectors = [point([2, 3], 13), point([1, 3], 14)];
      await assertGradient(at, (u, v) => wf.cross(u, v), vectors);
    },
  },
  {
    name: "matrix functions refuse what they cannot take",
    run: async (at) => {
      const wide = random(at, [2, 3], 15);
      const vector = random(at, [3], 16);
      const ints = wf.ones([3, 3], whole) as unknown as TestFloat;
      const bools = wf.equal(wide, 0);
      for (const fn of [wf.matrixNorm, wf.matrixRank, wf.pinv]) {
        assert.throws(() => fn(vector), ShapeError);
        assert.throws(() => fn(ints), DTypeError);
      }
      assert.throws(() => wf.vectorNorm(ints), DTypeError);
      assert.throws(() => wf.vectorNorm(wide, { order: NaN }), ParameterError);
      assert.throws(() => wf.matrixNorm(wide, { order: 3 }), ParameterError);
      assert.throws(() => wf.matrixPower(wide, 2), ShapeError);
      const square = random(at, [3, 3], 17);
      assert.throws(() => wf.matrixPower(square, 0.5), ParameterError);
      assert.throws(() => wf.trace(vector), ShapeError);
      assert.throws(() => wf.trace(bools), DTypeError);
      assert.throws(() => wf.trace(wide, { offset: 0.5 }), ParameterError);
      assert.throws(() => wf.cross(vector, wf.transpose(wide)), ShapeError);
      const one = random(at, [2, 1], 18);
      assert.throws(() => wf.cross(wide, one), /length 3 along axis 1/);
      assert.throws(() => wf.cross<wf.DType>(vector, ints), DTypeError);
      assert.throws(() => wf.lstsq(wide, vector), /has 3 rows/);
      assert.throws(() => wf.lstsq(square, ints), DTypeError);
      const tolerance = { relativeTolerance: -1 };
      assert.throws(() => wf.pinv(wide, tolerance), ParameterError);
      const holes = floats(at, [[1, NaN], [0, 1]]);
      await assert.rejects(wf.pinv(holes).data(), NumericalError);
      await assert.rejects(wf.matrixRank(holes).data(), NumericalError);
    },
  },
];
