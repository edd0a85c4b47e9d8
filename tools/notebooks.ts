/**
 * Runs notebooks from the first cell to the last in a real Jupyter kernel and
 * fails when a cell does. A cell that shows an error on purpose carries the tag
 * `raises-exception`.
 *
 * ```sh
 * deno task notebooks                         # run all of notebooks/
 * deno task notebooks --write                 # and keep their outputs
 * deno task notebooks notebooks/01_quickstart.ipynb
 * ```
 *
 * Needs Jupyter (`python3 -m venv .venv && .venv/bin/pip install jupyter`). The
 * Deno kernel is installed for this run alone, into a folder of its own. Deno's
 * kernel runs with all permissions: run only notebooks that you trust.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a command talks to its terminal

import { fileURLToPath } from "node:url";
import { basename, delimiter, dirname, join, resolve } from "node:path";

/** An output of a cell, as nbformat 4 has it. */
export interface CellOutput {
  /** `stream`, `execute_result`, `display_data` or `error`. */
  readonly output_type: string;
  /** Texts by MIME type. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Text of a stream. */
  readonly text?: string | readonly string[];
  /** Anything else. */
  readonly [key: string]: unknown;
}

/** A cell of a notebook. */
export interface NotebookCell {
  /** `code`, `markdown` or `raw`. */
  readonly cell_type: string;
  /** Its text. */
  readonly source: string | readonly string[];
  /** What it showed; code cells only. */
  readonly outputs?: readonly CellOutput[];
  /** Tags and more. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Anything else. */
  readonly [key: string]: unknown;
}

/** A notebook, as nbformat 4 has it. */
export interface Notebook {
  /** The cells, in order. */
  readonly cells: readonly NotebookCell[];
  /** Kernel and language. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Anything else. */
  readonly [key: string]: unknown;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CELL_TIMEOUT_SECONDS = 600;

/** plotly.js itself is put in again by whoever runs the notebook. */
const LIBRARY = /<script data-weft="plotly">[\s\S]*?<\/script>/g;

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) {
    return value.map((inner) => mapTexts(inner, change));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, change)]),
  );
}

/** One text for what nbformat may write as a list of lines. */
function joined(source: string | readonly string[]): string {
  return typeof source === "string" ? source : source.join("");
}

/** The lines of a text with their ends, as nbformat writes them. */
function lines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Changes texts of an output as wholes, although they are stored as lines. */
function mapOutput(
  output: CellOutput,
  change: (text: string) => string,
): CellOutput {
  const changeLines = (value: unknown): unknown =>
    Array.isArray(value) && value.every((line) => typeof line === "string")
      ? lines(change(value.join("")))
      : mapTexts(value, change);
  const { data, text, ...rest } = output;
  return {
    ...mapTexts(rest, change) as CellOutput,
    ...(data === undefined ? {} : {
      data: Object.fromEntries(
        Object.entries(data).map((
          [type, value],
        ) => [
          type,
          type.endsWith("json") ? mapTexts(value, change) : changeLines(value),
        ]),
      ),
    }),
    ...(text === undefined ? {} : { text: changeLines(text) as string[] }),
  };
}

/**
 * Takes out of the outputs what says more of the machine than of the notebook:
 * paths, the times of execution, and the copy of plotly.js.
 *
 * @param notebook The notebook after it ran.
 * @param paths Paths to hide, by what stands in their place.
 * @returns The notebook as it is committed.
 */
export function scrub(
  notebook: Notebook,
  paths: ReadonlyMap<string, string>,
): Notebook {
  const clean = (text: string) => {
    let result = text.replaceAll(LIBRARY, "");
    for (const [path, instead] of paths) {
      result = result.replaceAll(path, instead);
    }
    return result;
  };
  const { language_info: _, ...metadata } = notebook.metadata;
  return {
    ...notebook,
    metadata,
    cells: notebook.cells.map((cell) => {
      const { execution: _, ...own } = cell.metadata ?? {};
      const outputs = cell.outputs?.map((output) => mapOutput(output, clean));
      return {
        ...cell,
        metadata: own,
        ...(outputs === undefined ? {} : { outputs }),
      };
    }),
  };
}

/** A form of outputs in which two runs of the same code are equal. */
function withoutTimes(outputs: unknown): string {
  return JSON.stringify(mapTexts(outputs, (text) =>
    text
      .replaceAll(/\d+ (h|min) \d\d (min|s)\b/g, "T")
      .replaceAll(/\d+(\.\d+)? (ms|s)\b/g, "T")
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "D")));
}

/**
 * Keeps the outputs of cells that showed the same as before but for times, so
 * that a commit holds no changes that mean nothing.
 *
 * @param before The notebook as it was committed.
 * @param after The notebook after it ran.
 * @returns The notebook to commit.
 */
