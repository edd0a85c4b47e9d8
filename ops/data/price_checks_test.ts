import assert from "node:assert/strict";
import { DataError } from "../../runtime/core/errors.ts";
import { toISODay } from "./days.ts";
import { parseDelimited } from "./delimited.ts";
import {
  type CheckedPrices,
  checkPrices,
  type PriceCheckOptions,
} from "./price_checks.ts";
import type { Finding, FindingCode } from "./price_findings.ts";

const OPTIONS: PriceCheckOptions = {
  policy: {},
  calendar: "nyse",
  adjustment: "raw",
  splitRatios: [2, 3, 4, 5, 10],
  splitTolerance: 0.05,
};

const HEADER = "date,open,high,low,close,volume";

async function check(
  lines: readonly string[],
  options: Partial<PriceCheckOptions> = {},
  header = HEADER,
): Promise<CheckedPrices> {
  const table = await parseDelimited([header, ...lines].join("\n"), {
    source: "prices.csv",
    columns: {},
    required: ["date", "close"],
    maxRows: 1000,
  });
  return checkPrices(table, { ...OPTIONS, ...options });
}

function finding(checked: CheckedPrices, code: FindingCode): Finding {
  const found = checked.findings.find((one) => one.code === code);
  assert.ok(found, `no "${code}" in ${JSON.stringify(checked.findings)}`);
  return found;
}

function codes(checked: CheckedPrices): FindingCode[] {
  return checked.findings.map(({ code }) => code);
}

function days(checked: CheckedPrices): string[] {
  return Array.from(checked.table.day, toISODay);
}

const GOOD = [
  "2020-01-02,10,11,9,10.5,100",
  "2020-01-03,10.5,11,10,10.8,110",
  "2020-01-06,10.7,11.5,10.5,11.2,120",
];

Deno.test("checkPrices finds nothing in a clean file", async () => {
  const checked = await check(GOOD);
  assert.deepEqual(checked.findings, []);
  assert.deepEqual(
    checked.table.numbers.close,
    Float64Array.of(10.5, 10.8, 11.2),
  );
});

Deno.test("checkPrices sorts rows that are out of order and says so", async () => {
  const checked = await check([GOOD[2]!, GOOD[0]!, GOOD[1]!]);
  assert.deepEqual(days(checked), ["2020-01-02", "2020-01-03", "2020-01-06"]);
  const found = finding(checked, "out-of-order");
  assert.equal(found.count, 1);
  assert.deepEqual(found.sample, [{
    position: 3,
    date: "2020-01-02",
    ticker: null,
    detail: "comes after 2020-01-06",
  }]);
  const newestFirst = await check([...GOOD].reverse());
  assert.equal(finding(newestFirst, "out-of-order").count, 2);
});

Deno.test("checkPrices keeps one of equal duplicates and refuses conflicting ones", async () => {
  const equal = await check([GOOD[0]!, GOOD[0]!, GOOD[1]!]);
  assert.equal(equal.table.day.length, 2);
  assert.equal(finding(equal, "duplicate-rows").count, 1);
  assert.equal(
    finding(equal, "duplicate-rows").message,
    "Rows that repeat another one (1): left out",
  );
  const conflict = [GOOD[0]!, "2020-01-02,10,11,9,10.6,100", GOOD[1]!];
  await assert.rejects(check(conflict), (error: unknown) => {
    assert.ok(error instanceof DataError);
    assert.match(
      error.message,
      /has rows with the same day but other values \(1\)/,
    );
    assert.match(
      error.message,
      /line 3: 2020-01-02 close 10.6, in another row 10.5/,
    );
    assert.match(
      error.message,
      /policy: \{ "conflicting-duplicates": "finding" \}/,
    );
    return true;
  });
  const borne = await check(conflict, {
    policy: { "conflicting-duplicates": "finding" },
  });
  assert.deepEqual(borne.table.numbers.close, Float64Array.of(10.6, 10.8));
  assert.equal(finding(borne, "conflicting-duplicates").count, 1);
});

Deno.test("checkPrices refuses closes that are not positive, and can take them as missing", async () => {
  for (const close of ["0", "-1"]) {
    const lines = [GOOD[0]!, `2020-01-03,10,11,9,${close},100`];
    await assert.rejects(
      check(lines),
      /has closes that are zero or less \(1\)/,
    );
    const borne = await check(lines, {
      policy: { "non-positive-close": "finding" },
    });
    assert.deepEqual(borne.table.numbers.close, Float64Array.of(10.5, NaN));
  }
});

