import assert from "node:assert/strict";
import { DataError } from "../../runtime/core/errors.ts";
import { evidenceFactors } from "./factors.ts";
import { evidenceOfEvents } from "./evidence_of_events.ts";
import { readEvidence } from "./read_evidence.ts";
import { formatResponse } from "./write_response.ts";

function response(answer: "down" | "hold" | "up", up: number, down: number) {
  return formatResponse({ thoughts: "t", up, down, change: 0, answer });
}

Deno.test("readEvidence lets the responses to each prompt vote", async () => {
  const texts = [
    response("up", 9, 1),
    response("down", 4, 5),
    response("down", 4, 3),
    ...["?", "", "<answer>maybe</answer>"],
  ];
  const { answers, ballots, counts, logits } = await readEvidence.run(
    { texts },
    {
      samples: 3,
    },
  );
  assert.deepEqual(await answers.toArray(), [0, -1]);
  assert.equal(ballots[0]!.length, 3);
  assert.equal(counts.strict, 3);
  assert.equal(counts.unanswered, 3);
  const rows = await logits.data();
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12);
  near(rows[0]!, Math.log(3 / 6));
  near(rows[3]!, Math.log(1 / 3));
  const byScore = await readEvidence.run({ texts, fallback: ["up", "hold"] }, {
    samples: 3,
    rule: "score",
  });
  assert.deepEqual(await byScore.answers.toArray(), [2, 1]);
  await assert.rejects(
    async () => await readEvidence.run({ texts }, { samples: 4 }),
    DataError,
  );
});

Deno.test("evidenceOfEvents keeps what was known, and the outcome apart", async () => {
  const report = {
    id: "1",
    ticker: "X",
    date: "2016-05-06",
    text: "Sales rose strongly.",
    figures: {
      revenue: { value: 110, previous: 100 },
      debt: { value: 5, previous: null },
    },
    surprise: { actual: 1.1, expected: 1 },
    grades: [
      { date: "2016-05-01", firm: "A", grade: "upgrade to Buy" },
      { date: "2016-05-07", firm: "B", grade: "downgrade to Sell" },
    ],
  };
  const known = {
    report,
    day: "2016-05-06",
    returns: [{ of: "the stock", sessions: 5, value: -0.02 }],
  };
  const { items: [item, open] } = await evidenceOfEvents.run({
    events: [
      { ...known, change: -0.04, end: "2016-05-09" },
      { ...known, change: null, end: null },
    ],
  });
  assert.deepEqual(item!.truth, { answer: "down", change: -0.04 });
  assert.equal(open!.truth, null);
  assert.equal(open!.sources.nextDay, "2016-05-09");
  assert.deepEqual(item!.sources, open!.sources);
  const factors = evidenceFactors(item!.sources);
  assert.deepEqual(Object.keys(factors).sort(), [
    "change of earnings per share against what was expected",
    "change of revenue",
    "level of debt",
    "level of return of the stock over 5 sessions",
    "tone of news",
    "tone of reports",
  ]);
  // The later grade is not heard
  assert.ok(factors["tone of news"]! > 0);

  const { items: [later] } = await evidenceOfEvents.run({
    events: [{ ...known, change: null, end: null }],
  }, { until: "close", horizon: 5 });
  assert.equal(later!.sources.until, "close");
  assert.equal(later!.sources.nextDay, "2016-05-13");
});
