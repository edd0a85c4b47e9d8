/**
 * What a prompt tells of a report, block by block.
 *
 * @module
 */

import type { ReportEvent } from "../reports.ts";

/** Changes beyond it are not told in figures. */
const LARGEST_PERCENT = 999;
/** Grades at most, the newest first. */
const MAX_GRADES = 5;
const MILLISECONDS_PER_DAY = 86_400_000;

/**
 * Text of others in a line of ours: no line breaks, no marks of our own.
 *
 * @param text What somebody wrote.
 * @returns The text on one line.
 */
export function plainText(text: string): string {
  return text.replace(/\s+/g, " ").replace(/#{2,}/g, "#").trim();
}

/** A change in words, since models read words better than signs. */
function changeText(ratio: number): string {
  const size = Math.abs(100 * ratio);
  if (size.toFixed(1) === "0.0") return "did not change";
  const verb = ratio > 0 ? "rose" : "fell";
  return size > LARGEST_PERCENT
    ? `${verb} more than ${LARGEST_PERCENT} %`
    : `${verb} ${size.toFixed(1)} %`;
}

/**
 * Returns before the report, one line for what they are of.
 *
 * @param event The report with its returns.
 * @returns The lines.
 */
export function returnLines({ returns }: ReportEvent): string[] {
  const bySource = Map.groupBy(returns, ({ of }) => of);
  return [...bySource].map(([of, own]) => {
    const parts = own.map(({ sessions, value }) =>
      `${changeText(value)} in ${sessions} ${
        sessions === 1 ? "session" : "sessions"
      }`
    );
    return `Before the report ${plainText(of)} ${parts.join(", ")}.`;
  });
}

/**
 * What analysts said in the days before the day of the report.
 *
 * @param event The report with grades.
 * @param gradeDays How many days count.
 * @returns A line, or none.
 */
export function gradeLines(
  { day, report: { grades } }: ReportEvent,
  gradeDays: number,
): string[] {
  const first = new Date(Date.parse(day) - gradeDays * MILLISECONDS_PER_DAY)
    .toISOString().slice(0, 10);
  const own = grades.filter(({ date }) => date >= first && date < day)
    .sort((a, b) => a.date > b.date ? -1 : a.date < b.date ? 1 : 0)
    .slice(0, MAX_GRADES)
    .map(({ date, firm, grade }) =>
      `${date} ${plainText(firm)}: ${plainText(grade)}`
    );
  return own.length === 0 ? [] : [`Analysts: ${own.join("; ")}.`];
}

/**
 * Growth of figures over a year, in the order of the report.
 *
 * @param event The report with figures.
 * @param maxFigures How many are told at most.
 * @returns A line, or none.
 */
export function growthLines(
  { report: { figures } }: ReportEvent,
  maxFigures: number,
): string[] {
  const parts = Object.entries(figures).flatMap(([name, figure]) => {
    const { previous, value } = figure;
    return previous === null || previous === 0 ? [] : [
      `${plainText(name)} ${
        changeText((value - previous) / Math.abs(previous))
      }`,
    ];
  }).slice(0, maxFigures);
  return parts.length === 0 ? [] : [`From a year ago ${parts.join(", ")}.`];
}

/**
 * Earnings against what was expected.
 *
 * @param event The report.
 * @returns A line, or none.
 */
export function surpriseLines({ report: { surprise } }: ReportEvent): string[] {
  if (surprise === null) return [];
  const { actual, expected } = surprise;
  const verb = actual > expected
    ? "beat"
    : actual < expected
    ? "missed"
    : "met";
  return [
    `Earnings of ${actual.toFixed(2)} dollars a share ${verb} the expected ${
      expected.toFixed(2)
    }.`,
  ];
}
