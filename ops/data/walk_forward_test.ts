import assert from "node:assert/strict";
import fc from "fast-check";
import { ParameterError } from "../../runtime/core/errors.ts";
import { toDayNumber, yearOf } from "./days.ts";
import { tradingDayNumbers } from "./trading_calendar.ts";
import {
  type DaySplitOptions,
  splitByRows,
  splitByYears,
} from "./walk_forward.ts";
import type { Split } from "../splits.ts";

const DAYS = tradingDayNumbers(
  toDayNumber("2015-06-01"),
  toDayNumber("2020-04-17"),
  "nyse",
);

function assertFolds(splits: readonly Split[], gap: number, rows: number) {
  for (const { trainStart, trainEnd, testStart, testEnd } of splits) {
    assert.ok(0 <= trainStart && trainStart < trainEnd);
    assert.equal(testStart - trainEnd, gap);
    assert.ok(testStart < testEnd && testEnd <= rows);
  }
}

Deno.test("splitByRows keeps training before testing with purge and embargo between, for any lengths", () => {
  fc.assert(fc.property(
    fc.record({
      rows: fc.integer({ min: 0, max: 300 }),
      trainLength: fc.integer({ min: 1, max: 60 }),
      testLength: fc.integer({ min: 1, max: 40 }),
      step: fc.integer({ min: 1, max: 50 }),
      purge: fc.integer({ min: 0, max: 20 }),
      embargo: fc.integer({ min: 0, max: 20 }),
      window: fc.constantFrom("expanding" as const, "rolling" as const),
      partial: fc.constantFrom("keep" as const, "drop" as const),
    }),
    ({ rows, ...options }) => {
      const gap = options.purge + options.embargo;
      const least = options.trainLength +
        (options.partial === "drop" ? options.testLength : 1);
      if (gap >= options.trainLength || rows < least) {
        assert.throws(() => splitByRows(rows, options), ParameterError);
        return;
      }
      const splits = splitByRows(rows, options);
      assertFolds(splits, gap, rows);
      splits.forEach(({ trainStart, testStart, testEnd }, fold) => {
        assert.equal(testStart, options.trainLength + fold * options.step);
        const length = testEnd - testStart;
        assert.ok(length <= options.testLength);
        if (options.partial === "drop") {
          assert.equal(length, options.testLength);
        }
        assert.equal(
          trainStart,
          options.window === "rolling" ? fold * options.step : 0,
        );
      });
    },
  ));
});

Deno.test("splitByRows tests every row after the first training set exactly once by default", () => {
  const splits = splitByRows(23, { trainLength: 5, testLength: 4 });
  const tested = splits.flatMap(({ testStart, testEnd }) =>
    Array.from({ length: testEnd - testStart }, (_, index) => testStart + index)
  );
  assert.deepEqual(tested, Array.from({ length: 18 }, (_, row) => row + 5));
});

Deno.test("splitByRows gives the folds that a hand would write", () => {
  assert.deepEqual(
    splitByRows(10, {
      window: "rolling",
      trainLength: 4,
      testLength: 3,
      purge: 1,
      embargo: 1,
    }),
    [
      { trainStart: 0, trainEnd: 2, testStart: 4, testEnd: 7 },
      { trainStart: 3, trainEnd: 5, testStart: 7, testEnd: 10 },
    ],
  );
});

Deno.test("splitByYears starts each test set with the first day of a year", () => {
  const splits = splitByYears(DAYS, { trainYears: 2, purge: 5, embargo: 2 });
  assertFolds(splits, 7, DAYS.length);
  assert.deepEqual(
    splits.map(({ testStart }) => yearOf(DAYS[testStart]!)),
    [2017, 2018, 2019, 2020],
  );
  for (const { trainStart, testStart, testEnd } of splits) {
    assert.equal(trainStart, 0);
    assert.ok(yearOf(DAYS[testStart - 1]!) < yearOf(DAYS[testStart]!));
    assert.equal(yearOf(DAYS[testEnd - 1]!), yearOf(DAYS[testStart]!));
  }
  assert.equal(splits.at(-1)!.testEnd, DAYS.length);
});

Deno.test("splitByYears rolls a window of whole years and drops a year that is cut short", () => {
  const splits = splitByYears(DAYS, {
    window: "rolling",
    trainYears: 2,
    partial: "drop",
  });
  assert.deepEqual(
    splits.map(({ trainStart, testStart }) => [
      yearOf(DAYS[trainStart]!),
      yearOf(DAYS[testStart]!),
    ]),
    [[2015, 2017], [2016, 2018], [2017, 2019]],
  );
});

Deno.test("splitByYears steps over years without days and takes several years at once", () => {
  const days = Int32Array.from(
    ["2010-03-01", "2011-03-01", "2014-03-01", "2015-03-01", "2016-03-01"],
    (day) => toDayNumber(day),
  );
  assert.deepEqual(splitByYears(days, { trainYears: 1, testYears: 2 }), [
    { trainStart: 0, trainEnd: 1, testStart: 1, testEnd: 2 },
    { trainStart: 0, trainEnd: 2, testStart: 2, testEnd: 3 },
    { trainStart: 0, trainEnd: 3, testStart: 3, testEnd: 5 },
  ]);
});

Deno.test("splitByRows and splitByYears refuse what cannot be split", () => {
  const base: DaySplitOptions = { trainLength: 5, testLength: 2 };
  for (
    const wrong of [
      { trainLength: 0 },
      { testLength: 1.5 },
      { step: 0 },
      { purge: -1 },
      { embargo: NaN },
    ]
  ) {
    assert.throws(
      () => splitByRows(20, { ...base, ...wrong }),
      /is out of range/,
    );
  }
  assert.throws(
    () => splitByRows(20, { ...base, purge: 3, embargo: 2 }),
    /no row is left to train on/,
  );
  assert.throws(() => splitByRows(5, base), /no test set fits/);
  assert.throws(
    () => splitByYears(DAYS, { trainYears: 9 }),
    /no test set fits[\s\S]*2015 to 2020/,
  );
  assert.throws(
    () => splitByYears(new Int32Array(), { trainYears: 1 }),
    /no test set fits/,
  );
  assert.throws(
    () => splitByYears(Int32Array.of(2, 1), { trainYears: 1 }),
    /days are not in order/,
  );
});
