import assert from "node:assert/strict";
import pl from "nodejs-polars";
import { toDayNumber } from "./days.ts";
import { daySeries } from "./frames.ts";
import { walkForwardSplits } from "./walk_forward_splits.ts";

function frameOf(...days: string[]) {
  return pl.DataFrame([
    daySeries("date", Int32Array.from(days, (day) => toDayNumber(day))),
  ]);
}

Deno.test("walkForwardSplits never tears a day of several tickers apart", async () => {
  const frame = frameOf(
    "2020-01-02",
    "2020-01-02",
    "2020-01-03",
    "2020-01-06",
    "2020-01-06",
    "2020-01-06",
    "2020-01-07",
  );
  const { splits } = await walkForwardSplits.run({ frame }, {
    by: "days",
    trainLength: 2,
    testLength: 1,
    purge: 1,
  });
  assert.deepEqual(splits, [
    { trainStart: 0, trainEnd: 2, testStart: 3, testEnd: 6 },
    { trainStart: 0, trainEnd: 3, testStart: 6, testEnd: 7 },
  ]);
});

Deno.test("walkForwardSplits refits yearly", async () => {
  const frame = frameOf("2018-12-31", "2019-01-02", "2019-12-31", "2020-01-02");
  const { splits } = await walkForwardSplits.run({ frame }, {
    by: "years",
    trainYears: 1,
    window: "rolling",
  });
  assert.deepEqual(splits, [
    { trainStart: 0, trainEnd: 1, testStart: 1, testEnd: 3 },
    { trainStart: 1, trainEnd: 3, testStart: 3, testEnd: 4 },
  ]);
});

Deno.test("walkForwardSplits refuses dates out of order, missing dates and empty frames", async () => {
  const params = { by: "days", trainLength: 1, testLength: 1 } as const;
  await assert.rejects(
    walkForwardSplits.run(
      { frame: frameOf("2020-01-03", "2020-01-02") },
      params,
    ),
    /dates are not in order[\s\S]*an earlier date in row 1/,
  );
  const missing = pl.DataFrame([
    pl.Series("date", [new Date("2020-01-02"), null], pl.Date),
  ]);
  await assert.rejects(
    walkForwardSplits.run({ frame: missing }, params),
    /null in row 1/,
  );
  await assert.rejects(
    walkForwardSplits.run({ frame: frameOf() }, params),
    /no test set fits/,
  );
});
