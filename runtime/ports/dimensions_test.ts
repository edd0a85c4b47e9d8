import assert from "node:assert/strict";
import fc from "fast-check";
import { DefinitionError } from "../core/errors.ts";
import { Bindings } from "./bindings.ts";
import { knownSizes, matchShape, readShape } from "./dimensions.ts";

function bound(sizes: Record<string, number>): Bindings {
  const bindings = new Bindings();
  for (const [name, size] of Object.entries(sizes)) {
    bindings.bindSize(name, size, "first");
  }
  return bindings;
}

Deno.test("matchShape fixes free names and accepts the sizes that they imply", () => {
  fc.assert(fc.property(
    fc.nat({ max: 50 }),
    fc.nat({ max: 50 }),
    fc.integer({ min: -9, max: 9 }),
    fc.integer({ min: 1, max: 4 }),
    (n, m, shift, factor) => {
      const bindings = new Bindings();
      const sign = shift < 0 ? "-" : "+";
      const sum = `${factor}*n${sign}${Math.abs(shift)}`;
      const size = factor * n + shift;
      if (size < 0) return;
      const shape = readShape([sum, "n+m", "m"]);
      assert.equal(
        matchShape(shape, [size, n + m, m], bindings, "x"),
        undefined,
      );
      assert.equal(bindings.size("n")?.value, n);
      assert.equal(bindings.size("m")?.value, m);
      assert.deepEqual(knownSizes(shape, bindings), [size, n + m, m]);
      assert.notEqual(
        matchShape(shape, [size, n + m + 1, m], bindings, "x"),
        undefined,
      );
    },
  ));
});

Deno.test("matchShape waits for the names of a sum until other axes fix them", () => {
  const bindings = new Bindings();
  const shape = readShape(["n+m", "n", "m"]);
  assert.equal(matchShape(shape, [5, 2, 3], bindings, "x"), undefined);
  assert.equal(
    matchShape(shape, [6, 2, 3], new Bindings(), "x")?.what,
    'dimension "n+m"',
  );
});

Deno.test("matchShape says which dimension is wrong and which port fixed it", () => {
  assert.deepEqual(
    matchShape(readShape(["n-1"]), [3], bound({ n: 3 }), "x"),
    {
      what: 'dimension "n-1"',
      expected: '2 (n = 3 from port "first")',
      actual: "3",
    },
  );
  assert.deepEqual(matchShape(readShape([2, "n"]), [3, 1], bound({}), "x"), {
    what: 'dimension "2"',
    expected: "2",
    actual: "3",
  });
});

Deno.test("matchShape refuses sizes that no whole number explains", () => {
  const shape = readShape(["2*n+1"]);
  assert.equal(matchShape(shape, [7], bound({}), "x"), undefined);
  assert.equal(
    matchShape(shape, [8], bound({}), "x")?.expected,
    '"2*n+1" for a whole "n" of 0 or more',
  );
  assert.notEqual(
    matchShape(readShape(["n+2"]), [1], bound({}), "x"),
    undefined,
  );
});

Deno.test("matchShape lets ... stand for any number of axes in any place", () => {
  const shape = readShape(["a", "...", "z"]);
  for (const sizes of [[1, 9], [1, 5, 9], [1, 5, 6, 7, 9]]) {
    const bindings = new Bindings();
    assert.equal(matchShape(shape, sizes, bindings, "x"), undefined);
    assert.equal(bindings.size("a")?.value, 1);
    assert.equal(bindings.size("z")?.value, 9);
  }
  assert.deepEqual(matchShape(shape, [1], new Bindings(), "x"), {
    what: "the number of axes",
    expected: "2 or more",
    actual: "1",
  });
});

Deno.test("matchShape checks the known sizes of a shape that is partly known", () => {
  const bindings = new Bindings();
  const shape = readShape(["n", "n"]);
  assert.equal(matchShape(shape, [undefined, 3], bindings, "x"), undefined);
  assert.equal(bindings.size("n")?.value, 3);
  assert.notEqual(matchShape(shape, [4, undefined], bindings, "x"), undefined);
});

Deno.test("knownSizes leaves free what the call has not fixed", () => {
  const shape = readShape(["n", "m-1", 4]);
  assert.deepEqual(knownSizes(shape, bound({ n: 2 })), [2, undefined, 4]);
  assert.equal(knownSizes(readShape(["...", "n"]), bound({ n: 2 })), undefined);
});

Deno.test("readShape refuses what is no dimension", () => {
  for (const bad of ["", "n*n", "n-", "1.5", "n m", "é", "2n", -1, 1.5]) {
    assert.throws(() => readShape([bad]), DefinitionError, String(bad));
  }
  assert.throws(() => readShape(["...", "n", "..."]), DefinitionError);
});
