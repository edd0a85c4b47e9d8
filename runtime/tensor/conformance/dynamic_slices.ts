/**
 * Conformance of slices whose place is data.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DTypeError, ShapeError } from "../../core/errors.ts";
import * as wf from "../mod.ts";
import type { ConformanceCase } from "./case.ts";
import { assertGradients } from "./gradients.ts";

const SHAPE = [2, 5, 3] as const;
const STARTS = [-7, 0, 1, 2, 4, 5, 99];

/** `0, 1, 2, …` in the shape of all cases. */
function counting<D extends wf.DType>(dtype: D): wf.Tensor<D> {
  const size = SHAPE[0] * SHAPE[1] * SHAPE[2];
  return wf.reshape(wf.arange(size, undefined, 1, { dtype }), SHAPE);
}

/** Position of each element of the shape, with its index along an axis. */
function indicesAlong(axis: number): { at: number; index: number }[] {
  const inner = SHAPE.slice(axis + 1).reduce((n, length) => n * length, 1);
  const size = SHAPE[0] * SHAPE[1] * SHAPE[2];
  return Array.from({ length: size }, (_, at) => ({
    at,
    index: Math.floor(at / inner) % SHAPE[axis]!,
  }));
}

function clamped(start: number, most: number): number {
  return Math.min(Math.max(start, 0), most);
}

async function checkAxis(axis: number, length: number): Promise<void> {
  const x = counting("f32");
  const shape = SHAPE.map((n, k) => k === axis ? length : n);
  const update = wf.negative(wf.add(
    wf.arange(
      shape.reduce((n, one) => n * one, 1),
    ),
    1,
  ));
  const places = indicesAlong(axis);
  for (const start of STARTS) {
    const first = clamped(start, SHAPE[axis]! - length);
    const isInside = (index: number) =>
      index >= first && index < first + length;
    const from = wf.tensor(start, { dtype: "i32" });
    const slice = wf.dynamicSlice(x, from, length, { axis });
    assert.deepEqual(slice.shape, shape);
    const taken = places.filter(({ index }) => isInside(index));
    assert.deepEqual([...await slice.data()], taken.map(({ at }) => at));
    const made = wf.dynamicUpdateSlice(x, wf.reshape(update, shape), from, {
      axis,
    });
    let next = 0;
    assert.deepEqual(
      [...await made.data()],
      places.map(({ at, index }) => isInside(index) ? -(++next) : at),
    );
  }
}

/** All cases of this file. */
export const DYNAMIC_SLICE_CASES: readonly ConformanceCase[] = [
  {
    name: "dynamicSlice and dynamicUpdateSlice clamp any start, on any axis",
    run: async () => {
      for (const axis of [0, 1, 2]) {
        for (const length of [1, 2]) await checkAxis(axis, length);
      }
    },
  },
  {
    name: "dynamicUpdateSlice takes what fills the axis, and what is empty",
    run: async () => {
      const x = counting("i32");
      const full = wf.dynamicUpdateSlice(x, wf.negative(x), 1, { axis: 1 });
      assert.deepEqual(await full.data(), await wf.negative(x).data());
      const none = wf.zeros([2, 0, 3], { dtype: "i32" });
      const same = wf.dynamicUpdateSlice(x, none, 2, { axis: 1 });
      assert.deepEqual(await same.data(), await x.data());
      assert.deepEqual(wf.dynamicSlice(x, 3, 0, { axis: 2 }).shape, [2, 5, 0]);
    },
  },
  {
    name: "dynamicUpdateSlice takes a number of a compiled function as start",
    run: async () => {
      const step = wf.compile((x: wf.F32, start: wf.Operand<"i32">) =>
        wf.dynamicUpdateSlice(x, wf.ones([1]), start)
      );
      const x = wf.zeros([3]);
      assert.deepEqual(await step(x, 1).toArray(), [0, 1, 0]);
      assert.deepEqual(await step(x, 2).toArray(), [0, 0, 1]);
      assert.deepEqual(await step(x, 3e9).toArray(), [0, 0, 1]);
      assert.deepEqual(await step(x, -3e9).toArray(), [1, 0, 0]);
    },
  },
  {
    name: "what follows an update sees it, and the tensor stays as it was",
    run: async () => {
      const x = counting("f32");
      const update = wf.full([2, 1, 3], 100);
      const made = wf.dynamicUpdateSlice(x, update, 1, { axis: 1 });
      const [sums, before] = await wf.read(
        wf.sum(made, { axis: [1, 2] }),
        wf.sum(x, { axis: [1, 2] }),
      );
      assert.deepEqual([...before], [105, 330]);
      assert.deepEqual([...sums], [105 - 12 + 300, 330 - 57 + 300]);
    },
  },
  {
    name: "slices refuse what does not fit",
    run: () => {
      const x = counting("f32");
      const bad = (fn: () => unknown, kind: typeof ShapeError) =>
        assert.throws(fn, kind);
      bad(() => wf.dynamicSlice(x, 0, 6, { axis: 1 }), ShapeError);
      bad(() => wf.dynamicSlice(x, 0.5, 1), DTypeError);
      bad(() => wf.dynamicSlice(x, wf.zeros([]), 1), DTypeError);
      bad(
        () => wf.dynamicSlice(x, wf.zeros([2], { dtype: "i32" }), 1),
        ShapeError,
      );
      bad(() => wf.dynamicUpdateSlice(x, wf.zeros([2, 1, 2]), 0), ShapeError);
      bad(() => wf.dynamicUpdateSlice(x, wf.zeros([3, 5, 3]), 0), ShapeError);
      const wrong = wf.zeros([1, 5, 3], { dtype: "f64" });
      bad(
        () => wf.dynamicUpdateSlice<wf.DType>(x, wrong, 0),
        DTypeError,
      );
      return Promise.resolve();
    },
  },
];

/** Gradients of what this file is about. */
export const DYNAMIC_SLICE_GRADIENT_CASES: readonly ConformanceCase[] = [0, 2]
  .flatMap((axis) =>
    [1, 2].map((length): ConformanceCase => ({
      name: `gradients of slices of ${length} along axis ${axis}`,
      run: async () => {
        const shape = SHAPE.map((n, k) => k === axis ? length : n);
        const size = shape.reduce((n, one) => n * one, 1);
        const update = wf.reshape(
          wf.arange(size, undefined, 1, { dtype: "f64" }),
          shape,
        );
        const weights = wf.cos(counting("f64"));
        for (const start of [-1, 0, 1, 9]) {
          await assertGradients(
            `slices from ${start}`,
            (x, y) => {
              const made = wf.dynamicUpdateSlice(x, y, start, { axis });
              const whole = wf.sum(wf.multiply(wf.sin(made), weights));
              const part = wf.dynamicSlice(made, start, length, { axis });
              return wf.add(whole, wf.sum(wf.square(part)));
            },
            [wf.divide(counting("f64"), 7), wf.divide(update, 5)],
          );
        }
      },
    }))
  );
