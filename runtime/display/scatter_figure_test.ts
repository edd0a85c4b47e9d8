import { deepStrictEqual } from "node:assert/strict";
import { scatterFigure } from "./scatter_figure.ts";
import { throwsFor } from "./testing.ts";

Deno.test("scatterFigure refuses arrays of different lengths by name", () => {
  throwsFor("GP", () => scatterFigure([{ name: "GP", x: [1], y: [1, 2] }]));
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
