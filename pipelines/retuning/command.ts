/**
 * RETuning as a command line.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { loadModel, modelFiles, SMALL_MODEL } from "../../ops/language/mod.ts";
import { ParameterError } from "../../runtime/core/errors.ts";
import { WEFT_VERSION } from "../../runtime/core/version.ts";
import { showRuns, viewOf } from "../../runtime/display/mod.ts";
import { openStore, start } from "../../runtime/flow/mod.ts";
import { devicesUsed } from "../outlook/devices_used.ts";
import { makeFolders } from "../make_folder.ts";
import { readArguments } from "../read_arguments.ts";
import { retuningPage, retuningText } from "./report_page.ts";
import { retuning } from "./retuning.ts";
import { SAMPLE_THRESHOLD } from "./sample_items.ts";
import {
  RETUNING_FIELDS,
  RETUNING_SETTINGS,
  RETUNING_SIZES,
} from "./settings.ts";
import { kindOf, sourceOf } from "./sources.ts";

/** How the command is called. */
export const RETUNING_USAGE = `Usage: deno task retuning [options]

  --reports FILE       reports or calls as lines of JSON, also .gz; with --prices
                       (default: the S&P 500 and annual reports, as sample data)
  --prices FILE        CSV, Parquet or Arrow file of daily prices with tickers
  --simulated          simulated items whose best accuracy is known, instead
  --model PLACE        file, folder or hf:OWNER/NAME (default: the small model
                       that comes with Weft: mechanics only)
  --size small|full    how much of everything (default small)
  --detail full|brief  length of instructions and examples (default brief)
  --threshold RATE     change of the next open from which it is no hold (0.03;
                       for the sample change over five sessions, 0.01)
  --windows N          walk-forward windows that the last third is cut into, each
                       with a tuning of its own (1)
  --cold-items N, --policy-items N, --test-items N
                       items for examples, for rewards and for the test at most,
                       in each window
  --no-balance         take items as they come, rather than as many of each
                       class, in the test too
  --cold-steps N, --policy-steps N
                       steps on examples and on rewards
  --prompt-tokens N, --answer-tokens N
                       tokens of a prompt and of an answer at most
  --samples N          answers to an item that vote
  --rule majority|score
                       how votes are counted
  --seed NUMBER        seed of all random draws (default 0)
  --out DIR            folder of report.json and report.html (default
                       out/retuning)
  --store PLACE        folder of results that later runs reuse, "memory" or
                       "none" (default .weft/store)
  --device NAME        preferred device: wasm, webgpu or reference
  --help               this text`;

const number = z.coerce.number();
const whole = (name: CountName) =>
  number.pipe(RETUNING_FIELDS[name].unwrap()).optional();

type CountName =
  | "windows"
  | "coldItems"
  | "policyItems"
  | "testItems"
  | "coldSteps"
  | "policySteps"
  | "promptTokens"
  | "answerTokens"
  | "samples";

const OPTIONS = z.object({
  reports: z.string().optional(),
  prices: z.string().optional(),
  simulated: z.boolean().default(false),
  model: z.string().optional(),
  size: z.enum(["small", "full"]).default("small"),
  detail: RETUNING_FIELDS.detail.unwrap().optional(),
  threshold: number.pipe(RETUNING_FIELDS.threshold.unwrap()).optional(),
  balance: RETUNING_FIELDS.balance.unwrap().optional(),
  windows: whole("windows"),
  coldItems: whole("coldItems"),
  policyItems: whole("policyItems"),
  testItems: whole("testItems"),
  coldSteps: whole("coldSteps"),
  policySteps: whole("policySteps"),
  promptTokens: whole("promptTokens"),
  answerTokens: whole("answerTokens"),
  samples: whole("samples"),
  rule: RETUNING_FIELDS.rule.unwrap().optional(),
  seed: number.pipe(RETUNING_FIELDS.seed.unwrap()).optional(),
  out: z.string().default(join("out", "retuning")),
  store: z.string().default(join(".weft", "store")),
  device: z.string().optional(),
  help: z.boolean().default(false),
});

/** The options of the command, checked. */
type Options = z.output<typeof OPTIONS>;

/**
 * Reads the options of the command.
 *
 * @param args Arguments of the command line.
 * @returns The options with their defaults.
 * @throws {ParameterError} If an option is unknown or its value out of range.
 */
export function readRetuningOptions(args: readonly string[]): Options {
  const options = readArguments(args, {
    schema: OPTIONS,
    flags: ["balance", "simulated", "help"],
    help: "deno task retuning --help",
  });
  if ((options.reports === undefined) !== (options.prices === undefined)) {
    throw new ParameterError("Cannot join reports and prices", {
      expected: "both --reports and --prices, or neither",
      actual: options.reports === undefined ? "no --reports" : "no --prices",
    });
  }
  if (options.simulated && options.reports !== undefined) {
    throw new ParameterError("Cannot read reports and simulate them", {
      expected: "--simulated, or --reports and --prices",
      actual: "all of them",
    });
  }
  return options;
}

/**
 * Runs RETuning, writes the report as JSON and as a page, and prints its tables.
 *
 * @param args Arguments of the command line.
 * @param print Where lines go.
 * @throws {DataError} When a file is missing or damaged.
 * @throws {ParameterError} When the command line makes no sense.
 */
export async function retuningCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const options = readRetuningOptions(args);
  if (options.help) {
    print(RETUNING_USAGE);
    return;
  }
  await makeFolders(options);
  showRuns();
  const chosen = Object.entries(options).filter(([name, value]) =>
    name in RETUNING_FIELDS && value !== undefined
  );
  const settings = RETUNING_SETTINGS.parse({
    ...RETUNING_SIZES[options.size],
    ...(kindOf(options) === "sample" ? { threshold: SAMPLE_THRESHOLD } : {}),
    ...Object.fromEntries(chosen),
  });
  const { data, notes, ...inputs } = sourceOf(options, settings);
  const place = options.model ?? SMALL_MODEL;
  const isOwn = place === SMALL_MODEL;
  const { model } = loadModel({ files: await modelFiles(place) });
  const { node } = retuning({ ...inputs, model }, settings, {
    model: isOwn ? "the small model, tuned" : "the model, tuned",
    scope: isOwn ? "mechanics" : "findings",
    data,
    notes,
  });
  const createdAt = new Date();
  const run = start([node], {
    store: openStore(options.store),
    device: options.device,
  });
  const [{ report }] = await run.values;
  const devices = devicesUsed(run.events.past);
  await writeFile(
    join(options.out, "report.json"),
    `${JSON.stringify({ settings, ...report }, null, 2)}\n`,
  );
  await writeFile(
    join(options.out, "report.html"),
    await retuningPage(
      report,
      { size: options.size, detail: settings.detail },
      {
        view: viewOf(run.events.past),
        createdAt,
        provenance: [
          ["items", data],
          ["reports", options.reports ?? "none"],
          ["prices", options.prices ?? "none"],
          ["model", isOwn ? "the small model of Weft" : place],
          ["settings", JSON.stringify(settings)],
          ["Weft", WEFT_VERSION],
          ["Deno", Deno.version.deno],
          ["devices", devices],
        ],
      },
    ),
  );
  print(retuningText(report));
  print(`Devices: ${devices}`);
  print(`Report: ${join(options.out, "report.html")}`);
}
