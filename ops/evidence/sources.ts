/**
 * What is known of a stock at the end of a trading day.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { EVIDENCE_TRUTH, type EvidenceTruth } from "./reward.ts";

/** A text that was published: news, a report, a note on the economy. */
export interface SourceText {
  /** When, as "YYYY-MM-DD" or "YYYY-MM-DD HH:MM", in the time of the exchange. */
  readonly time: string;
  /** What it is called. */
  readonly title: string;
  /** The text; none by default. */
  readonly text?: string | undefined;
}

/** The prices of a day. */
export interface SourcePrice {
  /** The day, "YYYY-MM-DD". */
  readonly day: string;
  /** First price. */
  readonly open: number;
  /** Highest price. */
  readonly high: number;
  /** Lowest price. */
  readonly low: number;
  /** Last price. */
  readonly close: number;
  /** Shares traded. */
  readonly volume?: number | undefined;
}

/** A stock whose price moves like this one's. */
export interface SourcePeer {
  /** What it is called. */
  readonly name: string;
  /** Correlation of the returns, from -1 to 1. */
  readonly similarity: number;
  /** Its prices, in order. */
  readonly prices: readonly SourcePrice[];
}

/** A number about a company or its price. */
export interface SourceFigure {
  /** What it is. */
  readonly name: string;
  /** The number. */
  readonly value: number;
  /** The same of the period before. */
  readonly previous?: number | undefined;
}

/** All sources. */
export interface EvidenceSources {
  /** What the stock is called. */
  readonly name: string;
  /** The trading day that has ended, "YYYY-MM-DD". */
  readonly day: string;
  /** The day that is forecast, "YYYY-MM-DD"; in the paper the next trading day. */
  readonly nextDay: string;
  /** Which price of that day is forecast, from the close of `day`. */
  readonly until: "open" | "close";
  /** What the company does, its sector, its index. */
  readonly background: readonly string[];
  /** News. */
  readonly news: readonly SourceText[];
  /** Reports and transcripts of the company. */
  readonly reports: readonly SourceText[];
  /** Prices, in order, up to the day. */
  readonly prices: readonly SourcePrice[];
  /** Stocks that move alike. */
  readonly peers: readonly SourcePeer[];
  /** Notes on the economy. */
  readonly macro: readonly SourceText[];
  /** Figures of the company. */
  readonly fundamentals: readonly SourceFigure[];
  /** Figures of its price. */
  readonly technical: readonly SourceFigure[];
}

/** A stock on a day, and what happened next. */
export interface EvidenceItem {
  /** What the item is called; no two are called the same. */
  readonly id: string;
  /** What was known. */
  readonly sources: EvidenceSources;
  /** What happened; null where it is not known yet. */
  readonly truth: EvidenceTruth | null;
}

/** What {@linkcode makeSources} needs; the forecast is of the open by default. */
export type PartialSources =
  & Pick<EvidenceSources, "name" | "day" | "nextDay">
  & Partial<EvidenceSources>;

const DAY = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const TEXT: z.ZodType<SourceText> = z.object({
  time: z.string().regex(/^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2})?/),
  title: z.string(),
  text: z.string().optional(),
});
const PRICE: z.ZodType<SourcePrice> = z.object({
  day: DAY,
  open: z.number().positive(),
  high: z.number().positive(),
  low: z.number().positive(),
  close: z.number().positive(),
  volume: z.number().nonnegative().optional(),
});
const FIGURE: z.ZodType<SourceFigure> = z.object({
  name: z.string(),
  value: z.number(),
  previous: z.number().optional(),
});

