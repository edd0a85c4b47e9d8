/**
 * Reports from lines of JSON that somebody else wrote.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import type { CompanyReport } from "../reports.ts";
import { dayNumberOf, toISODay } from "./days.ts";
import { pacer } from "./pace.ts";

/** Limits of what is read. */
export interface ReportLineOptions {
  /** What the file is called in messages. */
  readonly source: string;
  /** Most reports. */
  readonly maxReports: number;
  /** Most characters of one report; longer ones are refused. */
  readonly maxCharacters: number;
  /** Aborts the work. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_SENTENCES = 100_000;
const MAX_FIGURES = 500;
const MAX_GRADES = 1000;
const NAME = z.string().min(1).max(200);

const FIGURE = z.union([
  z.number().transform((value) => ({ value, previous: null })),
  z.object({
    value: z.number(),
    previous: z.number().nullable().default(null),
  }),
]);

/** One line: an id such as `20150225_LMAT` stands for ticker and date. */
const LINE = z.object({
  id: NAME.optional(),
  ticker: NAME.optional(),
  date: z.iso.date().optional(),
  text: z.union([z.string(), z.array(z.string()).max(MAX_SENTENCES)]),
  figures: z.record(NAME, FIGURE)
    .refine((figures) => Object.keys(figures).length <= MAX_FIGURES, {
      error: `more than ${MAX_FIGURES} figures`,
    }).default({}),
  surprise: z.object({ actual: z.number(), expected: z.number() }).nullable()
    .default(null),
  grades: z.array(
    z.object({
      date: z.iso.date(),
      firm: z.string().max(200),
      grade: z.string().max(200),
    }),
  ).max(MAX_GRADES).default([]),
});

type Line = z.output<typeof LINE>;

function refuse(
  { source }: ReportLineOptions,
  line: number,
  actual: string,
  cause?: unknown,
): DataError {
  return new DataError(`Cannot read a report in line ${line} of "${source}"`, {
    expected:
      'a JSON object with "text" (a text or a list of sentences), "ticker" and "date" or an "id" such as "20150225_LMAT"',
    actual,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Day and ticker of an id such as `20150225_LMAT`. */
function partsOf(id: string): { date: string; ticker: string } | undefined {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})_(.+)$/.exec(id);
  if (match === null) return undefined;
  const [, year, month, day, ticker] = match;
  const number = dayNumberOf(Number(year), Number(month), Number(day));
  return number === undefined
    ? undefined
    : { date: toISODay(number), ticker: ticker! };
}

function textOf({ text }: Line): string {
  const whole = typeof text === "string" ? text : text.join(" ");
  return whole.trim();
}

function reportOf(
  raw: string,
  line: number,
  options: ReportLineOptions,
): CompanyReport {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch (cause) {
    throw refuse(options, line, "no JSON", cause);
  }
  const parsed = LINE.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join(".") ?? "";
    throw refuse(
      options,
      line,
      `${place === "" ? "the line" : `"${place.slice(0, 100)}"`}: ${
        issue?.message.slice(0, 200) ?? "unknown"
      }`,
    );
  }
  const { data } = parsed;
  const named = data.id === undefined ? undefined : partsOf(data.id);
  const ticker = data.ticker ?? named?.ticker;
  const date = data.date ?? named?.date;
  if (ticker === undefined || date === undefined) {
    throw refuse(
      options,
      line,
      `no ${ticker === undefined ? "ticker" : "date"}`,
    );
  }
  const text = textOf(data);
  if (text === "") throw refuse(options, line, "an empty text");
  if (text.length > options.maxCharacters) {
    throw refuse(
      options,
      line,
      `a text of ${text.length} characters, more than ${options.maxCharacters}`,
    );
  }
  const { figures, grades, surprise } = data;
  const id = data.id ?? `${date.replaceAll("-", "")}_${ticker}`;
  return { id, ticker, date, text, figures, surprise, grades };
}

/**
 * Reads lines of JSON; empty ones are left out.
 *
 * @param text The lines.
 * @param options Limits.
 * @returns The reports, by date and then in the order of the file.
 * @throws {DataError} For a line that is no report, two reports of one id, or
 * more than the limits allow; the message names the line.
 */
export async function parseReportLines(
  text: string,
  options: ReportLineOptions,
): Promise<CompanyReport[]> {
  const pace = pacer(options.signal);
  const reports: CompanyReport[] = [];
  const known = new Set<string>();
  let [start, line] = [0, 0];
  while (start < text.length) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    const raw = text.slice(start, end).trim();
    start = end + 1;
    line++;
    if (raw === "") continue;
    if (reports.length === options.maxReports) {
      throw new DataError(
        `Cannot read reports as "${options.source}" has too many`,
        {
          expected: `at most ${options.maxReports}`,
          actual: "more than that",
          hint: 'Raise "maxReports", or split the file',
        },
      );
    }
    const report = reportOf(raw, line, options);
    if (known.has(report.id)) {
      throw refuse(options, line, `a second report "${report.id}"`);
    }
    known.add(report.id);
    reports.push(report);
    await pace();
  }
  if (reports.length === 0) {
    throw new DataError(`Cannot read reports as "${options.source}" has none`, {
      expected: "one JSON object a line",
      actual: "no lines",
    });
  }
  return reports.sort((a, b) => a.date < b.date ? -1 : a.date > b.date ? 1 : 0);
}
