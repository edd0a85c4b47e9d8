import assert from "node:assert/strict";
import { PortError } from "../core/errors.ts";
import { type F64, type Tensor, tensor, zeros } from "../tensor/mod.ts";
import { Bindings, type CheckPlace, type PortValue } from "./mod.ts";
import { tensorPort } from "./tensor_port.ts";

function place(port: string, bindings = new Bindings()): CheckPlace {
  return { path: ["outlook", "demo/affine"], port, bindings };
}

function messageOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    assert.ok(error instanceof PortError, String(error));
    return error.message;
  }
  assert.fail("nothing was thrown");
}

const matrix = tensor([[1, 2, 3], [4, 5, 6]], { dtype: "f64" });

Deno.test("tensorPort gives the value back with its type", () => {
  const port = tensorPort("f64", ["n", "d"]);
  const value: F64 = port.check(matrix, place("x"));
  assert.equal(value, matrix);
  const both = tensorPort(["f32", "f64"], ["n"]);
  const typed: PortValue<typeof both> = zeros([2], { dtype: "f32" });
  const widened: Tensor<"f32" | "f64"> = typed;
  assert.equal(widened.dtype, "f32");
});

Deno.test("tensorPort names op, port, dimension, expected and actual for a wrong size", () => {
  const bindings = new Bindings();
  tensorPort("f64", ["n", "d"]).check(matrix, place("x", bindings));
  const message = messageOf(() =>
    tensorPort("f64", ["n"]).check(
      zeros([3], { dtype: "f64" }),
      place("y", bindings),
    )
  );
  for (
    const text of [
      'port "y" of "demo/affine"',
      'dimension "n" is 3, not 2 (n = 2 from port "x")',
      "outlook › demo/affine",
      "f64 tensor [n]",
      "f64 tensor [3]",
    ]
  ) assert.ok(message.includes(text), `${text} in ${message}`);
});

Deno.test("tensorPort names the number of axes when it is wrong", () => {
  assert.match(
    messageOf(() => tensorPort("f64", ["n"]).check(matrix, place("x"))),
    /the number of axes is 2, not 1/,
  );
});

Deno.test("tensorPort binds one dtype of a set for all ports with that set", () => {
  const bindings = new Bindings();
  const port = tensorPort(["f32", "f64"], ["..."]);
  port.check(matrix, place("x", bindings));
  const message = messageOf(() =>
    tensorPort(["f64", "f32"], ["..."]).check(
      zeros([1], { dtype: "f32" }),
      place("y", bindings),
    )
  );
  assert.match(message, /its dtype is "f32" where port "x" fixed "f64"/);
  assert.match(message, /cast\(x, "f64"\)/);
  assert.deepEqual(port.outline(bindings).dtypes, ["f64"]);
  // Another set and a single dtype are not bound by it
  tensorPort(["i32", "f32"], ["..."]).check(
    zeros([1], { dtype: "f32" }),
    place("z", bindings),
  );
  tensorPort("f32", ["..."]).check(
    zeros([1], { dtype: "f32" }),
    place("w", bindings),
  );
});

Deno.test("tensorPort refuses what is no tensor and says how to make one", () => {
  const port = tensorPort("f64", ["n"]);
  assert.match(
    messageOf(() => port.check([1, 2], place("x"))),
    /it is a list[^]*tensor\(…, \{ dtype: "f64" \}\)/,
  );
  assert.match(messageOf(() => port.check(undefined, place("x"))), /missing/);
  assert.match(
    messageOf(() => port.check(zeros([2], { dtype: "f32" }), place("x"))),
    /its dtype is "f32"/,
  );
});

Deno.test("tensorPort passes sizes on through outlines before any value exists", () => {
  const bindings = new Bindings();
  tensorPort("f64", ["n", "d"]).check(matrix, place("x", bindings));
  const outline = tensorPort("f64", ["n-1", "d", "m"]).outline(bindings);
  assert.deepEqual(outline, {
    kind: "tensor",
    dtypes: ["f64"],
    shape: [1, 3, undefined],
  });
  const next = new Bindings();
  tensorPort("f64", ["a", "b", "c"]).checkOutline(outline, place("x", next));
  assert.equal(next.size("b")?.value, 3);
  assert.equal(next.size("c"), undefined);
  assert.match(
    messageOf(() =>
      tensorPort("f64", [2, "b", "c"]).checkOutline(outline, place("x"))
    ),
    /dimension "2" is 1, not 2[^]*f64 tensor \[1, 3, \?\]/,
  );
  assert.match(
    messageOf(() =>
      tensorPort("f32", ["..."]).checkOutline(outline, place("x"))
    ),
    /its dtype is "f64"/,
  );
  assert.match(
    messageOf(() =>
      tensorPort("f32", ["..."]).checkOutline({ kind: "text" }, place("x"))
    ),
    /it is a text/,
  );
});

Deno.test("tensorPort narrows a set by what an outline leaves possible", () => {
  const bindings = new Bindings();
  const port = tensorPort(["f32", "f64"], ["n"]);
  port.checkOutline(
    { kind: "tensor", dtypes: ["f32", "f64"] },
    place("x", bindings),
  );
  assert.deepEqual(port.outline(bindings).dtypes, ["f32", "f64"]);
  port.checkOutline(
    { kind: "tensor", dtypes: ["f64", "i32"] },
    place("x", bindings),
  );
  assert.deepEqual(port.outline(bindings).dtypes, ["f64"]);
});
