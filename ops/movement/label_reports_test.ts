import assert from "node:assert/strict";
import type { ReportEvent } from "../reports.ts";
import { labelReports, type LabelReportsParams } from "./label_reports.ts";
import { simulateReports } from "./simulate_reports.ts";

async function labelsOf(
  changes: (number | null)[],
  params: LabelReportsParams = {},
): Promise<number[]> {
  const { events } = await simulateReports.run({}, { rows: changes.length });
  const changed = events.map((event, row): ReportEvent => ({
    ...event,
    change: changes[row]!,
  }));
  const { labels } = await labelReports.run({ events: changed }, params);
  return [...await labels.data()];
}

Deno.test("labelReports: no change is Short, what is not known has no label", async () => {
  assert.deepEqual(await labelsOf([0.001, 0, -0.001, null]), [1, 0, 0, -1]);
  assert.deepEqual(
    await labelsOf([0.25, 0.2500001], { threshold: 0.25 }),
    [0, 1],
  );
});

Deno.test("labelReports: both ends of the threshold are Hold", async () => {
  assert.deepEqual(
    await labelsOf([0.26, 0.25, 0, -0.25, -0.26, null], {
      hold: true,
      threshold: 0.25,
    }),
    [2, 1, 1, 1, 0, -1],
  );
  assert.deepEqual(await labelsOf([0.009, 0.011], { hold: true }), [1, 2]);
});

Deno.test("labelReports gives days and changes beside the labels", async () => {
  const { events } = await simulateReports.run({}, { rows: 2 });
  const { changes, days } = await labelReports.run({ events });
  assert.deepEqual([...await days.data()], [14_613, 14_614]);
  assert.deepEqual(
    [...await changes.data()],
    events.map(({ change }) => change),
  );
});
