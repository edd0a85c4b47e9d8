import { ok, strictEqual } from "node:assert/strict";
import { type GraphNode, graphSvg } from "./graph.ts";

const node = (
  id: number,
  name: string,
  inputs: number[],
  rest: Partial<GraphNode> = {},
): GraphNode => ({
  id,
  name,
  inputs,
  kind: "cpu",
  ...rest,
});

const boxes = (svg: string) =>
  [...svg.matchAll(
    /<rect x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="46"/g,
  )]
    .map((match) => match.slice(1).map(Number) as [number, number, number]);

Deno.test("graphSvg draws a box a node and an arrow an edge, readers right of inputs", async () => {
  const svg = await graphSvg([
    node(0, "data/prices", []),
    node(1, "features/momentum", [0]),
    node(2, "features/volatility", [0]),
    node(3, "volatility/har", [1, 2]),
  ]);
  const [first, second, third, last] = boxes(svg);
  ok(first && second && third && last);
  ok(first[0] + first[2] < second[0] && second[0] + second[2] < last[0]);
  ok(Math.abs(second[1] - third[1]) >= 46, "boxes of one rank do not overlap");
  strictEqual(svg.match(/translate\(/g)?.length, 4);
  strictEqual(svg.includes("NaN"), false);
});

Deno.test("graphSvg tells states by sign, outline and text, not by colour alone", async () => {
  const svg = await graphSvg([
    node(0, "a", [], { phase: "reused" }),
    node(1, "b", [0], { phase: "computed", ms: 1234, bytes: 2048 }),
    node(2, "c", [1], { phase: "failed", why: "the body threw" }),
  ]);
  for (
    const text of [
      "↺",
      "reused",
      "✓",
      "1.2 s · 2 KiB",
      "✗",
      "failed",
      "the body threw",
    ]
  ) {
    ok(svg.includes(text), text);
  }
  strictEqual(
    svg.match(/stroke-dasharray/g)?.length,
    1,
    "only the reused node",
  );
});

Deno.test("graphSvg escapes names and reasons", async () => {
  const svg = await graphSvg([
    node(0, "<b>&", [], { why: "</title><script>" }),
  ]);
  strictEqual(svg.includes("<b>"), false);
  strictEqual(svg.includes("<script>"), false);
});

Deno.test("graphSvg draws a large graph as one box an op with the sum of times", async () => {
  const many = [node(0, "data/prices", [], { phase: "computed", ms: 10 })];
  for (let id = 1; id <= 200; id++) {
    many.push(node(id, "fit", [0], { phase: "computed", ms: 5 }));
  }
  const svg = await graphSvg(many);
  strictEqual(boxes(svg).length, 2);
  ok(svg.includes("fit ×200") && svg.includes("1.0 s"));
  strictEqual(svg.match(/translate\(/g)?.length, 1);
});

Deno.test("graphSvg of no nodes and of one node is a picture", async () => {
  ok((await graphSvg([])).startsWith("<svg"));
  strictEqual(boxes(await graphSvg([node(0, "alone", [])])).length, 1);
});
