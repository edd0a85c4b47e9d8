import assert from "node:assert/strict";
import reference from "../../fixtures/reference/bag_of_words.json" with {
  type: "json",
};
import * as wf from "../../runtime/tensor/mod.ts";
import { bagOfWordsForecast } from "./bag_of_words_forecast.ts";

const { texts } = reference;
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

Deno.test("bagOfWordsForecast refuses other numbers of texts than of labels", async () => {
  await assert.rejects(
    bagOfWordsForecast.run({
      texts,
      labels: wf.tensor([0, 1], { dtype: "i32" }),
      splits: [split],
    }),
    /40 texts and 2 labels/,
  );
});
