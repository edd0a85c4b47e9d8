/**
 * Writes `docs/ops.md`, the catalogue of all published ops, from the ops
 * themselves. With `--check` it only says whether the page is current.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a command talks to its terminal

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { toJSONSchema } from "zod/v4/core";
import type { AnyOp } from "../runtime/flow/mod.ts";
import * as data from "../ops/data/mod.ts";
import * as debias from "../ops/debias/mod.ts";
import * as evaluate from "../ops/evaluate/mod.ts";
import * as fusion from "../ops/fusion/mod.ts";
import * as movement from "../ops/movement/mod.ts";
import * as volatility from "../ops/volatility/mod.ts";

const PAGE = fileURLToPath(new URL("../docs/ops.md", import.meta.url));

const FAMILIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  data,
  debias,
  evaluate,
  fusion,
  movement,
  volatility,
};

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly type?: string;
  readonly default?: unknown;
}

function isOp(value: unknown): value is AnyOp {
  return typeof value === "function" && "info" in value;
}

function typeText(schema: JsonSchema): string {
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.map(typeText).join(" \\| ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => JSON.stringify(value)).join(" \\| ");
  }
  if (schema.type === "array") {
    return `list of ${typeText(schema.items ?? {})}`;
  }
  return schema.type ?? "any";
}

function paramLines(op: AnyOp): string[] {
  const { params } = op.info;
  if (params === undefined) return [];
  const schema = toJSONSchema(params, {
    io: "input",
    unrepresentable: "any",
  }) as JsonSchema;
  const variants = schema.anyOf ?? schema.oneOf ?? [schema];
  return variants.flatMap(({ properties = {} }) =>
    Object.entries(properties).map(([name, property]) => {
      const { default: fallback } = property;
      return `| param | \`${name}\` | ${typeText(property)} | ${
        fallback === undefined ? "" : `\`${JSON.stringify(fallback)}\``
      } |`;
    })
  );
}

function portLines(
  kind: "input" | "output",
  ports: AnyOp["info"]["inputs"],
): string[] {
  return [...ports].map(([name, port]) =>
    `| ${kind} | \`${name}\` | ${
      port.summary.replaceAll("|", "\\|")
    } | ${port.doc} |`
  );
}

function opText(name: string, op: AnyOp): string {
  const { info } = op;
  const kinds = info.causal ? " Causal." : "";
  return [
    `### ${name}`,
    "",
    `\`${info.name}\`, version ${info.version}. ${info.doc}.${kinds}`,
    "",
    "| | name | type | meaning or default |",
    "|---|---|---|---|",
    ...portLines("input", info.inputs),
    ...paramLines(op),
    ...portLines("output", info.outputs),
    "",
  ].join("\n");
}

function page(): string {
  const families = Object.entries(FAMILIES).map(([family, exports]) => {
    const ops = Object.entries(exports)
      .filter((entry): entry is [string, AnyOp] => isOp(entry[1]))
      .sort(([a], [b]) => a.localeCompare(b));
    for (const [name, { info }] of ops) {
      if (info.name !== `${family}/${name}`) {
        throw new Error(
          `The op exported as "${name}" of "${family}" is named "${info.name}"`,
        );
      }
    }
    return [
      `## ${family}`,
      "",
      `\`import { … } from "@weft/weft/ops/${family}"\``,
      "",
      ...ops.map(([name, op]) => opText(name, op)),
    ].join("\n");
  });
  return [
    "# Op catalogue",
    "",
    "Generated from the ops by `deno task catalogue`; their doc comments say more.",
    "",
    ...families,
  ].join("\n");
}

const text = page();
if (!Deno.args.includes("--check")) {
  writeFileSync(PAGE, text);
} else if (readFileSync(PAGE, "utf8") !== text) {
  console.error('docs/ops.md is out of date: run "deno task catalogue"');
  Deno.exit(1);
}
