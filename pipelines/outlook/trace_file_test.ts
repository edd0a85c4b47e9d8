import assert from "node:assert/strict";
import { boundedTrace } from "./trace_file.ts";

const span = (name: string, dur?: number) => ({
  name,
  ph: "X" as const,
  ts: 0,
  pid: 1,
  tid: 0,
  args: {},
  ...(dur === undefined ? {} : { dur }),
});

Deno.test("boundedTrace keeps names and the longest spans, in order", () => {
  const trace = {
    traceEvents: [span("row"), span("a", 1), span("b", 3), span("c", 2)],
  };
  const names = (most?: number) =>
    boundedTrace(trace, most).traceEvents.map(({ name }) => name);
  assert.deepEqual(names(), ["row", "a", "b", "c"]);
  assert.deepEqual(names(3), ["row", "b", "c"]);
});
