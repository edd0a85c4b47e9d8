import { strictEqual } from "node:assert/strict";
import { inkOn, scaleColor, SEQUENTIAL, withAlpha } from "./palette.ts";

Deno.test("scaleColor meets its stops, interpolates between them and clamps", () => {
  strictEqual(scaleColor(SEQUENTIAL, 0), "#f3f7fb");
  strictEqual(scaleColor(SEQUENTIAL, 0.25), "#c3d8ea");
  strictEqual(scaleColor(SEQUENTIAL, 2), "#1f3f66");
  strictEqual(scaleColor([[0, "#000000"], [1, "#ffffff"]], 0.5), "#808080");
});

Deno.test("withAlpha writes what plotly and SVG both take", () => {
  strictEqual(withAlpha("#4477aa", 0.2), "rgba(68,119,170,0.2)");
});

Deno.test("inkOn is dark on light and light on dark", () => {
  strictEqual(inkOn("#ffffff"), "#1b1f24");
  strictEqual(inkOn("#1f3f66"), "#ffffff");
});
