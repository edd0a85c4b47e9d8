/**
 * Sources as numbers.
 *
 * @module
 */

import { textTone } from "./lexicon.ts";
import { meanAndDeviation } from "./price_statistics.ts";
import {
  type EvidenceSources,
  knownTexts,
  NEWS_CUTOFF,
  type SourceFigure,
  type SourceText,
} from "./sources.ts";

/** Numbers by the names of the factors; what cannot be told has no entry. */
export type EvidenceFactors = Readonly<Record<string, number>>;

/** Days of a month of trading. */
const MONTH = 20;

/**
 * The factors of sources:
 * - "return 1", "return 5", "return 20": returns of the close over so many rows,
 * - "daily spread", "overnight spread": deviation over twenty rows of the log returns
 *   from close to close, and from close to open,
 * - "band place": distance from the mean of twenty closes in deviations,
 * - "volume": logarithm of the volume over its mean of twenty rows,
 * - "peer return": last returns of the peers, weighed by similarity,
 * - "tone of news", "tone of reports", "tone of economy": see `textTone`,
 * - "change of NAME" for a figure with one before it: the difference over its size,
 *   between -10 and 10; "level of NAME" for one without.
 *
 * @param sources The sources.
 * @param cutoff The last minute of the day whose news count; 21:00 by default.
 * @returns The factors.
 *
 * @example
 * ```ts
 * import { evidenceFactors, makeSources } from "@weft/weft/ops/evidence";
 *
 * const factors = evidenceFactors(makeSources({
 *   name: "X",
 *   day: "2016-03-04",
 *   nextDay: "2016-03-07",
 *   fundamentals: [{ name: "revenue", value: 110, previous: 100 }],
 * }));
 * console.log(factors); // { "change of revenue": 0.1 }
 * ```
 */
export function evidenceFactors(
  sources: EvidenceSources,
  cutoff: string = NEWS_CUTOFF,
): EvidenceFactors {
  const { day, fundamentals, macro, news, reports, technical } = sources;
  const tones: [string, readonly SourceText[]][] = [
    ["tone of news", knownTexts(news, day, cutoff)],
    ["tone of reports", knownTexts(reports, day, cutoff)],
    ["tone of economy", knownTexts(macro, day, cutoff)],
  ];
  const entries: (readonly [string, number])[] = [
    ...priceFactors(sources),
    ...tones.filter(([, texts]) => texts.length > 0).map(([name, texts]) =>
      [name, toneOf(texts)] as const
    ),
    ...[...fundamentals, ...technical].map(figureFactor),
  ];
  return Object.fromEntries(
    entries.filter(([, value]) => Number.isFinite(value)),
  );
}

function toneOf(texts: readonly SourceText[]): number {
  return textTone(
    texts.map(({ text = "", title }) => `${title}. ${text}`).join("\n"),
  ).tone;
}

function figureFactor(
  { name, previous, value }: SourceFigure,
): readonly [string, number] {
  if (previous === undefined) return [`level of ${name}`, value];
  const size = Math.max(Math.abs(previous), 1e-12);
  const change = Math.min(10, Math.max(-10, (value - previous) / size));
  return [`change of ${name}`, change];
}

function* priceFactors(
  { peers, prices }: EvidenceSources,
): Generator<readonly [string, number]> {
  const last = prices.at(-1);
  if (last !== undefined) {
    for (const days of [1, 5, MONTH]) {
      const before = prices.at(-1 - days);
      if (before === undefined) continue;
      yield [`return ${days}`, last.close / before.close - 1];
    }
    const recent = prices.slice(-MONTH);
    if (recent.length === MONTH) {
      const closes = recent.map(({ close }) => close);
      const logs = (pick: (row: number) => number) =>
        recent.slice(1).map((_, k) => Math.log(pick(k + 1) / closes[k]!));
      yield ["daily spread", meanAndDeviation(logs((row) => closes[row]!))[1]];
      const opens = logs((row) => recent[row]!.open);
      yield ["overnight spread", meanAndDeviation(opens)[1]];
      const [mean, deviation] = meanAndDeviation(closes);
      yield ["band place", deviation > 0 ? (last.close - mean) / deviation : 0];
      const volumes = recent.map(({ volume }) => volume ?? NaN);
      const [volume] = meanAndDeviation(volumes);
      const share = (last.volume ?? NaN) / volume;
      if (share > 0) yield ["volume", Math.log(share)];
    }
  }
  const moves = peers.filter(({ prices: own }) => own.length > 1).map(
    ({ prices: own, similarity }) => ({
      weight: Math.abs(similarity),
      move: Math.sign(similarity) * (own.at(-1)!.close / own.at(-2)!.close - 1),
    }),
  );
  const weight = moves.reduce((sum, one) => sum + one.weight, 0);
  if (weight > 0) {
    yield [
      "peer return",
      moves.reduce((sum, one) => sum + one.weight * one.move, 0) / weight,
    ];
  }
}
