/**
 * The vocabularies of GGUF files that were once stored as text.
 *
 * The two files beside the repository are such: every byte that is no UTF-8 was
 * replaced by U+FFFD, so that sizes of 128 and more, and scores, are lost and no
 * reader of the format can open them. Tokens, types and merges are
 * text or small numbers and can be found by their names.
 *
 * @module
 */

import { readFileSync } from "node:fs";

const REPLACEMENT = [0xef, 0xbf, 0xbd];
const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();
const COUNT_UNITS = 8;
const TYPE_BYTES = 4;

class DamagedBytes {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** Goes behind a name of the metadata and the type of its value. */
  seek(name: string): this {
    const wanted = ENCODER.encode(name);
    this.at = this.bytes.findIndex((_, index) =>
      wanted.every((byte, offset) => this.bytes[index + offset] === byte)
    );
    if (this.at < 0) throw new Error(`The file has no "${name}"`);
    this.at += wanted.length + TYPE_BYTES;
    return this;
  }

  /** Goes behind the type and the number of elements of a list. */
  enterList(): this {
    this.at += TYPE_BYTES;
    for (let unit = 0; unit < COUNT_UNITS; unit++) this.#skipUnit();
    return this;
  }

  texts(count: number): string[] {
    return Array.from({ length: count }, () => this.text());
  }

  text(): string {
    const isLost = this.#isReplacement(this.at);
    const length = this.bytes[this.at]! + 256 * this.bytes[this.at + 1]!;
    this.at += isLost ? REPLACEMENT.length : 1;
    this.at += COUNT_UNITS - 1;
    const end = isLost ? this.#endOfText() : this.at + length;
    const text = DECODER.decode(this.bytes.subarray(this.at, end));
    this.at = end;
    return text;
  }

  integers(count: number): number[] {
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset);
    return Array.from(
      { length: count },
      (_, index) => view.getInt32(this.at + 4 * index, true),
    );
  }

  /** Texts hold no NUL, and the size of the next one ends in seven of them. */
  #endOfText(): number {
    const zeros = this.bytes.indexOf(0, this.at);
    return this.#isReplacement(zeros - REPLACEMENT.length)
      ? zeros - REPLACEMENT.length
      : zeros - 1;
  }

  #isReplacement(at: number): boolean {
    return REPLACEMENT.every((byte, offset) =>
      this.bytes[at + offset] === byte
    );
  }

  #skipUnit(): void {
    this.at += this.#isReplacement(this.at) ? REPLACEMENT.length : 1;
  }
}

/**
 * Saves the vocabulary of GPT-2.
 *
 * @param path The damaged file.
 * @returns The metadata that tell of it.
 */
export function damagedGpt2(path: URL): Map<string, unknown> {
  const bytes = new DamagedBytes(readFileSync(path));
  const find = (name: string) => bytes.seek(`tokenizer.ggml.${name}`);
  return new Map<string, unknown>([
    ["tokenizer.ggml.model", find("model").text()],
    ["tokenizer.ggml.pre", find("pre").text()],
    ["tokenizer.ggml.tokens", find("tokens").enterList().texts(50_257)],
    [
      "tokenizer.ggml.token_type",
      find("token_type").enterList().integers(50_257),
    ],
    ["tokenizer.ggml.merges", find("merges").enterList().texts(50_000)],
  ]);
}

/** Tokens of Llama before the first that is merged: three special, 256 bytes. */
const FIRST_PIECE = 259;

/** The score of pieces that are nothing but spaces. */
const SPACES_SCORE = -1e9;

/**
 * Saves the vocabulary of Llama 2, whose scores are minus the place of a piece,
 * but for those of spaces.
 *
 * @param path The damaged file.
 * @returns The metadata that tell of it.
 */
export function damagedLlama(path: URL): Map<string, unknown> {
  const bytes = new DamagedBytes(readFileSync(path));
  const find = (name: string) => bytes.seek(`tokenizer.ggml.${name}`);
  const tokens = find("tokens").enterList().texts(32_000);
  return new Map<string, unknown>([
    ["tokenizer.ggml.model", find("model").text()],
    ["tokenizer.ggml.tokens", tokens],
    [
      "tokenizer.ggml.scores",
      Float32Array.from(tokens, scoreOf),
    ],
    [
      "tokenizer.ggml.token_type",
      find("token_type").enterList().integers(32_000),
    ],
    ["tokenizer.ggml.bos_token_id", 1],
    ["tokenizer.ggml.eos_token_id", 2],
  ]);
}

function scoreOf(token: string, id: number): number {
  return /^▁+$/.test(token) ? SPACES_SCORE : Math.min(0, FIRST_PIECE - id);
}
