/**
 * Digests of what published ops do, to catch a change that keeps the version:
 * stored results would then be reused although the op gives other numbers.
 *
 * The text of an op is its module together with the modules under `ops/` and
 * `pipelines/` that this one imports, as tokens: comments and layout do not
 * count. What lies under `runtime/` is covered by the numerics epoch.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { digestText } from "../runtime/core/hash.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HOMES = ["ops", "pipelines"];

/** Where the recorded digests stand. */
export const RECORD_PATH: string = join(ROOT, "ops/versions.json");

/** Version and digest of the text of one op. */
export interface OpText {
  /** The version that the op declares. */
  readonly version: string;
  /** Digest of its text. */
  readonly text: string;
}

/** All published ops by name, sorted. */
export type OpTexts = Readonly<Record<string, OpText>>;

function modules(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap(
    (entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return modules(path);
      const isSource = entry.name.endsWith(".ts") &&
        !entry.name.endsWith("_test.ts") && entry.name !== "mod.ts";
      return isSource ? [path] : [];
    },
  );
}

interface Module {
  readonly tokens: string;
  readonly imports: readonly string[];
  readonly ops: readonly { name: string; version: string }[];
}

function parse(path: string): Module {
  const text = readFileSync(join(ROOT, path), "utf8");
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const tokens: string[] = [];
  const imports: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const specifier = node.moduleSpecifier?.getText(source).slice(1, -1);
      if (specifier?.startsWith(".")) {
        imports.push(posix.join(dirname(path), specifier));
      }
    }
    const children = node.getChildren(source);
    if (children.length === 0) tokens.push(node.getText(source));
    else children.forEach(visit);
  };
  visit(source);
  return { tokens: tokens.join(" "), imports, ops: publishedOps(source) };
}

/**
 * The ops that a module exports, `export const name: Op<…> = …`. Their names
 * are those of their family and export, which the catalogue checks.
 */
function publishedOps(
  source: ts.SourceFile,
): { name: string; version: string }[] {
  const family = source.fileName.split("/")[1]!;
  return source.statements.flatMap((statement) => {
    const isExported = ts.isVariableStatement(statement) &&
      statement.modifiers?.some(({ kind }) =>
        kind === ts.SyntaxKind.ExportKeyword
      );
    if (!isExported) return [];
    return statement.declarationList.declarations
      .filter(({ type }) => type?.getText(source).startsWith("Op<"))
      .map((declaration) => ({
        name: `${family}/${declaration.name.getText(source)}`,
        version: declaredVersion(declaration, source),
      }));
  });
}

function declaredVersion(
  declaration: ts.VariableDeclaration,
  source: ts.SourceFile,
): string {
  const pattern = /\bversion: "([^"]+)"/;
  // An op made by a function of its module has its version there
  const found = pattern.exec(declaration.getText(source)) ??
    pattern.exec(source.text);
  if (found !== null) return found[1]!;
  throw new Error(
    `Cannot find the version of "${
      declaration.name.getText(source)
    }" in "${source.fileName}"`,
  );
}

function closure(
  path: string,
  parsed: ReadonlyMap<string, Module>,
  seen: Set<string> = new Set(),
): Set<string> {
  if (seen.has(path) || !parsed.has(path)) return seen;
  seen.add(path);
  for (const next of parsed.get(path)!.imports) closure(next, parsed, seen);
  return seen;
}

/**
 * Reads the text of all published ops.
 *
 * @returns Version and digest of each.
 */
export function readOpTexts(): OpTexts {
  const parsed = new Map(
    HOMES.flatMap(modules).map((path) => [path, parse(path)] as const),
  );
  const texts = new Map<string, OpText>();
  for (const [path, module] of parsed) {
    if (module.ops.length === 0) continue;
    const text = digestText(
      [...closure(path, parsed)].sort().map((file) => parsed.get(file)!.tokens)
        .join("\n"),
    );
    for (const { name, version } of module.ops) {
      if (texts.has(name)) throw new Error(`Two ops are named "${name}"`);
      texts.set(name, { version, text });
    }
  }
  return Object.fromEntries(
    [...texts].sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/**
 * Reads the recorded digests.
 *
 * @returns Version and digest of each op when they were last recorded.
 */
export function readRecord(): OpTexts {
  return JSON.parse(readFileSync(RECORD_PATH, "utf8"));
}

/**
 * The ops whose text changed although their version did not.
 *
 * @param recorded What was recorded.
 * @param current What stands now.
 * @returns Their names.
 */
export function changedInSilence(
  recorded: OpTexts,
  current: OpTexts,
): string[] {
  return Object.entries(current).filter(([name, { version, text }]) => {
    const before = recorded[name];
    return before !== undefined && before.version === version &&
      before.text !== text;
  }).map(([name]) => name);
}
