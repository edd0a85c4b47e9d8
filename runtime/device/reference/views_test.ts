import assert from "node:assert/strict";
import fc from "fast-check";
import { sizeOf } from "../shapes.ts";
import {
  expandView,
  isContiguous,
  mergeAxes,
  permuteView,
  reshapeView,
  sliceView,
  type View,
  wholeView,
} from "./views.ts";

/** Positions in the buffer that a view reads, row-major. */
function positions(view: View): number[] {
  let list = [view.offset];
  view.shape.forEach((length, axis) => {
    list = list.flatMap((at) =>
      Array.from({ length }, (_, k) => at + k * view.strides[axis]!)
    );
  });
  return list;
}

const lengths = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });

Deno.test("a whole view reads its buffer from start to end", () => {
  const view = wholeView(0, [2, 3]);
  assert.deepEqual(positions(view), [0, 1, 2, 3, 4, 5]);
  assert.ok(isContiguous(view));
});

Deno.test("expandView repeats, permuteView reorders, sliceView picks", () => {
  const row = wholeView(0, [1, 2]);
  assert.deepEqual(positions(expandView(row, [2, 2])), [0, 1, 0, 1]);
  const whole = wholeView(0, [2, 3]);
  assert.deepEqual(positions(permuteView(whole, [1, 0])), [0, 3, 1, 4, 2, 5]);
  const part = sliceView(whole, [1, 2], [1, -2], [1, 2]);
  assert.deepEqual(positions(part), [5, 3]);
  assert.ok(!isContiguous(part));
});

Deno.test("reshapeView reads the same elements in the same order, or gives up", () => {
  fc.assert(
    fc.property(lengths, lengths, fc.boolean(), (from, to, turned) => {
      const whole = wholeView(0, from);
      const view = turned
        ? permuteView(whole, from.map((_, k) => from.length - 1 - k))
        : whole;
      if (sizeOf(from) !== sizeOf(to)) return;
      const made = reshapeView(view, to);
      if (made === undefined) assert.ok(turned, "whole views can be reshaped");
      else assert.deepEqual(positions(made), positions(view));
    }),
    { numRuns: 400 },
  );
});

Deno.test("mergeAxes walks through the same positions with fewer axes", () => {
  fc.assert(
    fc.property(lengths, fc.boolean(), (shape, turned) => {
      const whole = wholeView(0, shape);
      const other = turned
        ? expandView(wholeView(0, shape.map(() => 1)), shape)
        : permuteView(
          wholeView(0, shape.toReversed()),
          shape.map((_, k) => shape.length - 1 - k),
        );
      const merged = mergeAxes(shape, [whole.strides, other.strides]);
      [whole, other].forEach((view, k) => {
        const made = {
          ...view,
          shape: merged.shape,
          strides: merged.strides[k]!,
        };
        assert.deepEqual(positions(made), positions(view));
      });
      assert.ok(merged.shape.length <= shape.length);
    }),
    { numRuns: 100 },
  );
  assert.deepEqual(mergeAxes([2, 1, 3], [[3, 0, 1]]).shape, [6]);
});
