import assert from "node:assert/strict";
import fc from "fast-check";
import { DataError, UnhashableValueError } from "../core/errors.ts";
import { decodePlainJson, encodePlainJson, MAX_DEPTH } from "./plain_json.ts";

const numbers = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, 5e-324),
);

const typedArrays = fc.oneof(
  fc.float64Array(),
  fc.float32Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.int8Array(),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.bigInt64Array(),
  fc.int16Array().map((array) => new Float16Array(array)),
);

const keys = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("$number", "$$", "$", "__proto__", "constructor", "toString"),
);

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    numbers,
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.bigInt(),
    fc.date({ noInvalidDate: false }),
    typedArrays,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 })
      .map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new Set(items)),
    fc.array(fc.tuple(keys, tie("value").filter((v) => v !== undefined)), {
      maxLength: 4,
    }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

Deno.test("decodePlainJson gives back to the bit what encodePlainJson wrote", () => {
  fc.assert(
    fc.property(plain, (value) => {
      const text = encodePlainJson(value);
      const back = decodePlainJson(text);
      assert.deepStrictEqual(back, value);
      assert.equal(encodePlainJson(back), text);
    }),
    { numRuns: 500 },
  );
});

Deno.test("encodePlainJson drops keys whose value is undefined", () => {
  assert.equal(encodePlainJson({ a: undefined, b: 1 }), '{"b":1}');
});

Deno.test("encodePlainJson writes ordinary data as ordinary JSON", () => {
  const value = { name: "x", list: [1, 2.5, null, true], inner: { a: "é" } };
  assert.equal(encodePlainJson(value), JSON.stringify(value));
});

Deno.test("encodePlainJson keeps the order of object keys", () => {
  assert.equal(encodePlainJson({ b: 1, a: 2 }), '{"b":1,"a":2}');
});

Deno.test("encodePlainJson writes only the window that a typed array shows", () => {
  const window = new Float64Array([1, 2, 3, 4]).subarray(1, 3);
  assert.deepStrictEqual(
    decodePlainJson(encodePlainJson(window)),
    new Float64Array([2, 3]),
  );
});

Deno.test("encodePlainJson names the path of what has no plain form", () => {
  class Model {}
  const cycle: { inner?: unknown } = {};
  cycle.inner = cycle;
  for (
    const [value, path] of [
      [{ a: [0, { b: () => 0 }] }, "value.a[1].b"],
      [{ model: new Model() }, 'value.model as it is an instance of "Model"'],
      [cycle, "value.inner as it is a cycle"],
      [[Symbol("s")], "value[0] as it is a symbol"],
    ] as const
  ) {
    assert.throws(
      () => encodePlainJson(value),
      (error) =>
        error instanceof UnhashableValueError && error.message.includes(path),
    );
  }
});

Deno.test("encodePlainJson writes a value twice when it occurs twice without a cycle", () => {
  const shared = { a: 1 };
  assert.deepStrictEqual(
    decodePlainJson(encodePlainJson([shared, shared])),
    [{ a: 1 }, { a: 1 }],
  );
});

Deno.test("both directions refuse nesting that could exhaust the stack", () => {
  let deep: unknown = 0;
  for (let level = 0; level <= MAX_DEPTH; level++) deep = [deep];
  assert.throws(() => encodePlainJson(deep), UnhashableValueError);
  const text = "[".repeat(100_000) + "]".repeat(100_000);
  assert.throws(() => decodePlainJson(text), DataError);
});

Deno.test("references stand for objects that are not plain", () => {
  class Leaf {
    constructor(readonly name: string) {}
  }
  const text = encodePlainJson({ x: new Leaf("one"), y: [new Leaf("two")] }, {
    reference: (value, path) =>
      value instanceof Leaf ? `${path.join("/")}:${value.name}` : undefined,
  });
  assert.deepStrictEqual(
    decodePlainJson(text, (name) => `resolved ${name}`),
    { x: "resolved x:one", y: ["resolved y/0:two"] },
  );
  assert.throws(() => decodePlainJson(text), DataError);
});

Deno.test("decodePlainJson refuses what encodePlainJson never writes", () => {
  for (
    const text of [
      "",
      "{",
      '{"$number":"1"}',
      '{"$bigint":"1.5"}',
      '{"$bigint":1}',
      '{"$date":"tomorrow"}',
      '{"$map":[[1]]}',
      '{"$map":[1]}',
      '{"$set":{}}',
      '{"$undefined":false}',
      '{"$bytes":["Float64Array","AAAA"]}',
      '{"$bytes":["Function","AAAA"]}',
      '{"$bytes":["Uint8Array","?"]}',
      '{"$bytes":["Uint8Array"]}',
      '{"$number":"NaN","b":1}',
      '{"b":1,"$number":"NaN"}',
      '{"$unheardOf":1}',
    ]
  ) {
    assert.throws(() => decodePlainJson(text), DataError, text);
  }
});

Deno.test("decodePlainJson never changes a prototype", () => {
  const value = decodePlainJson('{"__proto__":{"polluted":true}}');
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});
