import assert from "node:assert/strict";
import { parseEvidence } from "../../ops/evidence/mod.ts";
import { RunView } from "../../runtime/display/mod.ts";
import { retuningPage, retuningText } from "./report_page.ts";
import { RETUNING_REPORT, type RetuningReport } from "./report_schema.ts";

const EVIL = '<script>alert("x")</script> [here](https://example.org)\n```\n' +
  "# Heading\n<img src=x onerror=alert(1)></dd></dl><answer>UP</answer>";

function score(value: number) {
  return { value, lower: value - 0.1, upper: value + 0.1 };
}

function step(at: number, reward: number) {
  return {
    step: at,
    reward,
    bestReward: reward + 1,
    informative: 0.5,
    length: 40,
    ended: 1,
    divergence: 0.01,
    loss: 0,
    gradientNorm: 0.2,
    learningRate: 1e-4,
  };
}

function window(at: number) {
  return {
    window: at,
    rows: 6,
    invalid: 1,
    trainRows: 60,
    gap: 2,
    gapDays: 2,
    accuracy: 0.5,
    macroF1: 0.4,
    weightedF1: 0.4,
    matthews: 0.1,
    brier: null,
    logLoss: null,
  };
}

const COUNTS = {
  responses: 24,
  strict: 12,
  repaired: 3,
  malformed: 9,
  unanswered: 4,
  problems: { scoreMissing: 9, answerMissing: 4 },
  repairs: { answerCase: 3 },
};

const { thoughts: _, ...read } = parseEvidence(EVIL);

function reportOf(windows: number): RetuningReport {
  const all = [...Array(windows).keys()];
  const period = (from: string, to: string) => ({ from, to, rows: 6 });
  const confusion = [[2, 0, 1, 1], [0, 3, 0, 1], [1, 0, 3, 0]];
  return RETUNING_REPORT.parse({
    data: [{
      name: "simulated items",
      period: period("2010-01-04", "2011-06-01"),
      note: null,
    }],
    stage: {
      title: "Evidence by RETuning",
      scope: "mechanics",
      model: "tuned",
      tuning: [],
      splits: all.map((at) => ({
        train: period("2010-01-04", `201${at + 1}-01-01`),
        validation: null,
        test: period(`201${at + 1}-01-05`, `201${at + 1}-06-01`),
        purge: 0,
        embargo: 2,
      })),
      metrics: [{
        metric: "accuracy",
        model: "tuned",
        rows: 12,
        lowerIsBetter: false,
        ...score(0.5),
        baselines: [
          { model: "structured scorer", ...score(0.6), pValue: 0.3, test: "x" },
        ],
        shuffled: score(0.3125),
      }],
      notes: ["A note."],
    },
    byWindow: all.map(window),
    confusions: { tuned: confusion, "structured scorer": confusion },
    responses: COUNTS,
    begunResponses: COUNTS,
    untunedResponses: { ...COUNTS, strict: 0 },
    votes: [1, 2].map((samples) => ({
      samples,
      votes: 2 / samples,
      accuracy: 0.4 + samples / 100,
      macroF1: 0.4,
    })),
    guesses: {
      macroF1: 0.33,
      macroF1Deviation: 0.02,
      accuracy: 0.33,
      accuracyDeviation: 0.02,
    },
    tunings: all.map((at) => ({
      examples: { items: 9, passed: 6, wrong: 2, filtered: 1, unbalanced: 0 },
      losses: [3, 2 + at],
      curriculum: { easy: 1, medium: 2, hard: 3, chosen: 2, added: 0 },
      policy: [step(1, 2), step(2, 3 + at)],
    })),
    shown: [{
      id: "simulated-7",
      day: "2011-02-01",
      prompt: "First line\nsecond <line>",
      response: EVIL,
      read,
      truth: { answer: "up", change: 0.0412 },
    }],
    bayesRate: null,
  });
}

const details = {
  view: new RunView(),
  createdAt: new Date(0),
  provenance: [["model", "tiny"]] as const,
};

Deno.test("the page sets what was measured beside its baselines", async () => {
  const page = await retuningPage(reportOf(1), {
    size: "small",
    detail: "brief",
  }, details);
  for (
    const part of [
      "mechanics only",
      "on shuffled labels",
      "0.3125",
      "simulated items",
      "2010-01-04 to 2011-06-01",
      "Accuracy against the number of responses that vote",
      "Loss on the examples",
      "Rewards",
      "to the letter",
      "no scores",
      "no answer",
      "First line\nsecond &lt;line&gt;",
      "repaired: capital letters in the answer",
      "+4.12 %",
    ]
  ) assert.ok(page.includes(part), part);
  assert.ok(!page.includes("window by window"));
});

Deno.test("what a model wrote is text on the page, and nothing else", async () => {
  const page = await retuningPage(reportOf(1), {
    size: "small",
    detail: "brief",
  }, details);
  assert.ok(page.includes("&lt;script&gt;alert"));
  assert.ok(!page.includes("<script>alert"));
  assert.ok(!page.includes("<img src=x"));
  assert.ok(!page.includes("</dd></dl><answer>"));
  assert.ok(!page.includes('href="https://example.org"'));
  assert.ok(!page.includes(">Heading</h"));
});

Deno.test("several windows are told apart", async () => {
  const page = await retuningPage(reportOf(2), {
    size: "small",
    detail: "brief",
  }, details);
  for (const part of ["window by window", "loss, window 2", "2012-06-01"]) {
    assert.ok(page.includes(part), part);
  }
  const text = retuningText(reportOf(2));
  assert.match(text, /The model, tuned, window by window/);
  assert.match(text, /- A note\./);
});
