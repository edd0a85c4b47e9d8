/**
 * Rules of linear algebra and sorting that hold on every device.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import fixture from "../../../fixtures/reference/linear_algebra.json" with {
  type: "json",
};
import { DTypeError, NumericalError, ShapeError } from "../../core/errors.ts";
import type { ConformanceCase } from "../conformance/case.ts";
import { matmul } from "../contraction.ts";
import { eye, tril, triu, zeros } from "../creation.ts";
import { add, exp, log, multiply, square } from "../elementwise.ts";
import { expandDims, stack, transpose } from "../movement.ts";
import { expandTo } from "../node.ts";
import { read } from "../realize.ts";
import { sum } from "../reductions.ts";
import { scan } from "../scan.ts";
import { grad } from "../transforms.ts";
import { cholesky } from "./cholesky.ts";
import { det, logDet, signLogDet } from "./determinant.ts";
import { eigh } from "./eigh.ts";
import { qr } from "./qr.ts";
import { inverse, solve } from "./solve.ts";
import { argsort, sort, topK } from "./sort.ts";
import { svd } from "./svd.ts";
import {
  assertEqualOn,
  assertGradient,
  floats,
  type GradientPoint,
  noise,
  type TestDType,
  type TestFloat,
} from "./testing.ts";
import { triangularSolve } from "./triangular_solve.ts";

/** A batch of random matrices. */
function point(shape: readonly number[], seed: number): GradientPoint {
  const size = shape.reduce((product, length) => product * length, 1);
  return { values: noise(size, seed), shape };
}

function random(
  options: TestDType,
  shape: readonly number[],
  seed: number,
): TestFloat {
  return floats(options, point(shape, seed).values, shape);
}

/** Positive definite for any `x`: `x · xᵀ + I`. */
function positive(x: TestFloat): TestFloat {
  const n = x.shape.at(-2)!;
  return add(matmul(x, transpose(x)), eye(n, n, { dtype: x.dtype }));
}

function symmetricOf(x: TestFloat): TestFloat {
  return add(x, transpose(x));
}

/** Triangular with a diagonal that is well away from zero. */
function triangular(x: TestFloat, lower: boolean): TestFloat {
  const n = x.shape.at(-1)!;
  const diagonal = multiply(eye(n, n, { dtype: x.dtype }), 3);
  return add(lower ? tril(x) : triu(x), diagonal);
}

/** Two sets of leading axes that broadcast to a third one. */
const SYSTEM_SHAPES = fc.record({
  leading: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
  ones: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  dropped: fc.nat(3),
  n: fc.integer({ min: 1, max: 5 }),
  m: fc.integer({ min: 1, max: 3 }),
}).map(({ leading, ones, dropped, n, m }) => {
  // Each axis is there in full on one side at least.
  const left = leading.map((size, i) => ones[2 * i] ? 1 : size);
  const right = leading.map((size, i) =>
    !ones[2 * i] && ones[2 * i + 1] ? 1 : size
  );
  // The outermost axes may be missing on the right.
  const first = left.findIndex((size, i) => size !== leading[i]);
  const most = first === -1 ? leading.length : first;
  return { leading, left, right: right.slice(Math.min(dropped, most)), n, m };
});

const { positiveDefinite: definite, general, tall, wide, symmetric } = fixture;

