import assert from "node:assert/strict";
import { countEvidence, parseEvidence } from "./parse_evidence.ts";
import { sumEvidenceCounts } from "./sum_counts.ts";

const TEXTS = [
  "<think>…</think><score>[8.5, 6.5]</score><pct_change>0.0350</pct_change><answer>up</answer>",
  "<think>…</think><score>8.5, 6.5</score><pct_change>3.5%</pct_change><answer>UP</answer>",
  "no idea",
  "",
];

Deno.test("counts of parts add up to the counts of all", () => {
  const parsed = TEXTS.map(parseEvidence);
  const whole = countEvidence(parsed);
  const parts = parsed.map((one) => countEvidence([one]));
  assert.deepEqual(sumEvidenceCounts(parts), whole);
  assert.equal(whole.problems.empty, 1);
  assert.deepEqual(sumEvidenceCounts([]), countEvidence([]));
});
