/**
 * Conformance of searching, sets and statistics.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import fixture from "../../../fixtures/reference/array_api.json" with {
  type: "json",
};
import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import * as wf from "../mod.ts";
import { assertClose, type ConformanceCase } from "./case.ts";
import { assertGradients } from "./gradients.ts";

const { searching, statistics } = fixture;
const whole = { dtype: "i32" } as const;

function flat(numbers: unknown): number[] {
  return Array.isArray(numbers) ? numbers.flatMap(flat) : [numbers as number];
}

/** Whole numbers in a shape, many of them equal and many of them 0. */
const fields = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain(
  (shape) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const values = fc.array(fc.integer({ min: -2, max: 2 }), {
      minLength: size,
      maxLength: size,
    });
    return fc.record({ shape: fc.constant(shape), values });
  },
);

/** Ascending numbers, with NaN last as `sort` has it. */
const tables = fc.array(
  fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constant(NaN)),
  {
    maxLength: 9,
  },
).map((list) => list.sort(order));

function order(a: number, b: number): number {
  return Number.isNaN(a)
    ? (Number.isNaN(b) ? 0 : 1)
    : Number.isNaN(b)
    ? -1
    : a - b;
}

/** All cases of this file. */
export const ARRAY_API_STATISTICS_CASES: readonly ConformanceCase[] = [
  {
    name: "countNonzero, nonzero and uniqueAll equal NumPy's",
    run: async ({ dtype }) => {
      const x = wf.tensor(searching.field, { dtype });
      const counts = wf.countNonzero(x, { axis: 0 });
      assert.equal(counts.dtype, "i32");
      assert.deepEqual(await counts.toArray(), searching.countNonzero);
      const found = await wf.nonzero(x);
      assert.deepEqual(
        await Promise.all(found.map((one) => one.toArray())),
        searching.nonzero,
      );
      const unique = await wf.uniqueAll(x);
      const right = searching.unique;
      assert.equal(unique.values.dtype, dtype);
      assert.deepEqual(await unique.values.toArray(), right.values);
      assert.deepEqual(await unique.indices.toArray(), right.indices);
      assert.deepEqual(await unique.inverseIndices.toArray(), right.inverse);
      assert.deepEqual(await unique.counts.toArray(), right.counts);
    },
  },
  {
    name: "nonzero and countNonzero agree with plain loops, in any shape",
    run: ({ dtype }) =>
      fc.assert(
        fc.asyncProperty(fields, async ({ shape, values }) => {
          const x = wf.tensor(values, { dtype, shape });
          const count = values.filter((value) => value !== 0).length;
          assert.equal(await wf.countNonzero(x).item(), count);
          if (shape.length === 0) return;
          const found = await wf.nonzero(x);
          assert.equal(found.length, shape.length);
          const places = await Promise.all(found.map((one) => one.data()));
          const expected = values.flatMap((value, at) =>
            value !== 0 ? [at] : []
          );
          const positions = Array.from(
            { length: count },
            (_, k) =>
              places.reduce((at, axis, d) => at * shape[d]! + axis[k]!, 0),
          );
          assert.deepEqual(positions, expected);
        }),
        { numRuns: 30 },
      ),
  },
  {
    name: "uniqueAll gives the tensor back and counts it, in any shape",
    run: ({ dtype }) =>
      fc.assert(
        fc.asyncProperty(fields, async ({ shape, values }) => {
          const x = wf.tensor(values, { dtype, shape });
          const unique = await wf.uniqueAll(x);
          const different = [...new Set(values)].sort((a, b) => a - b);
          assert.deepEqual([...await unique.values.data()], different);
          assert.deepEqual(
            [...await unique.indices.data()],
            different.map((value) => values.indexOf(value)),
          );
          assert.deepEqual(
            [...await unique.counts.data()],
            different.map((value) =>
              values.filter((one) => one === value).length
            ),
          );
          assert.deepEqual(unique.inverseIndices.shape, shape);
          assert.deepEqual(
            [...await unique.inverseIndices.data()],
            values.map((value) => different.indexOf(value)),
          );
        }),
        { numRuns: 30 },
      ),
  },
  {
    name: "unique functions keep every NaN, take -0 for 0, and know booleans",
    run: async ({ dtype }) => {
      const x = wf.tensor([NaN, 0, -0, NaN, -1], { dtype });
      const { values, counts } = await wf.uniqueCounts(x);
      assert.deepEqual(await values.toArray(), [-1, 0, NaN, NaN]);
      assert.deepEqual(await counts.toArray(), [1, 2, 1, 1]);
      const bools = await wf.uniqueValues(wf.tensor([true, false, true]));
      assert.equal(bools.dtype, "bool");
      assert.deepEqual(await bools.toArray(), [0, 1]);
      const scalar = await wf.uniqueInverse(wf.tensor(5, { dtype }));
      assert.deepEqual(scalar.values.shape, [1]);
      assert.deepEqual(scalar.inverseIndices.shape, []);
    },
  },
  {
    name: "nonzero takes NaN and booleans, and refuses a scalar",
    run: async ({ dtype }) => {
      const [at] = await wf.nonzero(wf.tensor([NaN, 0, -0, 1], { dtype }));
      assert.deepEqual(await at!.toArray(), [0, 3]);
      const [holds] = await wf.nonzero(wf.tensor([false, true]));
      assert.deepEqual(await holds!.toArray(), [1]);
      await assert.rejects(wf.nonzero(wf.tensor(1)), ShapeError);
    },
  },
  {
    name: "searchSorted equals NumPy's on either side",
    run: async ({ dtype }) => {
      const table = wf.tensor(searching.sorted, { dtype });
      const values = wf.tensor(searching.values, { dtype });
      for (const side of ["left", "right"] as const) {
        const found = wf.searchSorted(table, values, { side });
        assert.equal(found.dtype, "i32");
        assert.deepEqual(await found.toArray(), searching[side]);
      }
    },
  },
  {
    name: "searchSorted counts what comes before, for any table with NaN",
    run: ({ dtype }) =>
      fc.assert(
        fc.asyncProperty(tables, async (table) => {
          const values = [-5, -4, -1, 0, 2.5, 4, Infinity, NaN];
          for (const side of ["left", "right"] as const) {
            const found = wf.searchSorted(
              wf.tensor(table, { dtype }),
              wf.tensor(values, { dtype, shape: [2, 4] }),
              { side },
            );
            assert.deepEqual(found.shape, [2, 4]);
            assert.deepEqual(
              [...await found.data()],
              values.map((value) =>
                table.filter((one) =>
                  side === "left"
                    ? order(one, value) < 0
                    : order(one, value) <= 0
                ).length
              ),
            );
          }
        }),
        { numRuns: 30 },
      ),
  },
  {
    name: "searchSorted searches one table a row, integers, and by a sorter",
    run: async ({ dtype }) => {
      const rows = wf.tensor([[1, 3, 5], [10, 30, 50]], { dtype });
      const values = wf.tensor([[4, 0], [40, 99]], { dtype });
      assert.deepEqual(await wf.searchSorted(rows, values).toArray(), [
        [2, 0],
        [2, 3],
      ]);
      const same = wf.tensor([4, 40], { dtype });
      assert.deepEqual(await wf.searchSorted(rows, same).toArray(), [
        [2, 3],
        [0, 2],
      ]);
      const table = wf.tensor([30, 10, 20], whole);
      const found = wf.searchSorted(table, wf.tensor(20, whole), {
        sorter: wf.argsort(table),
      });
      assert.deepEqual(found.shape, []);
      assert.equal(await found.item(), 1);
    },
  },
  {
    name: "searchSorted refuses two dtypes, scalars and other leading axes",
    run: ({ dtype }) => {
      const of = (...shape: number[]) => wf.ones(shape, { dtype });
      const search = wf.searchSorted<wf.DType>;
      assert.throws(() => search(of(3), wf.ones([3], whole)), DTypeError);
      assert.throws(() => search(of(), of(3)), ShapeError);
      assert.throws(() => search(of(2, 3), of()), ShapeError);
      assert.throws(() => search(of(2, 3), of(3, 3)), ShapeError);
      return Promise.resolve();
    },
  },
  {
    name: "quantile and median equal NumPy's over any axes",
    run: async ({ dtype, tolerance }) => {
      const x = wf.tensor(statistics.x, { dtype });
      const q = statistics.probabilities;
      for (
        const [options, expected] of [
          [{}, statistics.quantile],
          [{ axis: 1 }, statistics.quantileOfAxis],
          [{ axis: [2, 0] }, statistics.quantileOfAxes],
        ] as const
      ) {
        const y = wf.quantile(x, q, options);
        await assertClose(y, flat(expected), tolerance, "quantile");
        const one = wf.quantile(x, q[1]!, { ...options, keepDims: true });
        assert.equal(one.ndim, 3);
        await assertClose(one, flat(expected[1]), tolerance, "one quantile");
      }
      const kept = wf.quantile(x, q, { axis: [0, 2], keepDims: true });
      assert.deepEqual(kept.shape, [6, 1, 5, 1]);
      const middle = wf.median(x, { axis: -1 });
      assert.deepEqual(middle.shape, [3, 5]);
      await assertClose(middle, flat(statistics.median), tolerance, "median");
    },
  },
  {
    name:
      "quantile goes through infinities, stays exact, and gives NaN for NaN",
    run: async ({ dtype }) => {
      const of = (...x: number[]) => wf.tensor(x, { dtype });
      const inf = Infinity;
      assert.equal(
        await wf.quantile(of(0.1, 0.1, 0.1), 0.3).item(),
        await of(0.1).item(),
      );
      assert.deepEqual(
        await wf.quantile(of(-inf, 1, inf), [0, 0.25, 0.5, 0.75, 1]).toArray(),
        [-inf, -inf, 1, inf, inf],
      );
      assert.equal(await wf.median(of(inf, inf)).item(), inf);
      const huge = dtype === "f64" ? 1.5e308 : 2 ** 127;
      assert.equal(await wf.median(of(-huge, huge)).item(), 0);
      const holes = wf.tensor([[1, NaN, 2], [1, 3, 2]], { dtype });
      assert.deepEqual(await wf.median(holes, { axis: 1 }).toArray(), [NaN, 2]);
      assert.deepEqual(wf.quantile(holes, []).shape, [0]);
    },
  },
  {
    name: "quantile refuses integers, nothing, and what is no probability",
    run: ({ dtype }) => {
      const x = wf.ones([2, 0], { dtype });
      assert.throws(() => wf.quantile(wf.ones([2], whole), 0.5), DTypeError);
      assert.throws(() => wf.quantile(x, 0.5), ShapeError);
      assert.deepEqual(wf.median(x, { axis: 0 }).shape, [0]);
      for (const q of [-0.1, 1.1, NaN]) {
        assert.throws(() => wf.quantile(wf.ones([2]), q), ParameterError);
      }
      return Promise.resolve();
    },
  },
  {
    name: "cumulativeProd and diff equal NumPy's",
    run: async ({ dtype, tolerance }) => {
      const x = wf.tensor(statistics.x, { dtype });
      const products = wf.cumulativeProd(x, { axis: 1 });
      await assertClose(products, flat(statistics.cumulativeProd), tolerance);
      const steps = wf.diff(x, { axis: 1 });
      assert.deepEqual(steps.shape, [3, 4, 4]);
      await assertClose(steps, flat(statistics.diff), tolerance);
      const second = wf.diff(x, { order: 2 });
      await assertClose(second, flat(statistics.secondDiff), tolerance);
    },
  },
  {
    name: "cumulativeProd goes backwards, takes integers, and nothing",
    run: async () => {
      const x = wf.tensor([[1, 2], [3, 4]], whole);
      const back = wf.cumulativeProd(x, { axis: -1, reverse: true });
      assert.equal(back.dtype, "i32");
      assert.deepEqual(await back.toArray(), [[2, 2], [12, 4]]);
      const none = wf.cumulativeProd(wf.zeros([0, 2]));
      assert.deepEqual(none.shape, [0, 2]);
      assert.throws(() => wf.cumulativeProd(wf.tensor(1)), ShapeError);
    },
  },
  {
    name: "diff takes borders and any order, and refuses what has none",
    run: async ({ dtype }) => {
      const x = wf.tensor([1, 4, 9], { dtype });
      const zero = wf.zeros([1], { dtype });
      const y = wf.diff(x, { prepend: zero, append: zero });
      assert.deepEqual(await y.toArray(), [1, 3, 5, -9]);
      assert.deepEqual(wf.diff(x, { order: 5 }).shape, [0]);
      assert.deepEqual(await wf.diff(x, { order: 0 }).toArray(), [1, 4, 9]);
      assert.throws(() => wf.diff(wf.tensor([true])), DTypeError);
      assert.throws(() => wf.diff(x, { order: -1 }), ParameterError);
      assert.throws(() => wf.diff(x, { order: 0.5 }), ParameterError);
      assert.throws(() => wf.diff(wf.tensor(1)), ShapeError);
      const wide = wf.zeros([1, 1], { dtype });
      assert.throws(() => wf.diff(x, { prepend: wide }), ShapeError);
    },
  },
  {
    name: "statistics refuse an axis in the place of options, and no tensor",
    run: ({ dtype }) => {
      const x = wf.ones([2, 3], { dtype });
      for (
        const call of [
          () => wf.diff(x, 0 as never),
          () => wf.cumulativeProd(x, 1 as never),
          () => wf.quantile(x, 0.5, 0 as never),
          () => wf.median(x, 0 as never),
          () => wf.cross(x, x, 1 as never),
          () => wf.countNonzero(x, 0 as never),
        ]
      ) {
        assert.throws(call, /Name the axis/);
      }
      for (const fn of [wf.diff, wf.cumulativeProd, wf.median, wf.trace]) {
        assert.throws(() => fn([1, 2] as never), DTypeError);
      }
      return Promise.resolve();
    },
  },
];

