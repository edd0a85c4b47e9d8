import assert from "node:assert/strict";
import reference from "../../fixtures/reference/bag_of_words.json" with {
  type: "json",
};
import { fitVocabulary, termWeights } from "./term_weights.ts";
import { termsOf } from "./text_terms.ts";

const { texts } = reference;
const train = texts.slice(0, 30);
const test = texts.slice(30);

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

Deno.test("a vocabulary without terms is refused", async () => {
  await assert.rejects(
    fitVocabulary.run({ texts: ["one", "two"] }),
    /no term occurs often enough/,
  );
});