/** The rules. */
export const LINEAR_ALGEBRA_CASES: readonly ConformanceCase[] = [
  {
    name: "cholesky equals SciPy's factor",
    run: (at) =>
      assertEqualOn(at, cholesky(floats(at, definite.a)), definite.cholesky),
  },
  {
    name: "cholesky gives back each matrix of a batch as L · Lᵀ",
    run: async (at) => {
      const a = positive(random(at, [2, 3, 5, 5], 1));
      const factor = cholesky(a);
      assert.deepEqual(factor.shape, [2, 3, 5, 5]);
      await assertEqualOn(at, matmul(factor, transpose(factor)), a);
      await assertEqualOn(at, tril(factor), factor, 0);
    },
  },
  {
    name: "cholesky names the matrix, pivot and value that are not positive",
    run: async (at) => {
      const good = eye(2, 2, { dtype: at.dtype });
      const batch = stack<"f64" | "f32">([
        good,
        floats(at, [[1, 2], [2, 1]]),
      ]);
      await assert.rejects(read(cholesky(batch)), (error) => {
        assert.ok(error instanceof NumericalError);
        assert.match(error.summary, /matrix \[1\] of the batch.*pivot 1 is -3/);
        return true;
      });
    },
  },
  {
    name: "cholesky has the gradient of central differences, in batches",
    run: (at) =>
      assertGradient(at, (x) => cholesky(positive(x)), [point([2, 4, 4], 2)]),
  },
  {
    name: "cholesky has gradients of gradients",
    run: (at) => {
      const first = grad((x: TestFloat) =>
        sum(log(square(cholesky(positive(x)))))
      );
      return assertGradient(
        at,
        (x) => first(add(x, eye(3, 3, { dtype: x.dtype }))),
        [{ values: noise(9, 3).map((v) => v + 2), shape: [3, 3] }],
        1e-6,
      );
    },
  },
  ...([[true, false], [true, true], [false, false], [false, true]] as const)
    .flatMap(([lower, turned]): ConformanceCase[] => {
      const options = { lower, transpose: turned };
      const kind = `${lower ? "lower" : "upper"}${
        turned ? ", transposed" : ""
      }`;
      return [
        {
          name: `triangularSolve equals SciPy's solution, ${kind}`,
          run: (at) =>
            assertEqualOn(
              at,
              triangularSolve(
                floats(at, lower ? definite.cholesky : definite.a),
                floats(at, definite.b),
                options,
              ),
              lower
                ? turned ? definite.lowerTransposed : definite.lower
                : turned
                ? definite.upperTransposed
                : definite.upper,
            ),
        },
        {
          name:
            `triangularSolve has the gradient of central differences, ${kind}`,
          run: (at) =>
            assertGradient(
              at,
              (a, b) => triangularSolve(triangular(a, lower), b, options),
              [point([2, 3, 3], 4), point([2, 3, 2], 5)],
            ),
        },
        {
          name:
            `triangularSolve takes its gradient only where it reads, ${kind}`,
          run: async (at) => {
            const b = random(at, [3], 6);
            const gradient = grad((a: TestFloat) =>
              sum(triangularSolve(a, b, options))
            )(triangular(random(at, [3, 3], 7), lower));
            const read = lower ? tril(gradient) : triu(gradient);
            await assertEqualOn(at, gradient, read, 0);
          },
        },
      ];
    }),
  {
    name: "triangularSolve takes the diagonal as ones when asked to",
    run: async (at) => {
      const a = floats(at, definite.a);
      const b = floats(at, definite.b);
      await assertEqualOn(
        at,
        triangularSolve(a, b, { unitDiagonal: true }),
        definite.unit,
      );
      await assertGradient(
        at,
        (x, y) => triangularSolve(x, y, { unitDiagonal: true }),
        [point([3, 3], 8), point([3], 9)],
      );
    },
  },
  {
    name: "triangularSolve broadcasts over leading axes, and takes one vector",
    run: async (at) => {
      const a = triangular(random(at, [2, 1, 4, 4], 10), true);
      const b = random(at, [3, 4, 2], 11);
      const x = triangularSolve(a, b);
      assert.deepEqual(x.shape, [2, 3, 4, 2]);
      await assertEqualOn(
        at,
        matmul(a, x),
        expandTo(b, x.shape),
      );
      const vector = triangularSolve(a, random(at, [4], 12));
      assert.deepEqual(vector.shape, [2, 1, 4]);
      await assertGradient(
        at,
        (p, q) => triangularSolve(triangular(p, true), q),
        [point([2, 1, 2, 2], 13), point([3, 2, 1], 14)],
      );
    },
  },
  {
    name: "solve and inverse equal NumPy's",
    run: async (at) => {
      const a = floats(at, general.a);
      await assertEqualOn(
        at,
        solve(a, floats(at, general.b)),
        general.solution,
      );
      await assertEqualOn(at, inverse(a), general.inverse);
    },
  },
  {
    name: "solve and inverse have the gradients of central differences",
    run: async (at) => {
      const spread = (x: TestFloat) =>
        add(x, multiply(eye(3, 3, { dtype: x.dtype }), 2));
      await assertGradient(at, (a, b) => solve(spread(a), b), [
        point([2, 3, 3], 15),
        point([3, 2], 16),
      ]);
      await assertGradient(at, (a, b) => solve(spread(a), b), [
        point([3, 3], 17),
        point([3], 18),
      ]);
      await assertGradient(at, (a) => inverse(spread(a)), [point([3, 3], 19)]);
    },
  },
  {
    name: "solve says which matrix is singular",
    run: (at) =>
      assert.rejects(
        read(inverse(floats(at, [[[1, 0], [0, 1]], [[1, 2], [2, 4]]]))),
        (error) => {
          assert.ok(error instanceof NumericalError);
          assert.match(error.summary, /matrix \[1\] of the batch/);
          return true;
        },
      ),
  },
  {
    name: "det, logDet and signLogDet equal NumPy's",
    run: async (at) => {
      const a = floats(at, general.a);
      const { sign, logAbsolute } = signLogDet(a);
      await assertEqualOn(at, sign, general.sign, 0);
      await assertEqualOn(at, logAbsolute, general.logAbsolute);
      await assertEqualOn(at, det(a), general.determinant);
      const turned = floats(at, [[[0, 1], [1, 0]], [[2, 0], [0, 3]]]);
      await assertEqualOn(at, logDet(turned), [NaN, Math.log(6)]);
    },
  },
  {
    name:
      "det, logDet and signLogDet have the gradients of central differences",
    run: async (at) => {
      const start = point([2, 3, 3], 20);
      await assertGradient(at, (a) => det(a), [start]);
      await assertGradient(at, (a) => signLogDet(a).logAbsolute, [start]);
      await assertGradient(at, (a) => signLogDet(a).sign, [start]);
      await assertGradient(at, (a) => logDet(positive(a)), [start]);
    },
  },
  ...([["tall", tall], ["wide", wide]] as const).flatMap((
    [name, recorded],
  ): ConformanceCase[] => {
    const m = recorded.a.length;
    const n = recorded.a[0]!.length;
    return [
      {
        name: `qr equals NumPy's factors of a ${name} matrix`,
        run: async (at) => {
          const { q, r } = qr(floats(at, recorded.a));
          await assertEqualOn(at, q, recorded.q);
          await assertEqualOn(at, r, recorded.r);
        },
      },
      {
        name: `qr has the gradients of central differences, ${name}`,
        run: async (at) => {
          const start = point([2, m, n], 21);
          await assertGradient(at, (a) => qr(a).q, [start]);
          await assertGradient(at, (a) => qr(a).r, [start]);
          await assertGradient(
            at,
            (a) => matmul(exp(qr(a).q), qr(a).r),
            [start],
          );
        },
      },
      {
        name: `svd equals NumPy's singular values of a ${name} matrix`,
        run: async (at) => {
          const a = floats(at, recorded.a);
          const { u, s, vt } = svd(a);
          await assertEqualOn(at, s, recorded.s);
          const back = matmul(multiply(u, expandDims(s, -2)), vt);
          await assertEqualOn(at, back, a);
          const k = s.size;
          const one = eye(k, k, { dtype: at.dtype });
          await assertEqualOn(at, matmul(transpose(u), u), one);
          await assertEqualOn(at, matmul(vt, transpose(vt)), one);
        },
      },
      {
        name: `svd has the gradients of central differences, ${name}`,
        run: async (at) => {
          const start = point([2, m, n], 22);
          await assertGradient(at, (a) => svd(a).s, [start]);
          await assertGradient(at, (a) => svd(a).u, [start], 1e-6);
          await assertGradient(at, (a) => svd(a).vt, [start], 1e-6);
          await assertGradient(
            at,
            (a) => {
              const { u, s, vt } = svd(a);
              return matmul(multiply(exp(u), expandDims(s, -2)), exp(vt));
            },
            [start],
            1e-6,
          );
        },
      },
    ];
  }),
  {
    name: "svd keeps its gradient finite where the rank is deficient",
    run: async (at) => {
      const a = floats(at, [[1, 1], [1, 1], [1, 1]]);
      const gradient = grad((x: TestFloat) => {
        const { u, s, vt } = svd(x);
        return add(add(sum(u), sum(vt)), sum(s));
      })(a);
      const [data] = await read(gradient);
      assert.ok(data.every(Number.isFinite));
    },
  },
  {
    name: "eigh equals NumPy's eigenvalues and gives back A",
    run: async (at) => {
      const a = floats(at, symmetric.a);
      const { values, vectors } = eigh(a);
      await assertEqualOn(at, values, symmetric.values);
      const back = matmul(
        multiply(vectors, expandDims(values, -2)),
        transpose(vectors),
      );
      await assertEqualOn(at, back, a);
    },
  },
  {
    name: "eigh has the gradients of central differences",
    run: async (at) => {
      const start = point([2, 4, 4], 23);
      await assertGradient(at, (x) => eigh(symmetricOf(x)).values, [start]);
      await assertGradient(
        at,
        (x) => eigh(symmetricOf(x)).vectors,
        [start],
        1e-6,
      );
    },
  },
  {
    name:
      "eigh has a finite gradient at equal eigenvalues, right for their sum",
    run: async (at) => {
      const one = eye(3, 3, { dtype: at.dtype }) as TestFloat;
      const ofValues = grad((x: TestFloat) => sum(eigh(x).values))(one);
      await assertEqualOn(at, ofValues, one);
      const ofVectors = grad((x: TestFloat) => sum(eigh(x).vectors))(one);
      const [data] = await read(ofVectors);
      assert.ok(data.every(Number.isFinite));
    },
  },
  {
    name: "sort and argsort are stable with NaN last, along any axis",
    run: async (at) => {
      const x = floats(at, [[2, NaN, 1, 2], [0, 5, -Infinity, 5]]);
      await assertEqualOn(
        at,
        sort(x),
        [[1, 2, 2, NaN], [-Infinity, 0, 5, 5]],
        0,
      );
      await assertEqualOn(
        at,
        argsort(x, { descending: true }),
        [[0, 3, 2, 1], [1, 3, 0, 2]],
        0,
      );
      await assertEqualOn(
        at,
        sort(x, { axis: 0 }),
        [[0, 5, -Infinity, 2], [2, NaN, 1, 5]],
        0,
      );
    },
  },
  {
    name: "topK takes the first of equal elements, along any axis",
    run: async (at) => {
      const x = floats(at, [[3, 1, 3], [2, 9, 4]]);
      const { values, indices } = topK(x, 2);
      await assertEqualOn(at, values, [[3, 3], [9, 4]], 0);
      await assertEqualOn(at, indices, [[0, 2], [1, 2]], 0);
      const small = topK(x, 1, { axis: 0, largest: false });
      await assertEqualOn(at, small.values, [[2, 1, 3]], 0);
      await assertEqualOn(at, small.indices, [[1, 0, 0]], 0);
      assert.deepEqual(topK(x, 0).values.shape, [2, 0]);
    },
  },
  {
    name: "sort and topK send their gradients to where elements came from",
    run: async (at) => {
      const start = point([3, 5], 24);
      await assertGradient(at, (x) => sort(x, { axis: 0 }), [start]);
      await assertGradient(at, (x) => topK(x, 2).values, [start]);
    },
  },
  {
    name: "solve and triangularSolve broadcast any leading axes",
    run: (at) =>
      fc.assert(
        fc.asyncProperty(
          SYSTEM_SHAPES,
          async ({ leading, left, right, n, m }) => {
            const a = triangular(random(at, [...left, n, n], 30), true);
            const b = random(at, [...right, n, m], 31);
            for (const x of [solve(a, b), triangularSolve(a, b)]) {
              assert.deepEqual(x.shape, [...leading, n, m]);
              await assertEqualOn(
                at,
                matmul(a, x),
                expandTo(b, x.shape),
                1e-11,
              );
            }
          },
        ),
        { numRuns: 25 },
      ),
  },
  {
    name: "decompositions give back any matrix, in batches of any shape",
    run: (at) =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
          fc.integer({ min: 1, max: 6 }),
          fc.integer({ min: 1, max: 6 }),
          async (leading, m, n) => {
            const k = Math.min(m, n);
            const a = random(at, [...leading, m, n], 32);
            const { q, r } = qr(a);
            assert.deepEqual(q.shape, [...leading, m, k]);
            assert.deepEqual(r.shape, [...leading, k, n]);
            await assertEqualOn(at, matmul(q, r), a, 1e-11);
            const { u, s, vt } = svd(a);
            assert.deepEqual(s.shape, [...leading, k]);
            const scaled = multiply(u, expandDims(s, -2));
            await assertEqualOn(at, matmul(scaled, vt), a, 1e-11);
            const square = positive(a);
            const { values, vectors } = eigh(square);
            assert.deepEqual(values.shape, [...leading, m]);
            const stretched = multiply(vectors, expandDims(values, -2));
            await assertEqualOn(
              at,
              matmul(stretched, transpose(vectors)),
              square,
              1e-11,
            );
          },
        ),
        { numRuns: 25 },
      ),
  },
  {
    name: "operations refuse what they cannot factor or solve",
    run: (at) => {
      const wide = random(at, [2, 3], 33);
      const vector = random(at, [3], 34);
      const square = random(at, [3, 3], 35);
      const whole = eye(3, 3, { dtype: "i32" }) as unknown as TestFloat;
      for (const operation of [cholesky, inverse, det, logDet, eigh]) {
        assert.throws(() => operation(wide), ShapeError);
        assert.throws(() => operation(vector), ShapeError);
        assert.throws(() => operation(whole), DTypeError);
      }
      for (const operation of [qr, svd]) {
        assert.throws(() => operation(vector), ShapeError);
        assert.throws(() => operation(whole), DTypeError);
      }
      for (const operation of [solve, triangularSolve]) {
        assert.throws(() => operation(square, wide), /has 2 rows/);
        assert.throws(() => operation(wide, vector), ShapeError);
        assert.throws(() => operation(square, whole), DTypeError);
      }
      assert.throws(() => topK(square, 4), ShapeError);
      assert.throws(() => topK(square, 1.5), ShapeError);
      assert.throws(() => sort(square, { axis: 2 }), ShapeError);
      return Promise.resolve();
    },
  },
  {
    name: "matrices without rows, and batches without matrices, are no error",
    run: async (at) => {
      const none = zeros([0, 0], { dtype: at.dtype }) as TestFloat;
      const empty = zeros([0, 2, 2], { dtype: at.dtype }) as TestFloat;
      for (const a of [none, empty]) {
        await assertEqualOn(at, cholesky(a), a, 0);
        await assertEqualOn(at, solve(a, a), a, 0);
        await assertEqualOn(at, qr(a).q, a, 0);
        await assertEqualOn(at, svd(a).vt, a, 0);
        await assertEqualOn(at, eigh(a).vectors, a, 0);
        await assertEqualOn(at, sort(a), a, 0);
      }
      await assertEqualOn(at, det(none), 1, 0);
    },
  },
  {
    name: "routines and their gradients work inside of scan",
    run: (at) =>
      assertGradient(
        at,
        (x) =>
          scan(
            (carry: TestFloat, one: TestFloat): [TestFloat, TestFloat] => {
              const next = add(carry, cholesky(positive(one)));
              return [next, triangularSolve(next, one)];
            },
            eye(3, 3, { dtype: x.dtype }) as TestFloat,
            x,
          )[1],
        [point([2, 3, 3], 36)],
      ),
  },
  {
    name: "the diagonal of a Cholesky factor gives the log determinant",
    run: async (at) => {
      const a = positive(random(at, [4, 4], 25));
      const factor = cholesky(a);
      const diagonal = sum(multiply(factor, eye(4, 4, { dtype: at.dtype })), {
        axis: -1,
      });
      await assertEqualOn(at, multiply(sum(log(diagonal)), 2), logDet(a));
    },
  },
];