/** Schema of {@linkcode EvidenceSources}. */
export const EVIDENCE_SOURCES: z.ZodType<EvidenceSources> = z.object({
  name: z.string().min(1),
  day: DAY,
  nextDay: DAY,
  until: z.enum(["open", "close"]),
  background: z.array(z.string()).readonly(),
  news: z.array(TEXT).readonly(),
  reports: z.array(TEXT).readonly(),
  prices: z.array(PRICE).readonly(),
  peers: z.array(z.object({
    name: z.string(),
    similarity: z.number().min(-1).max(1),
    prices: z.array(PRICE).readonly(),
  })).readonly(),
  macro: z.array(TEXT).readonly(),
  fundamentals: z.array(FIGURE).readonly(),
  technical: z.array(FIGURE).readonly(),
});

/** Schema of {@linkcode EvidenceItem}. */
export const EVIDENCE_ITEM: z.ZodType<EvidenceItem> = z.object({
  id: z.string(),
  sources: EVIDENCE_SOURCES,
  truth: EVIDENCE_TRUTH.nullable(),
});

/**
 * Fills sources up with empty lists, and with the open as what is forecast, and
 * checks them.
 *
 * @param partial The sources; name and days are needed.
 * @returns All sources.
 * @throws {DataError} When they are not of the form, days are not in order, or a
 * price is of a later day.
 *
 * @example
 * ```ts
 * import { makeSources } from "@weft/weft/ops/evidence";
 *
 * const sources = makeSources({ name: "X", day: "2016-03-04", nextDay: "2016-03-07" });
 * console.log(sources.news); // []
 * ```
 */
export function makeSources(partial: PartialSources): EvidenceSources {
  const none = { background: [], news: [], reports: [], prices: [], peers: [] };
  const filled = {
    ...none,
    until: "open",
    macro: [],
    fundamentals: [],
    technical: [],
    ...partial,
  };
  const parsed = EVIDENCE_SOURCES.safeParse(filled);
  if (!parsed.success) {
    throw new DataError("Cannot read the sources of an item", {
      actual: z.prettifyError(parsed.error),
    });
  }
  checkSources(parsed.data);
  return parsed.data;
}

/**
 * Refuses sources that know what comes later.
 *
 * @param sources The sources.
 * @throws {DataError} When days are not in order, or a price is of a later day.
 */
export function checkSources(sources: EvidenceSources): void {
  const { day, nextDay, peers, prices } = sources;
  if (nextDay <= day) {
    throw new DataError(`Cannot forecast ${nextDay} from ${day}`, {
      expected: "a next day that is later",
    });
  }
  for (
    const { name, prices: own } of [{ name: sources.name, prices }, ...peers]
  ) {
    own.forEach((price, row) => {
      const before = own[row - 1];
      if (price.day > day) {
        throw new DataError(
          `Cannot use the prices of "${name}" as they look ahead`,
          { expected: `days up to ${day}`, actual: price.day },
        );
      }
      if (before !== undefined && before.day >= price.day) {
        throw new DataError(
          `Cannot use the prices of "${name}" as they are not in order`,
          { expected: `a day behind ${before.day}`, actual: price.day },
        );
      }
    });
  }
}

/** The hour from which news belong to the next day. */
export const NEWS_CUTOFF = "21:00";

/**
 * The texts that were known: those of days before, and those of the day up to the
 * cutoff. A text without an hour counts as known on its day.
 *
 * @param texts The texts.
 * @param day The day.
 * @param cutoff The last minute of the day that counts, "HH:MM"; 21:00 by default.
 * @returns The texts, the oldest first; those of one time in turn.
 */
export function knownTexts(
  texts: readonly SourceText[],
  day: string,
  cutoff: string = NEWS_CUTOFF,
): SourceText[] {
  const key = ({ time }: SourceText) => time.slice(0, 16).replace("T", " ");
  return texts
    .filter((one) => {
      const [date, minute = "00:00"] = key(one).split(" ");
      return date! < day || (date === day && minute <= cutoff);
    })
    .map((one, index) => [one, index] as const)
    .sort(([a, i], [b, k]) =>
      key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : i - k
    )
    .map(([one]) => one);
}
