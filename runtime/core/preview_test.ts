import assert from "node:assert/strict";
import { closestName, preview, timeText, widest } from "./preview.ts";

class Box {}

const PREVIEWS: readonly (readonly [unknown, string])[] = [
  ["a", '"a"'],
  [1.5, "1.5"],
  [2n, "2n"],
  [null, "null"],
  [undefined, "undefined"],
  [[1, [2]], "[1, [2]]"],
  [[1, 2, 3, 4, 5], "[1, 2, 3, 4, … 5 in all]"],
  [{ a: 1, b: "x" }, '{ a: 1, b: "x" }'],
  [new Float64Array(3), "Float64Array of length 3"],
  [new Box(), 'an instance of "Box"'],
  [Math.max, 'function "max"'],
];

for (const [value, text] of PREVIEWS) {
  Deno.test(`preview shows ${text}`, () => assert.equal(preview(value), text));
}

Deno.test("preview is short, however long the value is", () => {
  assert.ok(preview("x".repeat(500)).length <= 60);
  assert.ok(
    preview({ a: Array.from({ length: 99 }, () => "long") }).length <= 60,
  );
});

Deno.test("closestName finds what was probably meant, and nothing where nothing is near", () => {
  const known = ["window", "decay", "warmUp"];
  assert.equal(closestName("windw", known), "window");
  assert.equal(closestName("warmup", known), "warmUp");
  assert.equal(closestName("colour", known), undefined);
});

Deno.test("timeText takes the unit that fits", () => {
  assert.deepEqual([0.04, 12, 3200, 90_000].map(timeText), [
    "0.0 ms",
    "12.0 ms",
    "3.20 s",
    "1.5 min",
  ]);
});

Deno.test("widest is the length of the longest text, 0 for none", () => {
  assert.equal(widest(["a", "bcd", "ef"]), 3);
  assert.equal(widest([]), 0);
});
