import assert from "node:assert/strict";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { readLlama2cTokenizer } from "./llama2c_tokenizer.ts";
import { makeTokenizer } from "./make_tokenizer.ts";
import {
  recordedTokenizer,
  references,
  sharedModel,
} from "./testing_references.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { PiecesTokenizerData } from "./tokenizer_data.ts";

const BYTES = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
);

/** Pieces with all bytes, some words, and tokens of every type. */
const PIECES: PiecesTokenizerData = (() => {
  const words = [
    "▁",
    "a",
    "b",
    "é",
    "▁a",
    "ab",
    "▁▁",
    "漢",
    "<user>",
    "<|im_end|>",
  ];
  const pieces = ["<unk>", "<s>", "</s>", ...BYTES, ...words];
  return {
    kind: "pieces",
    pieces,
    scores: pieces.map((_, id) => -id),
    types: pieces.map((piece, id) =>
      id === 0
        ? "unknown"
        : id < 3 || piece === "<|im_end|>"
        ? "control"
        : id < 259
        ? "byte"
        : piece === "<user>"
        ? "user"
        : "normal"
    ),
    addSpacePrefix: true,
    beginId: 1,
    endId: 2,
    addBegin: true,
    chatTemplate: null,
  };
})();

const TOKENIZERS: readonly (readonly [name: string, tokenizer: Tokenizer])[] = [
  ...Object.keys(references.tokenizers).map((name) =>
    [name, makeTokenizer(recordedTokenizer(name))] as const
  ),
  ["pieces", makeTokenizer(PIECES)],
  [
    "pieces without a space before",
    makeTokenizer({ ...PIECES, addSpacePrefix: false }),
  ],
];

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^[ab ▁é\n漢😀]*$/u),
).map((value) => value.toWellFormed());

for (const [name, tokenizer] of TOKENIZERS) {
  Deno.test(`a stream of "${name}" gives what decoding gives, for every prefix`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: tokenizer.size + 2 }), { maxLength: 24 }),
        fc.boolean(),
        (ids, skipSpecialTokens) => {
          const options = { skipSpecialTokens };
          for (let end = 0; end <= ids.length; end++) {
            const prefix = ids.slice(0, end);
            const stream = tokenizer.stream(options);
            const given = prefix.map((id) => stream.push(id)).join("");
            assert.equal(
              given + stream.flush(),
              tokenizer.decode(prefix, options),
            );
          }
        },
      ),
      { seed: 7, numRuns: 200 },
    );
  });
}

const LOSSLESS = TOKENIZERS.filter(([name]) =>
  ["gpt-2", "smollm", "llama 2", "pieces", "pieces without a space before"]
    .includes(name)
);

for (const [name, tokenizer] of LOSSLESS) {
  Deno.test(`"${name}" gives back every text, and streams no half character`, () => {
    assert.equal(LOSSLESS.length, 5);
    fc.assert(
      fc.property(text, (value) => {
        fc.pre(name !== "llama 2" || !value.includes("▁"));
        const ids = tokenizer.encode(value, {
          parseSpecial: false,
          addSpecialTokens: false,
        });
        assert.equal(tokenizer.decode(ids), value);
        const stream = tokenizer.stream();
        const parts = [...ids].map((id) => stream.push(id));
        parts.push(stream.flush());
        assert.equal(parts.join(""), value);
        for (const part of parts) assert.ok(part.isWellFormed());
        if (!value.includes("\ufffd")) {
          assert.ok(parts.every((part) => !part.includes("\ufffd")));
        }
      }),
      { seed: 11, numRuns: 500 },
    );
  });
}

Deno.test("a stream that is given a prompt first goes on with its space", () => {
  const tokenizer = makeTokenizer(PIECES);
  const stream = tokenizer.stream();
  for (const id of tokenizer.encode("ab")) stream.push(id);
  assert.equal(stream.push(tokenizer.idOf("▁a")!), " a");
});

Deno.test("special tokens in the text are found, the longest first", () => {
  const tokenizer = makeTokenizer({
    ...PIECES,
    pieces: [...PIECES.pieces, "<user>s"],
    scores: [...PIECES.scores, 0],
    types: [...PIECES.types, "user"],
  });
  const user = tokenizer.idOf("<user>")!;
  const end = tokenizer.idOf("<|im_end|>")!;
  const space = tokenizer.idOf("▁")!;
  const encode = (value: string, parseSpecial: boolean) => [
    ...tokenizer.encode(value, { addSpecialTokens: false, parseSpecial }),
  ];
  assert.deepEqual(encode("<user>", true), [user]);
  assert.deepEqual(encode("<user>", false), [user]);
  assert.deepEqual(encode("<user>sb<|im_end|>", true), [
    tokenizer.size - 1,
    space,
    tokenizer.idOf("b"),
    end,
  ]);
  assert.ok(!encode("<|im_end|>", false).includes(end));
  const ids = encode("ab<|im_end|> a", true);
  assert.equal(tokenizer.decode(ids), "ab a");
  assert.equal(
    tokenizer.decode(ids, { skipSpecialTokens: false }),
    "ab<|im_end|> a",
  );
});

Deno.test("of equal scores the leftmost goes first, of others the highest", () => {
  const make = (scores: readonly number[]) =>
    makeTokenizer({
      ...PIECES,
      pieces: ["<unk>", "a", "b", "c", "ab", "bc"],
      scores,
      types: ["unknown", "normal", "normal", "normal", "normal", "normal"],
      addSpacePrefix: false,
      beginId: null,
      endId: null,
    });
  assert.deepEqual([...make([0, 0, 0, 0, 1, 1]).encode("abc")], [4, 3]);
  assert.deepEqual([...make([0, 0, 0, 0, 1, 2]).encode("abc")], [1, 5]);
  assert.deepEqual([...make([0, 0, 0, 0, 1, 2]).encode("abxc")], [4, 0, 3]);
});

const tok512 = sharedModel("tok512.bin");
Deno.test({
  name: `tok512.bin encodes as llama2.c does${
    tok512 === null ? " (file absent)" : ""
  }`,
  ignore: tok512 === null,
  fn() {
    const data = readLlama2cTokenizer(readFileSync(tok512!), { size: 512 });
    const tokenizer = makeTokenizer(data);
    assert.deepEqual(
      [...tokenizer.encode("Once upon a time")],
      [1, 403, 407, 261, 378],
    );
    assert.equal(tokenizer.decode([1, 403, 407, 261, 378]), "Once upon a time");
    assert.deepEqual([...tokenizer.encode("")], [1]);
    assert.equal(tokenizer.decode([1, 3 + 10, 378]), "\n time");
    assert.deepEqual(tokenizer.endIds, [2]);
    assert.equal(tokenizer.tokenOf(378), "▁time");
  },
});

Deno.test("a long text is encoded, however little it has to split at", () => {
  const tokenizer = makeTokenizer(PIECES);
  const ids = tokenizer.encode("ab".repeat(100_000), {
    addSpecialTokens: false,
  });
  assert.equal(ids.length, 1 + 199_998 / 2 + 1);
});
