import assert from "node:assert/strict";
import { EventStream, type RunEvent } from "./events.ts";
import { Trace } from "./trace.ts";

function recorded(): Trace {
  const events = new EventStream<RunEvent>();
  const trace = new Trace(events);
  const node = (id: number, name: string, inputs: number[]) => ({
    id,
    name,
    inputs,
    kind: "cpu" as const,
  });
  const nodes = [
    node(0, "data/load", []),
    node(1, "volatility/har", [0]),
    node(2, "volatility/ewma", [0]),
    node(3, "report", [1, 2]),
  ];
  const history: RunEvent[] = [
    { type: "run-start", at: 0, startedAt: "2026-01-01", nodes, roots: [3] },
    end(0, "data/load", 1, "reused", 0),
    { type: "node-start", at: 2, node: 1, name: "volatility/har" },
    { type: "node-start", at: 3, node: 2, name: "volatility/ewma" },
    {
      type: "kernel",
      at: 6,
      path: ["data/load", "volatility/har"],
      kernel: "sum(multiply)",
      device: "reference",
      ms: 2,
      bytes: 80,
    },
    end(1, "volatility/har", 12, "computed", 10),
    end(2, "volatility/ewma", 13, "failed", 10),
    { type: "warning", at: 13, node: 2, message: "tried again" },
    { type: "store", at: 13, action: "saved", node: 1, message: "saved" },
    { type: "store", at: 13, action: "damaged", message: "a file is bad" },
    end(3, "report", 14, "skipped", 0),
    { type: "run-end", at: 15, state: "failed", error: new Error("no") },
  ];
  for (const event of history) events.emit(event);
  return trace;
}

function end(
  node: number,
  name: string,
  at: number,
  state: "computed" | "reused" | "failed" | "skipped",
  ms: number,
): RunEvent {
  return { type: "node-end", at, node, name, state, ms, why: `was ${state}` };
}

Deno.test("Trace holds the state, time and reason of each node", () => {
  const trace = recorded();
  assert.equal(trace.state, "failed");
  assert.equal(trace.ms, 15);
  assert.deepEqual(
    trace.nodes.map(({ name, state, ms, why }) => [name, state, ms, why]),
    [
      ["data/load", "reused", 0, "was reused"],
      ["volatility/har", "computed", 10, "was computed"],
      ["volatility/ewma", "failed", 10, "was failed"],
      ["report", "skipped", 0, "was skipped"],
    ],
  );
  assert.deepEqual(trace.warnings, ["tried again"]);
});

Deno.test("Trace as a text has a summary, a line a node, and the warnings", () => {
  const lines = recorded().toText().split("\n");
  assert.equal(
    lines[0],
    "run failed in 15.0 ms: 1 reused, 1 computed, 1 failed, 1 skipped; 1 kernels, 2.0 ms",
  );
  assert.match(
    lines[2]!,
    /^volatility\/har\s+computed\s+10\.0 ms {2}was computed$/,
  );
  assert.deepEqual(lines.slice(-2), [
    "warning: tried again",
    "store: a file is bad",
  ]);
});

Deno.test("Trace for Chrome and Perfetto has spans in microseconds, overlapping nodes in different rows", () => {
  const { traceEvents } = recorded().toChrome();
  const spans = traceEvents.filter(({ ph }) => ph === "X");
  assert.deepEqual(
    spans.map(({ name, ts, dur }) => [name, ts, dur]),
    [
      ["volatility/har", 2000, 10_000],
      ["volatility/ewma", 3000, 10_000],
      ["sum(multiply)", 4000, 2000],
    ],
  );
  assert.notEqual(spans[0]!.tid, spans[1]!.tid);
  assert.equal(spans[2]!.args["op"], "data/load › volatility/har");
  const rows = traceEvents.filter(({ ph }) => ph === "M").map(({ args }) =>
    args["name"]
  );
  assert.deepEqual(rows, ["nodes 1", "nodes 2", "kernels on reference"]);
  assert.equal(JSON.parse(JSON.stringify(traceEvents)).length, 9);
});
