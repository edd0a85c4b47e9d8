import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { ParameterError } from "../core/errors.ts";
import {
  bandFigure,
  barFigure,
  calibrationFigure,
  confusionFigure,
  heatmapFigure,
  histogramFigure,
  lineFigure,
  scatterFigure,
} from "./figure_makers.ts";

Deno.test("every figure maker refuses arrays of different lengths by name", () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => lineFigure([1, 2], [{ name: "HAR", y: [1] }]), /"HAR"/],
    [
      () => bandFigure([1], [{ name: "90 %", lower: [1], upper: [1, 2] }], []),
      /"90 %"/,
    ],
    [() => scatterFigure([{ name: "GP", x: [1], y: [1, 2] }]), /"GP"/],
    [() => barFigure(["a"], [{ name: "loss", values: [] }]), /"loss"/],
    [() => heatmapFigure(["a"], ["b"], [[1, 2]]), /"columns"/],
    [() => confusionFigure(["a", "b"], [[1, 2]]), /"rows"/],
    [
      () => calibrationFigure([{ name: "A", predicted: [0], observed: [] }]),
      /"A"/,
    ],
  ];
  for (const [make, name] of wrong) {
    throws(
      make,
      (error) => error instanceof ParameterError && name.test(error.message),
    );
  }
});

Deno.test("bandFigure fills to the lower end and draws the lines on top", () => {
  const { data } = bandFigure([1, 2], [{
    name: "90 %",
    lower: [0, 0],
    upper: [2, 2],
  }], [{ name: "GP", y: [1, 1] }]);
  deepStrictEqual(
    data.map((trace) => [trace.fill, trace.showlegend, trace.name]),
    [
      [undefined, false, undefined],
      ["tonexty", undefined, "90 %"],
      [undefined, undefined, "GP"],
    ],
  );
});

Deno.test("scatterFigure draws its diagonal from the least to the greatest value of both axes", () => {
  const { data } = scatterFigure([{ name: "a", x: [1, 5], y: [2, 9] }], {
    diagonal: true,
  });
  deepStrictEqual(data[1]?.x, [1, 9]);
  const log = scatterFigure([{ name: "a", x: [0, 5], y: [2, 9] }], {
    diagonal: true,
    logX: true,
    logY: true,
  });
  deepStrictEqual(log.data[1]?.x, [2, 9]);
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

Deno.test("confusionFigure colours by the share of the true class and labels by both", () => {
  const { data } = confusionFigure(["no", "yes"], [[3, 1], [0, 0]]);
  deepStrictEqual(data[0]?.z, [[0.75, 0.25], [0, 0]]);
  deepStrictEqual(data[0]?.text?.[0], ["3<br>75 %", "1<br>25 %"]);
});

Deno.test("barFigure lies down with the first name on top", () => {
  const { data, layout } = barFigure(["a", "b"], [{
    name: "loss",
    values: [1, 2],
  }], { horizontal: true });
  strictEqual(data[0]?.orientation, "h");
  strictEqual(layout.yaxis?.autorange, "reversed");
  ok(data[0]?.x !== undefined && !("x0" in data[0]));
});
