/**
 * What reports told up to a day, as one report.
 *
 * @module
 */

import type { CompanyReport, ReportFigure } from "../../ops/reports.ts";

const MILLISECONDS_PER_DAY = 86_400_000;

/** Days after which a report tells nothing any more: a year and some days. */
const LONGEST_AGE = 380;

/** Characters of a report's text that are kept. */
const MOST_CHARACTERS = 12_000;

/** Figures of a digest: those that most companies report. */
const MOST_FIGURES = 6;

/**
 * A day some calendar days before another.
 *
 * @param day The other day, ISO 8601.
 * @param days How many days before.
 * @returns The day, ISO 8601.
 */
export function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * MILLISECONDS_PER_DAY)
    .toISOString().slice(0, 10);
}

/**
 * The last report of each ticker that was known on a day.
 *
 * @param reports Reports by date.
 * @param day The day.
 * @param lag Calendar days from a report's date until it is known.
 * @returns The reports, one of a ticker.
 */
export function knownReports(
  reports: readonly CompanyReport[],
  day: string,
  lag: number,
): CompanyReport[] {
  const last = daysBefore(day, lag);
  const first = daysBefore(day, lag + LONGEST_AGE);
  const byTicker = new Map<string, CompanyReport>();
  for (const report of reports) {
    if (report.date > last) break;
    if (report.date >= first) byTicker.set(report.ticker, report);
  }
  return [...byTicker.values()];
}

interface Growth {
  readonly name: string;
  readonly figure: ReportFigure;
  readonly companies: number;
  readonly grew: number;
}

/** Figures that many companies report, summed up where the year before is known. */
function growthOf(reports: readonly CompanyReport[]): Growth[] {
  const names = new Set(reports.flatMap(({ figures }) => Object.keys(figures)));
  const growth = [...names].flatMap((name): Growth[] => {
    const pairs = reports.flatMap(({ figures }) => {
      const own = figures[name];
      return own === undefined || own.previous === null
        ? []
        : [{ value: own.value, previous: own.previous }];
    });
    if (pairs.length === 0) return [];
    const sum = (of: "value" | "previous") =>
      pairs.reduce((total, pair) => total + pair[of], 0);
    return [{
      name,
      figure: { value: sum("value"), previous: sum("previous") },
      companies: pairs.length,
      grew: pairs.filter(({ value, previous }) => value > previous).length,
    }];
  });
  return growth.sort((a, b) => b.companies - a.companies)
    .slice(0, MOST_FIGURES);
}

/**
 * One report that tells what reports told up to a day: the report itself where
 * there is one, sums of figures and counts of companies where there are several.
 * Nothing in it is dated after the day.
 *
 * @param reports Reports that are known, one of a ticker.
 * @param name What the price is of.
 * @param day The day that the digest is of.
 * @returns A report of that day.
 */
export function reportDigest(
  reports: readonly CompanyReport[],
  name: string,
  day: string,
): CompanyReport {
  const own = reports.length === 1 ? reports[0] : undefined;
  const common = { id: `${day}_${name}`, ticker: name, date: day };
  if (own !== undefined) {
    return {
      ...common,
      text: own.text.slice(0, MOST_CHARACTERS),
      figures: own.figures,
      surprise: own.surprise,
      grades: own.grades.filter(({ date }) => date < day),
    };
  }
  const growth = growthOf(reports);
  const counts = growth.map(({ name, companies, grew }) =>
    `${name} rose at ${grew} of ${companies}.`
  );
  return {
    ...common,
    text: reports.length === 0
      ? "No report is known."
      : [`${reports.length} companies have reported.`, ...counts].join(" "),
    figures: Object.fromEntries(
      growth.map(({ name, figure }) => [name, figure]),
    ),
    surprise: null,
    grades: [],
  };
}
