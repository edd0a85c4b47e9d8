/**
 * Ports for texts, files and whatever a zod schema describes.
 *
 * @module
 */

import {
  $ZodAsyncError,
  $ZodType,
  type output as ZodOutput,
  safeParse,
  toDotPath,
} from "zod/v4/core";
import { DefinitionError } from "../core/errors.ts";
import { codecFor } from "./codec.ts";
import { FileValue } from "./file_value.ts";
import { requireKind } from "./outline.ts";
import type { Port, PortLike, PortValue } from "./port.ts";
import { kindOf, portError, wrongKind } from "./problem.ts";

/** Most problems of one value that an error tells. */
const MAX_ISSUES = 5;

/**
 * Makes a port for texts.
 *
 * @param options `doc`: what the text means.
 * @returns The port.
 */
export function textPort(options: { readonly doc?: string } = {}): Port<
  string
> {
  const port: Port<string> = {
    kind: "text",
    doc: options.doc ?? "",
    summary: "text",
    isOptional: false,
    codec: codecFor<string>(),
    check(value, place) {
      if (typeof value === "string") return value;
      throw wrongKind(place, "text", value);
    },
    outline: () => ({ kind: "text" }),
    checkOutline(outline, place) {
      requireKind(port, outline, place);
    },
  };
  return port;
}

/**
 * Makes a port for files.
 *
 * @param options `extensions`: those that are accepted, without dots, any when
 * not given; `doc`: what the file holds.
 * @returns The port.
 *
 * @example
 * ```ts
 * import { file, op, port, z } from "@weft/weft";
 *
 * const lines = op({
 *   name: "demo/lines",
 *   inputs: { source: port.file({ extensions: ["csv"] }) },
 *   outputs: { count: z.number() },
 *   run: async ({ source }) => {
 *     const text = await Deno.readTextFile(source.path);
 *     return { count: text.split("\n").length };
 *   },
 * });
 * const node = lines({ source: file("prices.csv") }); // nothing is read yet
 * console.log(node.count.name); // count
 * ```
 */
export function filePort(
  options: { readonly extensions?: readonly string[]; readonly doc?: string } =
    {},
): Port<FileValue> {
  const extensions = options.extensions?.map((extension) =>
    extension.replace(/^\./, "").toLowerCase()
  );
  const summary = extensions === undefined
    ? "file"
    : `file ${extensions.map((extension) => `.${extension}`).join(" | ")}`;
  const port: Port<FileValue> = {
    kind: "file",
    doc: options.doc ?? "",
    summary,
    isOptional: false,
    codec: codecFor<FileValue>(),
    check(value, place) {
      if (!(value instanceof FileValue)) {
        throw wrongKind(
          place,
          summary,
          value,
          typeof value === "string"
            ? `Pass file(${JSON.stringify(value)})`
            : "Pass a file made by file(path)",
        );
      }
      if (extensions !== undefined && !extensions.includes(value.extension)) {
        throw portError(place, `its extension is "${value.extension}"`, {
          expected: summary,
          actual: `file "${value.name}"`,
        });
      }
      return value;
    },
    outline: () => ({ kind: "file" }),
    checkOutline(outline, place) {
      requireKind(port, outline, place);
    },
  };
  return port;
}

/**
 * Makes a port for what a zod schema describes: plain data, with tensors,
 * frames and files anywhere inside.
 *
 * A value is checked when the graph is built and again when it runs, so the
 * schema must accept its own output (defaults do, most transforms do not).
 *
 * @param schema A schema of zod 4 or zod mini.
 * @param options `doc`: what the value means, with its unit.
 * @returns The port.
 *
 * @example
 * ```ts
 * import { port, z } from "@weft/weft";
 *
 * const horizon = port.value(z.number().int().positive(), { doc: "In days" });
 * console.log(horizon.summary); // value (number)
 * ```
 */
export function valuePort<S extends $ZodType>(
  schema: S,
  options: { readonly doc?: string } = {},
): Port<ZodOutput<S>> {
  const type = schema._zod.def.type;
  const port: Port<ZodOutput<S>> = {
    kind: "value",
    doc: options.doc ?? "",
    summary: `value (${type})`,
    isOptional: acceptsNothing(schema),
    codec: codecFor<ZodOutput<S>>(),
    check(value, place) {
      const parsed = parse(schema, value);
      if (parsed.success) return parsed.data;
      const [first, ...others] = parsed.error.issues.slice(0, MAX_ISSUES);
      const lines = [first, ...others].map((issue) =>
        issue === undefined ? "" : issueText(issue.path, issue.message)
      );
      throw portError(place, lines[0] ?? "it is refused by its schema", {
        expected: port.summary,
        actual: kindOf(value),
        ...(others.length > 0 ? { hint: lines.slice(1).join("\n") } : {}),
      });
    },
    outline: () => ({ kind: "value", isOptional: port.isOptional }),
    // A schema can only be asked about a value
    checkOutline: () => {},
  };
  return port;
}

function issueText(path: readonly PropertyKey[], message: string): string {
  const text = message.charAt(0).toLowerCase() + message.slice(1);
  return path.length === 0 ? text : `at "${toDotPath(path)}": ${text}`;
}

/** A schema that takes anything takes nothing too, but does not mean to. */
function acceptsNothing(schema: $ZodType): boolean {
  const { type } = schema._zod.def;
  if (type === "unknown" || type === "any") return false;
  try {
    return safeParse(schema, undefined).success;
  } catch {
    return false; // Asynchronous: refused when it checks a value
  }
}

function parse<S extends $ZodType>(
  schema: S,
  value: unknown,
): ReturnType<typeof safeParse<S>> {
  try {
    return safeParse(schema, value);
  } catch (error) {
    if (!(error instanceof $ZodAsyncError)) throw error;
    throw new DefinitionError("Cannot use an asynchronous schema as a port", {
      expected: "a schema without promises",
      hint: "Check it in the body of an op",
      cause: error,
    });
  }
}

/**
 * Takes a bare zod schema as a port.
 *
 * @param like A port or a schema.
 * @returns The port.
 * @throws {DefinitionError} For anything else.
 */
export function toPort<P extends PortLike>(like: P): Port<PortValue<P>> {
  const given: unknown = like;
  if (given instanceof $ZodType) {
    return valuePort(given) as Port<PortValue<P>>;
  }
  if (isPort(given)) return given as Port<PortValue<P>>;
  throw new DefinitionError(`Cannot use ${kindOf(given)} as a port`, {
    expected: 'a port, for example port.tensor("f64", ["n"]), or a zod schema',
    actual: kindOf(given),
  });
}

function isPort(value: unknown): boolean {
  return typeof value === "object" && value !== null && "codec" in value &&
    "check" in value && "outline" in value;
}
