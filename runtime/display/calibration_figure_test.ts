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
