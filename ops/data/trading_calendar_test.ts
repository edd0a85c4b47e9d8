import assert from "node:assert/strict";
import { ParameterError } from "../../runtime/core/errors.ts";
import {
  exchangeClosures,
  isTradingDay,
  nextTradingDay,
  previousTradingDay,
  SPECIAL_CLOSURES,
  tradingDaysBetween,
} from "./trading_calendar.ts";
import reference from "../../fixtures/reference/data.json" with {
  type: "json",
};

Deno.test("exchangeClosures equals the closures of pandas_market_calendars, 1981 to 2030", () => {
  const closures: string[] = [];
  for (let year = 1981; year <= 2030; year++) {
    closures.push(...exchangeClosures(year).map(({ date }) => date));
  }
  assert.deepEqual(closures, reference.nyseClosures);
});

Deno.test("isTradingDay observes holidays that fall on weekends", () => {
  assert.equal(isTradingDay("2021-12-24"), false); // Christmas on Saturday
  assert.equal(isTradingDay("2022-12-26"), false); // Christmas on Sunday
  assert.equal(isTradingDay("2021-12-31"), true); // New Year's Day on Saturday
  assert.equal(isTradingDay("2017-01-02"), false); // New Year's Day on Sunday
});

Deno.test("isTradingDay keeps Juneteenth only from 2022", () => {
  assert.equal(isTradingDay("2020-06-19"), true);
  assert.equal(isTradingDay("2021-06-18"), true);
  assert.equal(isTradingDay("2022-06-20"), false);
  assert.equal(isTradingDay("2023-06-19"), false);
});

Deno.test("isTradingDay knows every special closure", () => {
  for (const { date, reason } of SPECIAL_CLOSURES) {
    assert.equal(isTradingDay(date), false, `${date} ${reason}`);
    assert.equal(isTradingDay(date, "weekdays"), true);
  }
});

Deno.test("isTradingDay on weekdays and everyday follows the plain rules", () => {
  assert.equal(isTradingDay("2020-12-25", "weekdays"), true);
  assert.equal(isTradingDay("2020-12-26", "weekdays"), false);
  assert.equal(isTradingDay("2020-12-26", "everyday"), true);
  assert.equal(isTradingDay("1950-05-01", "weekdays"), true);
});

Deno.test("nextTradingDay and previousTradingDay are strict and step over closures", () => {
  assert.equal(nextTradingDay("2001-09-10"), "2001-09-17");
  assert.equal(previousTradingDay("2001-09-17"), "2001-09-10");
  assert.equal(nextTradingDay("2020-04-09"), "2020-04-13");
  assert.equal(nextTradingDay("2020-04-18"), "2020-04-20");
  assert.equal(previousTradingDay("2020-04-19", "everyday"), "2020-04-18");
});

Deno.test("tradingDaysBetween includes both ends and is empty for a reversed range", () => {
  assert.deepEqual(tradingDaysBetween("2012-10-26", "2012-10-31"), [
    "2012-10-26",
    "2012-10-31",
  ]);
  assert.deepEqual(tradingDaysBetween("2012-10-31", "2012-10-26"), []);
});

Deno.test("isTradingDay refuses years that the exchange's calendar does not know", () => {
  assert.throws(() => isTradingDay("1980-11-04"), (error: unknown) => {
    assert.ok(error instanceof ParameterError);
    assert.match(error.message, /1981 to 2099/);
    return true;
  });
  assert.throws(() => exchangeClosures(2100), ParameterError);
});
