import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { axisNumber, axisTicks, inferAxisType, roundStep } from "./axis.ts";

const labels = (ticks: { label: string }[]) => ticks.map((tick) => tick.label);

Deno.test("inferAxisType tells dates, categories and numbers apart", () => {
  strictEqual(inferAxisType([["2020-01-02", "2020-01-03"]]), "date");
  strictEqual(inferAxisType([["2020-01-02T10:00:00Z"]]), "date");
  strictEqual(inferAxisType([[new Date(0)]]), "date");
  strictEqual(inferAxisType([["GP", "HAR"]]), "category");
  strictEqual(inferAxisType([[null, 2]]), "linear");
  strictEqual(inferAxisType([new Float64Array(3)]), "linear");
  strictEqual(inferAxisType([[]]), "linear");
});

Deno.test("axisNumber gives what has no place on the axis as NaN", () => {
  const categories = new Map<string, number>();
  strictEqual(axisNumber("up", "category", categories), 0);
  strictEqual(axisNumber("down", "category", categories), 1);
  strictEqual(axisNumber("up", "category", categories), 0);
  strictEqual(axisNumber("2020-01-01", "date", categories), Date.UTC(2020));
  strictEqual(axisNumber(1000, "log", categories), 3);
  ok(Number.isNaN(axisNumber(0, "log", categories)));
  ok(Number.isNaN(axisNumber(null, "linear", categories)));
});

Deno.test("roundStep is 1, 2 or 5 times a power of ten and near the wish", () => {
  fc.assert(fc.property(
    fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
    fc.integer({ min: 2, max: 12 }),
    (span, parts) => {
      const step = roundStep(span, parts);
      const lead = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
      ok([1, 2, 5, 10].some((round) => Math.abs(lead - round) < 1e-6));
      ok(span / step > parts / 2 && span / step < parts * 2);
    },
  ));
});

Deno.test("axisTicks of numbers are round and inside the axis", () => {
  deepStrictEqual(labels(axisTicks("linear", 0, 1, 5)), [
    "0",
    "0.2",
    "0.4",
    "0.6",
    "0.8",
    "1",
  ]);
  deepStrictEqual(labels(axisTicks("linear", -0.0131, 0.012, 4)), [
    "−0.01",
    "−0.005",
    "0",
    "0.005",
    "0.01",
  ]);
});

Deno.test("axisTicks of a log axis are powers of ten, or round numbers within one", () => {
  deepStrictEqual(labels(axisTicks("log", -2, 2, 6)), [
    "0.01",
    "0.1",
    "1",
    "10",
    "100",
  ]);
  deepStrictEqual(labels(axisTicks("log", 0.2, 2, 6)), [
    "2",
    "5",
    "10",
    "20",
    "50",
    "100",
  ]);
  deepStrictEqual(labels(axisTicks("log", Math.log10(2), 1, 4)), [
    "2",
    "4",
    "6",
    "8",
    "10",
  ]);
});

Deno.test("axisTicks of dates fall on days, months or years by the span", () => {
  const ticks = (from: string, to: string) =>
    labels(axisTicks("date", Date.parse(from), Date.parse(to), 6));
  deepStrictEqual(ticks("2000-01-03", "2020-11-01"), [
    "2005",
    "2010",
    "2015",
    "2020",
  ]);
  deepStrictEqual(ticks("2019-02-10", "2020-02-20"), [
    "Apr 2019",
    "Jul 2019",
    "Oct 2019",
    "Jan 2020",
  ]);
  deepStrictEqual(
    ticks("2020-01-01", "2020-01-12"),
    [
      "1 Jan",
      "3 Jan",
      "5 Jan",
      "7 Jan",
      "9 Jan",
      "11 Jan",
    ],
  );
  deepStrictEqual(ticks("2020-01-01T22:00Z", "2020-01-02T04:00Z"), [
    "22:00",
    "23:00",
    "2020-01-02",
    "01:00",
    "02:00",
    "03:00",
    "04:00",
  ]);
});

Deno.test("axisTicks of categories leave some out when they do not fit", () => {
  const categories = new Map(
    ["a", "b", "c", "d"].map((name, at) => [name, at]),
  );
  deepStrictEqual(labels(axisTicks("category", -0.5, 3.5, 4, categories)), [
    "a",
    "b",
    "c",
    "d",
  ]);
  deepStrictEqual(labels(axisTicks("category", -0.5, 3.5, 2, categories)), [
    "a",
    "c",
  ]);
});
