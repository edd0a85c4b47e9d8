import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { JUPYTER_DISPLAY } from "./bundle.ts";
import { figure, showPlotlyAgain } from "./figure.ts";
import { plainJson } from "./figure_spec.ts";

const EVIL = `</script><img src=x onerror="alert(1)">`;

Deno.test("Figure gives every viewer a face: plotly, page, picture and text", async () => {
  const picture = figure([{ name: "a", x: [1, 2], y: [3, 4] }], { title: "T" });
  const bundle = await picture[JUPYTER_DISPLAY]();
  deepStrictEqual(Object.keys(bundle).sort(), [
    "application/vnd.plotly.v1+json",
    "image/svg+xml",
    "text/html",
    "text/plain",
  ]);
  const json = bundle["application/vnd.plotly.v1+json"] as {
    data: { y: number[] }[];
  };
  deepStrictEqual(json.data[0]?.y, [3, 4]);
  ok(String(bundle["image/svg+xml"]).startsWith("<svg xmlns="));
  strictEqual(bundle["text/plain"], 'Figure "T": a (lines, 2 points)');
});

Deno.test("Figure puts plotly.js into one output of a session, not into all", async () => {
  showPlotlyAgain();
  const picture = figure([{ y: [1] }]);
  const html = async () =>
    String((await picture[JUPYTER_DISPLAY]())["text/html"]);
  const first = await html();
  const second = await html();
  ok(first.length > 4_000_000, "the first output holds the library");
  ok(second.length < 20_000, "later outputs do not");
  ok(
    second.includes("<img alt=") && second.includes("image/svg+xml;base64"),
    "but have the static picture",
  );
});

Deno.test("Figure lets no text break out of its element", async () => {
  const picture = figure([{
    name: EVIL,
    type: "bar",
    x: [EVIL],
    y: [1],
    text: [EVIL],
  }, {
    name: "b",
    x: [EVIL],
    y: [1],
    line: { color: EVIL },
  }], { title: EVIL, xaxis: { title: EVIL, ticksuffix: EVIL } });
  await picture[JUPYTER_DISPLAY](); // The library goes into this output
  const bundle = await picture[JUPYTER_DISPLAY]();
  const html = String(bundle["text/html"]);
  strictEqual(html.match(/<img/g)?.length, 1, "the static picture alone");
  strictEqual(html.includes('onerror="'), false);
  strictEqual(html.match(/<\/script>/g)?.length, 2, "data and the start");
  strictEqual(String(bundle["image/svg+xml"]).includes("<img"), false);
});

Deno.test("plainJson turns what JSON has no word for into what plotly draws as a gap", () => {
  deepStrictEqual(
    plainJson({
      a: new Float64Array([1, NaN, 0.123456789]),
      b: new Date("2020-01-02"),
      c: [new Date("2020-01-02T03:04:05Z"), Infinity, undefined],
      d: undefined,
      e: 1577923200000,
    }),
    {
      a: [1, null, 0.1234568],
      b: "2020-01-02",
      c: ["2020-01-02T03:04:05.000Z", null, undefined],
      e: 1577923200000,
    },
  );
});

Deno.test("Figure.with replaces parts of the layout and leaves the figure as it was", () => {
  const picture = figure([{ y: [1] }], { title: "Before", height: 300 });
  strictEqual(picture.with({ title: "After" }).layout.title, "After");
  strictEqual(picture.with({ title: "After" }).layout.height, 300);
  strictEqual(picture.layout.title, "Before");
});
