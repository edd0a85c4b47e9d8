import assert from "node:assert/strict";
import { DataError } from "../../../runtime/core/errors.ts";
import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { generateTexts, streamText, streamTexts } from "./stream_text.ts";
import { LETTERS } from "./testing_letters.ts";
import { tinyModel } from "./testing_model.ts";

async function letters(): Promise<LanguageModel> {
  return { ...await tinyModel(), tokenizer: LETTERS };
}

Deno.test("the pieces of a stream are the text of its tokens", async () => {
  const model = await letters();
  const tokenizer = makeTokenizer(LETTERS);
  for (let seed = 0; seed < 6; seed++) {
    const stream = streamText(model, "ab", {
      temperature: 2,
      seed,
      maxTokens: 40,
    });
    let text = "";
    for (;;) {
      const next = await stream.next();
      if (next.done !== true) {
        text += next.value;
        continue;
      }
      const { finishReason, ids, promptTokens, text: whole } = next.value;
      assert.equal(promptTokens, 3);
      assert.equal(whole, text);
      assert.equal(finishReason, ids.at(-1) === 2 ? "end" : "length");
      const prompt = [...tokenizer.encode("ab")];
      assert.equal(tokenizer.decode([...prompt, ...ids]), `ab${text}`);
      break;
    }
  }
});

Deno.test("texts end before their stop strings, each for itself", async () => {
  const model = await letters();
  const prompts = ["ab", "the end", ""];
  const plain = await generateTexts(model, prompts, { maxTokens: 30 });
  const stop = plain[0]!.text.slice(5, 8);
  assert.equal(stop.length, 3);
  const events = streamTexts(model, prompts, { maxTokens: 30, stop: [stop] });
  const streamed = ["", "", ""];
  for (;;) {
    const next = await events.next();
    if (next.done !== true) {
      streamed[next.value.sequence] += next.value.text;
      continue;
    }
    const [first] = next.value;
    assert.equal(first!.finishReason, "stop");
    assert.equal(
      first!.text,
      plain[0]!.text.slice(0, plain[0]!.text.indexOf(stop)),
    );
    next.value.forEach(({ finishReason, text }, at) => {
      assert.equal(streamed[at], text);
      assert.ok(!text.includes(stop));
      assert.ok(plain[at]!.text.startsWith(text));
      if (finishReason !== "stop") assert.equal(text, plain[at]!.text);
    });
    break;
  }
});

Deno.test("a chat is answered where its template ends", async () => {
  const model = await letters();
  const [chat, text] = await generateTexts(model, [
    [{ role: "user", content: "hi" }],
    "hi ",
  ], { maxTokens: 5 });
  assert.deepEqual(chat, text);
});

Deno.test("a model without a tokenizer reads no text", async () => {
  const model = await tinyModel();
  await assert.rejects(() => generateTexts(model, ["a"]), DataError);
});
