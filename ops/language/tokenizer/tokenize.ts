/**
 * Texts as tokens, and tokens as texts.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../../runtime/core/errors.ts";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import { type Tensor, tensor } from "../../../runtime/tensor/mod.ts";
import { makeTokenizer } from "./make_tokenizer.ts";
import type { TokenizerData } from "./tokenizer_data.ts";
import { TOKENIZER_DATA } from "./tokenizer_schema.ts";

/** How texts become tokens. */
export interface TokenizeParams {
  /** Add what the model expects around a text; true. */
  readonly addSpecialTokens?: boolean | undefined;
  /** Read special tokens in the text as such; true. */
  readonly parseSpecial?: boolean | undefined;
  /** Most tokens of a text; what is behind them is left out. No bound by default. */
  readonly maxTokens?: number | undefined;
  /** On which side shorter texts are filled up; "left", as generation wants it. */
  readonly padSide?: "left" | "right" | undefined;
}

/**
 * Turns texts into tokens.
 *
 * Inputs: `texts`, at least one; `tokenizer`, such as that of a model. Params: see
 * {@linkcode TokenizeParams}. Outputs: `ids`, the tokens of each text; `padded`,
 * the same as i32 `["batch", "length"]`, filled up with the token for that;
 * `mask`, bool of the same shape, true where a token is the text's own.
 *
 * @throws {ParameterError} Where there are no texts.
 * @throws {DataError} Where the tokenizer contradicts itself.
 *
 * @example
 * ```ts
 * import { tokenize } from "@weft/weft/ops/language";
 *
 * const { ids, padded } = await tokenize.run({
 *   texts: ["ab", "abba"],
 *   tokenizer: {
 *     kind: "hub",
 *     tokenizer: JSON.stringify({
 *       model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] },
 *     }),
 *     config: "{}",
 *   },
 * }, {});
 * console.log(ids, padded.shape); // [[2], [2, 1, 0]] [2, 3]
 * ```
 */
export const tokenize: Op<
  { texts: string[]; tokenizer: TokenizerData },
  TokenizeParams,
  { ids: number[][]; padded: Tensor<"i32">; mask: Tensor<"bool"> }
> = op({
  name: "language/tokenize",
  version: "1",
  doc: "Texts as tokens",
  inputs: {
    texts: port.value(z.array(z.string())),
    tokenizer: port.value(TOKENIZER_DATA),
  },
  params: z.object({
    addSpecialTokens: z.boolean().default(true),
    parseSpecial: z.boolean().default(true),
    maxTokens: z.int().min(1).optional(),
    padSide: z.enum(["left", "right"]).default("left"),
  }),
  outputs: {
    ids: port.value(z.array(z.array(z.int()))),
    padded: port.tensor("i32", ["batch", "length"]),
    mask: port.tensor("bool", ["batch", "length"]),
  },
  run: ({ texts, tokenizer: data }, params, { signal, progress }) => {
    if (texts.length === 0) {
      throw new ParameterError("Cannot tokenize as there are no texts");
    }
    const tokenizer = makeTokenizer(data);
    const ids = texts.map((text, index) => {
      signal.throwIfAborted();
      progress(index / texts.length);
      return [...tokenizer.encode(text, params).subarray(0, params.maxTokens)];
    });
    return { ids, ...pad(ids, tokenizer.padId, params.padSide) };
  },
});

function pad(
  rows: readonly (readonly number[])[],
  padId: number,
  side: "left" | "right",
): { padded: Tensor<"i32">; mask: Tensor<"bool"> } {
  const length = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const shape = [rows.length, length];
  const padded = new Int32Array(rows.length * length).fill(padId);
  const mask = new Uint8Array(padded.length);
  rows.forEach((row, index) => {
    const start = index * length + (side === "left" ? length - row.length : 0);
    padded.set(row, start);
    mask.fill(1, start, start + row.length);
  });
  return {
    padded: tensor(padded, { shape }),
    mask: tensor(mask, { shape, dtype: "bool" }),
  };
}

/**
 * Turns tokens into texts.
 *
 * Inputs: `ids`, the tokens of each text; `tokenizer`. Params:
 * `skipSpecialTokens` (true) leaves out special ones. Output: `texts`; bytes that
 * are no text become U+FFFD.
 *
 * @throws {DataError} Where the tokenizer contradicts itself.
 *
 * @example
 * ```ts
 * import { detokenize } from "@weft/weft/ops/language";
 *
 * const { texts } = await detokenize.run({
 *   ids: [[2, 1, 0]],
 *   tokenizer: {
 *     kind: "hub",
 *     tokenizer: JSON.stringify({
 *       model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] },
 *       decoder: { type: "ByteLevel" },
 *     }),
 *     config: "{}",
 *   },
 * }, {});
 * console.log(texts); // ["abba"]
 * ```
 */
export const detokenize: Op<
  { ids: number[][]; tokenizer: TokenizerData },
  { skipSpecialTokens?: boolean | undefined },
  { texts: string[] }
> = op({
  name: "language/detokenize",
  version: "1",
  doc: "Tokens as texts",
  inputs: {
    ids: port.value(z.array(z.array(z.int().nonnegative()))),
    tokenizer: port.value(TOKENIZER_DATA),
  },
  params: z.object({ skipSpecialTokens: z.boolean().default(true) }),
  outputs: { texts: port.value(z.array(z.string())) },
  run: ({ ids, tokenizer: data }, params) => {
    const tokenizer = makeTokenizer(data);
    return { texts: ids.map((row) => tokenizer.decode(row, params)) };
  },
});
