import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { viewOf } from "../../runtime/display/mod.ts";
import { start } from "../../runtime/flow/mod.ts";
import { samplePrices } from "../../ops/data/mod.ts";
import { outlookByTicker } from "./outlook_by_ticker.ts";
import { SETTINGS, SMALL_MODEL_NAME } from "./settings.ts";
import { testingModel } from "./testing.ts";
import { writeOutcome } from "./write_outcome.ts";

Deno.test("outlookByTicker reports each ticker, and all together", async () => {
  const tickers = {
    "../early": samplePrices({}, { from: "2003-01-01", to: "2009-12-31" }),
    late: samplePrices({}, { from: "2013-01-01", to: "2019-12-31" }),
  };
  const settings = SETTINGS.parse({
    trainYears: 2,
    movementYears: 2,
    model: SMALL_MODEL_NAME,
  });
  const run = start([
    outlookByTicker({ tickers, model: testingModel().model }, settings),
  ], { store: "none" });
  const [{ study }] = await run.values;
  assert.deepEqual(Object.keys(study.reports), ["../early", "late"]);
  for (const [ticker, report] of Object.entries(study.reports)) {
    assert.equal(
      report.title,
      `Outlook of ${ticker}: volatility, movement and evidence`,
    );
    // The sample's reports are of companies, and none of them is called so
    const findings = report.data.findings.map(({ code }) => code);
    assert.ok(findings.includes("no-reports"));
  }
  const gp = study.metrics.find(({ metric, model }) =>
    metric === "qlike" && model === "gp"
  )!;
  assert.equal(gp.tickers, 2);
  const qlike = Object.values(study.reports).map(({ metrics }) =>
    metrics.find(({ metric, model, split }) =>
      split === "all" && metric === "qlike" && model === "gp"
    )!
  );
  assert.equal(gp.value, (qlike[0]!.value + qlike[1]!.value) / 2);

  const out = await mkdtemp(join(tmpdir(), "weft-outlook-"));
  try {
    await writeOutcome(out, { study }, {
      view: viewOf(run.events.past),
      createdAt: new Date(0),
      provenance: [],
    });
    const page = await readFile(join(out, "report.html"), "utf8");
    assert.match(page, /Mechanics only/);
    assert.match(page, /Walk-forward windows of late/);
    assert.match(page, /means over tickers, the same on shuffled data/);
    assert.match(study.notes.join(" "), /QLoRA expert \(mechanics only\)/);
    assert.match(page, /href="\.\/late\/report\.html"/);
    const all = JSON.parse(await readFile(join(out, "report.json"), "utf8"));
    assert.deepEqual(all.pages, {
      "../early": "__early/report.html",
      late: "late/report.html",
    });
    for (const path of Object.values<string>(all.pages)) {
      assert.match(await readFile(join(out, path), "utf8"), /Outlook of /);
    }
  } finally {
    await rm(out, { recursive: true });
  }
});
