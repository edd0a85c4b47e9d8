import assert from "node:assert/strict";
import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import {
  accuracyBySamples,
  guessBound,
  reportAnswers,
} from "./answer_report.ts";
import { EVIDENCE_ANSWERS, type EvidenceAnswer } from "./answers.ts";
import { type Ballot, vote, voteInGroups, voteLogits } from "./votes.ts";

const ballot = (answer: EvidenceAnswer | null): Ballot => ({
  answer,
  up: null,
  down: null,
});

/** Ballots of items of class `item % 3` that are right with a probability. */
async function voter(
  items: number,
  samples: number,
  hit: number,
): Promise<{ ballots: Ballot[][]; truth: EvidenceAnswer[] }> {
  const draws = await wf.random.uniform(wf.random.key(3), [items, samples])
    .data();
  const truth = Array.from(
    { length: items },
    (_, k) => EVIDENCE_ANSWERS[k % 3]!,
  );
  const ballots = truth.map((_, item) =>
    Array.from({ length: samples }, (_, k) => {
      const draw = draws[item * samples + k]!;
      const miss = (1 - hit) / 2;
      const shift = draw < hit ? 0 : draw < hit + miss ? 1 : 2;
      return ballot(EVIDENCE_ANSWERS[(item + shift) % 3]!);
    })
  );
  return { ballots, truth };
}

Deno.test("more votes are better for a voter who knows a little", async () => {
  const { ballots, truth } = await voter(684, 32, 0.42);
  const reports = accuracyBySamples(ballots, truth);
  assert.deepEqual(reports.map(({ samples }) => samples), [1, 2, 4, 8, 16, 32]);
  const at = (samples: number) =>
    reports.find((one) => one.samples === samples)!.accuracy;
  assert.ok(Math.abs(at(1) - 0.42) < 0.02, String(at(1)));
  assert.ok(at(4) > at(1) + 0.02);
  assert.ok(at(16) > at(4) + 0.05);
  assert.ok(at(32) > at(16) + 0.02);
});

Deno.test("more votes are no better for a voter who guesses", async () => {
  const { ballots, truth } = await voter(684, 32, 1 / 3);
  for (const { accuracy, macroF1 } of accuracyBySamples(ballots, truth)) {
    assert.ok(Math.abs(accuracy - 1 / 3) < 0.06, String(accuracy));
    assert.ok(Math.abs(macroF1 - 1 / 3) < 0.06, String(macroF1));
  }
});

Deno.test("vote settles ties by who came first", () => {
  const ballots = [null, "hold", "up", "up", "hold"] as const;
  assert.equal(vote(ballots.map(ballot)), "hold");
  assert.equal(vote([ballot(null)]), null);
  assert.equal(vote([], "majority", "down"), "down");
});

Deno.test("vote by score weighs by how sure a response is", () => {
  const ballots: Ballot[] = [
    { answer: "up", up: 9, down: 1 },
    { answer: "down", up: 4, down: 5 },
    { answer: "down", up: 4, down: 3 },
  ];
  assert.equal(vote(ballots), "down");
  assert.equal(vote(ballots, "score"), "up");
  const [down, hold, up] = voteLogits(ballots, "score").map(Math.exp);
  const total = 3 + 0.9 + 0.8;
  for (const [made, votes] of [[down, 1.8], [hold, 1], [up, 1.9]] as const) {
    assert.ok(Math.abs(made! - votes / total) < 1e-12);
  }
});

Deno.test("voteInGroups uses every ballot once", () => {
  const own = (["up", "up", "down", "down", "hold"] as const).map(ballot);
  assert.deepEqual(voteInGroups([own], 2), [["up"], ["down"]]);
  assert.throws(() => voteInGroups([own], 6), ParameterError);
  assert.throws(() => voteInGroups([own], 0), ParameterError);
});

Deno.test("reportAnswers counts no answer as a miss", () => {
  const truth = ["up", "up", "hold", "down"] as const;
  const report = reportAnswers(["up", null, "hold", "up"], truth);
  assert.deepEqual(report.counts, [[0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 1]]);
  // Up: one hit of two, two were answered
  assert.deepEqual(report.f1, [0, 1, 0.5]);
  assert.equal(report.macroF1, 0.5);
  assert.equal(report.accuracy, 0.5);
  assert.equal(report.outOfClass, 1);
  assert.throws(() => reportAnswers([], []), DataError);
});

Deno.test("guessing on 684 balanced items reaches the paper's grey band", async () => {
  const truth = Array.from({ length: 684 }, (_, k) => EVIDENCE_ANSWERS[k % 3]!);
  const bound = await guessBound(truth, { seeds: 200 });
  assert.ok(Math.abs(bound.macroF1 - 1 / 3) < 0.005, String(bound.macroF1));
  assert.ok(Math.abs(bound.macroF1Deviation - 0.018) < 0.003);
});
