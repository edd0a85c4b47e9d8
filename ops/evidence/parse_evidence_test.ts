import assert from "node:assert/strict";
import fc from "fast-check";
import {
  countEvidence,
  type EvidenceProblem,
  type EvidenceRepair,
  parseEvidence,
} from "./parse_evidence.ts";

const GOOD = "<think>Two for, one against.</think><score>[8.5, 6.5]</score>" +
  "<pct_change>0.0350</pct_change><answer>up</answer>";

function changed(from: string, to: string): string {
  assert.ok(GOOD.includes(from));
  return GOOD.replace(from, to);
}

Deno.test("parseEvidence reads the paper's sample", () => {
  assert.deepEqual(parseEvidence(GOOD), {
    up: 8.5,
    down: 6.5,
    change: 0.035,
    answer: "up",
    thoughts: "Two for, one against.",
    isStrict: true,
    problems: [],
    repairs: [],
  });
  assert.equal(parseEvidence(GOOD.replaceAll("><", ">\n<")).isStrict, true);
});

Deno.test("parseEvidence repairs by stated rules only, and says so", () => {
  const cases: [string, EvidenceRepair[], Record<string, unknown>][] = [
    [changed(">up<", ">UP<"), ["answerCase"], { answer: "up" }],
    [changed(">up<", '> "up". <'), ["answerMarks"], { answer: "up" }],
    [changed("0.0350", "-3.5%"), ["changePercent"], { change: -0.035 }],
    [changed("0.0350", "0.035"), ["changeDigits"], { change: 0.035 }],
    [changed("0.0350", "+0.0350"), ["changeDigits"], { change: 0.035 }],
    [changed("[8.5, 6.5]", "8.5,6.5"), ["scoreBrackets"], { up: 8.5 }],
    [`Well. ${GOOD}`, ["textAround"], { answer: "up" }],
    [`${GOOD} Good luck!`, ["textAround"], { answer: "up" }],
    [GOOD.slice("<think>".length), ["thinkBegin"], {
      thoughts: "Two for, one against.",
    }],
    [`${GOOD}<answer>down</answer>`, ["severalTags", "textAround"], {
      answer: "down",
    }],
    [
      "<think>t</think><answer>up</answer><score>[1, 2]</score><pct_change>0.0400</pct_change>",
      ["order"],
      { answer: "up", down: 2 },
    ],
  ];
  for (const [text, repairs, values] of cases) {
    const parsed = parseEvidence(text);
    assert.deepEqual(parsed.repairs, repairs, text);
    assert.deepEqual(parsed.problems, [], text);
    assert.equal(parsed.isStrict, false, text);
    for (const [name, value] of Object.entries(values)) {
      assert.equal(parsed[name as keyof typeof parsed], value, text);
    }
  }
});

Deno.test("parseEvidence tells what is wrong and guesses nothing", () => {
  const cases: [string, EvidenceProblem[]][] = [
    ["", ["empty"]],
    [" \n", ["empty"]],
    ["x".repeat(1_000_001), ["tooLong"]],
    ["It will go up.", [
      "thinkMissing",
      "scoreMissing",
      "changeMissing",
      "answerMissing",
    ]],
    [changed(">up<", ">up or down<"), ["answerUnknown"]],
    [changed(">up<", "><"), ["answerUnknown"]],
    [changed(">up<", ">rise<"), ["answerUnknown"]],
    [changed("0.0350", "1.2000"), ["changeOutOfRange"]],
    [changed("0.0350", "about 3"), ["changeUnreadable"]],
    [changed("0.0350", "1e-2"), ["changeUnreadable"]],
    [changed("0.0350", "NaN"), ["changeUnreadable"]],
    [changed("[8.5, 6.5]", "[10.5, 6.5]"), ["scoreOutOfRange"]],
    [changed("[8.5, 6.5]", "[8.5]"), ["scoreUnreadable"]],
    [changed("[8.5, 6.5]", "[-1, 6.5]"), ["scoreUnreadable"]],
    [changed("</answer>", ""), ["answerMissing"]],
    [changed("<answer>", "</answer>"), ["answerMissing"]],
    [changed("</think>", ""), ["thinkMissing"]],
  ];
  for (const [text, problems] of cases) {
    const parsed = parseEvidence(text);
    assert.deepEqual(parsed.problems, problems, text.slice(0, 200));
    assert.equal(parsed.isStrict, false);
  }
});

Deno.test("an answer within the thoughts is none", () => {
  const text = "<think>Is it <answer>up</answer>?</think>Hm.";
  assert.equal(parseEvidence(text).answer, null);
});

Deno.test("countEvidence counts by reason", () => {
  const counts = countEvidence(
    [GOOD, changed(">up<", ">UP<"), changed(">up<", ">?<"), ""].map(
      parseEvidence,
    ),
  );
  assert.deepEqual(counts, {
    responses: 4,
    strict: 1,
    repaired: 1,
    malformed: 2,
    unanswered: 2,
    problems: { empty: 1, answerUnknown: 1 },
    repairs: { answerCase: 1 },
  });
});

Deno.test("parseEvidence survives whatever a model writes", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "<think>",
      "</think>",
      "<score>",
      "</score>",
      "<pct_change>",
      "</pct_change>",
      "<answer>",
      "</answer>",
      "up",
      "[8.5, 6.5]",
      "0.0350",
      "[,]",
      "%",
      "\u0000",
      "\ud800",
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const parsed = parseEvidence(pieces.join(""));
      const { answer, change, down, isStrict, problems, repairs, up } = parsed;
      for (const score of [up, down]) {
        assert.ok(score === null || (score >= 0 && score <= 10));
      }
      assert.ok(change === null || Math.abs(change) <= 1);
      assert.ok(answer !== null || problems.length > 0);
      assert.equal(isStrict, problems.length + repairs.length === 0);
      // Reading is a function of the text alone
      assert.deepEqual(parseEvidence(pieces.join("")), parsed);
    }),
    { numRuns: 2000, seed: 5 },
  );
});

Deno.test("tags without end take no time that grows with their square", () => {
  const text = "<answer><think></answer>".repeat(40_000);
  assert.equal(parseEvidence(text).answer, null);
});
