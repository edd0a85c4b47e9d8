import assert from "node:assert/strict";
import fc from "fast-check";
import { argsortRoutine, topKRoutine } from "./sort.ts";
import { noise, runToEnd } from "./testing.ts";

const numbers = fc.array(
  fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(NaN, Infinity, -Infinity, -0, 0.5),
  ),
  { maxLength: 80 },
);

/** The built-in sort is stable, which makes it the judge. */
function expectedOrder(values: number[], descending: boolean): number[] {
  return values.map((_, i) => i).sort((i, j) => {
    const a = values[i]!;
    const b = values[j]!;
    if (Number.isNaN(a) || Number.isNaN(b)) {
      return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    }
    if (a === b) return 0;
    return (a < b) === descending ? 1 : -1;
  });
}

for (const descending of [false, true]) {
  Deno.test(`argsortRoutine is stable with NaN last, descending ${descending}`, () => {
    fc.assert(fc.property(numbers, (values) => {
      const order = runToEnd(
        argsortRoutine(Float64Array.from(values), 1, values.length, descending),
      );
      assert.deepEqual([...order], expectedOrder(values, descending));
    }));
  });

  Deno.test(`topKRoutine takes what a full sort would put first, largest ${descending}`, () => {
    fc.assert(fc.property(numbers, fc.nat(80), (values, wanted) => {
      const k = Math.min(wanted, values.length);
      const taken = runToEnd(
        topKRoutine(Float64Array.from(values), 1, values.length, k, descending),
      );
      assert.deepEqual(
        [...taken],
        expectedOrder(values, descending).slice(0, k),
      );
    }));
  });
}

Deno.test("argsortRoutine sorts each row on its own, also long ones", () => {
  const values = noise(3 * 5000, 1);
  const order = runToEnd(argsortRoutine(values, 3, 5000, false));
  for (let row = 0; row < 3; row++) {
    const start = row * 5000;
    const sorted = Array.from(
      { length: 5000 },
      (_, i) => values[start + order[start + i]!]!,
    );
    assert.deepEqual(
      sorted,
      [...values.subarray(start, start + 5000)].sort((a, b) => a - b),
    );
  }
});

Deno.test("argsortRoutine and topKRoutine take whole numbers of any dtype", () => {
  const values = new Uint32Array([5, 4294967295, 0, 5]);
  assert.deepEqual([...runToEnd(argsortRoutine(values, 1, 4, true))], [
    1,
    0,
    3,
    2,
  ]);
  assert.deepEqual([...runToEnd(topKRoutine(values, 2, 2, 1, false))], [0, 0]);
});

Deno.test("topKRoutine takes infinity before NaN", () => {
  const values = new Float64Array([NaN, -Infinity, NaN, Infinity]);
  assert.deepEqual([...runToEnd(topKRoutine(values, 1, 4, 3, true))], [
    3,
    1,
    0,
  ]);
  assert.deepEqual([...runToEnd(topKRoutine(values, 1, 4, 3, false))], [
    1,
    3,
    0,
  ]);
});
