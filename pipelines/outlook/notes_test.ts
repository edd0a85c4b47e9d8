import assert from "node:assert/strict";
import { verdictOf } from "./notes.ts";
import type { Metric } from "./report_schema.ts";

function logLoss(value: number, interval?: readonly [number, number]): Metric {
  return {
    stage: "movement",
    model: "fused",
    split: "all",
    metric: "logLoss",
    rows: 100,
    value,
    lower: interval?.[0] ?? null,
    upper: interval?.[1] ?? null,
    lowerIsBetter: true,
    baseline: { model: "prior", value: 1 },
    shuffled: null,
  };
}

Deno.test("verdictOf calls a difference clear only if the baseline is outside of the interval", () => {
  const verdict = (...args: Parameters<typeof logLoss>) =>
    verdictOf(logLoss(...args));
  assert.equal(verdict(0.9, [0.8, 0.99]), "better than the baseline");
  assert.equal(
    verdict(0.98, [0.9, 1.05]),
    "not clearly different from the baseline",
  );
  assert.equal(verdict(1.2, [1.1, 1.3]), "worse than the baseline");
  assert.equal(verdict(1.2), "worse than the baseline");
  assert.equal(
    verdictOf({ ...logLoss(1.2), lowerIsBetter: false }),
    "better than the baseline",
  );
});
