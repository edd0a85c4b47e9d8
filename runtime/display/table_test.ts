import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
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

Deno.test("ResultTable marks the best of each column, be it the baseline", () => {
  const html = table.html();
  ok(html.includes('<strong class="weft-best">0.1000</strong>'));
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
      "GP <b>     0.2680   0.50",
      "Yesterday  0.1000*",
    ].join("\n"),
  );
});

Deno.test("ResultTable gives the numbers of a column one form unless small ones would be lost", () => {
  const column = (values: number[], digits = 4) =>
    String(
      resultTable([{ label: "x", digits }], values.map((value) => [value])),
    )
      .split("\n").slice(2).map((line) => line.trim());
  const cases: [number[], string[]][] = [
    [[0.20497, 0.01881, -0.003674], ["0.2050", "0.0188", "−0.0037"]],
    [[1.10824, 0.9919], ["1.108", "0.992"]],
    [[0.000197, 0.15, 5.04e-9], ["0.000197", "0.15", "5.04e-9"]],
    [[12, 7, 1040], ["12", "7", "1040"]],
    [[1548, 0.5], ["1548", "0.5"]],
    [[2.763e-8, 3.429e-8], ["2.763e-8", "3.429e-8"]],
    [[0, 0.25], ["0.00", "0.25"]],
  ];
  for (const [values, texts] of cases) deepStrictEqual(column(values), texts);
});

Deno.test("ResultTable shows dates as days and tells missing from zero", () => {
  const text = String(
    resultTable(["Day", "Value"], [[new Date("2020-01-02"), 0], [null, NaN]]),
  );
  ok(text.includes("2020-01-02"));
  ok(text.endsWith("NaN"));
});
