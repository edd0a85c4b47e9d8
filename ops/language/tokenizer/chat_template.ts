/**
 * Chats as text, by the Jinja templates that come with models.
 *
 * A template is untrusted: it runs in an interpreter that reaches nothing but
 * what it is given, and its length, its steps and the texts and lists that it
 * makes are bounded.
 *
 * @module
 */

import { Environment, parse, tokenize } from "@huggingface/jinja";
import { DataError } from "../../../runtime/core/errors.ts";
import {
  BoundedInterpreter,
  MAX_LIST,
  TemplateBoundError,
} from "./bounded_interpreter.ts";
import type { ChatMessage } from "./tokenizer.ts";
import { MAX_TEMPLATE_LENGTH } from "./vocabulary_bounds.ts";

/** What a template may name beside the messages. */
export interface ChatVariables {
  /** Text of the token that begins a sequence; null where there is none. */
  readonly beginToken: string | null;
  /** Text of the token that ends one; null where there is none. */
  readonly endToken: string | null;
  /** Whether the answer is begun. */
  readonly addGenerationPrompt: boolean;
}

type Program = ReturnType<typeof parse>;

/** What a template says through `raise_exception`. */
class TemplateRefusal extends Error {
  override name = "TemplateRefusal";
}

const PARSED = new Map<string, Program>();
const MAX_PARSED = 16;

function parseTemplate(template: string): Program {
  const known = PARSED.get(template);
  if (known !== undefined) return known;
  if (template.length > MAX_TEMPLATE_LENGTH) {
    throw new DataError(
      `Cannot use the chat template as it has ${template.length} characters`,
      { expected: `at most ${MAX_TEMPLATE_LENGTH}` },
    );
  }
  let program: Program;
  try {
    program = parse(
      tokenize(template, { lstrip_blocks: true, trim_blocks: true }),
    );
  } catch (cause) {
    throw new DataError("Cannot read the chat template as Jinja", { cause });
  }
  if (PARSED.size >= MAX_PARSED) PARSED.clear();
  PARSED.set(template, program);
  return program;
}

/** Python's `range`, bounded. */
function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!(count <= MAX_LIST)) {
    throw new TemplateBoundError(`makes a range of ${count} numbers`);
  }
  return Array.from({ length: count }, (_, index) => start + index * step);
}

function strftime(format: string): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, "0");
  const name = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en", options).format(now);
  const parts: Readonly<Record<string, () => string>> = {
    Y: () => String(now.getFullYear()),
    m: () => two(now.getMonth() + 1),
    d: () => two(now.getDate()),
    H: () => two(now.getHours()),
    M: () => two(now.getMinutes()),
    S: () => two(now.getSeconds()),
    B: () => name({ month: "long" }),
    b: () => name({ month: "short" }),
    A: () => name({ weekday: "long" }),
    a: () => name({ weekday: "short" }),
    "%": () => "%",
  };
  return format.replace(
    /%([A-Za-z%])/g,
    (whole, letter: string) => parts[letter]?.() ?? whole,
  );
}

function environmentOf(
  messages: readonly ChatMessage[],
  variables: ChatVariables,
): Environment {
  const environment = new Environment();
  const values: Readonly<Record<string, unknown>> = {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    range,
    strftime_now: strftime,
    raise_exception: (message: unknown) => {
      throw new TemplateRefusal(String(message));
    },
    messages: messages.map(({ role, content }) => ({ role, content })),
    add_generation_prompt: variables.addGenerationPrompt,
    bos_token: variables.beginToken ?? "",
    eos_token: variables.endToken ?? "",
  };
  for (const [name, value] of Object.entries(values)) {
    environment.set(name, value);
  }
  return environment;
}

/**
 * Renders a chat.
 *
 * @param template The template, in Jinja; null where the model has none.
 * @param messages What was said, in order.
 * @param variables What the template may name beside the messages.
 * @returns The text, special tokens and all.
 * @throws {DataError} Where there is no template, it is no Jinja, refuses the
 * messages (such as roles that do not alternate), or passes a bound.
 */
export function renderChatTemplate(
  template: string | null,
  messages: readonly ChatMessage[],
  variables: ChatVariables,
): string {
  if (template === null) {
    throw new DataError(
      "Cannot render a chat as the model has no chat template",
      {
        hint:
          "Use a model that is tuned to follow instructions, or give it plain text",
      },
    );
  }
  const program = parseTemplate(template);
  try {
    const interpreter = new BoundedInterpreter(
      environmentOf(messages, variables),
    );
    return String(interpreter.run(program).value);
  } catch (cause) {
    throw templateError(cause);
  }
}

function templateError(cause: unknown): DataError {
  if (cause instanceof TemplateRefusal) {
    return new DataError(
      `Cannot render the chat as its template says "${
        cause.message.slice(0, 500)
      }"`,
    );
  }
  if (cause instanceof TemplateBoundError) {
    return new DataError(
      `Cannot render the chat as its template ${cause.message}`,
      { hint: "Do not use files from this source" },
    );
  }
  return new DataError("Cannot render the chat as its template fails", {
    cause,
  });
}
