import { ok, strictEqual } from "node:assert/strict";
import pl from "nodejs-polars";
import { tensor } from "../tensor/mod.ts";
import { JUPYTER_DISPLAY } from "./bundle.ts";
import "./register.ts";
import { show } from "./show.ts";

Deno.test("show draws each value of a record in its own way, by name", async () => {
  const bundle = await show({
    prices: pl.DataFrame({ close: [1.5] }),
    "<w>": tensor([1], { dtype: "f64" }),
    count: 3,
  })[JUPYTER_DISPLAY]();
  const html = String(bundle["text/html"]);
  ok(html.includes("<b>prices</b>") && html.includes("<table>"));
  ok(html.includes("&lt;w&gt;") && html.includes("<pre>3</pre>"));
  strictEqual(html.includes("<w>"), false);
  const text = String(bundle["text/plain"]);
  ok(
    text.includes("prices: Frame: 1 row × 1 column") &&
      text.endsWith("count: 3"),
  );
});

Deno.test("show cuts plain values that would fill pages", async () => {
  const long = await show({
    list: Array.from({ length: 90 }, () => "x".repeat(90)),
  })[JUPYTER_DISPLAY]();
  const text = String(long["text/plain"]);
  ok(text.length < 1300 && text.endsWith("…"));
});

Deno.test("show leaves the value as it is for console.log", () => {
  strictEqual(Deno.inspect(show({ a: 1 })), "{ a: 1 }");
});
