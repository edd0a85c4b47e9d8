import assert from "node:assert/strict";
import { ParameterError } from "../../runtime/core/errors.ts";
import {
  dayNumberOf,
  FIRST_DAY,
  isoWeekday,
  LAST_DAY,
  toDayNumber,
  toISODay,
  yearOf,
} from "./days.ts";

Deno.test("toDayNumber counts days from 1970-01-01 and toISODay undoes it", () => {
  assert.equal(toDayNumber("1970-01-01"), 0);
  assert.equal(toDayNumber("1969-12-31"), -1);
  assert.equal(toDayNumber("2000-02-29"), 11016);
  for (const day of ["1900-03-01", "1999-12-31", "2024-02-29"]) {
    assert.equal(toISODay(toDayNumber(day)), day);
  }
});

Deno.test("FIRST_DAY and LAST_DAY are the first and last day of ISO text", () => {
  assert.equal(FIRST_DAY, toDayNumber("0001-01-01"));
  assert.equal(LAST_DAY, toDayNumber("9999-12-31"));
});

Deno.test("toDayNumber takes the UTC day of a Date", () => {
  assert.equal(toDayNumber(new Date("1970-01-02T23:59:59Z")), 1);
  assert.equal(toDayNumber(new Date("1969-12-31T23:59:59Z")), -1);
});

Deno.test("toDayNumber refuses text that is no day of the calendar", () => {
  for (const day of ["2021-02-29", "2021-2-3", "02/03/2021", ""]) {
    assert.throws(() => toDayNumber(day, "from"), (error: unknown) => {
      assert.ok(error instanceof ParameterError);
      assert.match(error.message, /Cannot read "from" as a day/);
      return true;
    });
  }
  assert.throws(() => toDayNumber(new Date(NaN)), ParameterError);
});

Deno.test("dayNumberOf knows the lengths of months", () => {
  assert.equal(dayNumberOf(2023, 2, 29), undefined);
  assert.equal(dayNumberOf(2023, 4, 31), undefined);
  assert.equal(dayNumberOf(2023, 13, 1), undefined);
  assert.equal(dayNumberOf(2023, 1, 0), undefined);
  assert.equal(dayNumberOf(0, 1, 1), undefined);
  assert.equal(dayNumberOf(1, 1, 1), -719162);
});

Deno.test("isoWeekday and yearOf agree with known days", () => {
  assert.equal(isoWeekday(toDayNumber("1970-01-01")), 4);
  assert.equal(isoWeekday(toDayNumber("1969-12-29")), 1);
  assert.equal(isoWeekday(toDayNumber("2020-04-19")), 7);
  assert.equal(yearOf(toDayNumber("1999-12-31")), 1999);
  assert.equal(yearOf(toDayNumber("2000-01-01")), 2000);
});
