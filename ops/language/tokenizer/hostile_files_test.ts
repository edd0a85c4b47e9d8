import assert from "node:assert/strict";
import { WeftError } from "../../../runtime/core/errors.ts";
import { mutate } from "../../../runtime/formats/testing_mutations.ts";
import { readGgufTokenizer } from "./gguf_tokenizer.ts";
import { makeHubTokenizer } from "./hub_tokenizer.ts";
import { readLlama2cTokenizer } from "./llama2c_tokenizer.ts";
import { makePiecesTokenizer } from "./pieces_tokenizer.ts";
import { Chance, damageValue } from "./testing_mutations.ts";
import { references } from "./testing_references.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { TokenizerData } from "./tokenizer_data.ts";

const TEXT = "The cat's 12 hats, <s>é漢 \n\n a</s> naïve😀   x";

/** Uses a tokenizer in all ways; tells whether it was refused. */
function isRefused(make: () => Tokenizer): boolean {
  try {
    const tokenizer = make();
    const ids = tokenizer.encode(TEXT);
    tokenizer.encode(TEXT, { parseSpecial: false });
    tokenizer.decode(ids, { skipSpecialTokens: false });
    const stream = tokenizer.stream();
    for (const id of ids) stream.push(id);
    stream.flush();
    tokenizer.decode([0, 1, 2, 1000]);
    tokenizer.renderChat([{ role: "user", content: TEXT }]);
    return false;
  } catch (error) {
    if (error instanceof WeftError) return true;
    throw error;
  }
}

function makeAny(data: TokenizerData): Tokenizer {
  return data.kind === "hub"
    ? makeHubTokenizer(data)
    : makePiecesTokenizer(data);
}

/** Counts of refusals; a test in which nothing or all is refused tests little. */
function checkShare(refused: number, all: number): void {
  assert.ok(
    refused > all / 20 && refused < all,
    `${refused} of ${all} were refused`,
  );
}

const PRE_TOKENIZERS = [
  { type: "ByteLevel", add_prefix_space: false, use_regex: true },
  {
    type: "Sequence",
    pretokenizers: [
      { type: "Digits", individual_digits: true },
      {
        type: "Split",
        pattern: { Regex: "\\s+|\\p{L}+" },
        behavior: "Isolated",
        invert: false,
      },
      { type: "Punctuation" },
      { type: "ByteLevel", use_regex: false },
    ],
  },
  { type: "Metaspace", replacement: "▁", prepend_scheme: "first" },
];
const LETTERS = "abcdehstT'▁Ġ 12".split("").concat(
  "<unk>",
  "th",
  "the",
  "Ġthe",
  "<s>",
  "</s>",
);
const FILE = {
  added_tokens: [
    {
      id: LETTERS.indexOf("<s>"),
      content: "<s>",
      special: true,
      lstrip: true,
      rstrip: false,
      normalized: false,
    },
    {
      id: LETTERS.indexOf("</s>"),
      content: "</s>",
      special: true,
      lstrip: false,
      rstrip: true,
      normalized: true,
    },
  ],
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: "▁" },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
      { type: "NFC" },
    ],
  },
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, {
      Sequence: { id: "A", type_id: 0 },
    }],
    special_tokens: {
      "<s>": { id: "<s>", ids: [LETTERS.indexOf("<s>")], tokens: ["<s>"] },
    },
  },
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
      { type: "Strip", content: " ", start: 1, stop: 0 },
    ],
  },
  model: {
    type: "BPE",
    unk_token: "<unk>",
    fuse_unk: true,
    byte_fallback: true,
    ignore_merges: false,
    vocab: Object.fromEntries(LETTERS.map((letter, id) => [letter, id])),
    merges: ["t h", ["th", "e"], "Ġ the"],
  },
};
const CONFIG = {
  bos_token: "<s>",
  eos_token: { content: "</s>" },
  chat_template:
    "{% for m in messages %}{{ bos_token }}{{ m.content | trim }}{% endfor %}",
  additional_special_tokens: ["<s>"],
};

Deno.test("30,000 damaged tokenizer.json end in our errors, or work", () => {
  const chance = new Chance(1);
  let refused = 0;
  for (let round = 0; round < 24_000; round++) {
    let file: unknown = {
      ...FILE,
      pre_tokenizer: PRE_TOKENIZERS[round % PRE_TOKENIZERS.length],
    };
    for (let times = 1 + chance.below(2); times > 0; times--) {
      file = damageValue(file, chance);
    }
    const config = round % 4 === 0 ? damageValue(CONFIG, chance) : CONFIG;
    const data: TokenizerData = {
      kind: "hub",
      tokenizer: JSON.stringify(file),
      config: JSON.stringify(config),
    };
    if (isRefused(() => makeHubTokenizer(data))) refused++;
  }
  checkShare(refused, 24_000);
  const text = new TextEncoder().encode(
    JSON.stringify({ ...FILE, pre_tokenizer: PRE_TOKENIZERS[1] }),
  );
  for (let round = 0; round < 6_000; round++) {
    const data: TokenizerData = {
      kind: "hub",
      tokenizer: new TextDecoder().decode(mutate(text, chance.below)),
      config: "{}",
    };
    isRefused(() => makeHubTokenizer(data));
  }
});