export function keepUnchanged(before: Notebook, after: Notebook): Notebook {
  return {
    ...after,
    cells: after.cells.map((cell, index) => {
      const old = before.cells[index];
      const isSame = old?.outputs !== undefined &&
        joined(old.source) === joined(cell.source) &&
        withoutTimes(old.outputs) === withoutTimes(cell.outputs);
      return isSame && old.outputs !== undefined
        ? { ...cell, outputs: old.outputs }
        : cell;
    }),
  };
}

/**
 * The bytes of a notebook as Jupyter itself writes them.
 *
 * @param notebook The notebook.
 * @returns JSON, one space of indent, a line feed at the end.
 */
export function notebookText(notebook: Notebook): string {
  return JSON.stringify(notebook, undefined, 1) + "\n";
}

async function findJupyter(): Promise<string> {
  const candidates = [
    Deno.env.get("JUPYTER") ?? "",
    join(
      ROOT,
      ".venv",
      Deno.build.os === "windows" ? "Scripts" : "bin",
      "jupyter",
    ),
    ...(Deno.env.get("PATH") ?? "").split(delimiter).map((folder) =>
      join(folder, "jupyter")
    ),
  ];
  for (const candidate of candidates) {
    if (candidate === "") continue;
    try {
      if ((await Deno.stat(candidate)).isFile) return candidate;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(
    "Cannot run notebooks as there is no Jupyter\n" +
      "  hint      python3 -m venv .venv && .venv/bin/pip install jupyter",
  );
}

/**
 * Makes the Deno kernel known to Jupyter in a folder of its own: the same words
 * that `deno jupyter --install` writes into the home of the user.
 */
async function writeKernelSpec(data: string): Promise<void> {
  const folder = join(data, "kernels", "deno");
  await Deno.mkdir(folder, { recursive: true });
  const spec = {
    argv: [
      Deno.execPath(),
      "jupyter",
      "--kernel",
      "--conn",
      "{connection_file}",
    ],
    display_name: "Deno",
    language: "typescript",
  };
  await Deno.writeTextFile(join(folder, "kernel.json"), JSON.stringify(spec));
}

async function call(
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<{ success: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    env,
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Runs one notebook; gives what it is now. */
async function execute(
  jupyter: string,
  path: string,
  folder: string,
  env: Record<string, string>,
): Promise<Notebook> {
  const { success, text } = await call(jupyter, [
    "nbconvert",
    "--to",
    "notebook",
    "--execute",
    `--ExecutePreprocessor.timeout=${CELL_TIMEOUT_SECONDS}`,
    "--ExecutePreprocessor.kernel_name=deno",
    "--output-dir",
    folder,
    path,
  ], env);
  if (!success) {
    // What stands before is the trace of Jupyter's own calls
    const story = text.slice(Math.max(0, text.indexOf("An error occurred")));
    throw new Error(`Cannot run "${path}" to its end\n${story.trim()}`);
  }
  return JSON.parse(await Deno.readTextFile(join(folder, basename(path))));
}

async function allNotebooks(): Promise<string[]> {
  const folder = join(ROOT, "notebooks");
  const paths: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.endsWith(".ipynb")) paths.push(join(folder, entry.name));
  }
  return paths.sort();
}

async function main(args: readonly string[]): Promise<void> {
  const writes = args.includes("--write");
  const named = args.filter((arg) => !arg.startsWith("--")).map((arg) =>
    resolve(arg)
  );
  const paths = named.length > 0 ? named : await allNotebooks();
  const jupyter = await findJupyter();
  const folder = await Deno.makeTempDir({ prefix: "weft-notebooks-" });
  try {
    const data = join(folder, "jupyter");
    await writeKernelSpec(data);
    const env = { JUPYTER_DATA_DIR: data };
    const hidden = new Map([
      [ROOT.replace(/[/\\]$/, ""), "/weft"],
      [folder, "/tmp"],
      [Deno.env.get("HOME") || "/no-home", "~"],
    ]);
    for (const path of paths) {
      const start = performance.now();
      const before: Notebook = JSON.parse(await Deno.readTextFile(path));
      const after = scrub(await execute(jupyter, path, folder, env), hidden);
      const kept = notebookText(keepUnchanged(before, after));
      if (writes) await Deno.writeTextFile(path, kept);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const size = Math.ceil(kept.length / 1024);
      console.log(
        `✓ ${
          join(basename(dirname(path)), basename(path))
        }: ${after.cells.length} cells in ${seconds} s${
          writes ? `, written (${size} KiB)` : ""
        }`,
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
