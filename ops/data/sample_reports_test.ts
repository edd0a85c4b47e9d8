import assert from "node:assert/strict";
import { reportEarnings } from "./report_earnings.ts";
import { samplePrices } from "./sample_prices.ts";
import { sampleReports } from "./sample_reports.ts";

Deno.test("sampleReports gives the package's figures beside those of the year before", async () => {
  const { reports } = await sampleReports.run();
  assert.equal(reports.length, 1781);
  assert.equal(new Set(reports.map(({ id }) => id)).size, 1781);
  assert.equal(new Set(reports.map(({ ticker }) => ticker)).size, 448);
  const own = reports.find(({ id }) => id === "20131231_AAL")!;
  assert.deepEqual(own.figures["Total Revenue"], {
    value: 26_743_000_000,
    previous: 24_855_000_000,
  });
  assert.deepEqual(own.figures["Earnings Per Share"], {
    value: -11.25,
    previous: -5.6,
  });
  assert.match(own.text, /Net Income of -1834\.0 million dollars\./);
});

Deno.test("reportEarnings looks a year ahead for outcomes and never for factors", async () => {
  const { reports } = await sampleReports.run();
  const { prices } = await samplePrices.run();
  const { events } = await reportEarnings.run({ reports, market: prices });
  const own = events.find(({ report }) => report.id === "20131231_AAL")!;
  assert.ok(Math.abs(own.change! - (2882 + 1834) / 1834) < 1e-12);
  assert.equal(own.day, "2014-04-01");
  assert.equal(own.end, "2015-03-31");
  // Known at the close of the day before the decision: 2014-03-31
  const [day] = own.returns;
  assert.equal(day!.sessions, 1);
  assert.ok(Math.abs(day!.value - (1872.34 / 1857.62 - 1)) < 1e-6);
  for (const { change, day, end } of events) {
    if (change !== null) assert.ok(end! > day);
  }
  assert.ok(
    events.every((event) =>
      event.report.figures["Net Income"]!.previous !== null
    ),
  );
});
