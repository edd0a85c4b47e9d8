import assert from "node:assert/strict";
import fc from "fast-check";
import {
  broadcastShapes,
  checkShape,
  contiguousStrides,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  sameShape,
  sizeOf,
} from "./shapes.ts";

Deno.test("sizeOf multiplies lengths, 1 for a scalar", () => {
  assert.deepEqual([sizeOf([]), sizeOf([2, 3]), sizeOf([2, 0])], [1, 6, 0]);
});

Deno.test("contiguousStrides walks the last axis by ones and skips lengths of 1", () => {
  assert.deepEqual(contiguousStrides([2, 1, 3]), [3, 0, 1]);
});

Deno.test("broadcastShapes does not depend on the order of shapes", () => {
  const length = fc.constantFrom(1, 4);
  const shape = fc.array(length, { maxLength: 4 });
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      const both = broadcastShapes("test", a, b);
      assert.ok(sameShape(both, broadcastShapes("test", b, a)));
      assert.equal(both.length, Math.max(a.length, b.length));
    }),
    { numRuns: 50 },
  );
  assert.throws(() => broadcastShapes("test", [2], [3]), /"test"/);
});

Deno.test("normalizeAxis counts negative axes from the end", () => {
  assert.equal(normalizeAxis("test", -1, 3), 2);
  assert.throws(() => normalizeAxis("test", 3, 3), /from -3 to 2/);
  assert.throws(() => normalizeAxis("test", 0, 0), /a scalar/);
  assert.throws(() => normalizeAxis("test", 0.5, 3), /axis 0.5/);
});

Deno.test("normalizeAxes sorts, and means all axes where none are given", () => {
  assert.deepEqual(normalizeAxes("test", undefined, 2), [0, 1]);
  assert.deepEqual(normalizeAxes("test", [-1, 0], 2), [0, 1]);
  assert.throws(() => normalizeAxes("test", [1, -1], 2), /twice/);
});

Deno.test("reducedShape drops axes or keeps them with length 1", () => {
  assert.deepEqual(reducedShape([2, 3, 4], [0, 2], false), [3]);
  assert.deepEqual(reducedShape([2, 3, 4], [0, 2], true), [1, 3, 1]);
});

Deno.test("checkShape refuses negative and fractional lengths", () => {
  checkShape("test", [0, 3]);
  for (const shape of [[-1], [0.5], [NaN]]) {
    assert.throws(() => checkShape("test", shape), /as a shape in "test"/);
  }
});
