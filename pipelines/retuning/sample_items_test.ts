import assert from "node:assert/strict";
import { z } from "zod";
import { eventSplits } from "../../ops/data/mod.ts";
import {
  EVIDENCE_ITEM,
  evidenceFactors,
  evidencePrompt,
} from "../../ops/evidence/mod.ts";
import { REPORT_EVENT } from "../../ops/reports.ts";
import { SPLITS } from "../../ops/splits.ts";
import { op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { SAMPLE_THRESHOLD, sampleItems } from "./sample_items.ts";

const PORTS = {
  items: port.value(z.array(EVIDENCE_ITEM)),
  events: port.value(z.array(REPORT_EVENT)),
  splits: port.value(SPLITS),
};

const together = op({
  name: "test/together",
  version: "1",
  inputs: PORTS,
  outputs: PORTS,
  run: (inputs) => inputs,
});

Deno.test("sampleItems asks about weeks of an index of which reports are known", async () => {
  const { events, items } = sampleItems({ threshold: SAMPLE_THRESHOLD });
  const { splits } = eventSplits({ events }, { windows: 2 });
  const { items: list, splits: windows, events: asked } = await together({
    items,
    events,
    splits,
  }).value({ store: "none" });
  assert.ok(list.length > 200 && list.length === asked.length);
  for (const [index, { sources, truth }] of list.entries()) {
    assert.equal(sources.until, "close");
    assert.ok(sources.nextDay > sources.day);
    assert.equal(truth!.change, asked[index]!.change);
    assert.equal(sources.nextDay, asked[index]!.end);
  }
  // Reports of many companies are known on most of the days
  const told =
    list.filter(({ sources }) => sources.fundamentals.length > 0).length;
  assert.ok(told > 0.8 * list.length, `${told} of ${list.length}`);
  for (const answer of ["up", "down", "hold"]) {
    const own = list.filter(({ truth }) => truth!.answer === answer).length;
    assert.ok(own > 0.1 * list.length, `${own} times ${answer}`);
  }
  // Outcomes of training items are known before the test begins
  for (const { testStart, trainEnd } of windows) {
    assert.ok(asked[trainEnd - 1]!.end! < asked[testStart]!.day);
  }
  const { text } = evidencePrompt(list[200]!.sources, { detail: "brief" });
  assert.match(text, /close of .* to close of /);
  assert.ok(Object.keys(evidenceFactors(list[200]!.sources)).length > 4);
});
