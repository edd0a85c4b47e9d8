import assert from "node:assert/strict";
import reference from "../../fixtures/reference/bag_of_words.json" with {
  type: "json",
};
import * as wf from "../../runtime/tensor/mod.ts";
import { bagOfWordsForecast } from "./bag_of_words_forecast.ts";
import { fitVocabulary, termWeights } from "./term_weights.ts";
import { termsOf } from "./text_terms.ts";

const { texts } = reference;
const train = texts.slice(0, 30);
const test = texts.slice(30);
const split = { trainStart: 0, trainEnd: 30, testStart: 30, testEnd: 40 };

function assertClose(
  actual: ArrayLike<number>,
  expected: readonly number[],
  tolerance: number,
): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, at) =>
    assert.ok(
      Math.abs(actual[at]! - value) <= tolerance,
      `${at}: ${actual[at]} is not ${value}`,
    )
  );
}

for (const { name, params, terms, inverse, weights } of reference.cases) {
  Deno.test(`vocabulary and term weights equal scikit-learn's: ${name}`, async () => {
    const { vocabulary } = await fitVocabulary.run({ texts: train }, params);
    assert.deepEqual(vocabulary.terms, terms);
    assertClose(vocabulary.inverse, inverse, 1e-13);
    const { features } = await termWeights.run({ texts: test, vocabulary });
    assertClose(await features.data(), weights.flat(), 1e-14);
  });
}

Deno.test("bagOfWordsForecast equals TfidfVectorizer with LogisticRegression", async () => {
  const { logits, fits } = await bagOfWordsForecast.run({
    texts,
    labels: wf.tensor(reference.labels, { dtype: "i32" }),
    splits: [split],
  }, { classes: 2, penalty: reference.penalty });
  const values = await logits.data();
  assert.ok(values.subarray(0, 60).every(Number.isNaN));
  const margins = test.map((_, row) =>
    values[2 * (row + 30) + 1]! - values[2 * (row + 30)]!
  );
  assertClose(margins, reference.margins, 1e-4);
  assert.deepEqual(
    fits.map((
      { trainRows, terms, converged },
    ) => [trainRows, terms, converged]),
    [[30, reference.cases[0]!.terms.length, true]],
  );
});

Deno.test("bagOfWordsForecast learns from the labelled texts of the training window alone", async () => {
  const labels = reference.labels.map((label, row) => row < 5 ? -1 : label);
  const run = async (own: readonly string[], answers: readonly number[]) =>
    await (await bagOfWordsForecast.run({
      texts: own,
      labels: wf.tensor(answers, { dtype: "i32" }),
      splits: [{ ...split, testEnd: 35 }],
    }, { classes: 2 })).logits.data();
  const plain = await run(texts, labels);
  const changed = await run(
    texts.map((text, row) =>
      row < 5 || row >= 35 ? "entirely other words" : text
    ),
    labels.map((label, row) => row >= 30 ? 0 : label),
  );
  assert.deepEqual(changed, plain);
});

Deno.test("maxTerms keeps the most frequent terms, the earlier ones of equals", async () => {
  const { vocabulary } = await fitVocabulary.run(
    { texts: ["bb bb aa dd", "bb cc aa dd"] },
    { maxTerms: 2, minDocuments: 1 },
  );
  assert.deepEqual(vocabulary.terms, ["aa", "bb"]);
});

Deno.test("termsOf takes words of two characters or more in any script", () => {
  assert.deepEqual(
    termsOf("A Café, naïve_x 涨停 Q4's", 1),
    ["café", "naïve_x", "涨停", "q4"],
  );
  assert.deepEqual(termsOf("", 3), []);
});

Deno.test("texts without a known term are rows of zeros", async () => {
  const { vocabulary } = await fitVocabulary.run({ texts: train });
  const { features } = await termWeights.run({ texts: ["xyzzy"], vocabulary });
  assert.ok((await features.data()).every((weight) => weight === 0));
});

Deno.test("a vocabulary without terms and texts without labels are refused", async () => {
  await assert.rejects(
    fitVocabulary.run({ texts: ["one", "two"] }),
    /no term occurs often enough/,
  );
  await assert.rejects(
    bagOfWordsForecast.run({
      texts,
      labels: wf.tensor([0, 1], { dtype: "i32" }),
      splits: [split],
    }),
    /40 texts and 2 labels/,
  );
});
