/**
 * Conformance of reductions and contractions.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import * as wf from "../mod.ts";
import { assertClose, type ConformanceCase, spreadNumbers } from "./case.ts";

/** Name, function, and plain twin on the elements that meet. */
type ReductionRow = readonly [
  name: string,
  fn: (x: wf.Float, options: wf.ReduceOptions) => wf.Tensor,
  plain: (values: readonly number[]) => number,
];

const total = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0);
const average = (values: readonly number[]): number =>
  total(values) / values.length;

const ROWS: readonly ReductionRow[] = [
  ["sum", wf.sum, total],
  ["prod", wf.prod, (v) => v.reduce((product, x) => product * x, 1)],
  ["mean", wf.mean, average],
  ["max", wf.max, (v) => Math.max(...v)],
  ["min", wf.min, (v) => Math.min(...v)],
  ["variance", wf.variance, (v) => {
    const centre = average(v);
    return average(v.map((x) => (x - centre) ** 2));
  }],
  ["logSumExp", wf.logSumExp, (v) => Math.log(total(v.map(Math.exp)))],
  ["norm", wf.norm, (v) => Math.hypot(...v)],
];

function reductionCase([name, fn, plain]: ReductionRow): ConformanceCase {
  return {
    name: `${name} equals its closed form over any axes`,
    run: async ({ dtype, tolerance }) => {
      const shape = [3, 2, 4];
      const values = spreadNumbers(24, -2, 2);
      const x = wf.tensor(values, { dtype, shape }) as wf.Float;
      for (const axis of [undefined, 0, 1, -1, [0, 2], [0, 1, 2], []]) {
        for (const keepDims of [false, true]) {
          const y = fn(x, { axis, keepDims });
          const axes = axis === undefined
            ? [0, 1, 2]
            : [axis].flat().map((k) => k < 0 ? k + 3 : k);
          const expected = groupBy(values, shape, axes).map(plain);
          assert.deepEqual(
            y.shape,
            shape.flatMap((n, k) =>
              axes.includes(k) ? (keepDims ? [1] : []) : [n]
            ),
          );
          await assertClose(y, expected, tolerance * 10, `${name} ${axis}`);
        }
      }
    },
  };
}

/** The elements that meet in each result of a reduction. */
function groupBy(
  values: readonly number[],
  shape: readonly number[],
  axes: readonly number[],
): number[][] {
  const groups = new Map<string, number[]>();
  values.forEach((value, position) => {
    let rest = position;
    const index = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    const key = index.filter((_, axis) => !axes.includes(axis)).join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  });
  return [...groups.values()];
}

