/**
 * Reads reports and earnings calls from a file that somebody else made.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { type FileValue, port } from "../../runtime/ports/mod.ts";
import { COMPANY_REPORT, type CompanyReport } from "../reports.ts";
import { decodeText } from "./delimited.ts";
import { gunzip } from "./gunzip.ts";
import { parseReportLines } from "./report_lines.ts";

/** Params of {@linkcode readReports}. */
export interface ReadReportsParams {
  /** Most reports; default 100,000. */
  readonly maxReports?: number | undefined;
  /** Most characters of one report; default 2 million. */
  readonly maxCharacters?: number | undefined;
  /** Larger files are refused, also after decompression; default 512 MiB. */
  readonly maxBytes?: number | undefined;
}

/**
 * Reads reports or earnings calls from lines of JSON, also compressed with gzip.
 *
 * A line is an object with `text`, a text or a list of sentences; `ticker` and
 * `date` (ISO 8601, the day of publication), or an `id` such as
 * `20150225_LMAT` that stands for both; optional `figures`, by name a number or
 * `{ value, previous }` with the figure of the year before; optional
 * `surprise`, `{ actual, expected }` earnings per share; optional `grades`, a
 * list of `{ date, firm, grade }` of analysts. Other fields are left aside.
 *
 * Output `reports`: by date, then in the order of the file.
 *
 * @throws {DataError} For a file that is too large, damaged or empty, a line
 * that is no report, an empty text, two reports of one id; the message names
 * the line.
 *
 * @example
 * ```ts ignore
 * import { file } from "@weft/weft";
 * import { readReports } from "@weft/weft/ops/data";
 *
 * const { reports } = await readReports({ file: file("calls.jsonl.gz") }).value();
 * console.log(reports[0]?.ticker);
 * ```
 */
export const readReports: Op<
  { file: FileValue },
  ReadReportsParams,
  { reports: CompanyReport[] }
> = op({
  name: "data/readReports",
  version: "1",
  doc: "Reads reports and earnings calls from lines of JSON",
  kind: "io",
  inputs: { file: port.file({ doc: "Lines of JSON, also as .gz" }) },
  params: z.object({
    maxReports: z.int().positive().default(100_000),
    maxCharacters: z.int().positive().default(2_000_000),
    maxBytes: z.int().positive().default(512 * 1024 * 1024),
  }),
  outputs: { reports: port.value(z.array(COMPANY_REPORT)) },
  run: async ({ file }, { maxBytes, ...limits }, { signal }) => {
    const source = file.name;
    const bytes = await file.bytes({ maxBytes });
    const content = await gunzip(bytes, {
      what: "reports",
      source,
      maxBytes,
      signal,
    });
    const text = decodeText(content, source);
    return {
      reports: await parseReportLines(text, { ...limits, source, signal }),
    };
  },
});
