/**
 * Where items come from: files of the user, what comes with packages, or a
 * simulation.
 *
 * @module
 */

import { eventSplits, readPrices, readReports } from "../../ops/data/mod.ts";
import { type EvidenceItem, simulatedItems } from "../../ops/evidence/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import type { Output } from "../../runtime/flow/mod.ts";
import { file } from "../../runtime/ports/mod.ts";
import { type ReportItems, reportItems } from "./report_items.ts";
import { SAMPLE_NOTE, sampleItems } from "./sample_items.ts";
import type { RetuningSettings } from "./settings.ts";

/** What is asked for: both files, a simulation, or neither. */
export interface ItemOptions {
  /** Reports as lines of JSON. */
  readonly reports?: string | undefined;
  /** Prices with tickers. */
  readonly prices?: string | undefined;
  /** Whether items are simulated. */
  readonly simulated: boolean;
}

/** Items, how they are divided, and what must be said of them. */
export interface ItemSource {
  readonly items: Output<EvidenceItem[]>;
  readonly splits: Output<Splits> | Splits;
  readonly bayesRate?: Output<number>;
  readonly data: string;
  readonly notes: readonly string[];
}

/** Items that are simulated: the first two thirds are learnt from. */
const SIMULATED = { items: 300, factorStrength: 0.4, textStrength: 0.3 };
const SIMULATED_TEST = 200;
/** Items left out before a test: their outcomes reach into it. */
const SIMULATED_GAP = 2;

function simulatedSplits(windows: number): Splits {
  const rows = SIMULATED.items - SIMULATED_TEST;
  const start = (window: number) =>
    SIMULATED_TEST + Math.round(window * rows / windows);
  return Array.from({ length: windows }, (_, window) => ({
    trainStart: 0,
    trainEnd: start(window) - SIMULATED_GAP,
    testStart: start(window),
    testEnd: start(window + 1),
  }));
}

/**
 * Where the items of a command come from.
 *
 * @param options The options.
 * @returns The kind of source.
 */
export function kindOf(
  { prices, reports, simulated }: ItemOptions,
): "files" | "sample" | "simulated" {
  if (reports !== undefined && prices !== undefined) return "files";
  return simulated ? "simulated" : "sample";
}

function fileItems({ prices, reports }: ItemOptions, threshold: number) {
  return reportItems({
    reports: readReports({ file: file(reports!) }).reports,
    prices: readPrices({ file: file(prices!) }, {
      required: ["date", "ticker", "open", "close"],
    }).prices,
  }, { threshold });
}

/**
 * The items of a command. Nothing is read until they are asked for.
 *
 * @param options The options.
 * @param settings Threshold, windows and seed.
 * @returns The items.
 */
export function sourceOf(
  options: ItemOptions,
  { seed, threshold, windows }: RetuningSettings,
): ItemSource {
  const divided = ({ events, items }: ReportItems) => ({
    items,
    splits: eventSplits({ events }, { windows }).splits,
  });
  switch (kindOf(options)) {
    case "files":
      return {
        ...divided(fileItems(options, threshold)),
        data: "reports joined with prices",
        notes: [
          "A report without an hour counts as known at the close of its day; what follows is the move to the next open.",
        ],
      };
    case "sample":
      return {
        ...divided(sampleItems({ threshold })),
        data: "the S&P 500 and annual reports, as sample data",
        notes: [SAMPLE_NOTE],
      };
    case "simulated": {
      const { bayesRate, items } = simulatedItems({}, {
        ...SIMULATED,
        threshold,
        seed,
      });
      return {
        items,
        bayesRate,
        splits: simulatedSplits(windows),
        data: "simulated items",
        notes: ["The items are simulated."],
      };
    }
  }
}
