import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { MimeBundle } from "./bundle.ts";
import { endCell, showInNotebook } from "./jupyter_progress.ts";
import { handMadeRun } from "./testing.ts";

type Sent = { bundle: MimeBundle; id: string; update: boolean };

function fakeKernel() {
  const sent: Sent[] = [];
  return {
    sent,
    display: (
      bundle: MimeBundle,
      options: { display_id: string; update: boolean },
    ) => {
      sent.push({ bundle, id: options.display_id, update: options.update });
      return Promise.resolve();
    },
  };
}

Deno.test("showInNotebook updates one output in place and ends with the last state", async () => {
  const run = handMadeRun(["a <b>", "c"]);
  const kernel = fakeKernel();
  const done = showInNotebook(run, kernel);
  run.events.emit({ type: "node-start", at: 0, node: 0, name: "a <b>" });
  run.events.emit({
    type: "node-progress",
    at: 1,
    node: 0,
    name: "a <b>",
    fraction: 0.25,
  });
  while (kernel.sent.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  run.events.emit({
    type: "node-end",
    at: 400,
    node: 0,
    name: "a <b>",
    state: "reused",
    ms: 0,
    why: "stored",
  });
  run.events.emit({
    type: "node-end",
    at: 500,
    node: 1,
    name: "c",
    state: "computed",
    ms: 90,
    why: "missing",
    bytes: 4096,
  });
  run.events.emit({ type: "run-end", at: 501, state: "completed" });
  await done;
  deepStrictEqual([...new Set(kernel.sent.map((one) => one.id))].length, 1);
  strictEqual(kernel.sent[0]?.update, false);
  ok(kernel.sent.slice(1).every((one) => one.update));
  ok(String(kernel.sent[0]?.bundle["text/html"]).includes("width:25%"));
  const last = kernel.sent.at(-1)?.bundle ?? {};
  strictEqual(last["text/plain"], "✓ 2 nodes: 1 computed, 1 reused in 501 ms");
  const html = String(last["text/html"]);
  for (const text of ["a &lt;b&gt;", "reused", "↺", "90 ms", "4 KiB"]) {
    ok(html.includes(text), text);
  }
  strictEqual(/<script|<b> <b>/.test(html), false);
});

Deno.test("showInNotebook shows a run that ends at once exactly once", async () => {
  const run = handMadeRun(["a"]);
  const kernel = fakeKernel();
  endCell();
  const done = showInNotebook(run, kernel);
  run.events.emit({ type: "run-end", at: 1, state: "completed" });
  await done;
  strictEqual(kernel.sent.length, 1);
});

Deno.test("showInNotebook lets short runs in a row share one output, cell by cell", async () => {
  const kernel = fakeKernel();
  const runOnce = async () => {
    const run = handMadeRun(["a"]);
    const done = showInNotebook(run, kernel);
    run.events.emit({ type: "run-end", at: 1, state: "completed" });
    await done;
  };
  endCell();
  await runOnce();
  await runOnce();
  await runOnce();
  endCell();
  await runOnce();
  deepStrictEqual(kernel.sent.map((one) => one.update), [
    false,
    true,
    true,
    false,
  ]);
  strictEqual(new Set(kernel.sent.map((one) => one.id)).size, 2);
  ok(
    String(kernel.sent[2]?.bundle["text/plain"]).endsWith("(and 2 before it)"),
  );
  endCell();
});