Deno.test("a tokenizer may not put a flood of tokens around a text", () => {
  const around = (ids: number, times: number) => () =>
    makeHubTokenizer({
      kind: "hub",
      tokenizer: JSON.stringify({
        ...FILE,
        pre_tokenizer: PRE_TOKENIZERS[0],
        post_processor: {
          type: "TemplateProcessing",
          single: [
            ...Array(times).fill({ SpecialToken: { id: "<s>" } }),
            { Sequence: { id: "A" } },
          ],
          special_tokens: { "<s>": { ids: Array(ids).fill(1) } },
        },
      }),
      config: "{}",
    });
  around(2, 2)().encode(TEXT);
  const message = /tokens around a text/;
  assert.throws(around(300_000, 1), message);
  assert.throws(around(1, 100_000), message);
  const sequence = {
    type: "Sequence",
    processors: Array(100).fill({
      type: "BertProcessing",
      cls: ["a", 1],
      sep: ["b", 2],
    }),
  };
  assert.throws(() =>
    makeHubTokenizer({
      kind: "hub",
      tokenizer: JSON.stringify({ ...FILE, post_processor: sequence }),
      config: "{}",
    }), message);
});

Deno.test("a tokenizer may not make texts much longer", () => {
  const made = (changes: Record<string, unknown>) =>
    makeHubTokenizer({
      kind: "hub",
      tokenizer: JSON.stringify({
        ...FILE,
        pre_tokenizer: PRE_TOKENIZERS[0],
        ...changes,
      }),
      config: "{}",
    });
  const replace = (pattern: Record<string, string>, content: string) => ({
    type: "Replace",
    pattern,
    content,
  });
  const times = (part: unknown, count: number) => Array(count).fill(part);
  const doubles = replace({ String: "a" }, "aa");
  const insert = replace({ Regex: "b?" }, "c");
  const unfolds = [
    replace({ Regex: "." }, "\ufdfa"),
    { type: "NFKD" },
  ];
  const long = replace({ String: "a" }, "a".repeat(100_000));
  const normalizer = (normalizers: unknown[]) => () =>
    made({ normalizer: { type: "Sequence", normalizers } });
  normalizer(times(doubles, 10))().encode("aab");
  for (
    const parts of [
      times(doubles, 30),
      times(insert, 30),
      times(unfolds, 5).flat(),
      [long],
      times(
        replace({ Regex: "b?", String: "a".repeat(9) }, "a".repeat(9)),
        30,
      ),
      [{ type: "Sequence", normalizers: times(doubles, 30) }],
    ]
  ) {
    assert.throws(normalizer(parts), /"normalizer" makes texts much longer/);
  }
  assert.throws(
    normalizer(times({ type: "NFC" }, 100_000)),
    /"normalizer" has 100000 parts/,
  );
  assert.throws(
    normalizer([{ type: "Prepend", prepend: "a".repeat(1000) }]),
    /puts 1000 characters before a text/,
  );
  assert.throws(
    () =>
      made({
        pre_tokenizer: { type: "Sequence", pretokenizers: times(doubles, 30) },
      }),
    /"pre_tokenizer" makes texts much longer/,
  );
  for (
    const part of [
      doubles,
      { type: "Metaspace", replacement: "" },
      { type: "BPEDecoder", suffix: "" },
      { type: "CTC", word_delimiter_token: "", cleanup: true },
    ]
  ) {
    assert.throws(
      () => made({ decoder: { type: "Sequence", decoders: times(part, 30) } }),
      /"decoder" makes texts much longer/,
    );
  }
  assert.throws(
    () => made({ pre_tokenizer: { type: "Metaspace", replacement: "aaaa" } }),
    /other than one character for a space/,
  );
});

Deno.test("what is put in a place is taken as it is written", () => {
  const content = "$&$`$'$$";
  const part = { type: "Replace", pattern: { String: "a" }, content };
  const letters = [...new Set(`ab${content}`), "<unk>"];
  const { decode, encode } = makeHubTokenizer({
    kind: "hub",
    tokenizer: JSON.stringify({
      normalizer: part,
      pre_tokenizer: null,
      decoder: { ...part, pattern: { Regex: "b" } },
      model: {
        type: "BPE",
        unk_token: "<unk>",
        vocab: Object.fromEntries(letters.map((letter, id) => [letter, id])),
        merges: [],
      },
    }),
    config: "{}",
  });
  assert.deepEqual(
    [...encode("bab")].map((id) => letters[id]),
    [..."b", ...content, "b"],
  );
  assert.equal(decode([letters.indexOf("b")]), content);
});

