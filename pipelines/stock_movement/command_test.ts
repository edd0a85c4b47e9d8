import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  readStockMovementOptions,
  STOCK_MOVEMENT_USAGE,
  stockMovementCommand,
} from "./command.ts";
import { STOCK_MOVEMENT_REPORT } from "./report_schema.ts";

const DAYS = 36;

function dateOf(day: number): string {
  return new Date(Date.UTC(2016, 2, 1 + day)).toISOString().slice(0, 10);
}

/**
 * Prices that go up and down by turns of three days, all of it between a close and the
 * open behind it, and a call on each day.
 */
function samples(): { prices: string; reports: string } {
  const prices = ["date,ticker,open,high,low,close,volume"];
  const reports: string[] = [];
  let close = 100;
  for (let day = 0; day < DAYS; day++) {
    const rises = day % 3 === 0 || day % 7 === 1;
    close *= rises ? 1.02 : 0.985;
    const figures = [close, close, close, close, 1000].map((value) =>
      value.toFixed(2)
    );
    prices.push([dateOf(day), "X", ...figures].join(","));
    if (day > 3) {
      reports.push(JSON.stringify({
        ticker: "X",
        date: dateOf(day),
        text: ["Sales rose in the quarter.", "Margins were stable."],
        surprise: { actual: rises ? 1.1 : 0.9, expected: 1 },
      }));
    }
  }
  return { prices: prices.join("\n"), reports: reports.join("\n") };
}

Deno.test("the command writes a report that sets every metric beside its baselines", async () => {
  const folder = await mkdtemp(join(tmpdir(), "weft-movement-"));
  const path = (name: string) => join(folder, name);
  const lines: string[] = [];
  try {
    const { prices, reports } = samples();
    await writeFile(path("prices.csv"), prices);
    await writeFile(path("calls.jsonl"), reports);
    const options = {
      reports: path("calls.jsonl"),
      prices: path("prices.csv"),
      market: "none",
      "prompt-tokens": "128",
      "report-tokens": "16",
      epochs: "1",
      resamples: "20",
      costs: "0",
      out: path("out"),
      store: "memory",
    };
    await stockMovementCommand(
      Object.entries(options).map(([name, value]) => `--${name}=${value}`),
      (line) => lines.push(line),
    );
    const report = STOCK_MOVEMENT_REPORT.parse(
      JSON.parse(await readFile(path("out/report.json"), "utf8")),
    );
    const [stage] = report.card.stages;
    assert.equal(stage!.scope, "mechanics");
    assert.deepEqual(
      new Set(stage!.metrics.map(({ metric }) => metric)),
      new Set([
        "accuracy",
        "macroF1",
        "weightedF1",
        "matthews",
        "brier",
        "logLoss",
      ]),
    );
    for (const { baselines, shuffled } of stage!.metrics) {
      assert.equal(baselines.length, 5);
      assert.notEqual(shuffled, null);
    }
    const { test, train } = stage!.splits[0]!;
    assert.ok(train.to < test.from);
    assert.equal(report.counts.test.reduce((a, b) => a + b), test.rows);
    assert.ok(report.tunings[0]!.lastLoss < report.tunings[0]!.firstLoss);
    assert.match(report.example.prompt, /Earnings of \d\.\d\d dollars a share/);
    // What reports move is over at the first open, so that nobody earns it
    assert.equal(
      Object.keys(report.economy!).length,
      stage!.metrics[0]!.baselines.length + 1,
    );
    for (const { finalEquity, periods } of Object.values(report.economy!)) {
      assert.equal(finalEquity, 1);
      assert.equal(periods, test.rows);
    }
    const page = await readFile(path("out/report.html"), "utf8");
    assert.match(page, /mechanics only/);
    assert.match(page, /first open after the report/);
    assert.match(lines.join("\n"), /on shuffled labels/);
    assert.match(lines.join("\n"), /first open after the report/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("the command refuses options that are unknown, out of range or half", async () => {
  assert.throws(
    () => readStockMovementOptions(["--events", "3"]),
    /Cannot read the command line/,
  );
  assert.throws(
    () => readStockMovementOptions(["--nonsense"]),
    /Cannot read the command line/,
  );
  await assert.rejects(
    stockMovementCommand(["--prices", "prices.csv"], () => {}),
    /Cannot join reports and prices as one is missing/,
  );
});

Deno.test("the command tells its options", async () => {
  const lines: string[] = [];
  await stockMovementCommand(["--help"], (line) => lines.push(line));
  assert.deepEqual(lines, [STOCK_MOVEMENT_USAGE]);
});
