import { deepStrictEqual } from "node:assert/strict";
import { confusionFigure, heatmapFigure } from "./heatmap_figures.ts";
import { throwsFor } from "./testing.ts";

Deno.test("heatmapFigure and confusionFigure refuse arrays of different lengths by name", () => {
  throwsFor("columns", () => heatmapFigure(["a"], ["b"], [[1, 2]]));
  throwsFor("rows", () => confusionFigure(["a", "b"], [[1, 2]]));
});

Deno.test("confusionFigure colours by the share of the true class and labels by both", () => {
  const { data } = confusionFigure(["no", "yes"], [[3, 1], [0, 0]]);
  deepStrictEqual(data[0]?.z, [[0.75, 0.25], [0, 0]]);
  deepStrictEqual(data[0]?.text?.[0], ["3<br>75 %", "1<br>25 %"]);
});
