import { ok, strictEqual } from "node:assert/strict";
import { staticFigure } from "./static_figure.ts";
import type { FigureLayout, FigureTrace } from "./figure_spec.ts";

const draw = (data: FigureTrace[], layout: FigureLayout = {}) =>
  staticFigure({ data, layout });

/** Points of the n-th path that draws a line. */
function linePoints(svg: string, color: string): [number, number][] {
  const path = svg.match(
    new RegExp(
      `<path d="([^"]*)" fill="none" stroke-linejoin="round" stroke="${color}"`,
    ),
  )?.[1] ?? "";
  return [...path.matchAll(/[ML]([-\d.]+),([-\d.]+)/g)].map((
    [, x, y],
  ) => [Number(x), Number(y)]);
}

Deno.test("staticFigure maps equal steps to equal pixels and larger values higher", () => {
  const points = linePoints(
    draw([{
      mode: "lines",
      x: [0, 1, 2],
      y: [1, 3, 5],
      line: { color: "#111111" },
    }]),
    "#111111",
  );
  strictEqual(points.length, 3);
  const [a, b, c] = points as [
    [number, number],
    [number, number],
    [number, number],
  ];
  ok(Math.abs((b[0] - a[0]) - (c[0] - b[0])) < 0.02);
  ok(Math.abs((a[1] - b[1]) - (b[1] - c[1])) < 0.02);
  ok(c[1] < b[1] && b[1] < a[1]);
});

Deno.test("staticFigure breaks a line at a missing value", () => {
  const svg = draw([{ mode: "lines", y: [1, 2, NaN, 4, 5] }]);
  const path =
    svg.match(/<path d="(M[^"]*)" fill="none" stroke-linejoin/)?.[1] ?? "";
  strictEqual(path.match(/M/g)?.length, 2);
  strictEqual(svg.includes("NaN"), false);
});

Deno.test("staticFigure thins a long line but keeps its extremes", () => {
  const y = Float64Array.from({ length: 100_000 }, (_, i) => Math.sin(i / 50));
  y[55_555] = 30;
  const svg = draw([{ mode: "lines", y, line: { color: "#222222" } }]);
  ok(svg.length < 120_000, `${svg.length} characters`);
  const points = linePoints(svg, "#222222");
  const highest = Math.min(...points.map(([, at]) => at));
  strictEqual(points.filter(([, at]) => at === highest).length, 1);
});

Deno.test("staticFigure fills a band between a line and the one before", () => {
  const svg = draw([
    { mode: "lines", y: [1, 1, NaN, 1], line: { width: 0 } },
    {
      mode: "lines",
      y: [2, 2, 2, 2],
      line: { width: 0 },
      fill: "tonexty",
      fillcolor: "rgba(1,2,3,0.2)",
    },
  ]);
  const path = svg.match(/<path d="([^"]*)" fill="rgba\(1,2,3,0.2\)"/)?.[1] ??
    "";
  strictEqual(
    path.match(/Z/g)?.length,
    2,
    "one closed area on each side of the gap",
  );
});

Deno.test("staticFigure draws bars from zero, beside or on top of each other", () => {
  const bars: FigureTrace[] = [
    { type: "bar", x: ["a", "b"], y: [1, 2], marker: { color: "#100000" } },
    { type: "bar", x: ["a", "b"], y: [3, 1], marker: { color: "#200000" } },
  ];
  const rects = (svg: string, color: string) =>
    [...svg.matchAll(
      new RegExp(
        `<rect x="([\\d.]+)" y="([\\d.]+)" width="([\\d.]+)" height="([\\d.]+)" fill="${color}" fill-opacity`,
        "g",
      ),
    )].map((match) =>
      match.slice(1).map(Number) as [number, number, number, number]
    );
  const grouped = draw(bars, { barmode: "group" });
  const [first, second] = [
    rects(grouped, "#100000")[0],
    rects(grouped, "#200000")[0],
  ];
  ok(first !== undefined && second !== undefined);
  ok(first[0] + first[2] <= second[0] + 0.01, "side by side");
  ok(Math.abs(first[3] * 3 - second[3]) < 0.1, "heights as the values");
  const stacked = draw(bars, { barmode: "stack" });
  const [below, above] = [
    rects(stacked, "#100000")[0],
    rects(stacked, "#200000")[0],
  ];
  ok(below !== undefined && above !== undefined);
  ok(
    Math.abs(above[1] + above[3] - below[1]) < 0.05,
    "one ends where the next starts",
  );
});

Deno.test("staticFigure draws a heat map cell for each finite value", () => {
  const svg = draw([{
    type: "heatmap",
    x: ["a", "b"],
    y: ["c", "d"],
    z: [[0, 1], [NaN, 0.5]],
    text: [["p", "q"], ["r", "s"]],
  }]);
  strictEqual(
    svg.match(/>[pqrs]<\/text>/g)?.join(""),
    ">p</text>>q</text>>s</text>",
  );
});

Deno.test("staticFigure draws something for no data and for one point", () => {
  for (
    const svg of [
      draw([]),
      draw([{ y: [] }]),
      draw([{ y: [5] }]),
      draw([{ y: [NaN] }]),
    ]
  ) {
    ok(svg.startsWith("<svg") && svg.endsWith("</svg>"));
    strictEqual(svg.includes("NaN"), false);
  }
});

Deno.test("staticFigure as a file has its own paper, inside a page the page's ink", () => {
  const spec = { data: [{ y: [1, 2] }], layout: {} };
  ok(staticFigure(spec, { theme: "paper" }).includes('fill="#ffffff"'));
  strictEqual(staticFigure(spec).includes('fill="#ffffff"'), false);
  ok(staticFigure(spec).includes("currentColor"));
});
