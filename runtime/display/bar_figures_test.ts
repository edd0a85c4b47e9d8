import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { ParameterError } from "../core/errors.ts";
import { barFigure, histogramFigure } from "./bar_figures.ts";
import { throwsFor } from "./testing.ts";

Deno.test("barFigure refuses arrays of different lengths by name", () => {
  throwsFor("loss", () => barFigure(["a"], [{ name: "loss", values: [] }]));
});

Deno.test("histogramFigure counts every finite value once", () => {
  const values = Float64Array.from({ length: 500 }, (_, index) => index % 17);
  values[3] = NaN;
  const { data } = histogramFigure(values);
  const counts = data[0]?.y as Float64Array;
  strictEqual(counts.reduce((sum, count) => sum + count, 0), 499);
  deepStrictEqual(
    Array.from(
      histogramFigure([0, 0, 0, 1], { bins: 2 }).data[0]?.y as Float64Array,
    ),
    [3, 1],
  );
  strictEqual(
    (histogramFigure([2, 2]).data[0]?.y as Float64Array).reduce((a, b) =>
      a + b
    ),
    2,
  );
  throws(() => histogramFigure([NaN]), ParameterError);
});

Deno.test("barFigure lies down with the first name on top", () => {
  const { data, layout } = barFigure(["a", "b"], [{
    name: "loss",
    values: [1, 2],
  }], { horizontal: true });
  strictEqual(data[0]?.orientation, "h");
  strictEqual(layout.yaxis?.autorange, "reversed");
  deepStrictEqual(data[0]?.x, [1, 2]);
  const [low, high] = layout.xaxis?.range ?? [];
  ok(low === 0 && Number(high) > 2.2, "room for the labels at the ends");
});
