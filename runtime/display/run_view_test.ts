import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { RunEvent } from "../core/events.ts";
import { groupByName, groupPhase, summarise, viewOf } from "./run_view.ts";

const start: RunEvent = {
  type: "run-start",
  at: 0,
  startedAt: "2026-01-02T03:04:05.000Z",
  nodes: [
    { id: 0, name: "a", inputs: [], kind: "cpu" },
    { id: 1, name: "b", inputs: [0], kind: "cpu" },
    { id: 2, name: "b", inputs: [0], kind: "cpu" },
  ],
  roots: [1, 2],
};

Deno.test("viewOf follows nodes from waiting over running to how they ended", () => {
  const events: RunEvent[] = [
    start,
    {
      type: "node-end",
      at: 1,
      node: 0,
      name: "a",
      state: "reused",
      ms: 0,
      why: "stored",
    },
    { type: "node-start", at: 2, node: 1, name: "b" },
    {
      type: "node-progress",
      at: 50,
      node: 1,
      name: "b",
      fraction: 0.5,
      message: "fold 1",
    },
  ];
  const during = viewOf(events);
  deepStrictEqual(during.nodes.map((node) => node.phase), [
    "reused",
    "running",
    "waiting",
  ]);
  strictEqual(during.fraction(), 0.5, "one ended, one half done, of three");
  strictEqual(during.nodes[1]?.message, "fold 1");
  strictEqual(summarise(during), "1 reused, 1 running, 1 waiting");
  const after = viewOf([
    ...events,
    {
      type: "node-end",
      at: 90,
      node: 1,
      name: "b",
      state: "failed",
      ms: 88,
      why: "the body threw",
      error: new Error("bad\nmore"),
    },
    {
      type: "node-end",
      at: 91,
      node: 2,
      name: "b",
      state: "computed",
      ms: 1,
      why: "missing",
      bytes: 8,
    },
    { type: "run-end", at: 92, state: "failed", error: new Error("bad") },
  ]);
  strictEqual(after.state, "failed");
  strictEqual(after.elapsed, 92);
  strictEqual(after.fraction(), 1);
  strictEqual(after.nodes[1]?.message, "bad");
  strictEqual(summarise(after), "1 computed, 1 reused, 1 failed");
});

Deno.test("viewOf keeps warnings and damaged entries of the store, not what was merely read", () => {
  const view = viewOf([
    start,
    { type: "warning", at: 1, message: "w" },
    { type: "store", at: 2, action: "damaged", message: "d" },
    { type: "store", at: 3, action: "loaded", message: "l" },
  ]);
  deepStrictEqual(view.warnings, ["w", "d"]);
});

Deno.test("groupByName and groupPhase tell the most urgent of nodes of one op", () => {
  const view = viewOf([
    start,
    {
      type: "node-end",
      at: 1,
      node: 1,
      name: "b",
      state: "computed",
      ms: 1,
      why: "",
    },
  ]);
  const groups = groupByName(view.nodes);
  deepStrictEqual(groups.map((group) => [group.name, group.nodes.length]), [[
    "a",
    1,
  ], ["b", 2]]);
  strictEqual(
    groupPhase(groups[1]?.nodes ?? []),
    "running",
    "some ended, some wait",
  );
  strictEqual(groupPhase(groups[0]?.nodes ?? []), "waiting");
});
