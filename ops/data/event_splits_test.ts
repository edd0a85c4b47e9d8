import assert from "node:assert/strict";
import type { ReportEvent } from "../reports.ts";
import { toISODay } from "./days.ts";
import { eventSplits, thinEvents } from "./event_splits.ts";

function event(
  day: number,
  end: number | null,
  change: number | null = 0,
): ReportEvent {
  const date = toISODay(16_000 + day);
  return {
    report: {
      id: `${day}`,
      ticker: "X",
      date,
      text: "x",
      figures: {},
      surprise: null,
      grades: [],
    },
    day: date,
    returns: [],
    change,
    end: end === null ? null : toISODay(16_000 + end),
  };
}

const daily = (count: number, horizon: number) =>
  Array.from({ length: count }, (_, day) => event(day, day + horizon));

Deno.test("eventSplits trains on outcomes that were known before the test, embargo included", async () => {
  const events = daily(30, 2);
  for (const embargoDays of [1, 4]) {
    const { splits } = await eventSplits.run({ events }, { embargoDays });
    // Row 20 is tested first: outcomes must end by day 20 - embargo
    assert.deepEqual(splits, [{
      trainStart: 0,
      trainEnd: 20 - embargoDays - 2 + 1,
      testStart: 20,
      testEnd: 30,
    }]);
  }
});

Deno.test("eventSplits cuts the last part into windows that train on more and more", async () => {
  const { splits } = await eventSplits.run({ events: daily(30, 1) }, {
    windows: 2,
    testShare: 0.4,
  });
  assert.deepEqual(
    splits.map(({ testStart, testEnd, trainEnd }) => [
      trainEnd,
      testStart,
      testEnd,
    ]),
    [[17, 18, 24], [23, 24, 30]],
  );
});

Deno.test("eventSplits does not tear days apart", async () => {
  const events = [0, 1, 2, 3, 3, 3, 3, 4, 4].map((day) => event(day, day));
  const { splits } = await eventSplits.run({ events });
  assert.deepEqual(
    splits.map(({ testStart, trainEnd }) => [testStart, trainEnd]),
    [[3, 3]],
  );
});

Deno.test("eventSplits stops training at an outcome that ends late, whatever follows", async () => {
  const events = daily(30, 0).map((one, row) => row === 7 ? event(7, 25) : one);
  const { splits } = await eventSplits.run({ events });
  assert.equal(splits[0]!.trainEnd, 7);
});

Deno.test("eventSplits refuses events out of order, and too few", async () => {
  await assert.rejects(
    eventSplits.run({ events: daily(4, 1).reverse() }),
    /not in order/,
  );
  await assert.rejects(
    eventSplits.run({ events: [event(0, 1), event(0, 1)] }),
    /Cannot split 2 events into 1 windows/,
  );
});

Deno.test("thinEvents keeps events with outcomes, evenly spread", async () => {
  const events = daily(10, 1).map((one, row) =>
    row === 4 ? event(4, null, null) : one
  );
  const kept = await thinEvents.run({ events }, { count: 3 });
  assert.deepEqual(kept.events.map(({ report }) => report.id), ["1", "5", "8"]);
  const all = await thinEvents.run({ events }, { unknown: true });
  assert.equal(all.events.length, 10);
});
