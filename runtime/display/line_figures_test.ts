import { deepStrictEqual } from "node:assert/strict";
import { bandFigure, lineFigure } from "./line_figures.ts";
import { throwsFor } from "./testing.ts";

Deno.test("lineFigure and bandFigure refuse arrays of different lengths by name", () => {
  throwsFor("HAR", () => lineFigure([1, 2], [{ name: "HAR", y: [1] }]));
  throwsFor(
    "90 %",
    () => bandFigure([1], [{ name: "90 %", lower: [1], upper: [1, 2] }], []),
  );
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

Deno.test("lineFigure lets a line have positions of its own", () => {
  const { data } = lineFigure([1, 2], [{ name: "a", y: [1, 2] }, {
    name: "b",
    x: [9],
    y: [3],
  }]);
  deepStrictEqual(data.map((trace) => trace.x), [[1, 2], [9]]);
});
