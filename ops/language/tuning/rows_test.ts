import assert from "node:assert/strict";
import { DataError, ParameterError } from "../../../runtime/core/errors.ts";
import { type EncodedExample, IGNORED } from "./examples.ts";
import { makeRows, type RowOptions } from "./rows.ts";

/** Tokens that count on from `first`; the first `given` are not learnt. */
function example(first: number, length: number, given: number): EncodedExample {
  const tokens = Int32Array.from({ length }, (_, k) => first + k);
  return { tokens, labels: tokens.map((x, k) => k < given ? IGNORED : x) };
}

const OPTIONS: RowOptions = {
  length: 8,
  packing: true,
  overlong: "cut",
  padId: 0,
};

Deno.test("short examples share rows, and none learns across a boundary", () => {
  const { rows, summary } = makeRows(
    [example(10, 3, 1), example(20, 5, 2), example(30, 6, 3)],
    OPTIONS,
  );
  assert.equal(rows.length, 2);
  const [alone, both] = rows;
  assert.deepEqual([...alone!.tokens], [30, 31, 32, 33, 34, 35, 0, 0]);
  assert.deepEqual(
    [...alone!.targets],
    [-100, -100, 33, 34, 35, -100, -100, -100],
  );
  assert.deepEqual([...alone!.segments], [0, 0, 0, 0, 0, 0, 1, 1]);
  assert.deepEqual([...both!.tokens], [20, 21, 22, 23, 24, 10, 11, 12]);
  assert.deepEqual(
    [...both!.targets],
    [-100, 22, 23, 24, -100, 11, 12, -100],
  );
  assert.deepEqual([...both!.segments], [0, 0, 0, 0, 0, 1, 1, 1]);
  assert.deepEqual([both!.learnt, both!.used, alone!.learnt], [5, 8, 3]);
  assert.deepEqual(summary, {
    examples: 3,
    cut: 0,
    skipped: 0,
    rows: 2,
    tokens: 14,
    learnt: 8,
  });
});

Deno.test("without packing each example has its own row", () => {
  const { rows } = makeRows([example(10, 3, 1), example(20, 5, 2)], {
    ...OPTIONS,
    packing: false,
  });
  assert.deepEqual(rows.map(({ used }) => used), [3, 5]);
});

Deno.test("long prompts lose their beginning, long answers their end", () => {
  const { rows, summary } = makeRows(
    [example(0, 12, 9), example(100, 20, 2)],
    { ...OPTIONS, packing: false },
  );
  assert.deepEqual([...rows[0]!.tokens], [4, 5, 6, 7, 8, 9, 10, 11]);
  assert.deepEqual(
    [...rows[0]!.targets],
    [-100, -100, -100, -100, 9, 10, 11, -100],
  );
  assert.deepEqual(
    [...rows[1]!.tokens],
    [101, 102, 103, 104, 105, 106, 107, 108],
  );
  assert.equal(rows[1]!.learnt, 7);
  assert.equal(summary.cut, 2);
});

Deno.test("long texts become rows in which every token is learnt once", () => {
  const { rows, summary } = makeRows([example(0, 20, 0)], OPTIONS);
  const learnt = rows.flatMap(({ targets }) =>
    [...targets].filter((target) => target !== IGNORED)
  );
  assert.deepEqual(
    learnt.sort((a, b) => a - b),
    Array.from({ length: 19 }, (_, k) => k + 1),
  );
  assert.deepEqual([summary.cut, summary.examples], [0, 1]);
});

Deno.test("long examples may be left out, or be an error", () => {
  const examples = [example(0, 12, 9), example(5, 4, 1)];
  const { rows, summary } = makeRows(examples, {
    ...OPTIONS,
    overlong: "skip",
  });
  assert.equal(rows.length, 1);
  assert.equal(summary.skipped, 1);
  assert.throws(
    () => makeRows(examples, { ...OPTIONS, overlong: "error" }),
    /example 0/,
  );
  assert.throws(
    () => makeRows([examples[0]!], { ...OPTIONS, overlong: "skip" }),
    DataError,
  );
  assert.throws(() => makeRows([], OPTIONS), DataError);
  assert.throws(
    () => makeRows(examples, { ...OPTIONS, length: 1 }),
    ParameterError,
  );
});
