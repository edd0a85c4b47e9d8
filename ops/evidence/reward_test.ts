import assert from "node:assert/strict";
import { ParameterError } from "../../runtime/core/errors.ts";
import { answerOfChange } from "./answers.ts";
import { curriculumOf, difficultyOf } from "./difficulty.ts";
import { parseEvidence } from "./parse_evidence.ts";
import { gradeEvidence } from "./reward.ts";

function response(change: string, answer: string) {
  return parseEvidence(
    `<think>t</think><score>[8.5, 6.5]</score><pct_change>${change}</pct_change><answer>${answer}</answer>`,
  );
}

Deno.test("gradeEvidence gives the paper's worked grading: 1 + 4 + 1", () => {
  const made = gradeEvidence(response("0.0350", "up"), {
    answer: "up",
    change: 0.0349,
  });
  assert.deepEqual(made, {
    format: 1,
    accuracy: 2,
    direction: 1,
    nearness: 1,
    consistency: 1,
    total: 6,
  });
});

Deno.test("3 % and up disagree by threshold, and agree by sign", () => {
  const truth = { answer: "up", change: 0.05 } as const;
  const parsed = response("0.0300", "up");
  assert.equal(gradeEvidence(parsed, truth).consistency, 0);
  const bySign = gradeEvidence(parsed, truth, { agreement: "sign" });
  assert.equal(bySign.consistency, 1);
  const hold = gradeEvidence(response("0.0300", "hold"), truth);
  assert.equal(hold.consistency, 1);
});

Deno.test("gradeEvidence gives nothing for what is not there", () => {
  const truth = { answer: "hold", change: 0 } as const;
  assert.equal(gradeEvidence(parseEvidence("nonsense"), truth).total, 0);
  const wrong = gradeEvidence(response("0.0000", "up"), truth);
  // The change is near, but the class is not right
  assert.deepEqual(wrong, {
    format: 1,
    accuracy: 0,
    direction: 0,
    nearness: 0,
    consistency: 0,
    total: 1,
  });
  const repaired = gradeEvidence(response("0.0000", "HOLD"), truth);
  assert.deepEqual([repaired.format, repaired.accuracy], [0, 2]);
});

Deno.test("weights of the reward are options", () => {
  const truth = { answer: "down", change: -0.05 } as const;
  const parsed = response("-0.0500", "down");
  const options = { format: 0.5, accuracy: 3, direction: 0, consistency: 0.25 };
  assert.equal(gradeEvidence(parsed, truth, options).total, 4.75);
  assert.throws(
    () => gradeEvidence(parsed, truth, { accuracy: -1 }),
    ParameterError,
  );
});

Deno.test("a change of exactly 3 % holds on both sides", () => {
  assert.equal(answerOfChange(0.03), "hold");
  assert.equal(answerOfChange(-0.03), "hold");
  assert.equal(answerOfChange((1.133 - 1.1) / 1.1), "hold");
  assert.equal(answerOfChange(0.030001), "up");
  assert.equal(answerOfChange(-0.030001), "down");
});

Deno.test("difficultyOf is the paper's for eight answers", () => {
  const levels = Array.from({ length: 9 }, (_, k) => difficultyOf(k, 8));
  assert.deepEqual(levels, [
    ...["hard", "hard", "hard"],
    ...["medium", "medium", "medium"],
    ...["easy", "easy", "easy"],
  ]);
  assert.throws(() => difficultyOf(9, 8), ParameterError);
  assert.throws(() => difficultyOf(0, 0), ParameterError);
});

Deno.test("curriculumOf takes medium items, the easiest first", () => {
  assert.deepEqual(curriculumOf([3, 8, 5, 0, 4, 5], 8), {
    order: [2, 5, 4, 0],
    easy: 1,
    medium: 4,
    hard: 1,
  });
});
