/**
 * Stock movement as a command line.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { WEFT_VERSION } from "../../runtime/core/version.ts";
import { showRuns, viewOf } from "../../runtime/display/mod.ts";
import { openStore, start } from "../../runtime/flow/mod.ts";
import { loadModel, modelFiles, SMALL_MODEL } from "../../ops/language/mod.ts";
import { devicesUsed } from "../outlook/devices_used.ts";
import { makeFolders } from "../make_folder.ts";
import { readArguments } from "../read_arguments.ts";
import { stockMovementPage, stockMovementText } from "./report_page.ts";
import {
  STOCK_MOVEMENT_SETTING_SHAPE as SHAPE,
  STOCK_MOVEMENT_SETTINGS,
} from "./settings.ts";
import { eventsOf } from "./sources.ts";
import { stockMovement } from "./stock_movement.ts";

/** How the command is called. */
export const STOCK_MOVEMENT_USAGE = `Usage: deno task stock-movement [options]

  --reports FILE      reports or calls as lines of JSON, also .gz: text, ticker
                      and date (or id such as 20150225_LMAT); with --prices
                      (default: annual reports that come with an npm package)
  --prices FILE       CSV, Parquet or Arrow file of daily prices with tickers
  --market NAMES      tickers of the prices that stand for the market, "equal"
                      (mean of all tickers, the default) or "none"
  --timing NAME       reports come before the session of their day, after it
                      (default), or at an unknown hour: before, after, unknown
  --measure NAME      close-to-close (default), open-to-close, close-to-open
  --horizon N         sessions until the outcome (default 1)
  --figures A,B       figures whose growth the logistic regression reads
  --model PLACE       file, folder or hf:OWNER/NAME (default: the small model
                      that comes with Weft: mechanics only)
  --size small|full   how much of everything (default small)
  --hold, --threshold RATE
                      Hold as a third class, and where it ends (0.01)
  --events N          events at most, evenly spread
  --test-share PART   last part of the events that is tested on (1/3)
  --windows N         windows of the test, each with a tuning of its own
  --embargo-days N    days between outcomes of training and the test (1)
  --prompt-tokens N, --report-tokens N
                      tokens of a prompt, and of the report in it, at most
  --rank N, --epochs N, --learning-rate RATE, --batch-size N
                      how the model is tuned
  --resamples N       samples of bootstraps and permutation tests
  --costs N           cost of a trade in basis points (10)
  --seed NUMBER       seed of all random draws (0)
  --out DIR           folder of report.json, report.html (out/stock_movement)
  --store PLACE       folder of results that later runs reuse, "memory" or
                      "none" (default .weft/store)
  --device NAME       preferred device: wasm, webgpu or reference
  --help              this text`;

const number = (schema: z.ZodType<number, number>) =>
  z.coerce.number().pipe(schema).optional();

const OPTIONS = z.object({
  reports: z.string().optional(),
  prices: z.string().optional(),
  market: z.string().default("equal"),
  timing: z.enum(["before", "after", "unknown"]).default("after"),
  measure: z.enum(["close-to-close", "open-to-close", "close-to-open"])
    .default("close-to-close"),
  horizon: z.coerce.number().pipe(z.int().min(1).max(250)).default(1),
  figures: z.string().default("").transform((text) =>
    text.split(",").map((name) => name.trim()).filter((name) => name !== "")
  ),
  model: z.string().optional(),
  size: SHAPE.size,
  hold: SHAPE.hold,
  threshold: number(SHAPE.threshold.unwrap()),
  events: number(SHAPE.events.unwrap()),
  testShare: number(SHAPE.testShare.unwrap()),
  windows: number(SHAPE.windows.unwrap()),
  embargoDays: number(SHAPE.embargoDays.unwrap()),
  promptTokens: number(SHAPE.promptTokens.unwrap()),
  reportTokens: number(SHAPE.reportTokens.unwrap()),
  rank: number(SHAPE.rank.unwrap()),
  epochs: number(SHAPE.epochs.unwrap()),
  learningRate: number(SHAPE.learningRate.unwrap()),
  batchSize: number(SHAPE.batchSize.unwrap()),
  resamples: number(SHAPE.resamples.unwrap()),
  costs: number(SHAPE.costs.unwrap()),
  seed: number(SHAPE.seed.unwrap()),
  out: z.string().default(join("out", "stock_movement")),
  store: z.string().default(join(".weft", "store")),
  device: z.string().optional(),
  help: z.boolean().default(false),
});

/** The options of the command, checked. */
type StockMovementOptions = z.output<typeof OPTIONS>;

/**
 * Reads the options of the command.
 *
 * @param args Arguments of the command line.
 * @returns The options with their defaults.
 * @throws {ParameterError} If an option is unknown or its value out of range.
 */
export function readStockMovementOptions(
  args: readonly string[],
): StockMovementOptions {
  return readArguments(args, {
    schema: OPTIONS,
    flags: ["hold", "help"],
    help: "deno task stock-movement --help",
  });
}

/**
 * Runs the pipeline, writes the report and prints its tables.
 *
 * @param args Arguments of the command line.
 * @param print Where lines go.
 */
export async function stockMovementCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const options = readStockMovementOptions(args);
  if (options.help) {
    print(STOCK_MOVEMENT_USAGE);
    return;
  }
  const settings = STOCK_MOVEMENT_SETTINGS.parse(options);
  const { events, source, traded } = eventsOf(options);
  const isSmall = options.model === undefined;
  const files = await modelFiles(options.model ?? SMALL_MODEL);
  const { model } = loadModel({ files });
  await makeFolders(options);
  showRuns();
  const createdAt = new Date();
  const run = start([
    stockMovement({ events, model, traded }, {
      ...source,
      model: isSmall ? "the small model of Weft" : options.model ?? "",
      scope: isSmall || traded === undefined ? "mechanics" : "findings",
    }, settings),
  ], {
    store: openStore(options.store),
    keep: "all",
    device: options.device,
  });
  const [{ report }] = await run.values;
  const view = viewOf(run.events.past);
  const devices = devicesUsed(run.events.past);
  await writeFile(
    join(options.out, "report.json"),
    JSON.stringify(report, null, 2) + "\n",
  );
  await writeFile(
    join(options.out, "report.html"),
    await stockMovementPage(report, {
      view,
      createdAt,
      provenance: [
        ["data", source.name],
        ["reports", options.reports ?? "sample"],
        ["prices", options.prices ?? "sample"],
        ["model", options.model ?? "the small model of Weft"],
        ["settings", JSON.stringify(settings)],
        ["Weft", WEFT_VERSION],
        ["Deno", Deno.version.deno],
        ["devices", devices],
      ],
    }),
  );
  print(stockMovementText(report));
  print(`Devices: ${devices}`);
  print(`Report: ${join(options.out, "report.html")}`);
}