Deno.test("every kind of tokenizer.json stands damage", () => {
  const chance = new Chance(2);
  for (const { tokenizer } of Object.values(references.tokenizers)) {
    const { model, ...parts } = tokenizer;
    for (let round = 0; round < 12; round++) {
      const damaged = round % 4 === 0
        ? damageValue(tokenizer, chance)
        : { ...Object(damageValue(parts, chance)), model };
      const data: TokenizerData = {
        kind: "hub",
        tokenizer: JSON.stringify(damaged),
        config: "{}",
      };
      isRefused(() => makeHubTokenizer(data));
    }
  }
});

/** A vocabulary of llama2.c. */
function llama2cFile(): Uint8Array<ArrayBuffer> {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const tokens = [
    "<unk>",
    "\n<s>\n",
    "\n</s>\n",
    ...bytes,
    " ",
    "a",
    "é",
    " a",
    "aa",
  ];
  const parts = tokens.map((token, id) => {
    const text = new TextEncoder().encode(token);
    const entry = new Uint8Array(8 + text.length);
    const view = new DataView(entry.buffer);
    view.setFloat32(0, -id, true);
    view.setInt32(4, text.length, true);
    entry.set(text, 8);
    return entry;
  });
  return Uint8Array.from([7, 0, 0, 0, ...parts.flatMap((part) => [...part])]);
}

Deno.test("20,000 damaged vocabularies of llama2.c end in our errors, or work", () => {
  const chance = new Chance(3);
  const file = llama2cFile();
  assert.equal(
    isRefused(() => makePiecesTokenizer(readLlama2cTokenizer(file))),
    true,
  ); // It has no template
  let refused = 0;
  for (let round = 0; round < 20_000; round++) {
    const damaged = mutate(file, chance.below);
    try {
      const data = readLlama2cTokenizer(damaged);
      if (round % 8 === 0) isRefused(() => makePiecesTokenizer(data));
    } catch (error) {
      assert.ok(error instanceof WeftError, String(error));
      refused++;
    }
  }
  checkShare(refused, 20_000);
});

const METADATA = {
  "tokenizer.ggml.model": "gpt2",
  "tokenizer.ggml.pre": "llama-bpe",
  "tokenizer.ggml.tokens": LETTERS,
  "tokenizer.ggml.token_type": LETTERS.map((letter) =>
    letter.startsWith("<") ? 3 : 1
  ),
  "tokenizer.ggml.scores": LETTERS.map((_, id) => -id),
  "tokenizer.ggml.merges": ["t h", "th e"],
  "tokenizer.ggml.bos_token_id": LETTERS.indexOf("<s>"),
  "tokenizer.ggml.eos_token_id": LETTERS.indexOf("</s>"),
  "tokenizer.ggml.add_bos_token": true,
  "tokenizer.ggml.add_space_prefix": true,
  "tokenizer.chat_template": CONFIG.chat_template,
};

Deno.test("30,000 damaged metadata of GGUF end in our errors, or work", () => {
  const chance = new Chance(4);
  let refused = 0;
  for (let round = 0; round < 30_000; round++) {
    let metadata: unknown = {
      ...METADATA,
      "tokenizer.ggml.model": round % 2 === 0 ? "gpt2" : "llama",
    };
    for (let times = 1 + chance.below(2); times > 0; times--) {
      metadata = damageValue(metadata, chance);
    }
    const map = new Map<string, unknown>(Object.entries(Object(metadata)));
    if (isRefused(() => makeAny(readGgufTokenizer(map)))) refused++;
  }
  checkShare(refused, 30_000);
});

Deno.test("damaged pieces end in our errors, or work", () => {
  const chance = new Chance(5);
  const data = {
    pieces: LETTERS,
    scores: LETTERS.map((_, id) => -id),
    types: LETTERS.map((letter) =>
      letter.startsWith("<") ? "control" : "normal"
    ),
    beginId: 0,
    endId: 1,
  };
  for (let round = 0; round < 5_000; round++) {
    const scores = data.scores.map((score) =>
      chance.below(99) === 0 ? NaN : score
    );
    const beginId = chance.below(40) - 5;
    const count = LETTERS.length - chance.below(3);
    isRefused(() =>
      makePiecesTokenizer({
        kind: "pieces",
        pieces: data.pieces.slice(0, count),
        scores,
        types: LETTERS.map(() =>
          chance.pick(["normal", "control", "byte", "user"] as const)
        ),
        beginId,
        endId: null,
        addBegin: true,
        addSpacePrefix: true,
        chatTemplate: null,
      })
    );
  }
});
