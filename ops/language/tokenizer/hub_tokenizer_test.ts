import assert from "node:assert/strict";
import { makeTokenizer } from "./make_tokenizer.ts";
import { recordedTokenizer, references } from "./testing_references.ts";

for (
  const [name, { cases, literal }] of Object.entries(references.tokenizers)
) {
  Deno.test(`the tokenizer "${name}" encodes and decodes as the original`, () => {
    const tokenizer = makeTokenizer(recordedTokenizer(name));
    for (const { text, ids, bare, skipped, whole } of cases) {
      const place = JSON.stringify(text);
      assert.deepEqual([...tokenizer.encode(text)], ids, place);
      assert.deepEqual(
        [...tokenizer.encode(text, { addSpecialTokens: false })],
        bare,
        place,
      );
      assert.equal(tokenizer.decode(ids), skipped, place);
      assert.equal(
        tokenizer.decode(ids, { skipSpecialTokens: false }),
        whole,
        place,
      );
    }
  });

  Deno.test(`the tokenizer "${name}" reads special tokens as text where asked`, () => {
    const tokenizer = makeTokenizer(recordedTokenizer(name));
    assert.ok(literal.length > 0);
    for (const { text, ids } of literal) {
      const encoded = tokenizer.encode(text, { parseSpecial: false });
      assert.deepEqual([...encoded], ids, JSON.stringify(text));
    }
  });
}

Deno.test("roles come from the config, and turns end at known tokens too", () => {
  const tokenizer = makeTokenizer(recordedTokenizer("gpt-2", {
    bos_token: { content: "<|im_start|>" },
    eos_token: "<|endoftext|>",
  }));
  assert.equal(tokenizer.beginId, 1);
  assert.deepEqual(tokenizer.endIds, [0, 2]);
  assert.equal(tokenizer.padId, 0);
  assert.equal(tokenizer.idOf("<|im_end|>"), 2);
  assert.equal(tokenizer.tokenOf(2), "<|im_end|>");
  assert.equal(tokenizer.idOf("no token"), undefined);
  assert.equal(tokenizer.size, 500);
});

Deno.test("a tokenizer without a config has no roles", () => {
  const tokenizer = makeTokenizer(recordedTokenizer("metaspace"));
  assert.equal(tokenizer.beginId, null);
  assert.deepEqual(tokenizer.endIds, []);
  assert.equal(tokenizer.padId, 0);
});

Deno.test("a tokenizer is made once for its data", () => {
  const data = recordedTokenizer("gpt-2");
  assert.equal(makeTokenizer(data), makeTokenizer(data));
});

Deno.test("tokens that are none decode to nothing, ids that are none are refused", () => {
  const tokenizer = makeTokenizer(recordedTokenizer("gpt-2"));
  assert.equal(tokenizer.decode([499, 99_999]), tokenizer.decode([499]));
  assert.throws(() => tokenizer.decode([-1]), /as its id is -1/);
  assert.throws(() => tokenizer.decode([0.5]), /as its id is 0.5/);
  assert.throws(() => tokenizer.tokenOf(500), /an integer from 0 to 499/);
});
