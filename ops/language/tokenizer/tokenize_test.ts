import assert from "node:assert/strict";
import { recordedTokenizer, references } from "./testing_references.ts";
import { detokenize, tokenize } from "./tokenize.ts";

const TOKENIZER = recordedTokenizer("llama 2", {
  bos_token: "<s>",
  eos_token: "</s>",
});
const CASES = references.tokenizers["llama 2"]!.cases;
const TEXTS = CASES.map(({ text }) => text);

Deno.test("texts become the tokens of the original, padded on the left", async () => {
  const { ids, padded, mask } = await tokenize.run({
    texts: TEXTS,
    tokenizer: TOKENIZER,
  }, {});
  assert.deepEqual(ids, CASES.map((entry) => entry.ids));
  const length = Math.max(...ids.map((row) => row.length));
  assert.deepEqual(padded.shape, [TEXTS.length, length]);
  const expected = ids.flatMap((
    row,
  ) => [...Array<number>(length - row.length).fill(2), ...row]);
  assert.deepEqual(await padded.toArray(), chunks(expected, length));
  const own = ids.flatMap((row) =>
    Array.from({ length }, (_, at) => at >= length - row.length ? 1 : 0)
  );
  assert.deepEqual(await mask.toArray(), chunks(own, length));
});

function chunks<T>(values: readonly T[], length: number): T[][] {
  return Array.from(
    { length: values.length / length },
    (_, row) => values.slice(row * length, (row + 1) * length),
  );
}

Deno.test("texts are cut and padded on the right where asked", async () => {
  const { ids, padded, mask } = await tokenize.run({
    texts: ["Hello world", ""],
    tokenizer: TOKENIZER,
  }, { maxTokens: 3, padSide: "right" });
  assert.deepEqual(ids.map((row) => row.length), [3, 1]);
  assert.deepEqual(await padded.toArray(), [ids[0]!, [1, 2, 2]]);
  assert.deepEqual(await mask.toArray(), [[1, 1, 1], [1, 0, 0]]);
});

Deno.test("special tokens are left out and read as text where asked", async () => {
  const { ids } = await tokenize.run({
    texts: ["a</s>"],
    tokenizer: TOKENIZER,
  }, { addSpecialTokens: false, parseSpecial: false });
  assert.ok(!ids[0]!.includes(1) && !ids[0]!.includes(2));
  const { texts } = await detokenize.run({ ids, tokenizer: TOKENIZER }, {});
  assert.deepEqual(texts, ["a</s>"]);
});

Deno.test("tokens become texts", async () => {
  const ids = CASES.map((entry) => entry.ids);
  const { texts } = await detokenize.run({ ids, tokenizer: TOKENIZER }, {});
  assert.deepEqual(texts, CASES.map(({ skipped }) => skipped));
  const all = await detokenize.run({ ids, tokenizer: TOKENIZER }, {
    skipSpecialTokens: false,
  });
  assert.deepEqual(all.texts, CASES.map(({ whole }) => whole));
});

Deno.test("the node's key follows the texts and the tokenizer", async () => {
  const tokens = tokenize({ texts: ["Hello"], tokenizer: TOKENIZER });
  const [same, other] = [
    tokenize({ texts: ["Hello"], tokenizer: { ...TOKENIZER } }),
    tokenize({ texts: ["Hello!"], tokenizer: TOKENIZER }),
  ];
  const first = await tokens.value({ store: "memory" });
  assert.deepEqual((await same.value({ store: "memory" })).ids, first.ids);
  assert.notDeepEqual((await other.value({ store: "memory" })).ids, first.ids);
});

Deno.test("what is no tokenizer is refused at the port", async () => {
  await assert.rejects(
    () =>
      tokenize.run({
        texts: ["a"],
        // @ts-expect-error: The kind is wrong on purpose
        tokenizer: { kind: "other" },
      }, {}),
    /must be a tokenizer as data/,
  );
  await assert.rejects(
    () => tokenize.run({ texts: [], tokenizer: TOKENIZER }, {}),
    /there are no texts/,
  );
});
