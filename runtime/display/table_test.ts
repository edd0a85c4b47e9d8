import { ok, strictEqual } from "node:assert/strict";
import { resultTable } from "./table.ts";

const table = resultTable(
  ["Model", { label: "QLIKE", best: "low" }, {
    label: "R²",
    best: "high",
    digits: 2,
  }],
  [
    ["HAR", 0.27412, 0.514],
    ["GP <b>", 0.268, 0.5],
    { cells: ["Yesterday", 0.1, null], tone: "baseline" },
  ],
  { caption: "Losses" },
);

Deno.test("ResultTable marks the best of each column and never a baseline", () => {
  const html = table.html();
  ok(html.includes('<strong class="weft-best">0.2680</strong>'));
  ok(html.includes('<strong class="weft-best">0.51</strong>'));
  strictEqual(html.match(/weft-best/g)?.length, 2);
  ok(html.includes('<tr class="weft-baseline">'));
});

Deno.test("ResultTable escapes its cells", () => {
  strictEqual(table.html().includes("<b>"), false);
});

Deno.test("ResultTable as text aligns numbers to the right and leaves gaps empty", () => {
  strictEqual(
    String(table),
    [
      "Losses",
      "Model        QLIKE     R²",
      "─────────  ───────  ─────",
      "HAR        0.2741   0.51*",
      "GP <b>     0.2680*  0.50",
      "Yesterday  0.1000",
    ].join("\n"),
  );
});

Deno.test("ResultTable shows dates as days and tells missing from zero", () => {
  const text = String(
    resultTable(["Day", "Value"], [[new Date("2020-01-02"), 0], [null, NaN]]),
  );
  ok(text.includes("2020-01-02"));
  ok(text.endsWith("NaN"));
});
