/**
 * What tests of the outlook share.
 *
 * @module
 */

import { type Op, op } from "../../runtime/flow/mod.ts";
import {
  initialModel,
  type LanguageModel,
  modelPort,
  readTokenizer,
  SMALL_MODEL,
} from "../../ops/language/mod.ts";

/** The tokens of the small model, and hardly a weight: enough for all stages. */
export const testingModel: Op<
  Record<never, never>,
  Record<never, never>,
  { model: LanguageModel }
> = op({
  name: "test/model",
  version: "1",
  inputs: {},
  outputs: { model: modelPort() },
  run: async () => ({
    model: initialModel({
      family: "llama",
      vocabularySize: 2048,
      hiddenSize: 8,
      intermediateSize: 16,
      layers: 1,
      heads: 2,
      keyValueHeads: 1,
      headSize: 4,
      contextLength: 1024,
      normEpsilon: 1e-5,
      ropeBase: 10_000,
      ropePairing: "half",
      ropeScaling: null,
      tiedEmbeddings: true,
      attentionBias: false,
      queryKeyNorm: false,
    }, { seed: 1, tokenizer: await readTokenizer(SMALL_MODEL) }),
  }),
});
