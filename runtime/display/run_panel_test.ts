import { ok, strictEqual } from "node:assert/strict";
import { runPanelHtml } from "./run_panel.ts";
import { viewOf } from "./run_view.ts";
import { handMadeRun } from "./testing.ts";

Deno.test("runPanelHtml has a bar a node, and a bar an op when there are many", () => {
  const bars = (count: number) => {
    const names = Array.from({ length: count }, (_, index) => `op${index % 3}`);
    const html = runPanelHtml(viewOf(handMadeRun(names).events.past));
    return html.match(/<tr /g)?.length;
  };
  strictEqual(bars(12), 12);
  strictEqual(bars(40), 40);
  strictEqual(bars(1000), 3);
});

Deno.test("runPanelHtml folds a run that reused everything and opens one that failed", () => {
  const run = handMadeRun(["a"]);
  run.events.emit({
    type: "node-end",
    at: 1,
    node: 0,
    name: "a",
    state: "reused",
    ms: 0,
    why: "stored",
  });
  run.events.emit({ type: "run-end", at: 2, state: "completed" });
  strictEqual(runPanelHtml(viewOf(run.events.past)).includes(" open>"), false);
  const failed = handMadeRun(["a"]);
  failed.events.emit({
    type: "node-end",
    at: 1,
    node: 0,
    name: "a",
    state: "failed",
    ms: 0,
    why: "threw",
    error: new Error("Cannot <i>\nhint"),
  });
  failed.events.emit({ type: "run-end", at: 2, state: "failed" });
  const html = runPanelHtml(viewOf(failed.events.past));
  ok(html.includes(" open>"));
  ok(html.includes("Cannot &lt;i&gt;") && !html.includes("hint"));
});
