import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  keepUnchanged,
  type Notebook,
  notebookText,
  scrub,
} from "./notebooks.ts";

const notebook = (html: string, source = "x"): Notebook => ({
  cells: [
    {
      cell_type: "code",
      source,
      metadata: {
        execution: { "iopub.execute_input": "2026-01-02T03:04:05Z" },
        tags: ["a"],
      },
      outputs: [{
        output_type: "display_data",
        data: { "text/html": html },
        metadata: {},
      }],
    },
    {
      cell_type: "markdown",
      source: "/home/me/weft stays in prose",
      metadata: {},
    },
  ],
  metadata: {
    kernelspec: { name: "deno" },
    language_info: { version: "6.0.3" },
  },
  nbformat: 4,
});

const htmlOf = (made: Notebook) =>
  made.cells[0]?.outputs?.[0]?.data?.["text/html"];

Deno.test("scrub takes paths, times of execution and plotly.js out of outputs", () => {
  const clean = scrub(
    notebook(
      '<p>at file:///home/me/weft/mod.ts</p><script data-weft="plotly">var x = "<b>";</script><i>',
    ),
    new Map([["/home/me/weft", "/weft"]]),
  );
  strictEqual(htmlOf(clean), "<p>at file:///weft/mod.ts</p><i>");
  deepStrictEqual(clean.cells[0]?.metadata, { tags: ["a"] });
  deepStrictEqual(clean.metadata, { kernelspec: { name: "deno" } });
  strictEqual(clean.cells[1]?.source, "/home/me/weft stays in prose");
});

Deno.test("scrub takes plotly.js out although nbformat stores it line by line", () => {
  const made = notebook("");
  const cell = made.cells[0];
  ok(cell);
  const output = {
    output_type: "display_data",
    data: {
      "text/html": [
        'a\n<script data-weft="plotly">\n',
        "code\n",
        "</script>b\n",
        "c",
      ],
      "application/x+json": { list: ["x\n", "y"] },
    },
  };
  const clean = scrub(
    { ...made, cells: [{ ...cell, outputs: [output] }] },
    new Map(),
  );
  deepStrictEqual(clean.cells[0]?.outputs?.[0]?.data, {
    "text/html": ["a\n", "b\n", "c"],
    "application/x+json": { list: ["x\n", "y"] },
  });
});

Deno.test("keepUnchanged keeps outputs that differ in times only", () => {
  const before = notebook("computed in 12 ms, then 1.3 s, then 2 min 05 s");
  strictEqual(
    htmlOf(
      keepUnchanged(
        before,
        notebook("computed in 9.5 ms, then 700 ms, then 1.0 s"),
      ),
    ),
    htmlOf(before),
  );
  strictEqual(
    htmlOf(keepUnchanged(before, notebook("failed in 12 ms"))),
    "failed in 12 ms",
  );
  strictEqual(
    htmlOf(
      keepUnchanged(
        before,
        notebook("computed in 9 ms, then 7 ms, then 1.0 s", "y"),
      ),
    ),
    "computed in 9 ms, then 7 ms, then 1.0 s",
    "the code of the cell changed",
  );
});

Deno.test("notebookText ends in a line feed and parses back", () => {
  const text = notebookText(notebook("a"));
  ok(text.endsWith("}\n"));
  deepStrictEqual(JSON.parse(text), notebook("a"));
});