const OTHER_CASES: readonly ConformanceCase[] = [
  {
    name: "std divides by the count minus the correction",
    run: async ({ dtype, tolerance }) => {
      const x = wf.tensor([1, 2, 4], { dtype });
      await assertClose(
        wf.std(x, { correction: 1 }),
        [Math.sqrt(7 / 3)],
        tolerance,
      );
    },
  },
  {
    name: "norm knows the orders 1, 3 and infinity",
    run: async ({ dtype, tolerance }) => {
      const x = wf.tensor([3, -4], { dtype });
      await assertClose(wf.norm(x, { order: 1 }), [7], tolerance);
      await assertClose(wf.norm(x, { order: 3 }), [Math.cbrt(91)], tolerance);
      await assertClose(wf.norm(x, { order: Infinity }), [4], tolerance);
    },
  },
  {
    name: "argmax and argmin give the first extreme, and NaN before any number",
    run: async ({ dtype }) => {
      const x = wf.tensor([[1, 3, 3], [2, NaN, 0]], { dtype });
      assert.deepEqual(await wf.argmax(x, { axis: 1 }).toArray(), [1, 1]);
      assert.deepEqual(await wf.argmin(x, { axis: 1 }).toArray(), [0, 1]);
      assert.deepEqual(await wf.argmax(x, { axis: 0 }).toArray(), [1, 1, 0]);
      assert.equal(await wf.argmin(wf.slice(x, 0)).item(), 0);
    },
  },
  {
    name: "softmax and logSoftmax do not overflow and add up to 1",
    run: async ({ dtype, tolerance }) => {
      const x = wf.tensor([[1000, 1001, 1002], [-5, 0, 5]], { dtype });
      const weights = [1, Math.E, Math.E ** 2];
      const expected = weights.map((w) => w / total(weights));
      await assertClose(wf.slice(wf.softmax(x), 0), expected, tolerance * 10);
      await assertClose(
        wf.slice(wf.logSoftmax(x), 0),
        expected.map(Math.log),
        tolerance * 10,
      );
      await assertClose(wf.sum(wf.softmax(x), { axis: 1 }), [1, 1], tolerance);
    },
  },
  {
    name: "logSumExp of infinities is what the limit says",
    run: async ({ dtype }) => {
      const x = wf.tensor([[-Infinity, -Infinity], [Infinity, 0]], { dtype });
      assert.deepEqual(await wf.logSumExp(x, { axis: 1 }).toArray(), [
        -Infinity,
        Infinity,
      ]);
    },
  },
  {
    name: "sum and prod of nothing are 0 and 1, max of nothing is refused",
    run: async ({ dtype }) => {
      const x = wf.zeros([0, 2], { dtype });
      assert.deepEqual(await wf.sum(x, { axis: 0 }).toArray(), [0, 0]);
      assert.deepEqual(await wf.prod(x, { axis: 0 }).toArray(), [1, 1]);
      assert.throws(() => wf.max(x, { axis: 0 }), /over nothing/);
    },
  },
  {
    name: "cumulativeSum runs along an axis in either direction",
    run: async ({ dtype }) => {
      const x = wf.tensor([[1, 2, 3], [4, 5, 6]], { dtype });
      assert.deepEqual(await wf.cumulativeSum(x, { axis: 1 }).toArray(), [
        [1, 3, 6],
        [4, 9, 15],
      ]);
      assert.deepEqual(await wf.cumulativeSum(x, { reverse: true }).toArray(), [
        [5, 7, 9],
        [4, 5, 6],
      ]);
    },
  },
  {
    name: "matmul equals the triple loop for any sizes",
    run: ({ dtype, tolerance }) =>
      fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 19 }),
          fc.integer({ min: 0, max: 19 }),
          fc.integer({ min: 0, max: 19 }),
          fc.boolean(),
          async (m, n, k, transposed) => {
            const a = spreadNumbers(m * k, -1, 1);
            const b = spreadNumbers(k * n, -1, 1, 2);
            const expected = Array.from({ length: m * n }, (_, at) => {
              const [i, j] = [Math.floor(at / n), at % n];
              let sum = 0;
              for (let p = 0; p < k; p++) sum += a[i * k + p]! * b[p * n + j]!;
              return sum;
            });
            const right = wf.tensor(b, { dtype, shape: [k, n] });
            const stored = transposed
              ? wf.transpose(wf.concat([wf.transpose(right)], { axis: 0 }))
              : right;
            await assertClose(
              wf.matmul(wf.tensor(a, { dtype, shape: [m, k] }), stored),
              expected,
              tolerance * 20,
            );
          },
        ),
        { numRuns: 40 },
      ),
  },
  {
    name: "matmul sums over more terms than one block holds",
    run: async ({ dtype, tolerance }) => {
      const k = 700;
      const a = spreadNumbers(5 * k, -1, 1);
      const y = wf.matmul(
        wf.tensor(a, { dtype, shape: [5, k] }),
        wf.full([k, 3], 0.5, { dtype }),
      );
      const expected = Array.from({ length: 15 }, (_, at) => {
        const row = Math.floor(at / 3);
        return total(a.slice(row * k, (row + 1) * k)) / 2;
      });
      await assertClose(y, expected, tolerance * 100);
    },
  },
  {
    name: "matmul with a long vector on either side equals the plain sums",
    run: async ({ dtype, tolerance }) => {
      const [m, k] = [40, 30];
      const a = spreadNumbers(m * k, -1, 1);
      const v = spreadNumbers(k, -1, 1, 3);
      const expected = Array.from(
        { length: m },
        (_, i) => total(v.map((x, p) => x * a[i * k + p]!)),
      );
      const matrix = wf.tensor(a, { dtype, shape: [m, k] });
      const vector = wf.tensor(v, { dtype });
      await assertClose(wf.matmul(matrix, vector), expected, tolerance * 20);
      const turned = wf.transpose(matrix);
      await assertClose(wf.matmul(vector, turned), expected, tolerance * 20);
      const stored = wf.concat([turned, turned], { axis: 1 });
      await assertClose(
        wf.matmul(vector, stored),
        [...expected, ...expected],
        tolerance * 20,
      );
    },
  },
  {
    name: "matmul broadcasts batches and takes vectors as rows and columns",
    run: async ({ dtype }) => {
      const a = wf.tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], { dtype });
      const swap = wf.tensor([[0, 1], [1, 0]], { dtype });
      assert.deepEqual(await wf.matmul(a, swap).toArray(), [
        [[2, 1], [4, 3]],
        [[6, 5], [8, 7]],
      ]);
      const v = wf.tensor([1, 10], { dtype });
      assert.deepEqual(await wf.matmul(a, v).toArray(), [[21, 43], [65, 87]]);
      assert.deepEqual(await wf.matmul(v, swap).toArray(), [10, 1]);
      assert.equal(await wf.matmul(v, v).item(), 101);
    },
  },
  {
    name: "matmul of a stack with one shared matrix equals each product",
    run: ({ dtype, tolerance }) =>
      fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 4 }),
          fc.integer({ min: 0, max: 9 }),
          fc.integer({ min: 1, max: 19 }),
          fc.integer({ min: 0, max: 9 }),
          fc.constantFrom("plain", "rows apart", "turned"),
          async (count, m, n, k, layout) => {
            const rows = layout === "rows apart" ? m + 1 : m;
            const a = spreadNumbers(count * rows * k, -1, 1);
            const b = spreadNumbers(k * n, -1, 1, 2);
            const turned = layout === "turned";
            const expected = Array.from({ length: count * m * n }, (_, at) => {
              const [row, j] = [Math.floor(at / n), at % n];
              const [c, i] = [Math.floor(row / m), row % m];
              const from = k * (turned ? i * count + c : c * rows + i);
              let sum = 0;
              for (let p = 0; p < k; p++) sum += a[from + p]! * b[p * n + j]!;
              return sum;
            });
            const stack = turned
              ? wf.permuteDims(
                wf.tensor(a, { dtype, shape: [m, count, k] }),
                [1, 0, 2],
              )
              : wf.slice(
                wf.tensor(a, { dtype, shape: [count, rows, k] }),
                null,
                [0, m],
              );
            await assertClose(
              wf.matmul(stack, wf.tensor(b, { dtype, shape: [k, n] })),
              expected,
              tolerance * 20,
            );
          },
        ),
        { numRuns: 40 },
      ),
  },
  {
    name: "long reductions may meet in one number",
    run: async ({ dtype }) => {
      const x = wf.tensor(spreadNumbers(131_516, -3, 5), {
        dtype,
        shape: [5978, 22],
      });
      const [top, bottom] = [wf.max(x), wf.min(x)];
      const meeting = wf.where(wf.less(top, 0), top, bottom);
      const [high, low, met] = await wf.read(top, bottom, meeting);
      assert.equal(met[0], low[0]);
      assert.ok(high[0]! > 4.99 && low[0]! < -2.99);
    },
  },
  {
    name: "what an early pass over a row stores leaves what a late one reads",
    run: async ({ dtype, tolerance }) => {
      const n = 6;
      const [a, b, v, w] = [1, 2, 3, 4].map((seed) =>
        wf.tensor(spreadNumbers(n * n, -1, 1, seed), { dtype, shape: [n, n] })
      ) as [wf.Float, wf.Float, wf.Float, wf.Float];
      const same = wf.tensor(
        Array.from({ length: n * n }, (_, k) => k % (n + 1) === 0 ? 1 : 0),
        { dtype, shape: [n, n] },
      );
      const rows = { axis: 1, keepDims: true };
      const product = wf.matmul(a, b);
      const shifted = wf.add(product, v);
      const powers = wf.exp(wf.subtract(shifted, wf.max(shifted, rows)));
      const sums = wf.log(wf.sum(powers, rows));
      const late = wf.subtract(wf.add(product, w), sums);
      // Both are temporaries, of the size of the product, which ends with them.
      const [found, second] = [wf.matmul(late, same), wf.matmul(powers, same)];
      await wf.realize(found, second);
      const [x, y, z] = await wf.read(wf.matmul(a, b), v, w);
      const expected = Array.from(x, (value, k) => {
        const row = Array.from({ length: n }, (_, j) => {
          const at = k - k % n + j;
          return x[at]! + y[at]!;
        });
        const most = Math.max(...row);
        const sum = total(row.map((one) => Math.exp(one - most)));
        return value + z[k]! - Math.log(sum);
      });
      await assertClose(found, expected, tolerance);
    },
  },
  {
    name: "vecdot, outer and tensordot sum over the axes they say",
    run: async ({ dtype }) => {
      const x = wf.tensor([[1, 2], [3, 4]], { dtype });
      const v = wf.tensor([1, 10], { dtype });
      assert.deepEqual(await wf.vecdot(x, v).toArray(), [21, 43]);
      assert.deepEqual(await wf.outer(v, v).toArray(), [[1, 10], [10, 100]]);
      assert.deepEqual(await wf.tensordot(x, x, 1).toArray(), [
        [7, 10],
        [15, 22],
      ]);
      assert.equal(await wf.tensordot(x, x, [[0, 1], [1, 0]]).item(), 29);
    },
  },
];

/** All cases of this file. */
export const REDUCTION_CASES: readonly ConformanceCase[] = [
  ...ROWS.map(reductionCase),
  ...OTHER_CASES,
];
