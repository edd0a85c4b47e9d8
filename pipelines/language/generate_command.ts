/**
 * Generation of text as a command line.
 *
 * @module
 */

import { z } from "zod";
import {
  type GeneratedText,
  streamText,
} from "../../ops/language/generation/stream_text.ts";
import { ParameterError } from "../../runtime/core/errors.ts";
import { formatCount } from "../../runtime/core/text.ts";
import { withExecution } from "../../runtime/tensor/mod.ts";
import { readArguments } from "../read_arguments.ts";
import {
  GENERATION_SHAPE,
  GENERATION_USAGE,
  textOptions,
} from "./generation_arguments.ts";
import { modelOfArguments } from "./model_of_arguments.ts";
import type { Terminal } from "./terminal.ts";

/** How the command is called. */
export const USAGE =
  `Usage: deno task generate [--model PLACE] --prompt TEXT [options]

  --prompt TEXT       text to continue (default: what comes in)
  --chat              the prompt is a message that the model answers, by its
                      chat template
  --truncate HOW      a prompt that is longer than the context: refuse (default),
                      or left, which drops its beginning
  --json              one object with the text, its tokens and times
${GENERATION_USAGE}

The text alone goes to standard output, all else to standard error.`;

const OPTIONS = z.object({
  ...GENERATION_SHAPE,
  prompt: z.string().optional(),
  chat: z.boolean().default(false),
  truncate: z.enum(["refuse", "left"]).optional(),
  json: z.boolean().default(false),
});

/** The options of the command, checked. */
export type GenerateArguments = z.output<typeof OPTIONS>;

/**
 * Reads the options of the command.
 *
 * @param args Arguments of the command line.
 * @returns The options with their defaults.
 * @throws {ParameterError} If an option is unknown or its value out of range.
 */
export function readGenerateArguments(
  args: readonly string[],
): GenerateArguments {
  return readArguments(args, {
    schema: OPTIONS,
    flags: ["chat", "json", "help"],
    lists: ["stop"],
    help: "deno task generate --help",
  });
}

/** How long it took. */
interface Timings {
  readonly loadSeconds: number;
  readonly promptSeconds: number;
  readonly promptTokensPerSecond: number;
  readonly generationSeconds: number;
  readonly generationTokensPerSecond: number | null;
}

/**
 * Generates a text.
 *
 * @param args Arguments of the command line.
 * @param terminal Where to read and write.
 * @throws {CancelledError} When it was interrupted.
 * @throws {DataError} When a file is missing or damaged.
 * @throws {ParameterError} When the command line makes no sense.
 */
export async function generateCommand(
  args: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const values = readGenerateArguments(args);
  if (values.help) {
    terminal.write(`${USAGE}\n`);
    return;
  }
  const controller = new AbortController();
  const forget = terminal.onInterrupt(() => controller.abort("an interrupt"));
  try {
    await withExecution(
      { device: values.device },
      () => generate(values, terminal, controller.signal),
    );
  } finally {
    forget();
  }
}

async function generate(
  values: GenerateArguments,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const prompt = values.prompt ?? await inputOf(terminal);
  const begun = performance.now();
  const model = await modelOfArguments(values, terminal, signal);
  const loaded = performance.now();
  let read = loaded;
  const stream = streamText(
    model,
    values.chat ? [{ role: "user", content: prompt }] : prompt,
    {
      ...textOptions(values),
      truncate: values.truncate,
      signal,
      onPrompt: () => read = performance.now(),
    },
  );
  let next = await stream.next();
  for (; next.done !== true; next = await stream.next()) {
    if (!values.json) terminal.write(next.value);
  }
  const answer = next.value;
  const timings = timingsOf(answer, begun, loaded, read, performance.now());
  if (values.json) {
    const { finishReason, ids, logProbabilities, promptTokens, text } = answer;
    terminal.write(
      `${
        JSON.stringify({
          text,
          ids,
          logProbabilities,
          finishReason,
          promptTokens,
          timings,
        })
      }\n`,
    );
    return;
  }
  if (terminal.isOutputTerminal) terminal.write("\n");
  terminal.note(summaryOf(answer, timings));
}

async function inputOf(terminal: Terminal): Promise<string> {
  if (terminal.isInputTerminal) {
    throw new ParameterError("Cannot generate without a prompt", {
      expected: "--prompt TEXT, or a text that comes in",
    });
  }
  let text = "";
  for await (const piece of terminal.input) text += piece;
  return text;
}

function timingsOf(
  { ids, promptTokens }: GeneratedText,
  begun: number,
  loaded: number,
  read: number,
  ended: number,
): Timings {
  const promptSeconds = (read - loaded) / 1000;
  const generationSeconds = (ended - read) / 1000;
  // The first token comes with the prompt.
  const steps = ids.length - 1;
  return {
    loadSeconds: (loaded - begun) / 1000,
    promptSeconds,
    promptTokensPerSecond: promptTokens / promptSeconds,
    generationSeconds,
    generationTokensPerSecond: steps > 0 ? steps / generationSeconds : null,
  };
}

function summaryOf(
  { finishReason, ids, promptTokens }: GeneratedText,
  timings: Timings,
): string {
  const rate = (tokens: number | null) =>
    tokens === null ? "" : ` (${tokens.toFixed(1)} a second)`;
  return `Read ${formatCount(promptTokens, "token")} in ${
    timings.promptSeconds.toFixed(2)
  } s${rate(timings.promptTokensPerSecond)}, wrote ${ids.length} in ${
    timings.generationSeconds.toFixed(2)
  } s${rate(timings.generationTokensPerSecond)}; ended by "${finishReason}"`;
}
