/**
 * The volatility pipeline: numeric forecast, correction, censored returns, for
 * each ticker, and a model card of it all.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import { z } from "zod";
import {
  map,
  type Node,
  type Op,
  op,
  type Output,
} from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type ModelCard, modelCard } from "../../ops/evaluate/mod.ts";
import { cardStagesOf } from "./card_stages.ts";
import type { VolatilitySettings } from "./settings.ts";
import { type TickerInputs, tickerStage } from "./ticker_stage.ts";
import { TICKER_RESULT, type TickerResult } from "./ticker_schema.ts";

/** What the pipeline reads. */
export interface VolatilityPipelineInputs {
  /** Prices and findings by ticker. */
  readonly tickers: Readonly<Record<string, Omit<TickerInputs, "implied">>>;
  /** Implied volatility, columns date and close in per cent a year. */
  readonly implied?: Output<DataFrame> | undefined;
}

/** What the pipeline gives. */
export interface VolatilityStudy {
  /** One a ticker. */
  readonly results: readonly TickerResult[];
  /** The model card. */
  readonly card: ModelCard;
  /** Its verdicts in words. */
  readonly sentences: readonly string[];
}

const study: Op<
  { results: Record<string, TickerResult> },
  Record<never, never>,
  { study: VolatilityStudy }
> = op({
  name: "volatility/study",
  version: "3",
  doc: "Results of all tickers and their model card",
  inputs: { results: port.record(port.value(TICKER_RESULT)) },
  params: z.object({}),
  outputs: { study: port.value(z.custom<VolatilityStudy>()) },
  run: async ({ results: byTicker }) => {
    const results = Object.values(byTicker);
    const { card, sentences } = await modelCard.run({
      data: results.map(({ ticker, data, findings }) => ({
        name: `daily prices of ${ticker}`,
        period: data,
        note: findings.map(({ message }) => message).join("; ") || null,
      })),
      stages: results.flatMap(cardStagesOf),
    }, { title: "Volatility", size: "as set" });
    return { study: { results, card, sentences } };
  },
});

/**
 * Wires the pipeline. Nothing runs until the node's value is asked for.
 *
 * @param inputs Prices by ticker; optionally implied volatility.
 * @param settings See `VOLATILITY_SETTINGS`.
 * @returns The node of the study.
 *
 * @example
 * ```ts
 * import { volatility, VOLATILITY_SETTINGS } from "@weft/weft/pipelines";
 * import { samplePrices } from "@weft/weft/ops/data";
 *
 * const node = volatility(
 *   { tickers: { "S&P 500": samplePrices() } },
 *   VOLATILITY_SETTINGS.parse({ days: 2000 }),
 * );
 * console.log((await node.explain()).includes("censoredReturnForecast")); // true
 * ```
 */
export function volatility(
  { tickers, implied }: VolatilityPipelineInputs,
  settings: VolatilitySettings,
): Node<{ study: VolatilityStudy }> {
  const { result } = map(
    Object.keys(tickers),
    (ticker) => tickerStage(ticker, { ...tickers[ticker]!, implied }, settings),
  );
  return study({ results: result });
}
