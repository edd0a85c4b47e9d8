/**
 * Conformance of moving axes, taking stacks apart and broadcasting.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { ShapeError } from "../../core/errors.ts";
import * as wf from "../mod.ts";
import type { ConformanceCase } from "./case.ts";
import { assertGradients } from "./gradients.ts";

/** `0, 1, 2, …` in a shape. */
function counting(...shape: number[]): wf.F32 {
  return wf.reshape(wf.arange(shape.reduce((size, n) => size * n, 1)), shape);
}

const shapes = fc.array(fc.integer({ min: 0, max: 3 }), {
  minLength: 1,
  maxLength: 4,
});

/** A shape and two of its axes, the second one counted from the end. */
const axes = shapes.chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.nat(shape.length - 1),
    fc.integer({ min: -shape.length, max: -1 }),
  )
);

/** All cases of this file. */
export const ARRAY_API_MOVEMENT_CASES: readonly ConformanceCase[] = [
  {
    name: "moveAxis takes an axis out and puts it in elsewhere, in any shape",
    run: () =>
      fc.assert(
        fc.asyncProperty(axes, async ([shape, from, to]) => {
          const order = shape.map((_, axis) => axis);
          order.splice(to + shape.length, 0, ...order.splice(from, 1));
          const x = counting(...shape);
          const y = wf.moveAxis(x, from, to);
          const expected = wf.permuteDims(x, order);
          assert.deepEqual(y.shape, expected.shape);
          assert.deepEqual(await y.data(), await expected.data());
        }),
        { numRuns: 30 },
      ),
  },
  {
    name: "moveAxis moves several axes at once",
    run: async () => {
      const x = counting(2, 3, 4);
      assert.deepEqual(wf.moveAxis(x, [0, 1], [-1, 0]).shape, [3, 4, 2]);
      const turned = wf.moveAxis(counting(2, 2), [0, 1], [1, 0]);
      assert.deepEqual(await turned.toArray(), [[0, 2], [1, 3]]);
    },
  },
  {
    name: "swapAxes exchanges two axes, and twice gives the tensor back",
    run: () =>
      fc.assert(
        fc.asyncProperty(axes, async ([shape, first, second]) => {
          const x = counting(...shape);
          const y = wf.swapAxes(x, first, second);
          const swapped = [...shape];
          swapped[first] = shape.at(second)!;
          swapped[second + shape.length] = shape[first]!;
          assert.deepEqual(y.shape, swapped);
          const back = wf.swapAxes(y, second, first);
          assert.deepEqual(await back.data(), await x.data());
        }),
        { numRuns: 30 },
      ),
  },
  {
    name: "unstack is what stack joins, along any axis",
    run: () =>
      fc.assert(
        fc.asyncProperty(axes, async ([shape, axis]) => {
          const x = counting(...shape);
          const parts = wf.unstack(x, { axis });
          assert.equal(parts.length, shape[axis]);
          if (parts.length === 0) return;
          const back = wf.stack(parts, { axis });
          assert.deepEqual(back.shape, shape);
          assert.deepEqual(await back.data(), await x.data());
        }),
        { numRuns: 30 },
      ),
  },
  {
    name: "broadcastShapes and broadcastTensors agree with arithmetic",
    run: async ({ dtype }) => {
      assert.deepEqual(wf.broadcastShapes([2, 1], [3], []), [2, 3]);
      assert.deepEqual(wf.broadcastShapes(), []);
      assert.deepEqual(wf.broadcastShapes([0, 1], [1, 3]), [0, 3]);
      const a = wf.tensor([[1], [2]], { dtype });
      const b = wf.tensor([7, 8], { dtype: "i32" });
      const [x, y] = wf.broadcastTensors(a, b);
      assert.deepEqual(await x.toArray(), [[1, 1], [2, 2]]);
      assert.deepEqual(await y.toArray(), [[7, 8], [7, 8]]);
      assert.deepEqual([x.dtype, y.dtype], [dtype, "i32"]);
    },
  },
  {
    name: "moving axes and broadcasting refuse what does not fit",
    run: () => {
      const x = counting(2, 3);
      assert.throws(() => wf.moveAxis(x, 2, 0), ShapeError);
      assert.throws(() => wf.moveAxis(x, [0, 1], 0), /2 axes and 1 places/);
      assert.throws(() => wf.moveAxis(x, [0, -2], [0, 1]), ShapeError);
      assert.throws(() => wf.swapAxes(x, 0, 2), ShapeError);
      assert.throws(() => wf.unstack(x, { axis: 2 }), ShapeError);
      assert.throws(() => wf.unstack(wf.tensor(1)), ShapeError);
      assert.throws(() => wf.broadcastShapes([2], [3]), ShapeError);
      assert.throws(() => wf.broadcastShapes([-1]), ShapeError);
      assert.throws(() => wf.broadcastTensors(x, counting(2)), ShapeError);
      return Promise.resolve();
    },
  },
];

/** All cases of this file about gradients. */
export const ARRAY_API_MOVEMENT_GRADIENT_CASES: readonly ConformanceCase[] = [
  {
    name: "gradients go through moved, swapped, unstacked and broadcast axes",
    run: () =>
      assertGradients(
        "movement",
        (x) => {
          const [first, second] = wf.unstack(wf.moveAxis(wf.sin(x), 0, 1));
          const [wide] = wf.broadcastTensors(first!, wf.ones([4, 1, 1]));
          const y = wf.multiply(wide, wf.exp(second!));
          const weights = wf.cast(counting(...y.shape), "f64");
          return wf.sum(
            wf.multiply(wf.swapAxes(y, 0, 1), wf.swapAxes(weights, 0, 1)),
          );
        },
        [wf.tensor([[[1, 2], [0.5, -1]], [[3, 1], [0, 2]]], { dtype: "f64" })],
      ),
  },
];