Deno.test("checkPrices takes zero opens and other impossible values as missing", async () => {
  const checked = await check([
    "2020-01-02,0,11,9,10.5,-5",
    "2020-01-03,-1,11,0,10.8,0",
  ]);
  assert.equal(finding(checked, "zero-open").count, 1);
  assert.equal(finding(checked, "non-positive-price").count, 2);
  assert.equal(finding(checked, "negative-volume").count, 1);
  assert.equal(finding(checked, "zero-volume").count, 1);
  assert.deepEqual(checked.table.numbers.open, Float64Array.of(NaN, NaN));
  assert.deepEqual(checked.table.numbers.low, Float64Array.of(9, NaN));
  assert.deepEqual(checked.table.numbers.volume, Float64Array.of(NaN, 0));
});

Deno.test("checkPrices finds highs below and lows above the body", async () => {
  const checked = await check([
    "2020-01-02,10,10.4,9,10.5,100",
    "2020-01-03,10.5,11,10.6,10.8,110",
    "2020-01-06,10,10,10,10,110",
  ]);
  assert.deepEqual(codes(checked), ["high-below-body", "low-above-body"]);
  assert.equal(finding(checked, "high-below-body").count, 1);
  assert.equal(
    finding(checked, "low-above-body").sample[0]?.detail,
    "low 10.6 above 10.5",
  );
});

Deno.test("checkPrices counts missing values and missing columns", async () => {
  const checked = await check(
    ["2020-01-02,,5", "2020-01-03,5,6"],
    {},
    "date,open,close",
  );
  assert.deepEqual(codes(checked), ["missing-value", "missing-column"]);
  assert.equal(finding(checked, "missing-value").count, 1);
  assert.deepEqual(
    finding(checked, "missing-column").sample.map(({ detail }) => detail),
    ["high", "low", "volume"],
  );
});

Deno.test("checkPrices finds gaps against the exchange's calendar or weekdays", async () => {
  const lines = [
    "2001-09-10,10,11,9,10,100",
    "2001-09-17,10,11,9,10,100",
    "2001-09-20,10,11,9,10,100",
  ];
  const nyse = await check(lines);
  assert.equal(finding(nyse, "calendar-gap").count, 2);
  assert.equal(
    finding(nyse, "calendar-gap").sample[0]?.detail,
    "no rows 2001-09-18 to 2001-09-19",
  );
  const weekdays = await check(lines, { calendar: "weekdays" });
  assert.equal(finding(weekdays, "calendar-gap").count, 6);
  assert.deepEqual((await check(lines, { calendar: "none" })).findings, []);
});

Deno.test("checkPrices finds rows on days without trade, and days it knows nothing of", async () => {
  const checked = await check([
    "1980-12-31,10,11,9,10,100",
    "2020-04-10,10,11,9,10,100",
    "2020-04-11,10,11,9,10,100",
  ]);
  assert.equal(finding(checked, "not-a-trading-day").count, 2);
  const unknown = finding(checked, "calendar-not-checked");
  assert.equal(unknown.count, 1);
  assert.equal(unknown.severity, "info");
  assert.ok(!codes(checked).includes("calendar-gap"));
});

Deno.test("checkPrices finds jumps that look like splits, not crashes during the day", async () => {
  const split = await check([
    "2020-01-02,100,101,99,100,1",
    "2020-01-03,50,51,49,50.5,1",
    "2020-01-06,151,155,150,152,1",
  ]);
  assert.deepEqual(
    finding(split, "split-like-jump").sample.map(({ detail }) => detail),
    ["close 100 to 50.5, like 2:1", "close 50.5 to 152, like 1:3"],
  );
  const crash = await check([
    "2020-01-02,100,101,99,100,1",
    "2020-01-03,99,99,49,50,1",
    "2020-01-06,50,50,29,29.5,1",
  ]);
  assert.deepEqual(crash.findings, []);
});

