import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { readPrices, readReports } from "../../ops/data/mod.ts";
import {
  checkCausalItems,
  EVIDENCE_ITEM,
  type EvidenceItem,
} from "../../ops/evidence/mod.ts";
import { NumericalError } from "../../runtime/core/errors.ts";
import { op } from "../../runtime/flow/mod.ts";
import { file, port } from "../../runtime/ports/mod.ts";
import { reportItems } from "./report_items.ts";

const collected = op({
  name: "test/collected",
  inputs: { items: port.value(z.array(EVIDENCE_ITEM)) },
  outputs: { items: port.value(z.array(EVIDENCE_ITEM)) },
  run: ({ items }) => ({ items }),
});

/** Makes items from files of which prices of later days are cut off. */
function itemsOf(reports: string, prices: string) {
  return async (until?: string): Promise<EvidenceItem[]> => {
    const { items } = reportItems({
      reports: readReports({ file: file(reports) }).reports,
      prices: readPrices({ file: file(prices) }, {
        required: ["date", "ticker", "open", "close"],
        ...(until === undefined ? {} : { to: until }),
      }).prices,
    }, { threshold: 0.03, unknown: true });
    return (await collected({ items }).value({ store: "none" })).items;
  };
}

/** Calls on weekdays, with prices that move by turns. */
async function writeFiles(folder: string): Promise<[string, string]> {
  const prices = ["date,ticker,open,high,low,close,volume"];
  const reports: string[] = [];
  for (let day = 0, close = 100; day < 60; day++) {
    const date = new Date(Date.UTC(2016, 2, 1 + day));
    if (date.getUTCDay() % 6 === 0) continue;
    const name = date.toISOString().slice(0, 10);
    close *= 1 + 0.03 * Math.sin(day * day);
    const open = close * (1 + 0.02 * Math.cos(7 * day));
    const [high, low] = [Math.max(open, close), Math.min(open, close)];
    const row = [open, high, low, close].map((price) => price.toFixed(3));
    prices.push([name, "X", ...row, 1000].join(","));
    reports.push(JSON.stringify({
      ticker: "X",
      date: name,
      text: "Sales rose.",
      grades: [{ date: name, firm: "Bank", grade: "upgrade to Buy" }],
    }));
  }
  const paths = [join(folder, "calls.jsonl"), join(folder, "prices.csv")];
  await writeFile(paths[0]!, reports.join("\n"));
  await writeFile(paths[1]!, prices.join("\n"));
  return paths as [string, string];
}

Deno.test("items from reports know nothing of later prices; a planted one is caught", async () => {
  const folder = await mkdtemp(join(tmpdir(), "weft-items-"));
  try {
    const [reports, prices] = await writeFiles(folder);
    const make = itemsOf(reports, prices);
    const { compared, changed } = await checkCausalItems(make);
    assert.ok(compared > 60);
    assert.deepEqual(changed, []);
    const peeking = async (until?: string) => {
      const items = await make(until);
      return items.map((item): EvidenceItem => {
        const { sources, truth } = item;
        const planted = { name: "planted", value: truth?.change ?? 0 };
        const technical = [...sources.technical, planted];
        return { ...item, sources: { ...sources, technical } };
      });
    };
    await assert.rejects(() => checkCausalItems(peeking), (error: unknown) => {
      assert.ok(error instanceof NumericalError);
      assert.match(error.message, /item "[^"]+" as its source "technical"/);
      assert.match(error.message, /"planted"/);
      return true;
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

const SHARED = fileURLToPath(
  new URL("../../../shared/data/", import.meta.url),
);
const isAbsent = !existsSync(SHARED);

Deno.test({
  name: `items of 2,150 earnings calls know nothing of later prices${
    isAbsent ? " (skipped: ../shared/data is not there)" : ""
  }`,
  ignore: isAbsent,
  fn: async () => {
    const make = itemsOf(
      join(SHARED, "earnings/maec_text_to_2016.jsonl.gz"),
      join(SHARED, "prices/us_daily_2013_2016.csv.gz"),
    );
    const { compared } = await checkCausalItems(make, {
      cuts: ["2016-03-31"],
    });
    assert.ok(compared > 1000, String(compared));
  },
});
