/**
 * Real prices that come with an npm package, for demos and tests.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
import { cwd } from "node:process";
import { pathToFileURL } from "node:url";
import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { digestBytes } from "../../runtime/core/hash.ts";
import { op } from "../../runtime/flow/mod.ts";
import type { Op } from "../../runtime/flow/mod.ts";
import { checkPrices } from "./price_checks.ts";
import { readPriceBytes } from "./price_file.ts";
import { type Finding, findingSchema } from "./price_findings.ts";
import { priceFrame, pricesPort } from "./price_frame.ts";
import { selectPrices } from "./price_selection.ts";

const PACKAGE = "vega-datasets@3.2.1";
const FILE_NAME = "sp500-2000.csv";
const FILE_DIGEST =
  "9409e9342d0657c747324e4cfabce8a8c7f663bc485b95a3378f36b0a160f8c8";

/** Params of {@linkcode samplePrices}. */
export interface SamplePricesParams {
  /** First day as ISO text; default 2000-01-03. */
  readonly from?: string;
  /** Last day, included, as ISO text; default 2020-04-17. */
  readonly to?: string;
}

/** The file's place: the package's exports do not give out its data. */
async function samplePath(): Promise<string> {
  // Makes the package part of the module graph, so that Deno fetches it
  await import("vega-datasets");
  // A module from a registry has no place of its own to look from
  const from = import.meta.url.startsWith("file:")
    ? import.meta.url
    : pathToFileURL(`${cwd()}/`);
  const manifest = findPackageJSON("vega-datasets", from);
  if (manifest === undefined) {
    throw new DataError("Cannot find the sample prices", {
      expected: `the npm package "${PACKAGE}"`,
      actual: "no such package",
      hint: "Run once with access to the npm registry",
    });
  }
  return join(dirname(manifest), "data", FILE_NAME);
}

/**
 * Daily prices of the S&P 500 index, 2000-01-03 to 2020-04-17: 5,105 rows of
 * date, open, high, low, close (index points), volume and adjustedClose (equal
 * to the close, an index pays no dividend), read from the npm package
 * vega-datasets 3.2.1 as a file. `findings` says what is odd about them: until
 * 2006, and at times until 2013, the open repeats the close of the day before
 * (`"stale-open"`), so that overnight moves are not seen there.
 *
 * @throws {DataError} Where the package's file is absent or not the known one,
 * and where no day is left between `from` and `to`.
 *
 * @example
 * ```ts
 * import { samplePrices } from "@weft/weft/ops/data";
 *
 * const { prices } = await samplePrices.run({}, { to: "2000-12-31" });
 * console.log(prices.height); // 252
 * ```
 */
export const samplePrices: Op<
  Record<never, never>,
  SamplePricesParams,
  { prices: DataFrame; findings: Finding[] }
> = op({
  name: "data/samplePrices",
  version: "1",
  doc: "Daily prices of the S&P 500, 2000 to 2020",
  kind: "io",
  uses: [PACKAGE, FILE_DIGEST],
  inputs: {},
  params: z.object({
    from: z.iso.date().optional(),
    to: z.iso.date().optional(),
  }),
  outputs: { prices: pricesPort, findings: z.array(findingSchema) },
  run: async (_, params, { signal }) => {
    const bytes = await readSample(await samplePath());
    const read = await readPriceBytes(bytes, {
      source: FILE_NAME,
      columns: {},
      required: ["date", "open", "high", "low", "close", "volume"],
      dateFormat: "iso",
      decimal: "point",
      maxRows: 10_000,
      maxBytes: 10_000_000,
      signal,
    });
    const { table, findings } = await checkPrices(selectPrices(read, params), {
      policy: {},
      calendar: "nyse",
      adjustment: "raw",
      splitRatios: [2, 3, 4, 5, 10],
      splitTolerance: 0.05,
    });
    return { prices: await priceFrame(table), findings };
  },
});

async function readSample(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new DataError("Cannot read the sample prices", {
      expected: `"${FILE_NAME}" of the npm package "${PACKAGE}"`,
      actual: "a file that cannot be read",
      hint: "Allow Deno to read its npm cache, and run once with access to " +
        "the npm registry",
      cause,
    });
  }
  const digest = digestBytes(bytes);
  if (digest === FILE_DIGEST) return bytes;
  throw new DataError(
    "Cannot use the sample prices as they are not the known ones",
    {
      expected: `content with SHA-256 ${FILE_DIGEST}`,
      actual: digest,
      hint: `Use "${PACKAGE}"`,
    },
  );
}
