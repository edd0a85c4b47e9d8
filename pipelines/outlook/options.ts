/**
 * The options of the outlook's command, and what they mean.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { file } from "../../runtime/ports/mod.ts";
import { readReports } from "../../ops/data/mod.ts";
import { loadModel, modelFiles } from "../../ops/language/mod.ts";
import { readArguments } from "../read_arguments.ts";
import {
  type TickerPrices,
  tickerPrices,
  TICKERS_OPTION,
} from "../ticker_prices.ts";
import type { OutlookInputs } from "./outlook.ts";
import { SETTING_SHAPE, SETTINGS, type Settings, SIZES } from "./settings.ts";

/** How the command is called. */
export const USAGE = `Usage: deno task outlook [options]

  --prices FILE      CSV, Parquet or Arrow file of daily prices
                     (default: S&P 500, 2000 to 2020, as sample data)
  --tickers A,B      which tickers of a file with several, one report each and
                     one on all (default: all, if there is 1, in size full 4);
                     language models read the reports of the ticker only
  --reports FILE     lines of JSON, also .gz, of reports or calls that language
                     models read (default: annual figures, as sample data)
  --report-lag DAYS  days from the date of a report until it is known
                     (default 1, for the sample 120)
  --model PLACE      language model: a folder, a GGUF file or hf:OWNER/NAME
                     (default: the small one of Weft, which shows mechanics only)
  --size small|full  windows, refits, searches and steps (default small)
  --horizon DAYS     trading days of a movement (default 5)
  --threshold RATE   return from which a movement is up or down (default 0.01)
  --decay RATE       decay of EWMA (default 0.94)
  --minimum-slope K  debiasing stretches predictions by at most 1 / K
                     (default 0.9)
  --volume, --no-volume
                     whether the technical expert reads the volume (it does)
  --train-years N    years that the volatility models learn from
                     (default 4, in size full 5)
  --movement-years N forecast years that the movement models learn from first
                     (default 3, in size full 4)
  --seed NUMBER      seed of all random draws (default 0)
  --out DIR          folder of report.json, report.html, trace.json
                     (default out/outlook)
  --store PLACE      folder of results that later runs reuse, "memory" or
                     "none" (default .weft/store)
  --device NAME      preferred device: wasm, webgpu or reference
                     (default: chosen for each graph)
  --help             this text`;

const OPTIONS = z.object({
  size: SETTING_SHAPE.size,
  horizon: z.coerce.number().pipe(SETTING_SHAPE.horizon.unwrap())
    .optional(),
  threshold: z.coerce.number().pipe(SETTING_SHAPE.threshold.unwrap())
    .optional(),
  decay: z.coerce.number().pipe(SETTING_SHAPE.decay.unwrap())
    .optional(),
  minimumSlope: z.coerce.number().pipe(SETTING_SHAPE.minimumSlope.unwrap())
    .optional(),
  seed: z.coerce.number().pipe(SETTING_SHAPE.seed.unwrap())
    .optional(),
  volume: SETTING_SHAPE.volume,
  trainYears: z.coerce.number().pipe(SETTING_SHAPE.trainYears.unwrap())
    .optional(),
  movementYears: z.coerce.number().pipe(SETTING_SHAPE.movementYears.unwrap())
    .optional(),
  reportLag: z.coerce.number().pipe(SETTING_SHAPE.reportLag.unwrap())
    .optional(),
  prices: z.string().optional(),
  reports: z.string().optional(),
  tickers: TICKERS_OPTION,
  model: SETTING_SHAPE.model,
  out: z.string().default(join("out", "outlook")),
  store: z.string().default(join(".weft", "store")),
  device: z.string().optional(),
  help: z.boolean().default(false),
});

/** The options of the command, checked. */
export type OutlookOptions = z.output<typeof OPTIONS>;

/**
 * Reads the options of the command.
 *
 * @param args Arguments of the command line.
 * @returns The options with their defaults.
 * @throws {ParameterError} If an option is unknown or its value out of range.
 */
export function readOptions(args: readonly string[]): OutlookOptions {
  return readArguments(args, {
    schema: OPTIONS,
    flags: ["volume", "help"],
    help: "deno task outlook --help",
  });
}

/**
 * The settings of the options; a report of the user's own is known on the day
 * after its date.
 *
 * @param options The options.
 * @returns The settings, but for the ticker.
 */
export function settingsOf(options: OutlookOptions): Settings {
  const { reportLag, reports } = options;
  return SETTINGS.parse({
    ...options,
    reportLag: reportLag ?? (reports === undefined ? undefined : 1),
  });
}

/**
 * What all tickers read.
 *
 * @param options The options.
 * @returns Reports and model; those that come along are left out.
 */
export async function sharedInputs(
  { model, reports }: OutlookOptions,
): Promise<Pick<OutlookInputs, "model" | "reports">> {
  return {
    ...(reports === undefined
      ? {}
      : { reports: readReports({ file: file(reports) }).reports }),
    ...(model === undefined
      ? {}
      : { model: loadModel({ files: await modelFiles(model) }).model }),
  };
}

/**
 * The prices of the options: of the named tickers, or of as many as the size
 * takes without being named.
 *
 * @param options The options.
 * @returns One entry a ticker. A single one that nobody named has no name, so
 * that language models read the reports of all.
 * @throws {ParameterError} If tickers are to be chosen, or cannot be.
 */
export async function pricesOf(
  { prices, size, tickers }: OutlookOptions,
): Promise<TickerPrices[]> {
  const entries = await tickerPrices(prices, {
    tickers,
    most: SIZES[size].tickers,
  });
  const [only] = entries;
  return tickers === undefined && entries.length === 1
    ? [{ prices: only!.prices, findings: only!.findings }]
    : entries;
}
