/**
 * Reading of command lines, the same for all commands.
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { z } from "zod";
import { ParameterError } from "../runtime/core/errors.ts";

/** What a command line may say. */
export interface ArgumentRules<S extends z.ZodObject> {
  /** Names the options, checks their values and fills in defaults; `maxTokens` is `--max-tokens`. */
  readonly schema: S;
  /** Fields that take no value: they are said, or said with `--no-`. */
  readonly flags: readonly (keyof z.output<S>)[];
  /** Fields that may be said several times. */
  readonly lists?: readonly (keyof z.output<S>)[];
  /** The command that shows the help. */
  readonly help: string;
}

/**
 * Reads a command line.
 *
 * @param args Its arguments.
 * @param rules What it may say.
 * @returns The options with their defaults; what was not said and has none is there
 * as undefined.
 * @throws {ParameterError} If an option is unknown or its value out of range.
 */
export function readArguments<S extends z.ZodObject>(
  args: readonly string[],
  { flags, help, lists = [], schema }: ArgumentRules<S>,
): z.output<S> {
  const options = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [dashed(name), {
      type: flags.includes(name) ? "boolean" as const : "string" as const,
      multiple: lists.includes(name),
    }]),
  );
  const refuse = (details: { cause: unknown } | { actual: string }) =>
    new ParameterError("Cannot read the command line", {
      ...details,
      hint: help,
    });
  let values: Record<string, unknown>;
  try {
    values = parseArgs({ args: [...args], allowNegative: true, options })
      .values;
  } catch (cause) {
    throw refuse({ cause });
  }
  const parsed = schema.safeParse(
    Object.fromEntries(
      Object.keys(schema.shape).map((name) => [name, values[dashed(name)]]),
    ),
  );
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ message, path }) => {
    const name = dashed(String(path[0] ?? ""));
    const value = values[name];
    return `--${name}${
      value === undefined ? "" : ` ${JSON.stringify(value)}`
    }: ${message}`;
  });
  throw refuse({ actual: wrong.join("\n") });
}

/**
 * How a field is called on the command line.
 *
 * @param name The field, for example `maxTokens`.
 * @returns The option without its dashes: `max-tokens`.
 */
export function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