Deno.test("checkPrices adjusts open, high, low and close by the adjusted close", async () => {
  const header = "date,open,high,low,close,adj close,volume";
  const lines = [
    "2020-01-02,10,12,8,10,5,100",
    "2020-01-03,5,6,4,5,5,200",
  ];
  const adjusted = await check(lines, { adjustment: "detect" }, header);
  assert.deepEqual(adjusted.table.numbers.open, Float64Array.of(5, 5));
  assert.deepEqual(adjusted.table.numbers.high, Float64Array.of(6, 6));
  assert.deepEqual(adjusted.table.numbers.low, Float64Array.of(4, 4));
  assert.deepEqual(adjusted.table.numbers.close, Float64Array.of(5, 5));
  assert.deepEqual(adjusted.table.numbers.volume, Float64Array.of(100, 200));
  assert.deepEqual(codes(adjusted), ["adjusted-prices"]);
  assert.equal(finding(adjusted, "adjusted-prices").count, 1);
  const raw = await check(lines, { adjustment: "raw" }, header);
  assert.deepEqual(raw.table.numbers.close, Float64Array.of(10, 5));
  assert.deepEqual(codes(raw), ["split-like-jump"]);
});

Deno.test("checkPrices cannot adjust without adjusted closes", async () => {
  await assert.rejects(
    check(GOOD, { adjustment: "adjusted" }),
    /Cannot adjust the prices of "prices.csv"/,
  );
  const detected = await check(GOOD, { adjustment: "detect" });
  assert.deepEqual(codes(detected), ["raw-prices"]);
});

Deno.test("checkPrices keeps tickers apart", async () => {
  const checked = await check(
    [
      "ZZ,2020-01-02,1",
      "ZZ,2020-01-03,1.1",
      "AA,2020-01-02,50",
      "AA,2020-01-06,51",
    ],
    {},
    "ticker,date,close",
  );
  const { names, codes: tickers } = checked.table.ticker!;
  assert.deepEqual(Array.from(tickers, (code) => names[code]), [
    "AA",
    "ZZ",
    "ZZ",
    "AA",
  ]);
  assert.deepEqual(days(checked), [
    "2020-01-02",
    "2020-01-02",
    "2020-01-03",
    "2020-01-06",
  ]);
  assert.deepEqual(codes(checked), ["missing-column", "calendar-gap"]);
  assert.equal(finding(checked, "calendar-gap").sample[0]?.ticker, "AA");
});

Deno.test("checkPrices refuses unreadable dates and numbers, and can leave them out", async () => {
  const lines = [
    GOOD[0]!,
    GOOD[1]!,
    "2020-13-01,1,2,3,4,5",
    "2020-01-07,1,2,1,x,5",
  ];
  await assert.rejects(check(lines), (error: unknown) => {
    assert.ok(error instanceof DataError);
    assert.match(
      error.message,
      /has dates that cannot be read \(1\) and numbers/,
    );
    assert.match(error.message, /line 4: "2020-13-01"/);
    return true;
  });
  const borne = await check(lines, {
    policy: {
      "unparseable-date": "finding",
      "unparseable-number": "finding",
      "missing-value": "ignore",
      "calendar-gap": "error",
    },
    calendar: "none",
  });
  assert.equal(borne.table.day.length, 3);
  assert.deepEqual(codes(borne), ["unparseable-date", "unparseable-number"]);
});

Deno.test("checkPrices turns any finding into an error when the policy says so", async () => {
  const lines = [GOOD[0]!, GOOD[2]!];
  await assert.rejects(
    check(lines, { policy: { "calendar-gap": "error" } }),
    /has trading days without a row \(1\)/,
  );
  assert.deepEqual(
    (await check(lines, { policy: { "calendar-gap": "ignore" } })).findings,
    [],
  );
});

Deno.test("checkPrices refuses rows without a ticker", async () => {
  await assert.rejects(
    check(["A,2020-01-02,1", ",2020-01-03,1"], {}, "ticker,date,close"),
    /rows without a ticker[\s\S]*none in line 3/,
  );
});

Deno.test("checkPrices finds opens that repeat the close before, five days in a row or more", async () => {
  const days = ["02", "03", "06", "07", "08", "09", "10"];
  const lines = (stale: number) =>
    days.map((day, at) => {
      const open = at === 0 || at > stale ? 9.5 : 10 + at - 1;
      return `2020-01-${day},${open},20,1,${10 + at},5`;
    });
  const five = finding(await check(lines(5)), "stale-open");
  assert.equal(five.count, 5);
  assert.equal(five.sample[0]?.date, "2020-01-03");
  assert.equal(finding(await check(lines(6)), "stale-open").count, 6);
  assert.deepEqual((await check(lines(4))).findings, []);
});
