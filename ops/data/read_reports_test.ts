import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { file } from "../../runtime/ports/mod.ts";
import type { CompanyReport } from "../reports.ts";
import { readReports, type ReadReportsParams } from "./read_reports.ts";

async function read(
  content: string | Uint8Array,
  params: ReadReportsParams = {},
): Promise<CompanyReport[]> {
  const folder = await mkdtemp(join(tmpdir(), "weft-reports-"));
  try {
    const path = join(folder, "calls.jsonl");
    await writeFile(path, content);
    return (await readReports.run({ file: file(path) }, params)).reports;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const line = (value: unknown) => JSON.stringify(value) + "\n";

Deno.test("readReports takes ids for ticker and date, and joins sentences", async () => {
  const reports = await read(
    line({ id: "20160303_B", text: ["One.", "Two."] }) +
      "\n" + line({ ticker: "A", date: "2016-03-02", text: " Three. " }),
  );
  assert.deepEqual(
    reports.map(({ id, ticker, date, text }) => [id, ticker, date, text]),
    [["20160302_A", "A", "2016-03-02", "Three."], [
      "20160303_B",
      "B",
      "2016-03-03",
      "One. Two.",
    ]],
  );
});

Deno.test("readReports reads figures, surprise and grades, also from gzip", async () => {
  const content = line({
    ticker: "A",
    date: "2016-03-02",
    text: "x",
    figures: { Sales: 3, Income: { value: 2, previous: 1 } },
    surprise: { actual: 1.1, expected: 1 },
    grades: [{ date: "2016-02-01", firm: "F", grade: "Buy" }],
    other: "left aside",
  });
  const [report] = await read(gzipSync(content));
  assert.deepEqual(report!.figures, {
    Sales: { value: 3, previous: null },
    Income: { value: 2, previous: 1 },
  });
  assert.deepEqual(report!.surprise, { actual: 1.1, expected: 1 });
  assert.equal(report!.grades[0]!.firm, "F");
});

Deno.test("readReports names the line that is no report, and why", async () => {
  const good = line({ id: "20160303_B", text: "x" });
  for (
    const [bad, why] of [
      ["{", /line 2 .*[^]*no JSON/],
      [line({ id: "20160231_B", text: "x" }), /line 2[^]*no ticker/],
      [line({ ticker: "A", text: "x" }), /line 2[^]*no date/],
      [line({ id: "20160304_B", text: [] }), /line 2[^]*an empty text/],
      [line({ id: "20160304_B" }), /line 2[^]*"text"/],
      [
        line({ id: "20160304_B", text: "x", figures: { a: "1" } }),
        /line 2[^]*"figures\.a"/,
      ],
      [good, /a second report "20160303_B"/],
    ] as const
  ) {
    await assert.rejects(read(good + bad), why);
  }
  await assert.rejects(read("\n\n"), /has none/);
});

Deno.test("readReports bounds reports, texts and bytes, also after decompression", async () => {
  const two = line({ id: "20160303_A", text: "x" }) +
    line({ id: "20160303_B", text: "xyz" });
  await assert.rejects(read(two, { maxReports: 1 }), /has too many/);
  await assert.rejects(read(two, { maxCharacters: 2 }), /more than 2/);
  const bomb = gzipSync(new Uint8Array(1_000_000).fill(0x20));
  await assert.rejects(
    read(bomb, { maxBytes: 100_000 }),
    /Cannot read reports as "calls\.jsonl" is too large/,
  );
});