function gradientCase(
  name: string,
  fn: (x: wf.F64) => wf.F64,
  ...values: number[][]
): ConformanceCase {
  return {
    name: `the gradient of ${name} equals central differences`,
    run: () =>
      assertGradients(name, (x) => {
        const y = fn(x);
        const weights = wf.reshape(
          wf.arange(y.size, undefined, 1, { dtype: "f64" }),
          y.shape,
        );
        return wf.sum(wf.multiply(y, wf.sin(wf.add(weights, 1))));
      }, [wf.tensor(values, { dtype: "f64" })]),
  };
}

const values = [[1.5, -2, 0.25, 4], [3, 2.5, -1, 0.75]];

/** All cases of this file about gradients. */
export const ARRAY_API_STATISTICS_GRADIENT_CASES: readonly ConformanceCase[] = [
  gradientCase(
    "cumulativeProd",
    (x) => wf.cumulativeProd(x, { axis: 1 }),
    ...values,
  ),
  gradientCase(
    "cumulativeProd with zeros",
    (x) => wf.cumulativeProd(x, { axis: 1, reverse: true }),
    [2, 0, 3],
    [0, 0, 5],
  ),
  gradientCase(
    "diff",
    (x) => wf.diff(x, { order: 2, append: wf.square(x) }),
    ...values,
  ),
  gradientCase(
    "quantile",
    (x) => wf.quantile(x, [0, 0.3, 0.9], { axis: 1 }),
    ...values,
  ),
  gradientCase("median", (x) => wf.median(x), ...values),
];
