/**
 * Sources as sections of a prompt, in parts that can be left out.
 *
 * @module
 */

import {
  type EvidenceSources,
  knownTexts,
  type SourceFigure,
  type SourcePrice,
  type SourceText,
} from "./sources.ts";
import { bollingerBands } from "./price_statistics.ts";

/** A section of a prompt. */
export interface PromptSection {
  /** What it is called. */
  readonly title: string;
  /** Its lines, in the order in which they are shown. */
  readonly lines: readonly string[];
  /** Numbers of its lines, the most important first. */
  readonly importance: readonly number[];
}

const WEEKDAYS = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];

const MILLISECONDS_PER_DAY = 86_400_000;

/** Characters of a line of text at most. */
const LINE_CHARACTERS = 320;
/** Characters of a text that are looked at. */
const MAX_TEXT = 200_000;

function weekday(day: string): string {
  return WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()] ?? "unknown day";
}

/**
 * A day with its weekday.
 *
 * @param day The day, "YYYY-MM-DD".
 * @returns The text.
 */
export function describeDay(day: string): string {
  return `${day} (${weekday(day)})`;
}

/**
 * What lies between two trading days.
 *
 * @param day The first one.
 * @param nextDay The next one.
 * @returns A sentence.
 */
export function describeGap(day: string, nextDay: string): string {
  const number = (one: string) =>
    Date.parse(`${one}T00:00:00Z`) / MILLISECONDS_PER_DAY;
  const [first, last] = [number(day), number(nextDay)];
  let weekdays = 0;
  // Longer gaps are told by their length alone
  for (let at = first + 1; at < Math.min(last, first + 60); at++) {
    const ofWeek = new Date(at * MILLISECONDS_PER_DAY).getUTCDay();
    if (ofWeek !== 0 && ofWeek !== 6) weekdays++;
  }
  const closed = last - first - 1;
  if (closed === 0) return "The market opens again on the following day.";
  const days = `${closed} ${closed === 1 ? "day" : "days"}`;
  return weekdays === 0
    ? `The market is closed for ${days}, a weekend.`
    : `The market is closed for ${days}, with ${weekdays} of the week: a holiday or a halt.`;
}

/**
 * The sections of sources, in the order of the paper's prompt; empty ones are left
 * out.
 *
 * @param sources The sources.
 * @param cutoff The last minute of the day whose news count, "HH:MM".
 * @returns The sections.
 */
export function promptSections(
  sources: EvidenceSources,
  cutoff: string,
): PromptSection[] {
  const { day } = sources;
  const sections = [
    inTurn("Company", sources.background.map((line) => oneLine(line))),
    textSection("Reports", knownTexts(sources.reports, day, cutoff)),
    textSection("News", knownTexts(sources.news, day, cutoff)),
    priceSection("Prices", sources.prices),
    ...sources.peers.map(({ name, prices, similarity }) =>
      priceSection(
        `Prices of ${oneLine(name)}, similarity ${similarity.toFixed(2)}`,
        prices,
      )
    ),
    textSection("Economy", knownTexts(sources.macro, day, cutoff)),
    inTurn("Fundamentals", sources.fundamentals.map(figureLine)),
    inTurn("Technical figures", sources.technical.map(figureLine)),
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

function inTurn(title: string, lines: readonly string[]): PromptSection {
  return { title, lines, importance: [...lines.keys()] };
}

/** Text that cannot end a line, open a section or close the prompt. */
function oneLine(text: string): string {
  return text.slice(0, MAX_TEXT).replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/[<>]/g, "").trim();
}

/**
 * A figure as a line.
 *
 * @param figure The figure.
 * @returns The line.
 */
export function figureLine({ name, value, previous }: SourceFigure): string {
  const before = previous === undefined
    ? ""
    : `, before ${shortNumber(previous)}`;
  return `${oneLine(name)}: ${shortNumber(value)}${before}`;
}

/**
 * A number with four digits that count, never with an exponent below a billion.
 *
 * @param value The number.
 * @returns The text.
 */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return "unknown";
  const size = Math.abs(value);
  if (size >= 1e9) return `${(value / 1e9).toFixed(2)} billion`;
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)} million`;
  if (size >= 1000) return value.toFixed(0);
  return String(Number(value.toFixed(size >= 1 ? 2 : 4)));
}

/** Titles count first, the newest first; then what stands below them. */
function textSection(
  title: string,
  texts: readonly SourceText[],
): PromptSection {
  const lines: string[] = [];
  const titles: number[] = [];
  const bodies: number[][] = [];
  for (const one of texts) {
    const { body, heading } = textLines(one);
    titles.push(lines.length);
    lines.push(heading);
    bodies.push(body.map((_, k) => lines.length + k));
    lines.push(...body);
  }
  const importance = [...titles.reverse(), ...bodies.reverse().flat()];
  return { title, lines, importance };
}

/**
 * A text as lines.
 *
 * @param source The text.
 * @returns Its heading, and whole sentences, as many on a line as fit.
 */
export function textLines(
  { text = "", time, title }: SourceText,
): { readonly heading: string; readonly body: readonly string[] } {
  const heading = `${time.slice(0, 16).replace("T", " ")} ${oneLine(title)}`;
  return { heading, body: sentenceLines(text) };
}

/** Whole sentences, as many on a line as fit. */
function sentenceLines(text: string): string[] {
  const lines: string[] = [];
  for (const sentence of oneLine(text).split(/(?<=[.!?]) /)) {
    if (sentence === "") continue;
    const last = lines.at(-1);
    const fits = last !== undefined &&
      last.length + sentence.length < LINE_CHARACTERS;
    if (fits) lines[lines.length - 1] = `${last} ${sentence}`;
    else lines.push(sentence.slice(0, 4 * LINE_CHARACTERS));
  }
  return lines;
}

/**
 * Prices as lines.
 *
 * @param prices Prices in order.
 * @returns A line each.
 */
export function priceLines(prices: readonly SourcePrice[]): string[] {
  const bands = bollingerBands(prices.map(({ close }) => close));
  return prices.map((price, row) => {
    const { close, day, high, low, open, volume } = price;
    const before = prices[row - 1]?.close;
    const parts = [
      `open ${shortNumber(open)} high ${shortNumber(high)}`,
      `low ${shortNumber(low)} close ${shortNumber(close)}`,
    ];
    if (before !== undefined) {
      parts.push(`change ${percent(close / before - 1)}`);
    }
    if (volume !== undefined) parts.push(`volume ${shortNumber(volume)}`);
    const band = bands[row];
    if (band !== undefined) {
      const [lower, middle, upper] = band.map(shortNumber);
      parts.push(`bands ${lower} ${middle} ${upper}`);
    }
    return `${day} ${weekday(day).slice(0, 3)}: ${parts.join(", ")}`;
  });
}

function priceSection(
  title: string,
  prices: readonly SourcePrice[],
): PromptSection {
  const lines = priceLines(prices);
  return { title, lines, importance: [...lines.keys()].reverse() };
}

/**
 * A part as a percentage with its sign.
 *
 * @param part The part.
 * @returns The text.
 */
export function percent(part: number): string {
  const text = (100 * part).toFixed(2);
  return `${part >= 0 && !text.startsWith("-") ? "+" : ""}${text}%`;
}
