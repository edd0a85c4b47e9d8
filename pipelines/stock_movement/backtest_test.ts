import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as wf from "../../runtime/tensor/mod.ts";
import type { MoveMeasure, ReportTiming } from "../../ops/data/mod.ts";
import { labelReports } from "../../ops/movement/mod.ts";
import { economyText, movementBacktest } from "./backtest.ts";
import { fileEvents, sampleEvents } from "./sources.ts";
import { tradedChanges } from "./traded_changes.ts";

/** A report of Tuesday; the price jumps at every open, and moves by 10 % in the session. */
const PRICES = [
  "date,ticker,open,high,low,close,volume",
  "2016-05-02,X,100,110,100,110,1",
  "2016-05-03,X,200,220,200,220,1",
  "2016-05-04,X,400,440,400,440,1",
].join("\n");
const REPORTS = JSON.stringify({
  id: "r",
  ticker: "X",
  date: "2016-05-03",
  text: "Sales rose.",
});

async function withFiles(
  prices: string,
  body: (files: { prices: string; reports: string }) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "weft-backtest-"));
  const files = {
    prices: join(folder, "prices.csv"),
    reports: join(folder, "reports.jsonl"),
  };
  try {
    await writeFile(files.prices, prices);
    await writeFile(files.reports, REPORTS);
    await body(files);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The changes that a node gives. */
async function changesOf(
  node: { value(): Promise<{ changes: wf.Tensor<"f64"> }> },
): Promise<Float64Array> {
  return await (await node.value()).changes.data();
}

const OPTIONS = {
  market: "none",
  timing: "after",
  measure: "close-to-close",
  horizon: 1,
  figures: [],
} as const;

Deno.test("what is traded begins at the first open after the report, whatever is forecast", async () => {
  await withFiles(PRICES, async (files) => {
    for (const timing of ["before", "after", "unknown"] as ReportTiming[]) {
      for (
        const measure of [
          "close-to-close",
          "open-to-close",
          "close-to-open",
        ] as MoveMeasure[]
      ) {
        const { events, source, traded } = fileEvents({
          ...OPTIONS,
          ...files,
          timing,
          measure,
        });
        const [change] = await changesOf(labelReports({ events }));
        const [earned] = await changesOf(
          tradedChanges({ events, traded: traded! }),
        );
        assert.ok(Math.abs(earned! - 0.1) < 1e-12, `${timing} ${earned}`);
        const isSame = measure === "open-to-close";
        assert.equal(Math.abs(change! - earned!) < 1e-12, isSame);
        assert.match(source.economyNote, /first open after the report/);
        assert.equal(
          /nobody could have earned/.test(source.economyNote),
          !isSame,
        );
      }
    }
    const { events, traded } = fileEvents({
      ...OPTIONS,
      ...files,
      timing: "before",
      horizon: 2,
    });
    const [earned] = await changesOf(
      tradedChanges({ events, traded: traded! }),
    );
    assert.ok(Math.abs(earned! - 1.2) < 1e-12, `${earned}`);
  });
});

Deno.test("nothing is traded where no open is known, or where there are no prices", async () => {
  const closes = PRICES.replaceAll(/^([^,]+,X),\d+,\d+,\d+/gm, "$1,,,");
  await withFiles(closes, async (files) => {
    const { events, traded } = fileEvents({ ...OPTIONS, ...files });
    assert.deepEqual([...await changesOf(labelReports({ events }))], [1]);
    assert.deepEqual(
      [...await changesOf(tradedChanges({ events, traded: traded! }))],
      [NaN],
    );
  });
  assert.equal(sampleEvents().traded, undefined);
  assert.match(sampleEvents().source.economyNote, /no back-test/);
});

Deno.test("the back-test leaves out events that could not be traded", async () => {
  const inputs = {
    answers: wf.tensor([0, 1, 0, 1], { dtype: "i32" }),
    days: wf.tensor([1, 2, 3, 4], { dtype: "i32" }),
    splits: [{ trainStart: 0, trainEnd: 1, testStart: 1, testEnd: 4 }],
  };
  const part = await movementBacktest.run({
    ...inputs,
    changes: wf.tensor([9, 0.1, NaN, 0.2], { dtype: "f64" }),
  }, { classes: 2, costs: 0 });
  assert.equal(part.events, 2);
  assert.ok(Math.abs(part.performance!.finalEquity - 1.32) < 1e-12);
  const none = await movementBacktest.run({
    ...inputs,
    changes: wf.full([4], NaN, { dtype: "f64" }),
  }, { classes: 2, costs: 0 });
  assert.deepEqual(none, { events: 0, performance: null, holding: null });
});

Deno.test("what is said of the back-test tells of events that it leaves out", () => {
  assert.equal(economyText("None.", undefined, 3), "None.");
  assert.equal(economyText("So.", 3, 3), "So.");
  assert.match(economyText("So.", 2, 3), /^So\. .* of 2 of the 3 events/);
  assert.match(economyText("So.", 0, 3), /^So\. .* there is no back-test\.$/);
});
