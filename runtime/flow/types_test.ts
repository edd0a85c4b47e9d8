import assert from "node:assert/strict";
import { z } from "zod";
import { port } from "../ports/mod.ts";
import * as wf from "../tensor/mod.ts";
import type { Tensor } from "../tensor/mod.ts";
import { map, type Node, type Op, op, type Output, run, sweep } from "./mod.ts";

type F64 = Tensor<"f64">;

/** True only where two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only for `true`. */
function typesAre<_T extends true>(): void {}

const affine = op({
  name: "types/affine",
  version: "1",
  inputs: { x: port.tensor("f64", ["n", "d"]) },
  params: z.object({ scale: z.number().default(1) }),
  outputs: { y: port.tensor("f64", ["n", "d"]) },
  run: ({ x }, { scale }) => {
    typesAre<Same<typeof x, F64>>();
    typesAre<Same<typeof scale, number>>();
    return { y: wf.multiply(x, scale) };
  },
});

const published: Op<{ x: F64 }, { scale?: number }, { y: F64 }> = op({
  name: "types/published",
  version: "1",
  inputs: { x: port.tensor("f64", ["n", "d"]) },
  params: z.object({ scale: z.number().default(1) }),
  outputs: { y: port.tensor("f64", ["n", "d"]) },
  run: ({ x }, { scale }) => ({ y: wf.multiply(x, scale) }),
});

const optional: Op<
  { a: F64; b?: F64 },
  Record<never, never>,
  { n: number }
> = op({
  name: "types/optional",
  inputs: {
    a: port.tensor("f64", ["n"]),
    b: port.optional(port.tensor("f64", ["n"])),
  },
  outputs: { n: z.number() },
  run: ({ a, b }) => {
    typesAre<Same<typeof b, F64 | undefined>>();
    return { n: a.size + (b?.size ?? 0) };
  },
});

const collected = op({
  name: "types/collected",
  inputs: {
    list: port.list(z.number()),
    record: port.record(z.number()),
  },
  params: z.object({ weight: z.number() }),
  outputs: { total: z.number() },
  run: ({ list, record }, { weight }) => ({
    total: weight *
      [...list, ...Object.values(record)].reduce((sum, x) => sum + x, 0),
  }),
});

const constant = op({
  name: "types/constant",
  params: z.object({ value: z.number().default(1) }),
  outputs: { x: z.number() },
  run: (_inputs, { value }) => ({ x: value }),
});

const X = () => wf.ones([2, 3], { dtype: "f64" });

Deno.test("op infers the types of inputs, params and outputs without casts", async () => {
  const node = affine({ x: X() }, { scale: 2 });
  typesAre<Same<typeof node.y, Output<F64>>>();
  typesAre<
    Same<Awaited<ReturnType<typeof node.value>>, { y: F64 }>
  >();
  const next = affine({ x: node.y });
  const { y } = await next.value();
  typesAre<Same<typeof y, F64>>();
  const direct = await affine.run({ x: X() });
  typesAre<Same<typeof direct, { y: F64 }>>();
  assert.deepEqual(y.shape, direct.y.shape);
});

Deno.test("a published op is annotated in one line and takes the same calls", () => {
  const node: Node<{ y: F64 }> = published({ x: published({ x: X() }).y });
  assert.equal(typeof node.value, "function");
});

Deno.test("an optional port is an optional key", async () => {
  const a = wf.ones([3], { dtype: "f64" });
  assert.deepEqual(await optional.run({ a }), { n: 3 });
  assert.deepEqual(await optional.run({ a, b: a }), { n: 6 });
  // @ts-expect-error the required input is missing
  assert.throws(() => optional({}));
});

Deno.test("an op without inputs is called with nothing, or with params only", async () => {
  assert.deepEqual(await constant().value(), { x: 1 });
  assert.deepEqual(await constant({}, { value: 3 }).value(), { x: 3 });
  assert.deepEqual(await constant.run(), { x: 1 });
});

Deno.test("lists and records take values and outputs mixed, by type too", async () => {
  const x = constant({}, { value: 5 }).x;
  const node = collected(
    { list: [1, x], record: { a: x, b: 2 } },
    { weight: 2 },
  );
  assert.deepEqual(await node.value(), { total: 26 });
  // @ts-expect-error required params are missing
  assert.throws(() => collected({ list: [], record: {} }));
});

Deno.test("what does not fit a port is refused by the compiler", async () => {
  // @ts-expect-error a number is not a tensor
  assert.throws(() => affine({ x: 3 }));
  // @ts-expect-error an output of numbers is not one of tensors
  const wrong = affine({ x: constant().x });
  await assert.rejects(wrong.value(), /types\/affine/);
  // @ts-expect-error a node is not a value
  assert.throws(() => affine({ x: affine({ x: X() }) }));
  // @ts-expect-error a wrong param
  assert.throws(() => affine({ x: X() }, { scale: "2" }));
  // @ts-expect-error an unknown input
  assert.throws(() => affine({ x: X(), z: X() }));
  // @ts-expect-error an unknown output
  assert.equal(affine({ x: X() }).z, undefined);
  // @ts-expect-error a node is never thenable
  assert.equal(affine({ x: X() }).then, undefined);
});

Deno.test("outputs with the names of methods are refused by type and at definition", () => {
  for (const name of ["value", "plan", "explain", "then"] as const) {
    assert.throws(
      () =>
        op({
          name: "types/reserved",
          // @ts-expect-error the name of a method
          outputs: { [name]: z.number() } as Record<typeof name, z.ZodNumber>,
          run: () => ({}) as Record<typeof name, number>,
        }),
      /like a method of nodes/,
    );
  }
});

Deno.test("a body that returns other types than its outputs is refused", () => {
  op({
    name: "types/wrong",
    outputs: { x: z.number() },
    // @ts-expect-error a text is not a number
    run: () => ({ x: "1" }),
  });
});

Deno.test("run gives the values of all nodes as a tuple", async () => {
  const values = await run([constant(), affine({ x: X() })]);
  typesAre<Same<typeof values, [{ x: number }, { y: F64 }]>>();
  assert.equal(values[0].x, 1);
});

Deno.test("map and sweep carry the types of keys, params and outputs", () => {
  const mapped = map(["a", "b"], () => constant());
  typesAre<Same<typeof mapped.x.a, Output<number>>>();
  const swept = sweep(
    { value: [1, 2] },
    (params) => constant({}, params),
  );
  const [point] = swept.points;
  typesAre<Same<typeof swept.x, readonly Output<number>[]>>();
  assert.deepEqual(point?.params, { value: 1 });
});
