/**
 * Conformance of movement, creation and indexing.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import * as wf from "../mod.ts";
import type { ConformanceCase } from "./case.ts";

const f32 = { dtype: "f32" } as const;

/** `0, 1, 2, …` in a shape. */
function counting(...shape: number[]): wf.F32 {
  const size = shape.reduce((total, n) => total * n, 1);
  return wf.reshape(wf.arange(size, undefined, 1, f32), shape);
}

/** Element of a row-major field of 0, 1, 2, …: its own position. */
function positionOf(index: readonly number[], shape: readonly number[]) {
  return index.reduce((total, k, axis) => total * shape[axis]! + k, 0);
}

function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (list, n) =>
      list.flatMap((index) =>
        Array.from({ length: n }, (_, k) => [...index, k])
      ),
    [[]],
  );
}

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

/** All cases of this file. */
export const MOVEMENT_CASES: readonly ConformanceCase[] = [
  {
    name: "reshape keeps row-major order and works -1 out",
    run: async () => {
      const x = wf.reshape(counting(2, 6), [3, -1]);
      assert.deepEqual(x.shape, [3, 4]);
      assert.deepEqual(await x.toArray(), [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9, 10, 11],
      ]);
    },
  },
  {
    name: "permuteDims puts axes where they are asked for, in any shape",
    run: () =>
      fc.assert(
        fc.asyncProperty(
          shapes.chain((shape) =>
            fc.tuple(
              fc.constant(shape),
              fc.shuffledSubarray(shape.map((_, k) => k), {
                minLength: shape.length,
              }),
            )
          ),
          async ([shape, axes]) => {
            const y = wf.permuteDims(counting(...shape), axes);
            const expected = indicesOf(y.shape).map((index) => {
              const source = new Array<number>(shape.length);
              axes.forEach((axis, place) => source[axis] = index[place]!);
              return positionOf(source, shape);
            });
            assert.deepEqual([...await y.data()], expected);
          },
        ),
        { numRuns: 30 },
      ),
  },
  {
    name: "slice agrees with lists for any start, stop and step",
    run: () =>
      fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 7 }),
          fc.option(fc.integer({ min: -9, max: 9 }), { nil: null }),
          fc.option(fc.integer({ min: -9, max: 9 }), { nil: null }),
          fc.constantFrom(-3, -2, -1, 1, 2, 3),
          async (length, start, stop, step) => {
            const y = wf.slice(counting(length), [start, stop, step]);
            const expected = pythonSlice(length, start, stop, step);
            assert.deepEqual([...await y.data()], expected);
          },
        ),
        { numRuns: 80 },
      ),
  },
  {
    name: "slice takes an axis away at an index and counts from the end",
    run: async () => {
      const x = counting(2, 3);
      assert.deepEqual(await wf.slice(x, -1).toArray(), [3, 4, 5]);
      assert.deepEqual(await wf.slice(x, null, 1).toArray(), [1, 4]);
      assert.equal(await wf.slice(x, 1, -1).item(), 5);
    },
  },
  {
    name: "operations broadcast by NumPy's rule",
    run: () =>
      fc.assert(
        fc.asyncProperty(
          shapes,
          fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
          fc.nat(4),
          async (shape, ones, drop) => {
            const narrow = shape.map((n, k) => ones[k] ? 1 : n).slice(
              Math.min(drop, shape.length),
            );
            const y = wf.add(
              wf.multiply(counting(...shape), 1000),
              counting(...narrow),
            );
            const lead = shape.length - narrow.length;
            const expected = indicesOf(shape).map((index) => {
              const own = narrow.map((n, k) => n === 1 ? 0 : index[k + lead]!);
              return positionOf(index, shape) * 1000 + positionOf(own, narrow);
            });
            assert.deepEqual(y.shape, shape);
            assert.deepEqual([...await y.data()], expected);
          },
        ),
        { numRuns: 40 },
      ),
  },
  {
    name: "concat, stack and split join and cut along any axis",
    run: async () => {
      const x = counting(2, 2);
      assert.deepEqual(await wf.concat([x, x], { axis: 1 }).toArray(), [
        [0, 1, 0, 1],
        [2, 3, 2, 3],
      ]);
      assert.deepEqual(await wf.stack([x, x], { axis: -1 }).toArray(), [
        [[0, 0], [1, 1]],
        [[2, 2], [3, 3]],
      ]);
      const [a, b] = wf.split(counting(2, 3), [1, 2], { axis: 1 });
      assert.deepEqual(await a!.toArray(), [[0], [3]]);
      assert.deepEqual(await b!.toArray(), [[1, 2], [4, 5]]);
    },
  },
  {
    name: "expandDims and squeeze add and remove axes of length 1",
    run: async () => {
      const x = wf.expandDims(counting(2), -1);
      assert.deepEqual(x.shape, [2, 1]);
      assert.deepEqual(await wf.squeeze(x).toArray(), [0, 1]);
    },
  },
  {
    name: "flip, roll, repeat and tile move and copy as NumPy's do",
    run: async () => {
      const x = counting(2, 3);
      assert.deepEqual(await wf.flip(x).toArray(), [[5, 4, 3], [2, 1, 0]]);
      assert.deepEqual(await wf.flip(x, { axis: 0 }).toArray(), [[3, 4, 5], [
        0,
        1,
        2,
      ]]);
      assert.deepEqual(await wf.roll(x, 1, { axis: 1 }).toArray(), [
        [2, 0, 1],
        [5, 3, 4],
      ]);
      assert.deepEqual(await wf.roll(counting(3), -4).toArray(), [1, 2, 0]);
      assert.deepEqual(await wf.repeat(counting(2), 2).toArray(), [0, 0, 1, 1]);
      assert.deepEqual(await wf.tile(counting(2), [2, 2]).toArray(), [
        [0, 1, 0, 1],
        [0, 1, 0, 1],
      ]);
    },
  },
  {
    name: "pad puts a border around",
    run: async () => {
      const y = wf.pad(counting(1, 2), [[1, 0], [0, 2]], { value: 9 });
      assert.deepEqual(await y.toArray(), [[9, 9, 9, 9], [0, 1, 9, 9]]);
    },
  },
  {
    name:
      "arange, linspace, eye, tril, triu, diag and diagonal make what they say",
    run: async ({ dtype }) => {
      assert.deepEqual(await wf.arange(5, 1, -2).toArray(), [5, 3]);
      const line = wf.linspace(0, 1, 3, { dtype });
      assert.deepEqual(await line.toArray(), [0, 0.5, 1]);
      assert.deepEqual(await wf.eye(2, 3, { offset: 1 }).toArray(), [
        [0, 1, 0],
        [0, 0, 1],
      ]);
      const x = counting(2, 2);
      assert.deepEqual(await wf.tril(x).toArray(), [[0, 0], [2, 3]]);
      assert.deepEqual(await wf.triu(x, 1).toArray(), [[0, 1], [0, 0]]);
      assert.deepEqual(await wf.diag(counting(2)).toArray(), [[0, 0], [0, 1]]);
      assert.deepEqual(await wf.diagonal(counting(2, 3, 2)).toArray(), [
        [0, 3],
        [6, 9],
      ]);
      const [rows, columns] = wf.meshgrid(counting(2), counting(2));
      assert.deepEqual(await rows!.toArray(), [[0, 0], [1, 1]]);
      assert.deepEqual(await columns!.toArray(), [[0, 1], [0, 1]]);
    },
  },
  {
    name: "take and takeAlongAxis read at indices, negative ones from the end",
    run: async () => {
      const x = counting(2, 3);
      assert.deepEqual(await wf.take(x, [2, -3], { axis: 1 }).toArray(), [
        [2, 0],
        [5, 3],
      ]);
      const at = wf.tensor([[1, -1], [0, 0]], { dtype: "i32" });
      assert.deepEqual(await wf.takeAlongAxis(x, at).toArray(), [
        [1, 2],
        [3, 3],
      ]);
    },
  },
  {
    name: "scatterAdd and scatterAddAlongAxis add up what meets at one index",
    run: async () => {
      const y = wf.scatterAdd(wf.ones([2, 2]), [1, 1], counting(2, 2));
      assert.deepEqual(await y.toArray(), [[1, 1], [3, 5]]);
      const at = wf.tensor([[0, 0], [1, 0]], { dtype: "i32" });
      const z = wf.scatterAddAlongAxis(wf.zeros([2, 2]), at, counting(2, 2));
      assert.deepEqual(await z.toArray(), [[1, 0], [3, 2]]);
    },
  },
  {
    name: "take refuses an index outside of the axis",
    run: async () => {
      await assert.rejects(
        () => wf.take(counting(3), [3]).data(),
        /Cannot use index 3 in "take": current length of the axis is 3/,
      );
    },
  },
  {
    name: "oneHot puts ones at indices",
    run: async () => {
      assert.deepEqual(await wf.oneHot([2, 0], 3).toArray(), [
        [0, 0, 1],
        [1, 0, 0],
      ]);
    },
  },
];

/** What Python's `list(range(length))[start:stop:step]` gives. */
function pythonSlice(
  length: number,
  start: number | null,
  stop: number | null,
  step: number,
): number[] {
  const wrap = (k: number) => k < 0 ? k + length : k;
  const from = start === null ? (step > 0 ? 0 : length - 1) : wrap(start);
  const to = stop === null ? (step > 0 ? length : -1) : wrap(stop);
  const result: number[] = [];
  for (let k = 0; k < length; k++) {
    const index = step > 0 ? k : length - 1 - k;
    const first = step > 0 ? Math.max(from, 0) : Math.min(from, length - 1);
    const inside = step > 0
      ? index >= first && index < to
      : index <= first && index > Math.max(to, -1);
    if (inside && (index - first) % step === 0) result.push(index);
  }
  return result;
}
