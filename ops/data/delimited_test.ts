import assert from "node:assert/strict";
import { CancelledError, DataError } from "../../runtime/core/errors.ts";
import { toDayNumber } from "./days.ts";
import {
  decodeText,
  type DelimitedOptions,
  parseDelimited,
} from "./delimited.ts";
import { NO_DAY } from "./price_table.ts";

const OPTIONS: DelimitedOptions = {
  source: "prices.csv",
  columns: {},
  required: ["date", "close"],
  maxRows: 1000,
};

function parse(text: string, options: Partial<DelimitedOptions> = {}) {
  return parseDelimited(text, { ...OPTIONS, ...options });
}

async function refusal(
  text: string,
  options: Partial<DelimitedOptions> = {},
): Promise<string> {
  const error = await parse(text, options).then(
    () => assert.fail("The text was read"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof DataError, String(error));
  return error.message;
}

Deno.test("parseDelimited reads columns by their usual spellings", async () => {
  const table = await parse(
    "Date,Open,High,Low,Close,Adj Close,Volume,Symbol\n" +
      "2020-01-02,1,3,0.5,2,1.9,100,AA\n2020-01-03,2,4,1,3,2.9,200,BB\n",
  );
  assert.deepEqual(table.day, Int32Array.of(18263, 18264));
  assert.deepEqual(table.numbers.open, Float64Array.of(1, 2));
  assert.deepEqual(table.numbers.high, Float64Array.of(3, 4));
  assert.deepEqual(table.numbers.low, Float64Array.of(0.5, 1));
  assert.deepEqual(table.numbers.close, Float64Array.of(2, 3));
  assert.deepEqual(table.numbers.adjustedClose, Float64Array.of(1.9, 2.9));
  assert.deepEqual(table.numbers.volume, Float64Array.of(100, 200));
  assert.deepEqual(table.ticker, {
    codes: Int32Array.of(0, 1),
    names: ["AA", "BB"],
  });
  assert.deepEqual(table.position, Int32Array.of(2, 3));
});

Deno.test("parseDelimited reads Windows line ends, blank lines and no last line end", async () => {
  const table = await parse(
    "\r\ndate;close\r\n\r\n2020-01-02;1\r\n;\r\n2020-01-03;2",
  );
  assert.deepEqual(table.numbers.close, Float64Array.of(1, 2));
  assert.deepEqual(table.position, Int32Array.of(4, 6));
});

Deno.test("parseDelimited reads quotes, tabs, bars and named delimiters", async () => {
  const quoted = await parse(
    '"date","close","note ""x"""\n"2020-01-02","1,234.5","a, b"\n',
  );
  assert.deepEqual(quoted.numbers.close, Float64Array.of(1234.5));
  for (const delimiter of ["\t", "|", ";"]) {
    const table = await parse(`date${delimiter}close\n2020-01-02${delimiter}5`);
    assert.deepEqual(table.numbers.close, Float64Array.of(5));
  }
  const named = await parse("date:close\n2020-01-02:5", { delimiter: ":" });
  assert.deepEqual(named.numbers.close, Float64Array.of(5));
});

Deno.test("parseDelimited takes column names from the caller first", async () => {
  const table = await parse("Day,Last,Close\n2020-01-02,7,8\n", {
    columns: { close: "last", volume: null },
  });
  assert.deepEqual(table.numbers.close, Float64Array.of(7));
  assert.match(
    await refusal("Day,Last\n2020-01-02,7\n", { columns: { close: "Final" } }),
    /Cannot find the column "Final"[\s\S]*columns "Day", "Last"/,
  );
});

Deno.test("parseDelimited reads decimal commas in all numbers of the file alike", async () => {
  const table = await parse(
    "date;close;volume\n2020-01-02;12,5;1.234\n2020-01-03;1.012,5;2.000\n",
  );
  assert.deepEqual(table.numbers.close, Float64Array.of(12.5, 1012.5));
  assert.deepEqual(table.numbers.volume, Float64Array.of(1234, 2000));
});

Deno.test("parseDelimited refuses numbers with two readings", async () => {
  const text = "date;close\n2020-01-02;1,234\n";
  assert.match(await refusal(text), /Cannot tell thousands from decimals/);
  const point = await parse(text, { decimal: "point" });
  assert.deepEqual(point.numbers.close, Float64Array.of(1234));
  const comma = await parse(text, { decimal: "comma" });
  assert.deepEqual(comma.numbers.close, Float64Array.of(1.234));
});

Deno.test("parseDelimited notes numbers and dates that it cannot read", async () => {
  const table = await parse(
    "date,close,volume\n2020-01-02,1,1.2M\n2020-01-99,1e999,\n2020-01-06,null,5\n,4,4\n",
  );
  assert.deepEqual(table.unreadNumbers, [
    { row: 0, column: "volume", text: "1.2M" },
    { row: 1, column: "close", text: "Infinity" },
  ]);
  assert.deepEqual(table.unreadDates, [
    { row: 1, column: "date", text: "2020-01-99" },
    { row: 3, column: "date", text: "" },
  ]);
  assert.deepEqual(table.numbers.close, Float64Array.of(1, NaN, NaN, 4));
  assert.equal(table.day[1], NO_DAY);
  assert.equal(table.day[2], toDayNumber("2020-01-06"));
});

Deno.test("parseDelimited refuses empty files, headers alone and missing columns", async () => {
  assert.match(await refusal(""), /"prices.csv" is empty/);
  assert.match(await refusal("\n \r\n"), /"prices.csv" is empty/);
  assert.match(await refusal("date,close\n"), /has no rows/);
  assert.match(
    await refusal("2020-01-02,5\n2020-01-03,6\n"),
    /has no column for "date", "close"[\s\S]*"2020-01-02", "5"/,
  );
  assert.match(
    await refusal("date,close\n2020-01-02,5\n", { delimiter: ";" }),
    /name the "delimiter"/,
  );
  assert.match(await refusal("date,close\n,5\n"), /has no dates/);
});

Deno.test("parseDelimited refuses ragged lines, and says when the last one is cut off", async () => {
  assert.match(
    await refusal("date,close,volume\n2020-01-02,5\n2020-01-03,6,7\n"),
    /line 2 has 2 fields[\s\S]*3 fields separated by ","[\s\S]*Mend the line/,
  );
  assert.match(
    await refusal("date,close,volume\n2020-01-02,5,6\n2020-01-0"),
    /line 3 has 1 fields[\s\S]*cut off/,
  );
  assert.match(
    await refusal('date,close\n"2020-01-02,5\n'),
    /a quote on line 2 has no end/,
  );
  assert.match(await refusal("date,close\r2020-01-02,5\r"), /CR alone/);
});

Deno.test("parseDelimited refuses two columns of one meaning and too many rows", async () => {
  assert.match(
    await refusal("timestamp,trade_date,close\n1,2,3\n"),
    /Cannot tell which column of "prices.csv" is "date"/,
  );
  const plain = await parse("date,timestamp,close\n2020-01-02,99,3\n");
  assert.equal(plain.day[0], toDayNumber("2020-01-02"));
  assert.match(
    await refusal("date,close\n2020-01-02,1\n2020-01-03,1\n2020-01-06,1\n", {
      maxRows: 1,
    }),
    /too many rows/,
  );
});

Deno.test("parseDelimited lets the event loop turn and obeys an abort", async () => {
  const rows = Array.from({ length: 300_000 }, () => "2020-01-02,1.5,2,3,4,5");
  const text = `date,open,high,low,close,volume\n${rows.join("\n")}\n`;
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 0);
  await assert.rejects(
    parse(text, { maxRows: 1e6, signal: controller.signal }),
    CancelledError,
  );
});

Deno.test("decodeText drops the byte order mark and refuses what is no UTF-8 text", () => {
  assert.equal(
    decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), "f"),
    "a",
  );
  assert.throws(() => decodeText(Uint8Array.of(0xff, 0xfe, 0x61, 0), "f"), {
    name: "DataError",
    message: /UTF-16/,
  });
  assert.throws(() => decodeText(Uint8Array.of(0x61, 0xe9, 0x61), "f"), {
    message: /no UTF-8/,
  });
  assert.throws(() => decodeText(Uint8Array.of(0x61, 0, 0x61), "f"), {
    message: /binary content/,
  });
});
