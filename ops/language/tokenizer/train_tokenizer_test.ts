import assert from "node:assert/strict";
import { ParameterError } from "../../../runtime/core/errors.ts";
import { makeTokenizer } from "./make_tokenizer.ts";
import { references } from "./testing_references.ts";
import { trainTokenizer } from "./train_tokenizer.ts";

const SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

for (const { size, splitDigits, corpus, merges } of references.trained) {
  Deno.test(`${size} tokens, digits ${splitDigits ? "alone" : "together"}: the merges are those of the original`, async () => {
    assert.ok(merges.length > 10);
    const { tokenizer } = await trainTokenizer.run({ texts: corpus }, {
      vocabularySize: size,
      specialTokens: SPECIAL,
      splitDigits,
    });
    assert.equal(tokenizer.kind, "hub");
    if (tokenizer.kind !== "hub") return;
    assert.deepEqual(JSON.parse(tokenizer.tokenizer).model.merges, merges);
    const made = makeTokenizer(tokenizer);
    assert.equal(made.size, SPECIAL.length + 256 + merges.length);
    for (const text of corpus) {
      assert.equal(made.decode(made.encode(text)), text);
    }
  });
}

Deno.test("the trained tokenizer encodes as the original that was trained alike", async () => {
  const { corpus } = references.trained[0]!;
  const { tokenizer } = await trainTokenizer.run({ texts: corpus }, {
    vocabularySize: 500,
    specialTokens: SPECIAL,
    splitDigits: true,
  });
  const made = makeTokenizer(tokenizer);
  for (const { text, ids } of references.tokenizers["smollm"]!.cases) {
    assert.deepEqual([...made.encode(text)], ids, JSON.stringify(text));
  }
});

Deno.test("roles are kept, and special tokens are not learnt from", async () => {
  const { tokenizer } = await trainTokenizer.run({
    texts: ["<s>ab<s>ab</s><s></s>", "<s>"],
  }, {
    vocabularySize: 400,
    specialTokens: ["<s>", "</s>", "<pad>"],
    beginToken: "<s>",
    endToken: "</s>",
    padToken: "<pad>",
    chatTemplate: "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}",
  });
  const made = makeTokenizer(tokenizer);
  assert.equal(made.size, 3 + 256 + 1);
  assert.equal(made.tokenOf(259), "ab");
  assert.deepEqual(
    [made.beginId, made.endIds, made.padId],
    [0, [1], 2],
  );
  assert.equal(
    made.renderChat([{ role: "user", content: "ab" }]),
    "<s>ab</s>",
  );
  assert.deepEqual([...made.encode("<s>ab</s>")], [0, 259, 1]);
});

Deno.test("what cannot be trained is refused", async () => {
  const train = (params: Parameters<typeof trainTokenizer.run>[1]) =>
    trainTokenizer.run({ texts: ["a"] }, params);
  await assert.rejects(
    () => train({ vocabularySize: 258, specialTokens: ["a1", "b1", "c1"] }),
    /its vocabulary is 258/,
  );
  await assert.rejects(
    () => train({ vocabularySize: 300, specialTokens: ["<s>", "<s>"] }),
    /"<s>" is there twice/,
  );
  await assert.rejects(
    () => train({ vocabularySize: 300, endToken: "</s>" }),
    /"endToken" is "<\/s>"/,
  );
  await assert.rejects(() => train({ vocabularySize: 10 }), ParameterError);
});

Deno.test("texts without words leave the bytes", async () => {
  const { tokenizer } = await trainTokenizer.run({ texts: [] }, {
    vocabularySize: 300,
  });
  assert.equal(makeTokenizer(tokenizer).size, 257);
});
