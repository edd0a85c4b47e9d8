/**
 * A conversation with a model as a command line.
 *
 * @module
 */

import { z } from "zod";
import { streamText } from "../../ops/language/generation/stream_text.ts";
import { modelTokenizer } from "../../ops/language/generation/prompt_text.ts";
import type { LanguageModel } from "../../ops/language/model/language_model.ts";
import type { ChatMessage } from "../../ops/language/tokenizer/tokenizer.ts";
import { CancelledError } from "../../runtime/core/errors.ts";
import { withExecution } from "../../runtime/tensor/mod.ts";
import { readArguments } from "../read_arguments.ts";
import {
  GENERATION_SHAPE,
  GENERATION_USAGE,
  textOptions,
} from "./generation_arguments.ts";
import { linesOf } from "./lines_of.ts";
import { modelOfArguments } from "./model_of_arguments.ts";
import type { Terminal } from "./terminal.ts";

/** How the command is called. */
export const USAGE = `Usage: deno task chat [--model PLACE] [options]

  --system TEXT       what the model is told before the conversation
${GENERATION_USAGE}

In the conversation: /reset forgets what was said, /exit ends it. Ctrl-C stops an
answer, and ends the conversation between answers.`;

const TEMPERATURE = 0.7;
const MAX_TOKENS = 512;

const OPTIONS = z.object({
  ...GENERATION_SHAPE,
  system: z.string().optional(),
});

/** The options of the command, checked. */
export type ChatArguments = z.output<typeof OPTIONS>;

/**
 * Reads the options of the command.
 *
 * @param args Arguments of the command line.
 * @returns The options with their defaults.
 * @throws {ParameterError} If an option is unknown or its value out of range.
 */
export function readChatArguments(args: readonly string[]): ChatArguments {
  return readArguments(args, {
    schema: OPTIONS,
    flags: ["help"],
    lists: ["stop"],
    help: "deno task chat --help",
  });
}

/**
 * Talks.
 *
 * @param args Arguments of the command line.
 * @param terminal Where to read and write.
 * @throws {CancelledError} When it was interrupted between two answers.
 * @throws {DataError} When a file is missing or damaged, or the model has no chat
 * template.
 * @throws {ParameterError} When the command line makes no sense.
 */
export async function chatCommand(
  args: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const values = readChatArguments(args);
  if (values.help) {
    terminal.write(`${USAGE}\n`);
    return;
  }
  const model = await modelOfArguments(values, terminal);
  await withExecution(
    { device: values.device },
    () => new Conversation(model, values, terminal).run(),
  );
}

/** What was said, and who is asked next. */
class Conversation {
  readonly #model: LanguageModel;
  readonly #values: ChatArguments;
  readonly #terminal: Terminal;
  #messages: ChatMessage[] = [];

  constructor(model: LanguageModel, values: ChatArguments, terminal: Terminal) {
    this.#model = model;
    this.#values = values;
    this.#terminal = terminal;
    // A model without a template is refused before anybody types.
    modelTokenizer(model).renderChat([{ role: "user", content: "" }]);
  }

  async run(): Promise<void> {
    this.#reset();
    this.#ask();
    const lines = linesOf(this.#terminal.input);
    for (;;) {
      const line = await this.#nextLine(lines);
      if (line === undefined) this.#endLine();
      if (line === undefined || line === "/exit") return;
      if (line === "/reset") this.#reset();
      else if (line.trim() !== "") await this.#answer(line);
      this.#ask();
    }
  }

  #reset(): void {
    const { system } = this.#values;
    this.#messages = system === undefined
      ? []
      : [{ role: "system", content: system }];
  }

  #ask(): void {
    if (this.#terminal.isInputTerminal) this.#terminal.write("> ");
  }

  /** Leaves the line of a question that nobody answers. */
  #endLine(): void {
    if (this.#terminal.isInputTerminal) this.#terminal.write("\n");
  }

  /** The next line that comes in, unless an interrupt comes first. */
  async #nextLine(
    lines: AsyncIterator<string>,
  ): Promise<string | undefined> {
    const { promise, reject } = Promise.withResolvers<never>();
    const forget = this.#terminal.onInterrupt(() => {
      this.#endLine();
      reject(new CancelledError("Cannot go on talking as it was interrupted"));
    });
    try {
      const next = await Promise.race([lines.next(), promise]);
      return next.done === true ? undefined : next.value;
    } finally {
      forget();
    }
  }

  async #answer(line: string): Promise<void> {
    this.#messages.push({ role: "user", content: line });
    this.#shorten();
    const controller = new AbortController();
    const forget = this.#terminal.onInterrupt(() => controller.abort());
    let text = "";
    try {
      const stream = streamText(this.#model, this.#messages, {
        ...textOptions(this.#values),
        temperature: this.#values.temperature ?? TEMPERATURE,
        maxTokens: this.#values.maxTokens ?? MAX_TOKENS,
        truncate: "left",
        signal: controller.signal,
      });
      for await (const piece of stream) {
        text += piece;
        this.#terminal.write(piece);
      }
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
      this.#terminal.note("(stopped)");
    } finally {
      forget();
    }
    this.#terminal.write("\n");
    this.#messages.push({ role: "assistant", content: text });
  }

  /** Forgets the oldest questions with their answers where the context is full. */
  #shorten(): void {
    const tokenizer = modelTokenizer(this.#model);
    const { contextLength } = this.#model.config;
    const length = () =>
      tokenizer.encode(tokenizer.renderChat(this.#messages), {
        addSpecialTokens: false,
      }).length;
    const first = this.#messages[0]?.role === "system" ? 1 : 0;
    // A quarter of the context is left for the answer.
    while (
      this.#messages.length > first + 2 && length() > contextLength * 3 / 4
    ) this.#messages.splice(first, 2);
  }
}
