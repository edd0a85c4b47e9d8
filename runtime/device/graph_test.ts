import assert from "node:assert/strict";
import {
  gradientOrder,
  GraphNode,
  hostStorage,
  outputNode,
  storageOf,
  topologicalOrder,
} from "./graph.ts";

function node(op: "add" | "constant", ...inputs: GraphNode[]): GraphNode {
  const attributes = op === "constant" ? { value: 1 } : {};
  return new GraphNode(op, attributes, inputs, "f64", [], undefined);
}

Deno.test("topologicalOrder puts inputs first and each node once", () => {
  const a = node("constant");
  const b = node("add", a, a);
  const c = node("add", b, a);
  assert.deepEqual(topologicalOrder([c, b]), [a, b, c]);
});

Deno.test("topologicalOrder does not overflow the stack", () => {
  let last = node("constant");
  for (let k = 0; k < 200_000; k++) last = node("add", last, last);
  assert.equal(topologicalOrder([last]).length, 200_001);
});

Deno.test("topologicalOrder stops at data and at what the caller knows", () => {
  const a = node("constant");
  const b = node("add", a, a);
  const c = node("add", b, b);
  assert.deepEqual(topologicalOrder([c], (one) => one === b), [b, c]);
  b.realize(hostStorage(new Float64Array(1)));
  assert.deepEqual(topologicalOrder([c]), [b, c]);
  assert.equal(b.op, "data");
});

Deno.test("values with a gradient by hand are walked by value or by argument", () => {
  const value = node("constant");
  const argument = node("constant");
  const spec = [{ dtype: "f64", shape: [] }] as const;
  const custom = new GraphNode(
    "custom",
    { outputs: 1, rule: undefined },
    [value, argument],
    "f64",
    [],
    undefined,
    spec,
  );
  assert.deepEqual(topologicalOrder([custom]), [value, custom]);
  assert.deepEqual(gradientOrder([custom]), [argument, custom]);
});

Deno.test("storageOf finds the data of one result among several", () => {
  const spec = { dtype: "f64", shape: [] } as const;
  const several = new GraphNode(
    "routine",
    { name: "test", attributes: {} },
    [node("constant")],
    "f64",
    [],
    undefined,
    [spec, spec],
  );
  const second = outputNode(several, 1);
  assert.equal(storageOf(second), undefined);
  const storages = [1, 2].map((x) => hostStorage(new Float64Array([x])));
  several.holdResults(storages);
  several.settle();
  assert.equal(storageOf(second), storages[1]);
  assert.equal(several.inputs.length, 0);
});
