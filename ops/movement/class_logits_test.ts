import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { classLogits } from "./class_logits.ts";
import { MOVEMENT_CLASSES } from "./label_movement.ts";
import { answerForms, LONG_SHORT } from "./movement_words.ts";
import { parseAnswer, parseAnswers } from "./parse_answer.ts";

const logs = (rows: number[][]) =>
  wf.tensor(rows.map((row) => row.map(Math.log)), { dtype: "f64" });

async function probabilitiesOf(
  rows: number[][],
  columns: number[],
  neutral?: number[][],
): Promise<number[]> {
  const { logits } = await classLogits.run({
    logProbabilities: logs(rows),
    ...(neutral === undefined ? {} : { neutral: logs(neutral) }),
  }, { columns });
  return [...await wf.softmax(logits, { axis: 1 }).data()];
}

const near = (actual: number[], expected: number[]) =>
  actual.forEach((value, at) =>
    assert.ok(Math.abs(value - expected[at]!) < 1e-12, actual.join())
  );

Deno.test("classLogits adds up the probabilities of all ways to write a class", async () => {
  near(
    await probabilitiesOf([[0.1, 0.2, 0.05, 0.05], [0, 0.1, 0.3, 0]], [
      0,
      1,
      0,
      1,
    ]),
    [0.15 / 0.4, 0.25 / 0.4, 0.75, 0.25],
  );
});

Deno.test("classLogits takes off what a model prefers behind nothing", async () => {
  // Behind nothing it says 1 nine times of ten: after that, even is even
  near(
    await probabilitiesOf([[0.1, 0.9], [0.5, 0.5]], [0, 1], [[0.1, 0.9]]),
    [0.5, 0.5, 0.9, 0.1],
  );
});

Deno.test("classLogits refuses columns that do not fit", async () => {
  await assert.rejects(
    probabilitiesOf([[0.1, 0.2]], [0, 1, 1]),
    /2 columns by 3 classes/,
  );
  await assert.rejects(
    probabilitiesOf([[0.1, 0.2]], [0, 2]),
    /class 1 without a column/,
  );
});

Deno.test("answerForms: no form is the beginning of another", () => {
  for (const words of [LONG_SHORT, MOVEMENT_CLASSES]) {
    const { classes, forms } = answerForms(words);
    assert.equal(forms.length, 6 * words.length);
    assert.equal(forms.length, classes.length);
    for (const [at, form] of forms.entries()) {
      assert.ok(forms.every((other, k) => k === at || !other.startsWith(form)));
      assert.equal(
        form.trim().toLowerCase(),
        words[classes[at]!]!.toLowerCase(),
      );
    }
  }
  assert.deepEqual(answerForms(["up"]).forms, [
    " up",
    "up",
    " Up",
    "Up",
    " UP",
    "UP",
  ]);
});

Deno.test("parseAnswer takes the last word in any case, and no part of a word", async () => {
  const cases: [string, boolean, number | null][] = [
    ["Long", false, 1],
    [" long.\nOr rather: SHORT!", false, 0],
    ["prolonged shortage", false, null],
    ["Hold", false, null],
    ["Short? No: hold", true, 1],
    ["long", true, 2],
    ["", false, null],
  ];
  for (const [text, hold, expected] of cases) {
    assert.equal(parseAnswer(text, hold), expected, text);
  }
  const { classes, invalid } = await parseAnswers.run({
    answers: cases.map(([text]) => text),
  });
  assert.deepEqual([...await classes.data()], [1, 0, -1, -1, 0, 1, -1]);
  assert.equal(invalid, 3);
});
