import assert from "node:assert/strict";
import { ParameterError } from "../../runtime/core/errors.ts";
import { tradingCalendar } from "./trading_days.ts";

Deno.test("tradingCalendar lists all days with the reasons of closures", async () => {
  const { days } = await tradingCalendar.run({}, {
    from: "2001-09-07",
    to: "2001-09-17",
  });
  assert.deepEqual(days.columns, ["date", "isTradingDay", "reason"]);
  assert.equal(days.height, 11);
  assert.deepEqual(
    days.getColumn("reason").toArray(),
    [null, "Weekend", "Weekend", null]
      .concat(Array(4).fill("Attacks of 11 September"))
      .concat(["Weekend", "Weekend", null]),
  );
  assert.deepEqual(
    days.getColumn("isTradingDay").toArray(),
    days.getColumn("reason").toArray().map((reason) => reason === null),
  );
});

Deno.test("tradingCalendar follows the plain rules when told to", async () => {
  const range = { from: "2020-12-25", to: "2020-12-26" };
  const weekdays = await tradingCalendar.run({}, {
    ...range,
    calendar: "weekdays",
  });
  assert.deepEqual(weekdays.days.getColumn("isTradingDay").toArray(), [
    true,
    false,
  ]);
  const everyday = await tradingCalendar.run({}, {
    ...range,
    calendar: "everyday",
  });
  assert.deepEqual(everyday.days.getColumn("reason").toArray(), [null, null]);
});

Deno.test("tradingCalendar refuses empty ranges, unknown years and what is no day", async () => {
  await assert.rejects(
    tradingCalendar.run({}, { from: "2020-01-02", to: "2020-01-01" }),
    /the range is empty/,
  );
  await assert.rejects(
    tradingCalendar.run({}, { from: "1970-01-01", to: "1970-02-01" }),
    /1981 to 2099/,
  );
  await assert.rejects(
    tradingCalendar.run({}, { from: "2020-02-30", to: "2020-03-01" }),
    ParameterError,
  );
});
