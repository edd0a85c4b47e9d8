import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pl, { type DataFrame } from "nodejs-polars";
import { checkCausal } from "../../runtime/flow/mod.ts";
import { file } from "../../runtime/ports/mod.ts";
import type { CompanyReport, ReportEvent } from "../reports.ts";
import { toDayNumber, toISODay } from "./days.ts";
import { daySeries, numberSeries } from "./frames.ts";
import { marketIndex } from "./market_index.ts";
import { readPrices } from "./read_prices.ts";
import { readReports } from "./read_reports.ts";
import { reportMoves, type ReportMovesParams } from "./report_moves.ts";

function report(id: string, date: string, ticker = "X"): CompanyReport {
  return {
    id,
    ticker,
    date,
    text: "Sales rose.",
    figures: {},
    surprise: null,
    grades: [],
  };
}

interface Bar {
  readonly date: string;
  readonly ticker?: string;
  readonly open?: number;
  readonly close: number;
}

function prices(bars: readonly Bar[]): DataFrame {
  const numbers = (of: (bar: Bar) => number) => Float64Array.from(bars, of);
  const close = numbers((bar) => bar.close);
  return pl.DataFrame([
    daySeries("date", Int32Array.from(bars, ({ date }) => toDayNumber(date))),
    pl.Series("ticker", bars.map(({ ticker = "X" }) => ticker)),
    numberSeries("open", numbers(({ open = NaN }) => open)),
    numberSeries("high", close),
    numberSeries("low", close),
    numberSeries("close", close),
    numberSeries("volume", close.map(() => NaN)),
  ]);
}

/** Friday to Wednesday. */
const WEEK = prices([
  { date: "2016-04-29", open: 1, close: 100 },
  { date: "2016-05-02", open: 101, close: 110 },
  { date: "2016-05-03", open: 105, close: 121 },
  { date: "2016-05-04", open: 120, close: 60.5 },
]);

async function eventOf(
  date: string,
  params: ReportMovesParams = {},
): Promise<ReportEvent> {
  const { events } = await reportMoves.run({
    reports: [report("r", date)],
    prices: WEEK,
  }, { returnSessions: [1], ...params });
  return events[0]!;
}

const near = (actual: number | null, expected: number) =>
  assert.ok(
    actual !== null && Math.abs(actual - expected) < 1e-12,
    `${actual}`,
  );

Deno.test("reportMoves follows the price from the close before a report to what it names", async () => {
  const cases: [ReportMovesParams, number, string][] = [
    [{ timing: "before" }, 0.1, "2016-05-02"],
    [{ timing: "after" }, 0.1, "2016-05-03"],
    [{ timing: "unknown" }, 0.21, "2016-05-03"],
    [{ timing: "after", horizon: 2 }, 60.5 / 110 - 1, "2016-05-04"],
    [{ measure: "open-to-close" }, 121 / 105 - 1, "2016-05-03"],
    [{ measure: "close-to-open" }, 105 / 110 - 1, "2016-05-03"],
    [
      { timing: "before", measure: "open-to-close" },
      110 / 101 - 1,
      "2016-05-02",
    ],
  ];
  for (const [params, change, end] of cases) {
    const event = await eventOf("2016-05-02", params);
    near(event.change, change);
    assert.equal(event.end, end);
    assert.equal(event.day, "2016-05-02");
  }
});

Deno.test("reportMoves takes returns up to the close before the report only", async () => {
  const before = await eventOf("2016-05-03", { timing: "before" });
  near(before.returns[0]!.value, 0.1);
  const after = await eventOf("2016-05-03", { timing: "after" });
  near(after.returns[0]!.value, 121 / 110 - 1);
});

Deno.test("reportMoves counts a report of the weekend to the Friday before", async () => {
  const event = await eventOf("2016-05-01");
  near(event.change, 0.1);
  assert.equal(event.end, "2016-05-02");
});

Deno.test("reportMoves leaves the outcome open where prices end", async () => {
  const event = await eventOf("2016-05-04");
  assert.equal(event.change, null);
  assert.equal(event.end, null);
});

Deno.test("reportMoves drops reports without prices or sessions near, and says so", async () => {
  const { dropped, events } = await reportMoves.run({
    reports: [
      report("other", "2016-05-02", "Y"),
      report("early", "2016-04-28"),
      report("late", "2016-05-05"),
      report("fine", "2016-05-02"),
    ],
    prices: WEEK,
  });
  assert.deepEqual(events.map((event) => event.report.id), ["fine"]);
  assert.deepEqual(dropped, [
    { id: "other", reason: "no prices" },
    { id: "early", reason: "no session near" },
    { id: "late", reason: "no session near" },
  ]);
});

Deno.test("reportMoves knows nothing of later prices", async () => {
  const bars = Array.from({ length: 40 }, (_, at) => ({
    date: toISODay(16_800 + at),
    close: 100 + 7 * Math.sin(at),
  }));
  const reports = bars.map(({ date }, at) => report(String(at), date));
  const causal = await checkCausal(
    reportMoves,
    { reports, prices: prices(bars) },
    { timing: "unknown" },
    { inputs: ["prices"], outputs: ["known"], cuts: [25, 33, 39] },
  );
  assert.deepEqual(causal.outputs, ["known"]);
});

Deno.test("marketIndex is the mean return of the tickers of a day", async () => {
  const { index } = await marketIndex.run({
    prices: prices([
      { date: "2016-05-02", ticker: "A", close: 10 },
      { date: "2016-05-02", ticker: "B", close: 20 },
      { date: "2016-05-03", ticker: "A", close: 11 },
      { date: "2016-05-03", ticker: "B", close: 26 },
      { date: "2016-05-04", ticker: "A", close: 22 },
      { date: "2016-05-04", ticker: "B", close: 28.6 },
    ]),
  }, { least: 1 });
  const close = index.getColumn("close").toArray().map(Number);
  near(close[0]!, 120);
  near(close[1]!, 132); // A doubled, which is left out
});

const SHARED = fileURLToPath(
  new URL("../../../shared/data/", import.meta.url),
);
const isAbsent = !existsSync(SHARED);

Deno.test({
  name: `reportMoves finds the recorded moves around 2,150 earnings calls${
    isAbsent ? " (skipped: ../shared/data is not there)" : ""
  }`,
  ignore: isAbsent,
  fn: async () => {
    const { reports } = await readReports.run({
      file: file(`${SHARED}earnings/maec_text_to_2016.jsonl.gz`),
    });
    const { prices } = await readPrices.run({
      file: file(`${SHARED}prices/us_daily_2013_2016.csv.gz`),
    }, { from: "2015-01-01", required: ["date", "close"] });
    const table = readFileSync(
      `${SHARED}earnings/maec_labels_to_2016.csv`,
      "utf8",
    ).trim().split("\n").map((row) => row.split(","));
    const [header, ...rows] = table;
    for (
      const [timing, column] of [
        ["before", "ret_prev_to_0"],
        ["after", "ret_0_to_1"],
        ["unknown", "ret_prev_to_1"],
      ] as const
    ) {
      const { events } = await reportMoves.run({ reports, prices }, { timing });
      const changes = new Map(
        events.map(({ report, change }) => [report.id, change]),
      );
      const at = header!.indexOf(column);
      const known = rows.filter((row) => row[at] !== "");
      assert.equal(known.length, 2150);
      for (const row of known) {
        const change = changes.get(row[0]!);
        assert.ok(
          Math.abs(change! - Number(row[at])) < 2e-6,
          `${timing} ${row[0]}: ${change}`,
        );
      }
    }
  },
});
