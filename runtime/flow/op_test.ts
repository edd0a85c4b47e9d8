import assert from "node:assert/strict";
import { z } from "zod";
import { DefinitionError, ParameterError, PortError } from "../core/errors.ts";
import { port } from "../ports/mod.ts";
import * as wf from "../tensor/mod.ts";
import type { Tensor } from "../tensor/mod.ts";
import { isNode, type Op, op } from "./mod.ts";

type F64 = Tensor<"f64">;
const f64 = (...shape: number[]): F64 => wf.ones(shape, { dtype: "f64" });

const matmul: Op<{ a: F64; b: F64 }, Record<never, never>, { c: F64 }> = op({
  name: "test/matmul",
  version: "1",
  inputs: {
    a: port.tensor("f64", ["n", "k"]),
    b: port.tensor("f64", ["k", "m"]),
  },
  outputs: { c: port.tensor("f64", ["n", "m"]) },
  run: ({ a, b }) => ({ c: wf.matmul(a, b) }),
});

const shorten = op({
  name: "test/shorten",
  version: "1",
  inputs: { x: port.tensor("f64", ["n"]) },
  outputs: { y: port.tensor("f64", ["n-1"]) },
  run: ({ x }) => ({ y: wf.slice(x, [1]) }),
});

const pair = op({
  name: "test/pair",
  version: "1",
  inputs: {
    a: port.tensor("f64", ["n"]),
    b: port.tensor("f64", ["n"]),
  },
  outputs: { y: port.tensor("f64", ["n"]) },
  run: ({ a, b }) => ({ y: wf.add(a, b) }),
});

const scale = op({
  name: "test/scale",
  version: "1",
  inputs: { x: z.number() },
  params: z.object({
    factor: z.number().default(2),
    mode: z.enum(["plain", "squared"]).default("plain"),
  }),
  outputs: { y: z.number() },
  run: ({ x }, { factor, mode }) => ({
    y: mode === "plain" ? factor * x : factor * x * x,
  }),
});

