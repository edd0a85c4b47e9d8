import assert from "node:assert/strict";
import { DataError } from "../../runtime/core/errors.ts";
import { detectDateFormat, parseDate } from "./date_format.ts";
import { toDayNumber } from "./days.ts";

const DAY = toDayNumber("2020-04-07");

Deno.test("parseDate reads each format and drops the time of day", () => {
  assert.equal(parseDate("2020-04-07", "iso"), DAY);
  assert.equal(parseDate("2020/4/7", "iso"), DAY);
  assert.equal(parseDate("2020-04-07 00:00:00-05:00", "iso"), DAY);
  assert.equal(parseDate("2020-04-07T16:00:00.000Z", "iso"), DAY);
  assert.equal(parseDate("4/7/2020", "us"), DAY);
  assert.equal(parseDate("04-07-2020", "us"), DAY);
  assert.equal(parseDate("7.4.2020", "eu"), DAY);
  assert.equal(parseDate("07/04/2020", "eu"), DAY);
  assert.equal(parseDate("20200407", "compact"), DAY);
  assert.equal(parseDate("1586217600", "epoch-seconds"), DAY);
  assert.equal(parseDate("1586303999", "epoch-seconds"), DAY);
  assert.equal(parseDate("1586217600000", "epoch-milliseconds"), DAY);
});

Deno.test("parseDate refuses what is no day of the calendar", () => {
  assert.equal(parseDate("2020-02-30", "iso"), undefined);
  assert.equal(parseDate("2020-04-07x", "iso"), undefined);
  assert.equal(parseDate("13/1/2020", "us"), undefined);
  assert.equal(parseDate("1/13/2020", "eu"), undefined);
  assert.equal(parseDate("1/2/20", "us"), undefined);
  assert.equal(parseDate("20201301", "compact"), undefined);
  assert.equal(parseDate("43928", "epoch-seconds"), undefined);
});

Deno.test("detectDateFormat tells month from day by a day after the 12th", () => {
  assert.equal(detectDateFormat(["1/2/2020", "1/13/2020"], "f"), "us");
  assert.equal(detectDateFormat(["1/2/2020", "13/1/2020"], "f"), "eu");
  assert.equal(detectDateFormat(["2020-01-02"], "f"), "iso");
  assert.equal(detectDateFormat(["20200102"], "f"), "compact");
  assert.equal(detectDateFormat(["1586217600"], "f"), "epoch-seconds");
  assert.equal(detectDateFormat(["1586217600000"], "f"), "epoch-milliseconds");
});

Deno.test("detectDateFormat refuses to guess month and day", () => {
  assert.throws(
    () => detectDateFormat(["1/2/2020", "3/4/2020"], "prices.csv"),
    (error: unknown) => {
      assert.ok(error instanceof DataError);
      assert.match(error.message, /Cannot tell month from day/);
      assert.match(error.message, /"us" \(month first\)/);
      return true;
    },
  );
});

Deno.test("detectDateFormat refuses dates that no format reads", () => {
  assert.throws(
    () => detectDateFormat(["yesterday", "17-Apr-20"], "prices.csv"),
    /Cannot read the dates of "prices.csv"/,
  );
});

Deno.test("detectDateFormat bears a few broken dates among good ones", () => {
  const dates = ["2020-01-02", "2020-01-03", "2020-13-45"];
  assert.equal(detectDateFormat(dates, "f"), "iso");
});
