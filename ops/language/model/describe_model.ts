/**
 * How models and adapters show themselves in a notebook. Importing it is enough.
 *
 * @module
 */

import {
  type Description,
  registerDescriber,
} from "../../../runtime/core/describe.ts";
import { factsDescription } from "../../../runtime/core/facts.ts";
import {
  formatBytes,
  formatCount,
  formatNumber,
} from "../../../runtime/core/text.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import type { TokenizerData } from "../tokenizer/tokenizer_data.ts";
import { weightShape } from "../weights/decode.ts";
import { weightBytes } from "../weights/weight_bytes.ts";
import type { Weight } from "../weights/weight.ts";
import type { LanguageModel } from "./language_model.ts";
import type { ModelConfig } from "./model_config.ts";
import { LANGUAGE_MODEL, LORA_ADAPTER } from "./model_schema.ts";

/** Digits that no count is rounded at. */
const EXACT = 15;

function hasFields(value: unknown, ...names: readonly string[]): boolean {
  return typeof value === "object" && value !== null &&
    names.every((name) => name in value);
}

function isModel(value: unknown): value is LanguageModel {
  return hasFields(value, "config", "weights", "tokenizer") &&
    LANGUAGE_MODEL.safeParse(value).success;
}

function isAdapter(value: unknown): value is LoraAdapter {
  return hasFields(value, "layers", "config") &&
    LORA_ADAPTER.safeParse(value).success;
}

/**
 * A model as a front end shows it.
 *
 * @param model The model; none of its numbers are computed.
 * @returns Its family, parameters, bytes, formats, tokenizer and adapter.
 */
function describeModel(model: LanguageModel): Description {
  const { adapter, config, tokenizer } = model;
  const weights = Object.values(model.weights);
  return factsDescription(
    `Language model of the family "${config.family}": ${
      formatCount(sizeOf(weights.map(weightShape)), "parameter")
    } in ${formatBytes(weightBytes(weights))}`,
    [
      ["shape", shapeText(config)],
      ["context", formatCount(config.contextLength, "token")],
      ["held as", formatsText(weights)],
      [
        "tokenizer",
        tokenizer === null ? "none" : tokenizerText(tokenizer),
      ],
      ["adapter", adapter === undefined ? "none" : adapterText(adapter)],
    ],
  );
}

/**
 * An adapter as a front end shows it.
 *
 * @param adapter The adapter; none of its numbers are computed.
 * @returns Its settings, layers and parameters.
 */
function describeAdapter(adapter: LoraAdapter): Description {
  const { alpha, baseModel, dropout, rankStabilized, targetModules } =
    adapter.config;
  return factsDescription(`Adapter: ${adapterText(adapter)}`, [
    ["layers", targetModules.join(", ")],
    [
      "alpha",
      `${formatNumber(alpha)}${rankStabilized ? ", rank-stabilised" : ""}`,
    ],
    ["dropout", formatNumber(dropout)],
    ["base model", baseModel ?? "not named"],
  ]);
}

function sizeOf(shapes: readonly (readonly number[])[]): number {
  return shapes.reduce(
    (sum, shape) => sum + shape.reduce((size, axis) => size * axis, 1),
    0,
  );
}

function shapeText(config: ModelConfig): string {
  const { heads, hiddenSize, intermediateSize, layers, vocabularySize } =
    config;
  const shared = config.family === "llama" && config.keyValueHeads < heads
    ? ` (${config.keyValueHeads} for keys and values)`
    : "";
  return `${formatCount(layers, "layer")} of ${hiddenSize}, ${
    formatCount(heads, "head")
  }${shared}, feed-forward blocks of ${
    formatNumber(intermediateSize, EXACT)
  }, vocabulary of ${formatNumber(vocabularySize, EXACT)}`;
}

/** The formats with the bytes of each, the largest first. */
function formatsText(weights: readonly Weight[]): string {
  const groups = Map.groupBy(
    weights,
    (one) => one.format === "plain" ? one.value.dtype : one.format,
  );
  return [...groups]
    .map(([format, own]) => ({ format, bytes: weightBytes(own) }))
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ bytes, format }) => `${format} (${formatBytes(bytes)})`)
    .join(", ");
}

function tokenizerText(data: TokenizerData): string {
  const hasTemplate = data.kind === "hub"
    ? data.config.includes('"chat_template"')
    : data.chatTemplate !== null;
  return `${data.kind === "hub" ? "tokenizer.json" : "pieces with scores"}, ${
    hasTemplate ? "with" : "without"
  } a chat template`;
}

function adapterText({ config, layers }: LoraAdapter): string {
  const factors = Object.values(layers);
  const parameters = sizeOf(factors.flatMap(({ a, b }) => [a.shape, b.shape]));
  return `LoRA of rank ${config.rank} on ${
    formatCount(factors.length, "layer")
  }, ${formatCount(parameters, "parameter")}`;
}

registerDescriber({
  kind: "language model",
  accepts: isModel,
  describe: describeModel,
});

registerDescriber({
  kind: "adapter",
  accepts: isAdapter,
  describe: describeAdapter,
});