function thrownBy(body: () => unknown): Error {
  try {
    body();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("Nothing was thrown");
}

Deno.test("op: calling gives a node at once, and the body does not run", () => {
  let runs = 0;
  const counted = op({
    name: "test/counted",
    outputs: { x: z.number() },
    run: () => ({ x: ++runs }),
  });
  const node = counted();
  assert.ok(isNode(node));
  assert.ok(!("then" in node));
  assert.deepEqual(Object.keys(node), ["x"]);
  assert.equal(runs, 0);
  assert.equal(counted.name, "test/counted");
});

Deno.test("op: sizes that do not fit are refused when the graph is built, with op, port and dimension", () => {
  const error = thrownBy(() => matmul({ a: f64(2, 3), b: f64(4, 5) }));
  assert.ok(error instanceof PortError);
  assert.match(error.message, /test\/matmul/);
  assert.match(error.message, /"b"/);
  assert.match(error.message, /"k"/);
  assert.match(error.message, /3/);
  assert.match(error.message, /4/);
});

Deno.test("op: known sizes travel through declared outputs, so a chain is refused when it is built", () => {
  const first = matmul({ a: f64(2, 3), b: f64(3, 5) });
  const second = matmul({ a: first.c, b: f64(5, 7) });
  const error = thrownBy(() => matmul({ a: second.c, b: f64(6, 1) }));
  assert.ok(error instanceof PortError);
  assert.match(error.message, /"k"/);
  assert.match(error.message, /7/);
  assert.match(error.message, /6/);
});

Deno.test("op: an error about a wired input tells the ops that lead there", () => {
  const first = matmul({ a: f64(2, 3), b: f64(3, 5) });
  const second = matmul({ a: first.c, b: f64(5, 7) });
  const error = thrownBy(() => pair({ a: second.c as never, b: f64(2) }));
  assert.match(error.message, /test\/matmul › test\/matmul › test\/pair/);
});

Deno.test("op: sizes in arithmetic travel too", () => {
  const short = shorten({ x: f64(5) });
  assert.throws(() => pair({ a: short.y, b: f64(5) }), PortError);
  const fits = pair({ a: short.y, b: f64(4) });
  assert.deepEqual(fits.y.outline.shape, [4]);
});

Deno.test("op: a set of dtypes binds once a call, inputs and outputs alike", () => {
  const both = op({
    name: "test/both",
    version: "1",
    inputs: {
      a: port.tensor(["f32", "f64"], ["n"]),
      b: port.tensor(["f32", "f64"], ["n"]),
    },
    outputs: { y: port.tensor(["f32", "f64"], ["n"]) },
    run: ({ a }) => ({ y: a }),
  });
  const f32 = wf.ones([2], { dtype: "f32" });
  assert.throws(() => both({ a: f32, b: f64(2) }), PortError);
  const node = both({ a: f32, b: f32 });
  assert.throws(() => both({ a: node.y, b: f64(2) }), /f32/);
});

Deno.test("op: what the body gives is checked against what it declared", async () => {
  const liar = op({
    name: "test/liar",
    inputs: { x: port.tensor("f64", ["n"]) },
    outputs: { y: port.tensor("f64", ["n"]) },
    run: ({ x }) => ({ y: wf.slice(x, [1]) }),
  });
  await assert.rejects(liar.run({ x: f64(3) }), (error: Error) => {
    assert.ok(error instanceof PortError);
    assert.match(error.message, /test\/liar/);
    assert.match(error.message, /"n"/);
    return true;
  });
  await assert.rejects(liar({ x: f64(3) }).value(), PortError);
});

Deno.test("op: outputs that are not declared, or missing, are refused", async () => {
  const extra = op({
    name: "test/extra",
    outputs: { y: z.number() },
    run: () => ({ y: 1, z: 2 }),
  });
  await assert.rejects(extra.run(), /"z"/);
  const none = op({
    name: "test/none",
    outputs: { y: z.number() },
    run: () => ({}) as { y: number },
  });
  await assert.rejects(none.run(), /"y"/);
});

Deno.test("op: params are checked at the call, and the message names the param", () => {
  const error = thrownBy(() =>
    scale({ x: 1 }, { factor: "two" as unknown as number })
  );
  assert.ok(error instanceof ParameterError);
  assert.match(error.message, /test\/scale/);
  assert.match(error.message, /"factor"/);
  assert.match(error.message, /current value is "two"/);
});

Deno.test("op: a param that does not exist is refused with the likely name", () => {
  const given = { facter: 3 } as { factor?: number };
  assert.throws(() => scale({ x: 1 }, given), /Did you mean "factor"\?/);
});

Deno.test("op: an input that does not exist is refused with the likely name", () => {
  const given = { a: f64(2), c: f64(2) } as unknown as { a: F64; b: F64 };
  const error = thrownBy(() => pair(given));
  assert.ok(error instanceof PortError);
  assert.match(error.message, /no input "c"/);
});

Deno.test("op: a whole node in place of an output is refused with the names of its outputs", () => {
  const node = matmul({ a: f64(2, 2), b: f64(2, 2) });
  const error = thrownBy(() => matmul({ a: node as never, b: f64(2, 2) }));
  assert.ok(error instanceof DefinitionError);
  assert.match(error.message, /node\.c/);
});

Deno.test("op.run gives the outputs of the body at once, with defaults filled in", async () => {
  assert.deepEqual(await scale.run({ x: 3 }), { y: 6 });
  assert.deepEqual(await scale.run({ x: 3 }, { mode: "squared" }), { y: 18 });
  await assert.rejects(scale.run({ x: "3" as unknown as number }), PortError);
});

Deno.test("op: definitions that could never run are refused", () => {
  const outputs = { x: z.number() };
  const run = () => ({ x: 1 });
  assert.throws(() => op({ name: "", outputs, run }), DefinitionError);
  assert.throws(() => op({ name: "a b", outputs, run }), DefinitionError);
  assert.throws(
    () => op({ name: "a", version: "", outputs, run }),
    /version is empty/,
  );
  assert.throws(
    () => op({ name: "a", version: "1\n2", outputs, run }),
    /its version is "1\\n2"/,
  );
  assert.throws(
    () => op({ name: "a", inputs: { "x y": z.number() }, outputs, run }),
    /a port is named "x y"/,
  );
  assert.throws(
    () => op({ name: "a", outputs: {}, run: () => ({}) }),
    /no outputs/,
  );
  assert.throws(
    () => op({ name: "a", outputs, run, retries: 2 }),
    /kind is "cpu"/,
  );
  assert.throws(
    () => op({ name: "a", outputs, run, kind: "io", retries: -1 }),
    /-1 retries/,
  );
  assert.throws(
    () =>
      op({ name: "a", outputs: { x: 3 as never }, run: () => ({}) as never }),
    /not a port/,
  );
});

Deno.test("op: lists and records with outputs inside are checked when the graph is built", () => {
  const stack = op({
    name: "test/stack",
    version: "1",
    inputs: { parts: port.list(port.tensor("f64", ["n"])) },
    outputs: { y: port.tensor("f64", ["n"]) },
    run: ({ parts }) => ({ y: parts[0]! }),
  });
  const short = shorten({ x: f64(5) });
  assert.deepEqual(stack({ parts: [short.y, f64(4)] }).y.outline.shape, [4]);
  const error = thrownBy(() => stack({ parts: [f64(3), short.y] }));
  assert.match(error.message, /parts\[1\]/);
  assert.match(error.message, /"n"/);
});

Deno.test("op: the stack of a wiring error shows the caller, not the framework", () => {
  const error = thrownBy(() => pair({ a: f64(2), b: f64(3) }));
  const frames = error.stack!.split("\n").filter((line) =>
    /^\s+at /.test(line)
  );
  assert.match(frames[0]!, /op_test\.ts/);
  assert.ok(frames.every((frame) => !/flow\/(op|node|checks)\.ts/.test(frame)));
});

Deno.test("op: spreading a node gives its outputs, which tell what is known of them", () => {
  const node = matmul({ a: f64(2, 3), b: f64(3, 5) });
  const { c, ...rest } = { ...node };
  assert.deepEqual(Object.keys(rest), []);
  assert.equal(isNode({ ...node }), false);
  assert.equal(String(c), 'Output "c" of test/matmul: f64 tensor [2, 5]');
  assert.equal(String(node), "Node test/matmul → c");
});
