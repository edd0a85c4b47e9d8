import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  progressLine,
  type ProgressOutput,
  showInTerminal,
} from "./terminal_progress.ts";
import { viewOf } from "./run_view.ts";
import { handMadeRun } from "./testing.ts";

function output(options: Partial<ProgressOutput> = {}) {
  let text = "";
  return {
    isTerminal: false,
    hasColor: false,
    columns: () => 60,
    ...options,
    write: (more: string) => void (text += more),
    text: () => text,
  };
}

Deno.test("showInTerminal writes plain lines to a log: no escapes, no reused nodes", () => {
  const run = handMadeRun(["data/prices", "volatility/gp", "volatility/score"]);
  const log = output();
  showInTerminal(run, log);
  run.events.emit({
    type: "node-end",
    at: 1,
    node: 0,
    name: "data/prices",
    state: "reused",
    ms: 0,
    why: "stored",
  });
  run.events.emit({
    type: "node-start",
    at: 1,
    node: 1,
    name: "volatility/gp",
  });
  run.events.emit({
    type: "node-log",
    at: 2,
    node: 1,
    name: "volatility/gp",
    message: "fold 1",
  });
  run.events.emit({
    type: "node-end",
    at: 1500,
    node: 1,
    name: "volatility/gp",
    state: "computed",
    ms: 1499,
    why: "missing",
    bytes: 2048,
  });
  run.events.emit({
    type: "node-end",
    at: 1501,
    node: 2,
    name: "volatility/score",
    state: "failed",
    ms: 1,
    why: "the body threw",
    error: new Error("Cannot score\nmore"),
  });
  run.events.emit({ type: "run-end", at: 1502, state: "failed" });
  deepStrictEqual(log.text().split("\n"), [
    "  volatility/gp: fold 1",
    "✓ volatility/gp computed 1.5 s 2 KiB",
    "✗ volatility/score failed 1 ms: Cannot score",
    "✗ 3 nodes: 1 computed, 1 reused, 1 failed in 1.5 s",
    "",
  ]);
});

Deno.test("showInTerminal gives no command of a message to the terminal", () => {
  const run = handMadeRun(["a"]);
  const terminal = output({ isTerminal: true });
  showInTerminal(run, terminal);
  const event = { at: 1, node: 0, name: "a" };
  const message = "field \u001b[2J\u009b2J\u0007";
  run.events.emit({ type: "node-log", ...event, message });
  run.events.emit({
    type: "node-end",
    ...event,
    state: "failed",
    ms: 0,
    why: "threw",
    error: new Error(message),
  });
  run.events.emit({ type: "run-end", at: 2, state: "failed" });
  deepStrictEqual(terminal.text().split("\n").slice(0, 2), [
    "  a: field \ufffd[2J\ufffd2J\ufffd",
    "✗ a failed 0 ms: field \ufffd[2J\ufffd2J\ufffd",
  ]);
});

Deno.test("showInTerminal tells what runs where a log was silent for a minute", () => {
  const run = handMadeRun(["language/fineTune", "b"]);
  const log = output();
  showInTerminal(run, log);
  const node = { node: 0, name: "language/fineTune" };
  run.events.emit({ type: "node-start", at: 1, ...node });
  for (const seconds of [30, 61, 90, 122]) {
    run.events.emit({
      type: "node-progress",
      at: 1000 * seconds,
      ...node,
      fraction: seconds / 200,
      message: `second ${seconds}`,
    });
  }
  deepStrictEqual(log.text().trim().split("\n"), [
    "▸ 2 nodes: 1 running, 1 waiting in 1 min 01 s: language/fineTune 30 %: second 61",
    "▸ 2 nodes: 1 running, 1 waiting in 2 min 02 s: language/fineTune 61 %: second 122",
  ]);
});

Deno.test("showInTerminal tells every tenth of a large run, not every node", () => {
  const names = Array.from({ length: 1000 }, () => "fit");
  const run = handMadeRun(names);
  const log = output();
  showInTerminal(run, log);
  names.forEach((name, node) =>
    run.events.emit({
      type: "node-end",
      at: node,
      node,
      name,
      state: "computed",
      ms: 1,
      why: "missing",
    })
  );
  run.events.emit({ type: "run-end", at: 1000, state: "completed" });
  strictEqual(log.text().trim().split("\n").length, 10);
});

Deno.test("progressLine is narrower than the terminal, whatever its width", () => {
  const run = handMadeRun(["a/very-long-name-of-an-op-that-goes-on", "b"]);
  run.events.emit({ type: "node-start", at: 0, node: 0, name: "a" });
  run.events.emit({
    type: "node-progress",
    at: 0,
    node: 0,
    name: "a",
    fraction: 0.5,
    message: "a long\nmessage ".repeat(9),
  });
  const view = viewOf(run.events.past);
  for (let columns = 12; columns < 200; columns++) {
    const line = progressLine(view, 12_345, output({ columns: () => columns }));
    ok(line.length < columns, `${line.length} of ${columns}`);
    strictEqual(line.includes("\n"), false);
  }
  ok(progressLine(view, 12_345, output()).includes("0/2 12.3 s"));
});

Deno.test("progressLine uses colours only where they are wanted", () => {
  const view = viewOf(handMadeRun(["a"]).events.past);
  strictEqual(progressLine(view, 0, output()).includes("\x1b"), false);
  ok(progressLine(view, 0, output({ hasColor: true })).includes("\x1b[36m"));
});

Deno.test("showInTerminal clears its bar before it writes a line and leaves none behind", async () => {
  const run = handMadeRun(["a"]);
  const terminal = output({ isTerminal: true });
  showInTerminal(run, terminal);
  while (terminal.text() === "") {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  ok(terminal.text().startsWith("\r\x1b[K"));
  run.events.emit({
    type: "node-end",
    at: 1,
    node: 0,
    name: "a",
    state: "computed",
    ms: 1,
    why: "missing",
  });
  run.events.emit({ type: "run-end", at: 2, state: "completed" });
  ok(terminal.text().endsWith("\r\x1b[K✓ 1 node: 1 computed in 2 ms\n"));
});
