import assert from "node:assert/strict";
import { fetchNotes } from "./fetch_notes.ts";
import { TestTerminal } from "./testing_terminal.ts";

Deno.test("each tenth of a large file is told once, nothing of small ones", () => {
  const terminal = new TestTerminal();
  const hear = fetchNotes(terminal);
  const total = 20 * 2 ** 20;
  for (const part of [0, 0.05, 0.1, 0.12, 0.5, 1]) {
    hear({ file: "a", done: part * total, total });
  }
  hear({ file: "b", done: 10, total: 10 });
  assert.deepEqual(
    terminal.notes,
    [10, 50, 100].map((percent) => `Fetched ${percent} % of a (20 MiB)`),
  );
});
