/**
 * What of its sources a prompt shows.
 *
 * @module
 */

import { figureLine, priceLines, textLines } from "./prompt_sections.ts";
import type {
  EvidenceSources,
  SourceFigure,
  SourcePrice,
  SourceText,
} from "./sources.ts";

/**
 * Sources without what did not fit into a prompt, so that nobody cites what the
 * prompt does not show.
 *
 * @param sources The sources that the prompt was made of.
 * @param prompt The prompt.
 * @returns The texts, prices and figures whose lines stand in the prompt.
 *
 * @example
 * ```ts
 * import { makeSources, shownSources } from "@weft/weft/ops/evidence";
 *
 * const sources = makeSources({
 *   name: "X",
 *   day: "2016-03-04",
 *   nextDay: "2016-03-07",
 *   fundamentals: [{ name: "revenue", value: 110 }, { name: "debt", value: 5 }],
 * });
 * const { fundamentals } = shownSources(sources, "## Fundamentals\nrevenue: 110\n");
 * console.log(fundamentals.length); // 1
 * ```
 */
export function shownSources(
  sources: EvidenceSources,
  prompt: string,
): EvidenceSources {
  const shown = new Set(prompt.split("\n"));
  const texts = (own: readonly SourceText[]) =>
    own.flatMap((one) => shownText(one, shown));
  const figures = (own: readonly SourceFigure[]) =>
    own.filter((one) => shown.has(figureLine(one)));
  return {
    ...sources,
    news: texts(sources.news),
    reports: texts(sources.reports),
    macro: texts(sources.macro),
    prices: shownPrices(sources.prices, shown),
    peers: sources.peers.map((peer) => ({
      ...peer,
      prices: shownPrices(peer.prices, shown),
    })),
    fundamentals: figures(sources.fundamentals),
    technical: figures(sources.technical),
  };
}

function shownText(
  source: SourceText,
  shown: ReadonlySet<string>,
): SourceText[] {
  const { body, heading } = textLines(source);
  if (!shown.has(heading)) return [];
  return [{
    ...source,
    text: body.filter((line) => shown.has(line)).join(" "),
  }];
}

/** Lines are made of all rows, as bands look back. */
function shownPrices(
  prices: readonly SourcePrice[],
  shown: ReadonlySet<string>,
): SourcePrice[] {
  const lines = priceLines(prices);
  return prices.filter((_, row) => shown.has(lines[row]!));
}
