/**
 * The volatility pipeline as a command line.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { WEFT_VERSION } from "../../runtime/core/version.ts";
import { showRuns, viewOf } from "../../runtime/display/mod.ts";
import { openStore, start } from "../../runtime/flow/mod.ts";
import { file } from "../../runtime/ports/mod.ts";
import { readPrices } from "../../ops/data/mod.ts";
import { devicesUsed } from "../outlook/devices_used.ts";
import { makeFolders } from "../make_folder.ts";
import { readArguments } from "../read_arguments.ts";
import { tickerPrices, TICKERS_OPTION } from "../ticker_prices.ts";
import { comingTable, scoreTable, volatilityPage } from "./report_page.ts";
import { VOLATILITY_SETTING_SHAPE, VOLATILITY_SETTINGS } from "./settings.ts";
import {
  volatility,
  type VolatilityPipelineInputs,
  type VolatilityStudy,
} from "./volatility.ts";

/** How the command is called. */
export const VOLATILITY_USAGE = `Usage: deno task volatility [options]

  --prices FILE      CSV, Parquet or Arrow file of daily prices
                     (default: S&P 500, 2000 to 2020, as sample data)
  --tickers A,B      which tickers of a file with several (default: all, if
                     there are at most 8)
  --implied FILE     implied volatility, columns date and close in per cent a
                     year, as of the VIX: one more forecast
  --days N           trading days used, the last ones (default 2520)
  --train-years N    years that models of variance and price learn from (4)
  --forecaster NAME  numeric forecast of prices: drift or ar1 (drift)
  --process-rows N   days at most that Gaussian processes learn from (400)
  --inducing N       inducing days of sparse processes (default: exact)
  --censored-rows N  days that the censored process learns from (250)
  --refit-days N     days after which it is fitted anew (63)
  --tail SHARE       share of returns that each side cuts off (0.01)
  --method NAME      ep, laplace or vi (ep)
  --decay RATE       decay of EWMA (0.94)
  --seed NUMBER      seed of all random draws (0)
  --out DIR          folder of report.json, report.html (out/volatility)
  --store PLACE      folder of results that later runs reuse, "memory" or
                     "none" (default .weft/store)
  --device NAME      preferred device: wasm, webgpu or reference
  --help             this text`;

const number = <S extends z.ZodType>(schema: S) =>
  z.coerce.number().pipe(schema as unknown as z.ZodType<number, number>)
    .optional();

const SHAPE = VOLATILITY_SETTING_SHAPE;

const OPTIONS = z.object({
  prices: z.string().optional(),
  tickers: TICKERS_OPTION,
  implied: z.string().optional(),
  days: number(SHAPE.days.unwrap()),
  trainYears: number(SHAPE.trainYears.unwrap()),
  forecaster: SHAPE.forecaster,
  processRows: number(SHAPE.processRows.unwrap()),
  inducing: number(SHAPE.inducing.unwrap()),
  censoredRows: number(SHAPE.censoredRows.unwrap()),
  refitDays: number(SHAPE.refitDays.unwrap()),
  tail: number(SHAPE.tail.unwrap()),
  method: SHAPE.method,
  decay: number(SHAPE.decay.unwrap()),
  seed: number(SHAPE.seed.unwrap()),
  out: z.string().default(join("out", "volatility")),
  store: z.string().default(join(".weft", "store")),
  device: z.string().optional(),
  help: z.boolean().default(false),
});

/** The options of the command, checked. */
type VolatilityOptions = z.output<typeof OPTIONS>;

/**
 * Reads the options of the command.
 *
 * @param args Arguments of the command line.
 * @returns The options with their defaults.
 * @throws {ParameterError} If an option is unknown or its value out of range.
 */
export function readVolatilityOptions(
  args: readonly string[],
): VolatilityOptions {
  return readArguments(args, {
    schema: OPTIONS,
    flags: ["help"],
    help: "deno task volatility --help",
  });
}

/** What the sample prices are called. */
const SAMPLE_NAME = "S&P 500";

/** Tickers that are forecast without being named. */
const MOST_TICKERS = 8;

/**
 * What the pipeline reads for the options of the command.
 *
 * @param options The options.
 * @returns Prices by ticker: the named tickers, or all of the file.
 * @throws {ParameterError} If the file has more than 8 and none are named.
 */
export async function volatilityInputs(
  options: VolatilityOptions,
): Promise<VolatilityPipelineInputs> {
  const { prices, tickers, implied } = options;
  const extra = implied === undefined ? {} : {
    implied: readPrices({ file: file(implied) }, {
      required: ["date", "close"],
    }).prices,
  };
  const entries = await tickerPrices(prices, { tickers, most: MOST_TICKERS });
  return {
    tickers: Object.fromEntries(
      entries.map((
        { ticker, ...own },
      ) => [ticker ?? prices ?? SAMPLE_NAME, own]),
    ),
    ...extra,
  };
}

/**
 * Runs the pipeline, writes the report and prints its tables.
 *
 * @param args Arguments of the command line.
 * @param print Where lines go.
 */
export async function volatilityCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const options = readVolatilityOptions(args);
  if (options.help) {
    print(VOLATILITY_USAGE);
    return;
  }
  const settings = VOLATILITY_SETTINGS.parse(options);
  const inputs = await volatilityInputs(options);
  await makeFolders(options);
  showRuns();
  const createdAt = new Date();
  const run = start([volatility(inputs, settings)], {
    store: openStore(options.store),
    keep: "all",
    device: options.device,
  });
  const [{ study }] = await run.values;
  const devices = devicesUsed(run.events.past);
  await writeFile(
    join(options.out, "report.json"),
    JSON.stringify(study, null, 2) + "\n",
  );
  await writeFile(
    join(options.out, "report.html"),
    await volatilityPage(study, {
      view: viewOf(run.events.past),
      createdAt,
      provenance: [
        ["prices", options.prices ?? "S&P 500 sample of vega-datasets"],
        ["settings", JSON.stringify(settings)],
        ["Weft", WEFT_VERSION],
        ["Deno", Deno.version.deno],
        ["devices", devices],
      ],
    }),
  );
  for (const line of linesOf(study)) print(line);
  print(`Devices: ${devices}`);
  print(`Report: ${join(options.out, "report.html")}`);
}

function linesOf({ results, sentences }: VolatilityStudy): string[] {
  return [
    ...results.flatMap((result) => [
      `${result.ticker}: ${result.data.rows} days, ${result.data.from} to ${result.data.to}`,
      "",
      String(scoreTable(result, "variance")),
      "",
      String(scoreTable(result, "price")),
      "",
      String(scoreTable(result, "return")),
      "",
      String(comingTable(result)),
      "",
    ]),
    ...sentences.map((sentence) => `- ${sentence}`),
    "",
  ];
}
