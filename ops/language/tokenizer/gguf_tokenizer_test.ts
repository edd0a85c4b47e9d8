import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fileSource } from "../../../runtime/formats/file_source.ts";
import { readGgufHeader } from "../../../runtime/formats/gguf/header.ts";
import { readGgufTokenizer } from "./gguf_tokenizer.ts";
import { makeTokenizer } from "./make_tokenizer.ts";
import { damagedGpt2, damagedLlama } from "./testing_damaged_gguf.ts";
import { fetchedModel, references, sharedModel } from "./testing_references.ts";

const MARKER = "\n__ggml_vocab_test__\n";

const VOCABULARIES = [
  { name: "ggml-vocab-gpt-2.gguf", read: damagedGpt2, size: 50_257 },
  { name: "ggml-vocab-llama-spm.gguf", read: damagedLlama, size: 32_000 },
];

for (const { name, read, size } of VOCABULARIES) {
  const file = sharedModel(name);
  Deno.test({
    name: `the cases of ${name} pass${file === null ? " (file absent)" : ""}`,
    ignore: file === null,
    fn() {
      const data = readGgufTokenizer(read(file!));
      const tokenizer = makeTokenizer(data);
      assert.equal(tokenizer.size, size);
      const texts = readFileSync(sharedModel(`${name}.inp`)!, "utf8")
        .split(MARKER).slice(0, -1);
      const outputs = readFileSync(sharedModel(`${name}.out`)!, "utf8")
        .split("\n").slice(0, -1).map((line) => line.trim());
      assert.equal(texts.length, 46);
      assert.equal(outputs.length, 46);
      texts.forEach((text, index) => {
        const ids = tokenizer.encode(text, { addSpecialTokens: false });
        assert.equal(ids.join(" "), outputs[index], JSON.stringify(text));
        assert.equal(tokenizer.decode(ids), text);
      });
    },
  });
}

const smollm2 = fetchedModel("SmolLM2-135M-Instruct.Q4_1.gguf");
Deno.test({
  name: `SmolLM2 encodes as llama.cpp does${
    smollm2 === null ? " (file absent)" : ""
  }`,
  ignore: smollm2 === null,
  async fn() {
    const source = await fileSource(fileURLToPath(smollm2!));
    const { metadata } = await readGgufHeader(source);
    await source.close();
    const tokenizer = makeTokenizer(readGgufTokenizer(metadata));
    assert.equal(tokenizer.size, 49_152);
    assert.deepEqual(tokenizer.endIds, [2, 0]);
    for (const { text, ids } of references.smollm2.cases) {
      assert.deepEqual([...tokenizer.encode(text)], ids, JSON.stringify(text));
    }
    const chat = tokenizer.renderChat([{ role: "user", content: "Hi" }]);
    assert.match(chat, /^<\|im_start\|>system\nYou are a helpful AI/);
    assert.equal(tokenizer.encode(chat)[0], 1);
  },
});

const BYTES = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
);

/** A small vocabulary of pieces. */
function pieces(changes: Readonly<Record<string, unknown>> = {}) {
  const words = ["▁", "a", "b", "ab", "▁ab", "<|im_end|>"];
  const tokens = ["<unk>", "<s>", "</s>", ...BYTES, ...words];
  const metadata = {
    model: "llama",
    tokens,
    scores: Float32Array.from(tokens, (_, id) => -id),
    token_type: Int32Array.from(
      tokens,
      (token, id) =>
        id === 0 ? 2 : id < 3 || token === "<|im_end|>" ? 3 : id < 259 ? 6 : 1,
    ),
    bos_token_id: 1,
    eos_token_id: 2,
    ...changes,
  };
  return new Map<string, unknown>(
    Object.entries(metadata).map((
      [name, value],
    ) => [`tokenizer.ggml.${name}`, value]),
  );
}

Deno.test("pieces know their begin, their ends and the space before", () => {
  const tokenizer = makeTokenizer(readGgufTokenizer(pieces()));
  assert.deepEqual(tokenizer.endIds, [2, 264]);
  assert.deepEqual([...tokenizer.encode("ab")], [1, 263]);
  assert.deepEqual(
    [
      ...makeTokenizer(readGgufTokenizer(pieces({
        add_space_prefix: false,
        add_bos_token: false,
      }))).encode("ab"),
    ],
    [262],
  );
  assert.deepEqual([...tokenizer.encode("é")], [1, 259, 3 + 0xc3, 3 + 0xa9]);
});

