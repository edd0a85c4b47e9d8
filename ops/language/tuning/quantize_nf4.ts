/**
 * Packing of models in NF4 as an op.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { modelPort } from "../model/model_port.ts";
import { quantizeModel, type TableFormat } from "./quantize_model.ts";

/** Params of {@linkcode quantizeNf4}. */
export interface QuantizeNf4Params {
  /** Numbers that share a scale; 64 by default. */
  readonly blockSize?: number | undefined;
  /** Whether scales are packed, too; true by default. */
  readonly doubleQuantize?: boolean | undefined;
  /** Which layers are packed; "all-linear" by default. */
  readonly targets?: "all-linear" | string[] | undefined;
  /** What becomes of embedding and classifier: "f16" (default), "q8_0" or "keep". */
  readonly tables?: TableFormat | undefined;
}

/**
 * Packs the linear layers of a model in 4 bits (NF4 with packed scales), after
 * "QLoRA: Efficient Finetuning of Quantized LLMs" (Dettmers and others, 2023,
 * arXiv 2305.14314): 4.127 bits a number. Codes and scales are those of
 * bitsandbytes.
 *
 * Input: `model`, in any format. Params: see {@linkcode QuantizeNf4Params}. Output:
 * `model`, whose products read the codes. Biases and norms are f32.
 *
 * @throws {NumericalError} Where a weight is not finite.
 * @throws {ParameterError} Where a target fits no layer, or blocks have no size that
 * can be: a power of two from 32 to 4096.
 *
 * @example
 * ```ts
 * import { initialModel, quantizeNf4 } from "@weft/weft/ops/language";
 *
 * const model = initialModel({
 *   family: "llama",
 *   vocabularySize: 16,
 *   hiddenSize: 8,
 *   intermediateSize: 16,
 *   layers: 1,
 *   heads: 2,
 *   keyValueHeads: 1,
 *   headSize: 4,
 *   contextLength: 32,
 *   normEpsilon: 1e-5,
 *   ropeBase: 10_000,
 *   ropePairing: "half",
 *   ropeScaling: null,
 *   tiedEmbeddings: true,
 *   attentionBias: false,
 *   queryKeyNorm: false,
 * }, { seed: 1 });
 * const { model: small } = await quantizeNf4.run({ model });
 * console.log(small.weights["model.layers.0.mlp.up_proj.weight"]?.format); // nf4
 * ```
 */
export const quantizeNf4: Op<
  { model: LanguageModel },
  QuantizeNf4Params,
  { model: LanguageModel }
> = op({
  name: "language/quantizeNf4",
  version: "1",
  doc: "Packs the linear layers of a language model in 4 bits (NF4)",
  inputs: { model: modelPort() },
  params: z.object({
    blockSize: z.int().default(64),
    doubleQuantize: z.boolean().default(true),
    targets: z.union([z.literal("all-linear"), z.array(z.string()).min(1)])
      .default("all-linear"),
    tables: z.enum(["keep", "f16", "q8_0"]).default("f16"),
  }),
  outputs: { model: modelPort() },
  run: async ({ model }, params, { progress, signal }) => ({
    model: await quantizeModel(model, {
      ...params,
      signal,
      onProgress: progress,
    }),
  }),
});
