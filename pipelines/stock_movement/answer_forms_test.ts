import assert from "node:assert/strict";
import {
  makeTokenizer,
  readModel,
  SMALL_MODEL,
} from "../../ops/language/mod.ts";
import {
  answerForms,
  LONG_HOLD_SHORT,
  LONG_SHORT,
} from "../../ops/movement/mod.ts";

Deno.test("the small model has a token for each form of each answer, Hold included", async () => {
  const { tokenizer: data } = await readModel(SMALL_MODEL);
  const tokenizer = makeTokenizer(data!);
  for (const words of [LONG_SHORT, LONG_HOLD_SHORT]) {
    const { classes, forms } = answerForms(words);
    const tokens = forms.map((form) => [
      ...tokenizer.encode(form, { addSpecialTokens: false }),
    ]);
    assert.deepEqual(tokens.map((own) => own.length), forms.map(() => 1));
    assert.equal(new Set(tokens.flat()).size, forms.length);
    // A form behind a prompt is the same token as alone
    for (const [k, form] of forms.entries()) {
      const whole = [...tokenizer.encode(`### Answer:${form}`)];
      assert.equal(whole.at(-1), tokens[k]![0], form);
    }
    assert.deepEqual(
      words.map((_, index) => classes.filter((one) => one === index).length),
      words.map(() => 6),
    );
  }
});
