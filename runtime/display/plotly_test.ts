import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { plotlyJson, plotlyScript } from "./plotly.ts";

Deno.test("plotlyScript is plotly, can stand inside a script and runs where a loader waits", async () => {
  const script = await plotlyScript();
  ok(script.includes("plotly.js v3."));
  strictEqual(/<\/script|<!--/i.test(script), false);
  ok(script.startsWith("(function(){if(window.Plotly)return;"));
});

Deno.test("plotlyJson keeps what the figure says over what it would add", () => {
  const { layout } = plotlyJson({
    data: [],
    layout: {
      title: "T",
      height: 200,
      xaxis: { title: "Days", zeroline: true },
    },
  }) as { layout: Record<string, Record<string, unknown>> };
  strictEqual(layout["height"], 200);
  strictEqual(layout["xaxis"]?.["zeroline"], true);
  strictEqual((layout["xaxis"]?.["title"] as { text: string }).text, "Days");
  strictEqual(layout["yaxis"]?.["zeroline"], false);
  strictEqual(layout["title"]?.["text"], "T");
});

Deno.test("plotlyJson gives log axes round numbers as ticks", () => {
  const { layout } = plotlyJson({
    data: [{ x: [1, 2], y: [3, 150] }],
    layout: { yaxis: { type: "log" } },
  }) as { layout: Record<string, Record<string, unknown>> };
  deepStrictEqual(layout["yaxis"]?.["ticktext"], [
    "5",
    "10",
    "20",
    "50",
    "100",
  ]);
  strictEqual(layout["xaxis"]?.["ticktext"], undefined);
});
