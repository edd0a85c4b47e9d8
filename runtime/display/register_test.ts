import { ok, strictEqual } from "node:assert/strict";
import { z } from "zod";
import { describe } from "../core/describe.ts";
import { type Op, op, start } from "../flow/mod.ts";
import { tensor } from "../tensor/mod.ts";
import "./register.ts";

const one: Op<Record<never, never>, { by?: number }, { x: number }> = op({
  name: "demo/one",
  params: z.object({ by: z.number().default(1) }),
  outputs: { x: z.number() },
  run: (_inputs, { by }) => ({ x: by }),
});
const twice: Op<{ x: number }, Record<never, never>, { y: number }> = op({
  name: "demo/twice",
  inputs: { x: z.number() },
  outputs: { y: z.number() },
  run: ({ x }) => ({ y: 2 * x }),
});

Deno.test("a node in a cell draws its graph, with what a run would do, and runs nothing", async () => {
  const node = twice({ x: one().x });
  const bundle = await describe(node, "plain");
  const html = String(bundle["text/html"]);
  const svg = String(bundle["image/svg+xml"]);
  for (const text of [">one<", ">twice<", "will run"]) {
    ok(svg.includes(text), text);
  }
  ok(html.includes('src="data:image/svg+xml;base64,'), "survives distrust");
  ok(String(bundle["text/plain"]).includes("2 nodes: 2 will run"));
});

Deno.test("a run in a cell draws its graph with states and its panel", async () => {
  const run = start([twice({ x: one().x })], { store: "none" });
  await run.values;
  const bundle = await describe(run, "plain");
  ok(String(bundle["text/html"]).includes('class="weft-run"'));
  ok(String(bundle["text/plain"]).startsWith("✓ 2 nodes: 2 computed in"));
});

Deno.test("a tensor in a cell shows dtype, shape and values", async () => {
  const bundle = await describe(tensor([1, 2], { dtype: "f64" }), "plain");
  ok(String(bundle["text/plain"]).startsWith("Tensor<f64>[2]"));
});

Deno.test("what nobody draws shows as its plain text", async () => {
  strictEqual((await describe(42, "plain"))["text/plain"], "plain");
});
