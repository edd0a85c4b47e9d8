import assert from "node:assert/strict";
import { z } from "zod";
import { DefinitionError, ParameterError } from "../core/errors.ts";
import { port } from "../ports/mod.ts";
import { map, memoryStore, op, run, sweep } from "./mod.ts";

const total = op({
  name: "map/total",
  version: "1",
  inputs: { parts: port.record(z.number()) },
  outputs: { total: z.number() },
  run: ({ parts }) => ({
    total: Object.values(parts).reduce((sum, x) => sum + x, 0),
  }),
});

const best = op({
  name: "map/best",
  version: "1",
  inputs: { scores: port.list(z.number()) },
  outputs: { at: z.number() },
  run: ({ scores }) => ({ at: scores.indexOf(Math.max(...scores)) }),
});

function countedOp() {
  const counts = { running: 0, most: 0, runs: 0 };
  const node = op({
    name: "map/counted",
    version: "1",
    params: z.object({ key: z.string() }),
    outputs: { length: z.number(), upper: z.string() },
    run: async (_inputs, { key }) => {
      counts.runs++;
      counts.most = Math.max(counts.most, ++counts.running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      counts.running--;
      return { length: key.length, upper: key.toUpperCase() };
    },
  });
  return { node, counts };
}

Deno.test("map makes one node a key, and each output as a record for a record port", async () => {
  const { node } = countedOp();
  const mapped = map(["a", "bb", "ccc"], (key) => node({}, { key }));
  const store = memoryStore();
  const sum = total({ parts: mapped.length });
  assert.deepEqual(await sum.value({ store }), { total: 6 });
  const { upper } = await mapped.nodes.bb.value({ store });
  assert.equal(upper, "BB");
});

Deno.test("map runs at most as many nodes at once as it is told", async () => {
  const { node, counts } = countedOp();
  const keys = Array.from({ length: 12 }, (_, at) => `key${at}`);
  const mapped = map(keys, (key) => node({}, { key }), { concurrency: 3 });
  await run(Object.values(mapped.nodes), { store: "none" });
  assert.equal(counts.runs, 12);
  assert.equal(counts.most, 3);
});

Deno.test("map computes a new key only, the others are reused", async () => {
  const { node, counts } = countedOp();
  const store = memoryStore();
  const over = (keys: string[]) =>
    total({ parts: map(keys, (key) => node({}, { key })).length });
  await over(["a", "b"]).value({ store });
  assert.equal(counts.runs, 2);
  await over(["a", "b", "c"]).value({ store });
  assert.equal(counts.runs, 3);
});

Deno.test("map refuses no keys, a key that comes twice, and an unusable limit", () => {
  const { node } = countedOp();
  const make = (key: string) => node({}, { key });
  assert.throws(() => map([], make), DefinitionError);
  assert.throws(() => map(["a", "b", "a"], make), /key "a" comes twice/);
  assert.throws(() => map(["a"], make, { concurrency: 0 }), ParameterError);
  const nodes = op({
    name: "map/nodes",
    outputs: { nodes: z.number() },
    run: () => ({ nodes: 1 }),
  });
  assert.throws(() => map(["a"], () => nodes()), /output is named "nodes"/);
});

Deno.test("sweep makes one node a point of the grid, and each output as a list for a list port", async () => {
  const score = op({
    name: "map/score",
    version: "1",
    params: z.object({ a: z.number(), b: z.number() }),
    outputs: { score: z.number() },
    run: (_inputs, { a, b }) => ({ score: -((a - 2) ** 2) - (b - 5) ** 2 }),
  });
  const swept = sweep(
    { a: [1, 2], b: [4, 5, 6] },
    (params) => score({}, params),
  );
  assert.equal(swept.points.length, 6);
  const { at } = await best({ scores: swept.score }).value({ store: "none" });
  assert.deepEqual(swept.points[at]?.params, { a: 2, b: 5 });
  assert.throws(() => sweep({ a: [], b: [1] }, (p) => score({}, p)), /"a"/);
});
