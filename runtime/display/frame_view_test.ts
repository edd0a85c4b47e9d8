import { ok, strictEqual } from "node:assert/strict";
import pl from "nodejs-polars";
import { describeFrame, isFrame } from "./frame_view.ts";

Deno.test("isFrame tells frames from what merely looks similar", () => {
  ok(isFrame(pl.DataFrame({ a: [1] })));
  strictEqual(isFrame(pl.Series("a", [1])), false);
  strictEqual(isFrame({ columns: ["a"] }), false);
  strictEqual(isFrame(null), false);
});

Deno.test("describeFrame shows a short frame whole: dtypes, dates, nulls, escaped cells", () => {
  const frame = pl.DataFrame({
    day: [new Date("2020-01-02"), new Date("2020-01-03")],
    close: [3257.85, null],
    "<i>": ["<script>", "b"],
  });
  const bundle = describeFrame(frame);
  strictEqual(
    bundle["text/plain"],
    [
      "Frame: 2 rows × 3 columns",
      "day             close  <i>",
      "datetime(ms)  float64  string",
      "2020-01-02    3257.85  <script>",
      "2020-01-03       null  b",
    ].join("\n"),
  );
  const html = String(bundle["text/html"]);
  strictEqual(html.includes("<script>") || html.includes("<i>"), false);
});

Deno.test("describeFrame shows the ends of a long frame and says how long it is", () => {
  const frame = pl.DataFrame({ n: Array.from({ length: 5540 }, (_, n) => n) });
  const text = String(describeFrame(frame)["text/plain"]);
  ok(text.startsWith("Frame: 5540 rows × 1 column\n"));
  strictEqual(text.split("\n").length, 3 + 5 + 1 + 5);
  ok(text.includes("⋮") && text.endsWith("5539"));
});

Deno.test("describeFrame says how many columns it leaves out", () => {
  const columns = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [`c${n}`, [n]]),
  );
  const text = String(describeFrame(pl.DataFrame(columns))["text/plain"]);
  ok(text.startsWith("Frame: 1 row × 40 columns (16 columns not shown)"));
});
