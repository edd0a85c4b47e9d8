import assert from "node:assert/strict";
import { DataError, PortError } from "../../../runtime/core/errors.ts";
import { openStore } from "../../../runtime/flow/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import { generate } from "./generate.ts";
import { scoreChoices } from "./score_choices.ts";
import { generateTexts } from "./stream_text.ts";
import { LETTERS } from "./testing_letters.ts";
import { plainLogProbabilities, tinyModel } from "./testing_model.ts";

async function letters(): Promise<LanguageModel> {
  return { ...await tinyModel(), tokenizer: LETTERS };
}

const PROMPTS = ["hello", "a", "hello", "the quick brown fox", "hello"];

Deno.test("generate gives the texts of all prompts, in batches of any size", async () => {
  const model = await letters();
  const params = { maxTokens: 9, temperature: 1.5, topK: 20, stop: ["q"] };
  const direct = await generateTexts(model, PROMPTS, params);
  for (const batch of [1, 2, 8]) {
    const made = await generate.run({ model, prompts: PROMPTS }, {
      ...params,
      batch,
    });
    assert.deepEqual(made.texts, direct.map((one) => one.text));
    assert.deepEqual(made.tokens, direct.map((one) => one.ids));
    assert.deepEqual(
      made.finishReasons,
      direct.map((one) => one.finishReason),
    );
  }
  const { texts: [chat] } = await generate.run(
    { model, prompts: ["hi"] },
    { chat: true },
  );
  const { texts: [message] } = await generate.run({
    model,
    prompts: [[{ role: "user", content: "hi" }]],
  });
  assert.equal(chat, message);
});

Deno.test("what was generated is known again by the content of the model", async () => {
  const store = openStore("memory");
  const node = async (maxTokens: number) =>
    generate({ model: await letters(), prompts: ["ab"] }, { maxTokens });
  const first = await (await node(4)).value({ store });
  const { nodes: [again] } = await (await node(4)).plan({ store });
  assert.equal(again!.state, "reused");
  assert.deepEqual(await (await node(4)).value({ store }), first);
  const { nodes: [other] } = await (await node(5)).plan({ store });
  assert.notEqual(other!.state, "reused");
});

Deno.test("scoreChoices gives log-probabilities and label logits", async () => {
  const model = await letters();
  const tokenizer = makeTokenizer(LETTERS);
  const prompts = ["up or ", "yes or no "];
  const choices = ["a", "bé"];
  const run = (norm: "sum" | "token" | "byte") =>
    scoreChoices.run({ model, prompts, choices }, { norm });
  const { logProbabilities, logits } = await run("sum");
  const sums = await logProbabilities.data();
  for (const [at, prompt] of prompts.entries()) {
    const before = tokenizer.encode(prompt).length;
    for (const [k, choice] of choices.entries()) {
      const ids = [...tokenizer.encode(prompt + choice)];
      const log = await plainLogProbabilities(model, ids);
      let sum = 0;
      for (let j = before; j < ids.length; j++) sum += log[j - 1]![ids[j]!]!;
      assert.ok(Math.abs(sum - sums[at * 2 + k]!) < 1e-4);
    }
  }
  const [perToken, perByte] = [
    await (await run("token")).logProbabilities.data(),
    await (await run("byte")).logProbabilities.data(),
  ];
  const tokens = tokenizer.encode("bé", { addSpecialTokens: false }).length;
  assert.ok(tokens > 1);
  assert.ok(Math.abs(perToken[1]! - sums[1]! / tokens) < 1e-5);
  // Two letters, three bytes.
  assert.ok(Math.abs(perByte[3]! - sums[3]! / 3) < 1e-5);
  assert.equal(perToken[0], sums[0]);
  assert.deepEqual(logits.shape, [2, 2]);
  const labels = await scoreChoices.run({
    model,
    prompts,
    choices: [["a", "b"], ["c", "d"]],
  });
  const [scores, odds] = [
    await labels.logProbabilities.data(),
    await labels.logits.data(),
  ];
  assert.ok(
    Math.abs(scores[2]! - scores[3]! - (odds[2]! - odds[3]!)) < 1e-5,
  );
});

Deno.test("choices that do not fit are refused", async () => {
  const model = await letters();
  const prompts = ["a", "b"];
  await assert.rejects(
    () => scoreChoices.run({ model, prompts, choices: [["a"]] }),
    DataError,
  );
  await assert.rejects(
    () => scoreChoices.run({ model, prompts, choices: [["a"], ["b", "c"]] }),
    DataError,
  );
  await assert.rejects(
    () => scoreChoices.run({ model, prompts, choices: [""] }),
    PortError,
  );
  await assert.rejects(
    () =>
      generate.run({ model: { ...model, tokenizer: null }, prompts: ["a"] }),
    DataError,
  );
});
