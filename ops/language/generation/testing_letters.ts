/**
 * A tokenizer of letters, for tests.
 *
 * @module
 */

import type { PiecesTokenizerData } from "../tokenizer/tokenizer_data.ts";

const PIECES = [
  "<unk>",
  "<s>",
  "</s>",
  ..."abcdefghijklmnopqrstuvwxyz".split(""),
  "▁",
  "<0xC3>",
  "<0xA9>",
];

/** 32 tokens: letters, a space, and two bytes. */
export const LETTERS: PiecesTokenizerData = {
  kind: "pieces",
  pieces: PIECES,
  scores: PIECES.map(() => 0),
  types: PIECES.map((piece) =>
    piece === "<unk>"
      ? "unknown"
      : piece.startsWith("<0x")
      ? "byte"
      : piece.startsWith("<")
      ? "control"
      : "normal"
  ),
  addSpacePrefix: false,
  beginId: 1,
  endId: 2,
  addBegin: true,
  chatTemplate:
    "{{ bos_token }}{% for m in messages %}{{ m.content }} {% endfor %}",
};
