import assert from "node:assert/strict";
import fc from "fast-check";
import { UnhashableValueError } from "./errors.ts";
import { digestBytes, digestText, digestValue } from "./hash.ts";

Deno.test("digestText and digestBytes give the published SHA-256 of abc", () => {
  const expected =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(digestText("abc"), expected);
  assert.equal(digestBytes(new TextEncoder().encode("abc")), expected);
});

Deno.test("digestValue takes values as equal that are equal data", () => {
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [0, -0],
    [NaN, Number.NaN],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }],
    [{ a: 1, b: undefined }, { a: 1 }],
    [new Float64Array([1, 2]), new Float64Array([0, 1, 2]).subarray(1)],
    [new Map([["a", [1]]]), new Map([["a", [1]]])],
    [Object.create(null), {}],
  ];
  for (const [left, right] of pairs) {
    assert.equal(digestValue(left), digestValue(right));
  }
});

Deno.test("digestValue tells kinds of data apart that print alike", () => {
  const values: readonly unknown[] = [
    null,
    undefined,
    "",
    "1",
    1,
    1n,
    true,
    "true",
    [],
    {},
    [1],
    ["1"],
    [[1], 2],
    [1, [2]],
    { a: 1 },
    { a: "1" },
    new Map([["a", 1]]),
    new Set([1]),
    new Date(1),
    new Uint8Array([1]),
    new Int8Array([1]),
    new Float32Array([1]),
    "a1:",
    ["a", "b"],
    ["ab", ""],
  ];
  const digests = new Set(values.map((value) => digestValue(value)));
  assert.equal(digests.size, values.length);
});

Deno.test("digestValue is a function of the data: copies agree, changes do not", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
      const copy = JSON.parse(JSON.stringify(left));
      assert.equal(digestValue(left), digestValue(copy));
      const areEqual = JSON.stringify(sorted(left)) ===
        JSON.stringify(sorted(right));
      assert.equal(digestValue(left) === digestValue(right), areEqual);
    }),
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const)
      .toSorted(([a], [b]) => a < b ? -1 : 1),
  );
}

Deno.test("digestValue tells lone surrogates apart, in texts and in keys", () => {
  const texts = ["\uD800", "\uDBFF", "\uDC00", "\uFFFD", "\uDC00\uD800"];
  const values = [...texts, ...texts.map((text) => ({ [text]: 1 }))];
  const digests = new Set(values.map((value) => digestValue(value)));
  assert.equal(digests.size, values.length);
});

Deno.test("digestValue names the path inside the value to what it cannot hash", () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  class Model {}
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [() => 1, /Cannot hash value as it is a function/],
    [{ a: [1, { f: Math.max }] }, /value\.a\[1\]\.f/],
    [{ rules: [Symbol("s")] }, /value\.rules\[0\] as it is a symbol/],
    [cycle, /value\.self as it is a cycle/],
    [[new Model()], /value\[0\] as it is an instance of "Model"/],
  ];
  for (const [value, message] of cases) {
    assert.throws(() => digestValue(value), (error: Error) => {
      assert.ok(error instanceof UnhashableValueError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("digestValue takes a shared part twice, which is no cycle", () => {
  const part = { a: 1 };
  assert.equal(digestValue([part, part]), digestValue([{ a: 1 }, { a: 1 }]));
});

Deno.test("digestValue lets a hook stand for objects", () => {
  class Model {
    constructor(readonly id: string) {}
  }
  const hook = (value: object) => value instanceof Model ? value.id : undefined;
  const one = digestValue({ m: new Model("one") }, hook);
  assert.equal(one, digestValue({ m: new Model("one") }, hook));
  assert.notEqual(one, digestValue({ m: new Model("two") }, hook));
});