Deno.test("what does not fit is refused by name", () => {
  const refuses = (metadata: Map<string, unknown>, message: RegExp) =>
    assert.throws(() => makeTokenizer(readGgufTokenizer(metadata)), message);
  refuses(new Map(), /it has no "tokenizer.ggml.model"/);
  refuses(pieces({ model: "rwkv" }), /its kind is "rwkv"/);
  refuses(pieces({ tokens: ["a", 1] }), /no list of texts/);
  refuses(pieces({ tokens: [] }), /0 tokens/);
  refuses(pieces({ scores: new Float32Array(3) }), /scores do not fit/);
  refuses(pieces({ token_type: [1] }), /it has 1 types/);
  refuses(
    pieces({ bos_token_id: 999 }),
    /"tokenizer.ggml.bos_token_id" is 999/,
  );
  refuses(pieces({ model: "gpt2" }), /no "tokenizer.ggml.merges"/);
  refuses(
    pieces({ model: "gpt2", merges: [], pre: "odd" }),
    /"tokenizer.ggml.pre" is "odd"/,
  );
  refuses(
    pieces({ model: "gpt2", merges: ["a c"], pre: "gpt-2" }),
    /merge 0 is "a c"/,
  );
});

Deno.test("byte pairs begin with the token for it where the file or the kind says so", () => {
  const tokens = ["a", "b", "ab", "<s>", "</s>"];
  const metadata = (changes: Readonly<Record<string, unknown>>) =>
    new Map<string, unknown>(
      Object.entries({
        model: "gpt2",
        pre: "gpt-2",
        tokens,
        token_type: [1, 1, 1, 3, 3],
        merges: ["a b"],
        bos_token_id: 3,
        eos_token_id: 4n,
        ...changes,
      }).map(([name, value]) => [`tokenizer.ggml.${name}`, value]),
    );
  const encode = (changes: Readonly<Record<string, unknown>>) => [
    ...makeTokenizer(readGgufTokenizer(metadata(changes))).encode("ab"),
  ];
  assert.deepEqual(encode({}), [2]);
  assert.deepEqual(encode({ pre: "llama-bpe" }), [3, 2]);
  assert.deepEqual(encode({ pre: "llama-bpe", add_bos_token: false }), [2]);
  assert.deepEqual(encode({ add_bos_token: true, add_eos_token: true }), [
    3,
    2,
    4,
  ]);
});

Deno.test("the named pre-tokenizers split numbers and words as they should", () => {
  const characters = "12345aéA!ĊĠ".split("");
  const words = ["12", "123", "1234", "12345", "aA", "!Ċ", "Ġ1", "a!", "!!"];
  const merges = [
    "1 2",
    "12 3",
    "123 4",
    "1234 5",
    "a A",
    "! Ċ",
    "Ġ 1",
    "a !",
    "! !",
  ];
  const split = (pre: string, text: string) => {
    const tokenizer = makeTokenizer(readGgufTokenizer(
      new Map<string, unknown>([
        ["tokenizer.ggml.model", "gpt2"],
        ["tokenizer.ggml.pre", pre],
        ["tokenizer.ggml.tokens", [...characters, ...words]],
        ["tokenizer.ggml.merges", merges],
      ]),
    ));
    return Array.from(tokenizer.encode(text), (id) => tokenizer.tokenOf(id))
      .join("|");
  };
  const numbers = (text: string, ...names: string[]) => {
    for (const name of names) {
      assert.equal(split(name, "12345"), text, name);
      assert.equal(split(name, "a!"), "a|!", name);
    }
  };
  numbers("12345", "gpt-2", "mpt", "olmo");
  numbers("1|2|3|4|5", "smollm", "starcoder", "command-r", "qwen2", "qwen35");
  numbers("1|2|3|4|5", "deepseek-coder", "tekken", "seed-coder", "bailingmoe");
  numbers("123|4|5", "llama-bpe", "dbrx", "gpt-4o", "deepseek-v3", "falcon");
  numbers("123|4|5", "default");
  assert.equal(split("gpt-2", " 1"), "Ġ1");
  for (const name of ["smollm", "llama-bpe", "qwen2", "gpt-4o"]) {
    assert.equal(split(name, " 1"), "Ġ|1", name);
  }
  assert.equal(split("gpt-2", "!\n"), "!|Ċ");
  for (const name of ["llama-bpe", "qwen2", "deepseek-v3"]) {
    assert.equal(split(name, "!\n"), "!Ċ", name);
  }
  assert.equal(split("llama-bpe", "aA"), "aA");
  for (const name of ["gpt-4o", "tekken"]) {
    assert.equal(split(name, "aA"), "a|A", name);
  }
});
