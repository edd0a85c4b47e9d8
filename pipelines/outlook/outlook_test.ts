import assert from "node:assert/strict";
import { memoryStore } from "../../runtime/flow/store/mod.ts";
import { start } from "../../runtime/flow/mod.ts";
import { cardHeading } from "../../ops/evaluate/mod.ts";
import { samplePrices } from "../../ops/data/mod.ts";
import { outlook } from "./outlook.ts";
import { SETTINGS, SMALL_MODEL_NAME } from "./settings.ts";
import { testingModel } from "./testing.ts";

const settings = SETTINGS.parse({ horizon: 3, model: SMALL_MODEL_NAME });
const store = memoryStore();

async function runOutlook(to: string, override: Partial<typeof settings> = {}) {
  const prices = samplePrices({}, { from: "2009-01-01", to });
  const inputs = {
    prices: prices.prices,
    findings: prices.findings,
    model: testingModel().model,
  };
  const run = start([outlook(inputs, { ...settings, ...override })], {
    store,
    keep: "all",
  });
  const [{ report }] = await run.values;
  return { report, states: [...run.trace.nodes] };
}

Deno.test("outlook reports every metric beside its baseline and beside chance", async () => {
  const { report } = await runOutlook("2020-04-17");
  const overall = report.metrics.filter(({ split }) => split === "all");
  const models = new Set(overall.map(({ model }) => model));
  assert.ok(models.size >= 22);
  for (const metric of overall) {
    assert.ok(Number.isFinite(metric.value), metric.model);
    assert.ok(Number.isFinite(metric.baseline.value));
    assert.ok(metric.shuffled !== null && Number.isFinite(metric.shuffled));
  }
  for (const { shuffled, model, split } of report.metrics) {
    assert.ok(Number.isFinite(shuffled), `${model}, ${split}`);
  }
  assert.ok(report.metrics.length > 2 * overall.length);
});

Deno.test("outlook tells what was tuned on what, and heads what shows mechanics only", async () => {
  const { card, notes } = (await runOutlook("2020-04-17")).report;
  const headings = card.stages.map(cardHeading);
  assert.deepEqual(
    headings.filter((heading) => heading.endsWith("(mechanics only)")).length,
    3,
  );
  for (const { metrics, splits, title, tuning } of card.stages) {
    assert.ok(tuning.length > 0 && splits.length > 0, title);
    assert.ok(metrics.length > 0, title);
    assert.ok(metrics.every(({ shuffled }) => shuffled !== null), title);
  }
  const untuned = card.stages.flatMap(({ metrics }) => metrics)
    .filter(({ model }) => model === "QLoRA expert")
    .every(({ baselines }) => baselines.length === 4);
  assert.ok(untuned);
  assert.ok(notes.some((note) => note.includes("(mechanics only)")));
});

Deno.test("outlook forecasts the coming day and the coming movement", async () => {
  const { report } = await runOutlook("2020-04-17");
  assert.equal(report.volatility.dates.at(-1), "2020-04-20");
  assert.equal(report.volatility.realized.at(-1), null);
  for (const forecast of Object.values(report.volatility.latest)) {
    assert.ok(forecast > 0);
  }
  const { probabilities } = report.movement.latest;
  const sum = probabilities.reduce((total, p) => total + p, 0);
  assert.ok(Math.abs(sum - 1) < 1e-9);
});

Deno.test("outlook computes nothing when nothing changed, and only what depends on a changed setting", async () => {
  await runOutlook("2020-04-17");
  const again = await runOutlook("2020-04-17");
  assert.deepEqual(
    new Set(again.states.map(({ state }) => state)),
    new Set(["reused"]),
  );
  const changed = await runOutlook("2020-04-17", { threshold: 0.02 });
  const computed = new Set(
    changed.states.filter(({ state }) => state === "computed")
      .map(({ name }) => name),
  );
  assert.ok(computed.has("movement/labelMovement"));
  for (const name of computed) {
    assert.ok(!name.startsWith("volatility/"), `${name} was computed again`);
    assert.ok(!name.startsWith("data/"), `${name} was computed again`);
  }
});

Deno.test("outlook's forecasts do not change when later prices become known", async () => {
  const lateReport = (await runOutlook("2020-04-17")).report;
  const earlyReport = (await runOutlook("2019-06-28")).report;
  const [late, early] = [lateReport.volatility, earlyReport.volatility];
  const days = early.dates.length;
  assert.deepEqual(early.dates, late.dates.slice(0, days));
  for (const [model, forecasts] of Object.entries(early.forecasts)) {
    forecasts.forEach((forecast, day) => {
      const later = late.forecasts[model]![day]!;
      const relative = Math.abs(forecast! / later - 1);
      assert.ok(relative < 1e-6, `${model}, ${early.dates[day]}: ${relative}`);
    });
  }
  // Adapters and votes, too: scores of years that were over by then
  const years = earlyReport.metrics.filter(({ stage, split }) =>
    stage === "movement" && split.startsWith("from") && split < "from 2019"
  );
  assert.ok(years.some(({ model }) => model === "retuning"));
  for (const { metric, model, split, value } of years) {
    const other = lateReport.metrics.find((row) =>
      row.stage === "movement" && row.model === model &&
      row.metric === metric && row.split === split
    );
    assert.ok(
      Math.abs(other!.value - value) < 1e-6,
      `${metric} of ${model}, ${split}: ${value}, ${other!.value}`,
    );
  }
});
