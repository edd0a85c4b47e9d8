import assert from "node:assert/strict";
import { documents } from "../../../fixtures/models/small/corpus.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { generateTexts } from "../generation/stream_text.ts";
import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import { weightShape } from "../weights/decode.ts";
import { classifierOf } from "./classifier.ts";
import { forward } from "./forward.ts";
import { readModel } from "./read_model.ts";
import { SMALL_MODEL } from "./small_model.ts";

const END = "<|endoftext|>";
const HELD_OUT_SEED = 3;

Deno.test("the small model has the size that its card tells", async () => {
  const { config, weights } = await readModel(SMALL_MODEL);
  assert.equal(config.family, "llama");
  assert.equal(config.contextLength, 1024);
  const parameters = Object.values(weights)
    .map((weight) => weightShape(weight).reduce((a, b) => a * b, 1))
    .reduce((a, b) => a + b);
  assert.equal(parameters, 2_755_008);
});

Deno.test("the small model foresees text of its kind that it has not seen", async () => {
  const model = await readModel(SMALL_MODEL);
  const tokenizer = makeTokenizer(model.tokenizer!);
  const ids: number[] = [];
  for (const parts of documents(HELD_OUT_SEED)) {
    for (const part of [...parts, END]) {
      ids.push(...tokenizer.encode(part, { addSpecialTokens: false }));
    }
    if (ids.length > 1025) break;
  }
  const tokens = wf.tensor(ids.slice(0, 1024), {
    shape: [2, 512],
    dtype: "i32",
  });
  const targets = wf.tensor(ids.slice(1, 1025), {
    shape: [2, 512],
    dtype: "i32",
  });
  const { hidden } = forward(model, { tokens }, { dtype: "f32" });
  const loss = await wf.cutCrossEntropy(
    hidden as wf.F32,
    classifierOf(model) as wf.F32,
    targets,
  ).item();
  // A uniform guess costs log(2048) = 7.62; 0.504 was measured on 65,536 tokens
  assert.ok(loss > 0.2 && loss < 0.7, `its loss is ${loss}`);
});

Deno.test("the small model answers in the form of a chat", async () => {
  const model = await readModel(SMALL_MODEL);
  const ask = (content: string) => [{ role: "user", content }];
  const answers = await generateTexts(model, [
    ask("What is the capital of Texas?"),
    ask("Is this good or bad for the stock: pricing held up well?"),
    ask("Is this good or bad for the stock: cash flow was negative?"),
  ], { temperature: 0, maxTokens: 16 });
  assert.deepEqual(answers.map(({ text }) => text), [
    "Austin.",
    "Good.",
    "Bad.",
  ]);
});
