/**
 * Which values are models, for the ports of ops.
 *
 * @module
 */

import { z } from "zod";
import { isTensor, type Tensor } from "../../../runtime/tensor/mod.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import { TOKENIZER_DATA } from "../tokenizer/tokenizer_schema.ts";
import type { Weight } from "../weights/weight.ts";
import type { LanguageModel } from "./language_model.ts";
import type { ModelConfig, RopeScaling } from "./model_config.ts";

const TENSOR = z.custom<Tensor>(isTensor, "expected a tensor");
const FLOATS = z.custom<Tensor<"f32">>(
  (value) => isTensor(value) && ["f64", "f32", "f16"].includes(value.dtype),
  "expected a tensor of floats",
);

const SIZE = z.int().positive();

const ROPE_SCALING: z.ZodType<RopeScaling> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("linear"), factor: z.number() }),
  z.object({
    type: z.literal("llama3"),
    factor: z.number(),
    lowFrequencyFactor: z.number(),
    highFrequencyFactor: z.number(),
    originalContext: z.number(),
  }),
  z.object({
    type: z.literal("yarn"),
    factor: z.number(),
    originalContext: z.number(),
    betaFast: z.number(),
    betaSlow: z.number(),
    attentionFactor: z.number(),
  }),
  z.object({ type: z.literal("factors"), factors: z.array(z.number()) }),
]);

const SHARED = {
  vocabularySize: SIZE,
  hiddenSize: SIZE,
  intermediateSize: SIZE,
  layers: SIZE,
  heads: SIZE,
  contextLength: SIZE,
  normEpsilon: z.number(),
  tiedEmbeddings: z.boolean(),
} as const;

/** Schema of {@linkcode ModelConfig}. */
const MODEL_CONFIG: z.ZodType<ModelConfig> = z.discriminatedUnion(
  "family",
  [
    z.object({
      family: z.literal("llama"),
      ...SHARED,
      keyValueHeads: SIZE,
      headSize: SIZE,
      ropeBase: z.number(),
      ropePairing: z.enum(["half", "interleaved"]),
      ropeScaling: ROPE_SCALING.nullable(),
      attentionBias: z.boolean(),
      queryKeyNorm: z.boolean(),
    }),
    z.object({ family: z.literal("gpt2"), ...SHARED }),
  ],
);

const PACKED = z.enum([
  "bf16",
  "nf4",
  "q4_0",
  "q4_1",
  "q5_0",
  "q5_1",
  "q8_0",
  "q4_k",
  "q5_k",
  "q6_k",
]);

/** Schema of {@linkcode Weight}. */
const WEIGHT: z.ZodType<Weight> = z.discriminatedUnion("format", [
  z.object({ format: z.literal("plain"), value: FLOATS }),
  z.object({
    format: PACKED,
    shape: z.array(z.int().nonnegative()),
    parts: z.record(z.string(), TENSOR),
  }),
]);

/** Schema of {@linkcode LoraAdapter}. */
export const LORA_ADAPTER: z.ZodType<LoraAdapter> = z.object({
  layers: z.record(
    z.string(),
    z.object({ a: FLOATS, b: FLOATS, scale: z.number() }),
  ),
  config: z.object({
    rank: SIZE,
    alpha: z.number(),
    dropout: z.number(),
    targetModules: z.array(z.string()),
    rankStabilized: z.boolean(),
    baseModel: z.string().nullable(),
  }),
});

const FIELDS = z.object({
  config: MODEL_CONFIG,
  weights: z.record(z.string(), WEIGHT),
  tokenizer: TOKENIZER_DATA.nullable(),
  adapter: LORA_ADAPTER.optional(),
});

/**
 * Schema of {@linkcode LanguageModel}. What it accepts is given on as it is, not
 * copied, so that what is remembered of a model or its tokenizer is found again.
 */
export const LANGUAGE_MODEL: z.ZodType<LanguageModel> = z.custom<
  LanguageModel
>().superRefine((value, context) => {
  const parsed = FIELDS.safeParse(value);
  for (const issue of parsed.error?.issues ?? []) {
    context.addIssue({
      code: "custom",
      message: issue.message,
      path: issue.path,
    });
  }
});
