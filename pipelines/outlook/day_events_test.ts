import assert from "node:assert/strict";
import pl from "nodejs-polars";
import * as wf from "../../runtime/tensor/mod.ts";
import type { CompanyReport } from "../../ops/reports.ts";
import { changeAhead } from "./change_ahead.ts";
import { dayEvents } from "./day_events.ts";
import { knownReports, reportDigest } from "./report_digest.ts";

const ROWS = 60;
const SPLITS = [
  { trainStart: 0, trainEnd: 30, testStart: 33, testEnd: ROWS },
];

function report(
  ticker: string,
  date: string,
  sales: number,
  previous: number | null = 100,
): CompanyReport {
  return {
    id: `${date}_${ticker}`,
    ticker,
    date,
    text: `${ticker} sold for ${sales}.`,
    figures: { Sales: { value: sales, previous } },
    surprise: null,
    grades: [],
  };
}

/** Weekdays from Monday, 2020-01-06 on. */
function table() {
  const dates = Array.from(
    { length: ROWS },
    (_, row) =>
      new Date(Date.UTC(2020, 0, 6 + 7 * Math.floor(row / 5) + row % 5)),
  );
  const momentum = dates.map((_, row) => Math.log(1 + row / 1000));
  return pl.DataFrame([
    pl.Series("date", dates, pl.Date),
    ...[1, 5, 21, 63].map((n) =>
      pl.Series(`momentum${n}`, momentum, pl.Float64)
    ),
  ]);
}

const close = wf.tensor(
  Float64Array.from({ length: ROWS }, (_, row) => 100 + row),
);

Deno.test("changeAhead is the return to come, unknown at the end", async () => {
  const { changes } = await changeAhead.run({ close }, { horizon: 2 });
  const values = await changes.data();
  assert.ok(Math.abs(values[0]! - 0.02) < 1e-12);
  assert.ok(Math.abs(values[57]! - (159 / 157 - 1)) < 1e-12);
  assert.deepEqual([...values.slice(-2)], [NaN, NaN]);
});

Deno.test("dayEvents asks at the first session of every few weeks and at the first test row", async () => {
  const { changes } = await changeAhead.run({ close }, { horizon: 12 });
  const inputs = { table: table(), reports: [], changes, splits: SPLITS };
  const { events, rows } = await dayEvents.run(inputs, {
    horizon: 12,
    weeks: 2,
  });
  assert.ok(rows.includes(33));
  const weekly = rows.filter((row) => row !== 33);
  assert.ok(weekly.every((row) => row % 5 === 0));
  assert.ok(weekly.every((row, k) => k === 0 || row - weekly[k - 1]! === 10));
  const last = events.at(-1)!;
  assert.equal(last.end, null);
  assert.equal(last.change, null);
  const first = events[0]!;
  assert.ok(first.end! > first.day);
  assert.ok(Math.abs(first.returns[0]!.value - rows[0]! / 1000) < 1e-12);
});

Deno.test("dayEvents tells nothing that was not known on its day", async () => {
  const { changes } = await changeAhead.run({ close }, { horizon: 5 });
  const told = async (reports: CompanyReport[], ticker?: string) => {
    const inputs = { table: table(), reports, changes, splits: SPLITS };
    const { events } = await dayEvents.run(inputs, { lag: 10, ticker });
    return events.map(({ day, report }) => ({ day, report }));
  };
  const early = [report("A", "2020-01-06", 110)];
  const before = await told(early);
  const after = await told([...early, report("B", "2020-02-03", 90)]);
  for (const [k, { day, report }] of before.entries()) {
    const isLater = day >= "2020-02-13";
    if (isLater) assert.notDeepEqual(after[k]!.report, report);
    else assert.deepEqual(after[k]!.report, report);
  }
  assert.equal(before[0]!.report.text, "No report is known.");
  const own = await told([...early, report("B", "2020-01-07", 90)], "A");
  assert.deepEqual(own.map(({ report }) => report.figures).at(-1), {
    Sales: { value: 110, previous: 100 },
  });
});

Deno.test("reportDigest sums figures up where the year before is known", () => {
  const reports = [
    report("A", "2020-01-06", 110),
    report("B", "2020-01-07", 80),
    report("C", "2020-01-08", 1e9, null),
    report("A", "2019-01-06", 1),
  ].sort((a, b) => a.date < b.date ? -1 : 1);
  const known = knownReports(reports, "2020-02-01", 1);
  assert.deepEqual(known.map(({ ticker }) => ticker).sort(), ["A", "B", "C"]);
  assert.equal(knownReports(reports, "2020-01-07", 1).length, 1);
  const digest = reportDigest(known, "the market", "2020-02-01");
  assert.deepEqual(digest.figures, { Sales: { value: 190, previous: 200 } });
  assert.match(digest.text, /3 companies.*Sales rose at 1 of 2/);
  assert.equal(
    reportDigest([report("A", "2020-01-06", 1)], "A", "2020-02-01").text,
    "A sold for 1.",
  );
});
