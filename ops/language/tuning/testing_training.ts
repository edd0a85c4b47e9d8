/**
 * The training that `record_qlora.py` does.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import { recordedNoise } from "../../../runtime/tensor/network/testing_quantization.ts";
import { addAdapter } from "../adapter/add_adapter.ts";
import type { LoraAdapter, LoraFactors } from "../adapter/lora_adapter.ts";
import { recordedTokens, tinyModel } from "../adapter/testing_model.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { type EncodedExample, IGNORED } from "./examples.ts";
import { quantizeModel } from "./quantize_model.ts";
import { makeRows, type Row } from "./rows.ts";
import { type TrainSettings, trainSettings } from "./train_settings.ts";

/** A model with an adapter. */
export type AdaptedModel = LanguageModel & { readonly adapter: LoraAdapter };

/**
 * The tiny model, packed, with an adapter whose first factors are noise.
 *
 * @param dropout The adapter's dropout.
 * @returns The model.
 */
export async function recordedStart(dropout = 0): Promise<AdaptedModel> {
  const model = addAdapter(await quantizeModel(tinyModel()), {
    rank: 8,
    alpha: 16,
    dropout,
  });
  // Names come in order, and each layer has two.
  const names = Object.keys(model.adapter.layers).sort();
  const layers = names.map((name, index): [string, LoraFactors] => {
    const { a, b, scale } = model.adapter.layers[name]!;
    const noise = recordedNoise(a.size, 2000 + 2 * index);
    return [name, {
      a: wf.tensor(noise.map((x) => x / 8), { shape: a.shape }),
      b,
      scale,
    }];
  });
  return {
    ...model,
    adapter: { ...model.adapter, layers: Object.fromEntries(layers) },
  };
}

/**
 * Eight rows of sixteen tokens, of which the first six are given.
 *
 * @returns The rows.
 */
export function recordedRows(): Row[] {
  const tokens = recordedTokens(8 * 16, 9);
  const examples = Array.from({ length: 8 }, (_, k): EncodedExample => {
    const own = tokens.slice(16 * k, 16 * k + 16);
    return { tokens: own, labels: own.map((x, at) => at < 6 ? IGNORED : x) };
  });
  return makeRows(examples, {
    length: 16,
    packing: false,
    overlong: "error",
    padId: 0,
  }).rows;
}

/** The settings of the recorded steps. */
export const RECORDED_SETTINGS: TrainSettings = trainSettings({
  sequenceLength: 16,
  packing: false,
  batchSize: 2,
  steps: 20,
  learningRate: 0.01,
  warmup: 4,
  weightDecay: 0.01,
  shuffle: false,
});
