/**
 * The outlook of several tickers.
 *
 * @module
 */

import { map, type Node } from "../../runtime/flow/mod.ts";
import { acrossTickers, type OutlookStudy } from "./across_tickers.ts";
import { outlook, type OutlookInputs } from "./outlook.ts";
import type { Settings } from "./settings.ts";

/** What the outlook of several tickers reads. */
export interface TickersInputs
  extends Pick<OutlookInputs, "model" | "reports"> {
  /** Prices and findings by ticker. */
  readonly tickers: Readonly<
    Record<string, Pick<OutlookInputs, "findings" | "prices">>
  >;
}

/**
 * Wires the outlook of several tickers: each has its own models, adapters and
 * votes, language models read its own reports, and the scores are put together.
 * Nothing runs until the node's value is asked for.
 *
 * @param inputs Prices by ticker; reports and model as in `outlook`.
 * @param settings See `SETTINGS`; `ticker` is set for each ticker.
 * @returns The node of the study.
 *
 * @example
 * ```ts
 * import { outlookByTicker, SETTINGS } from "@weft/weft/pipelines";
 * import { samplePrices } from "@weft/weft/ops/data";
 *
 * const tickers = { early: samplePrices({}, { to: "2012-12-31" }), all: samplePrices() };
 * const study = outlookByTicker({ tickers }, SETTINGS.parse({}));
 * console.log((await study.explain()).includes("acrossTickers")); // true
 * ```
 */
export function outlookByTicker(
  { tickers, ...shared }: TickersInputs,
  settings: Settings,
): Node<{ study: OutlookStudy }> {
  const { report } = map(
    Object.keys(tickers),
    (ticker) =>
      outlook({ ...shared, ...tickers[ticker]! }, { ...settings, ticker }),
  );
  return acrossTickers({ reports: report });
}
