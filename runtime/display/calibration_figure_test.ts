import { deepStrictEqual } from "node:assert/strict";
import { calibrationFigure } from "./calibration_figure.ts";
import { throwsFor } from "./testing.ts";

Deno.test("calibrationFigure refuses arrays of different lengths by name", () => {
  throwsFor(
    "A",
    () => calibrationFigure([{ name: "A", predicted: [0], observed: [] }]),
  );
  throwsFor(
    "A",
    () =>
      calibrationFigure([{
        name: "A",
        predicted: [0],
        observed: [1],
        counts: [],
      }]),
  );
});

Deno.test("calibrationFigure draws the diagonal first and says how many forecasts a point stands for", () => {
  const { data, layout } = calibrationFigure([{
    name: "A",
    predicted: [0.2, 0.8],
    observed: [0.3, 0.7],
    counts: [40, 60],
  }]);
  deepStrictEqual(data[0]?.x, [0, 1]);
  deepStrictEqual(data[1]?.text, ["40 forecasts", "60 forecasts"]);
  deepStrictEqual(layout.xaxis?.range, [0, 1]);
});

Deno.test("calibrationFigure draws intervals from what was observed", () => {
  const { data } = calibrationFigure([{
    name: "A",
    predicted: [0.25, 0.75],
    observed: [0.5, 0.75],
    lower: [0.25, 0.5],
    upper: [0.625, 1],
  }]);
  deepStrictEqual(data[1]?.error_y?.array, [0.125, 0.25]);
  deepStrictEqual(data[1]?.error_y?.arrayminus, [0.25, 0.25]);
  throwsFor("A", () =>
    calibrationFigure([{
      name: "A",
      predicted: [0],
      observed: [1],
      lower: [],
      upper: [1],
    }]));
});
