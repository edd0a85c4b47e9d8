/**
 * Reports of companies and what prices did around them: plain data, shared by
 * the families that read, label, describe and judge them.
 *
 * @module
 */

import { z } from "zod";

/** A figure of a report, and the same figure a year before. */
export interface ReportFigure {
  /** The figure. */
  readonly value: number;
  /** The figure of the same period a year before; null where unknown. */
  readonly previous: number | null;
}

/** Earnings per share against what was expected of them. */
export interface ReportSurprise {
  /** What was reported. */
  readonly actual: number;
  /** What analysts expected. */
  readonly expected: number;
}

/** What an analyst said of a stock. */
export interface AnalystGrade {
  /** The day, ISO 8601. */
  readonly date: string;
  /** Who. */
  readonly firm: string;
  /** What, for example `upgrade to Buy`. */
  readonly grade: string;
}

/** A report or an earnings call of a company, as it was published. */
export interface CompanyReport {
  /** What it is called; no two are called the same. */
  readonly id: string;
  /** The company's ticker. */
  readonly ticker: string;
  /**
   * The day on which it was published, ISO 8601; for reports that do not say
   * so, the end of the period that they are about.
   */
  readonly date: string;
  /** The transcript or the report. */
  readonly text: string;
  /** Figures by name. */
  readonly figures: Readonly<Record<string, ReportFigure>>;
  /** Earnings against expectations; null where unknown. */
  readonly surprise: ReportSurprise | null;
  /** What analysts said before, in any order. */
  readonly grades: readonly AnalystGrade[];
}

/** A simple return over some sessions up to the day of decision. */
export interface PastReturn {
  /** Of what, for example `the stock` or `S&P 500`. */
  readonly of: string;
  /** Over how many sessions. */
  readonly sessions: number;
  /** The return, 0.01 for 1 %. */
  readonly value: number;
}

/**
 * A report joined with prices: everything but the outcome is known at the close
 * of `day`.
 */
export interface ReportEvent {
  /** The report. */
  readonly report: CompanyReport;
  /** The session at whose close all of it is known, ISO 8601. */
  readonly day: string;
  /** Returns up to the close of that day. */
  readonly returns: readonly PastReturn[];
  /** What happened next, 0.01 for 1 %; null where it is not known yet. */
  readonly change: number | null;
  /** The day at whose end the outcome is known; null where it is not. */
  readonly end: string | null;
}

const FIGURE: z.ZodType<ReportFigure> = z.object({
  value: z.number(),
  previous: z.number().nullable(),
});

const GRADE: z.ZodType<AnalystGrade> = z.object({
  date: z.iso.date(),
  firm: z.string(),
  grade: z.string(),
});

/** Schema of {@linkcode CompanyReport}. */
export const COMPANY_REPORT: z.ZodType<CompanyReport> = z.object({
  id: z.string().min(1),
  ticker: z.string().min(1),
  date: z.iso.date(),
  text: z.string(),
  figures: z.record(z.string(), FIGURE),
  surprise: z.object({ actual: z.number(), expected: z.number() }).nullable(),
  grades: z.array(GRADE).readonly(),
});

/** Schema of {@linkcode ReportEvent}. */
export const REPORT_EVENT: z.ZodType<ReportEvent> = z.object({
  report: COMPANY_REPORT,
  day: z.iso.date(),
  returns: z.array(
    z.object({ of: z.string(), sessions: z.int(), value: z.number() }),
  ).readonly(),
  change: z.number().nullable(),
  end: z.iso.date().nullable(),
});
