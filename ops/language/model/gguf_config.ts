/**
 * Sizes of a model from the metadata of a GGUF file.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { GgufValue } from "../../../runtime/formats/gguf/metadata.ts";
import type { GgufWeights } from "../weights/weight_file.ts";
import { checkConfig } from "./config_limits.ts";
import type { ModelConfig, RopeScaling } from "./model_config.ts";

const SUPPORTED = ["llama", "qwen2", "qwen3", "gpt2"];

/** Metadata of one architecture. */
class Metadata {
  readonly #values: ReadonlyMap<string, GgufValue>;
  readonly #architecture: string;

  constructor(
    values: ReadonlyMap<string, GgufValue>,
    architecture: string,
  ) {
    this.#values = values;
    this.#architecture = architecture;
  }

  optional(name: string): number | undefined {
    const key = `${this.#architecture}.${name}`;
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    const number = numberOf(value);
    if (number !== undefined) return number;
    throw new DataError(`Cannot read "${key}" of a GGUF file as a number`, {
      expected: "one number for all layers",
    });
  }

  number(name: string): number {
    const value = this.optional(name);
    if (value !== undefined) return value;
    throw new DataError(
      `Cannot run a GGUF file without "${this.#architecture}.${name}"`,
      { expected: `the sizes of a model of type "${this.#architecture}"` },
    );
  }

  text(name: string): string | undefined {
    const value = this.#values.get(`${this.#architecture}.${name}`);
    return typeof value === "string" ? value : undefined;
  }
}

/** A number, also where it is repeated for each layer. */
function numberOf(value: GgufValue): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value.length === 0) return undefined;
  const first = value[0]!;
  const isSame = Array.from(value as ArrayLike<unknown>).every((one) =>
    one === first
  );
  return isSame ? numberOf(first) : undefined;
}

/**
 * Reads the metadata.
 *
 * @param file The file.
 * @param factors The numbers of the tensor "rope_freqs.weight", where there is one.
 * @returns Sizes and variants, for weights whose rows are put in the order of the
 * hub.
 * @throws {DataError} When the architecture is not supported, a size is missing or
 * cannot be.
 */
export function ggufConfig(
  file: GgufWeights,
  factors?: readonly number[],
): ModelConfig {
  const architecture = file.metadata.get("general.architecture");
  if (typeof architecture !== "string" || !SUPPORTED.includes(architecture)) {
    const actual = JSON.stringify(String(architecture).slice(0, 80));
    throw new DataError(`Cannot run a GGUF file of architecture ${actual}`, {
      expected: SUPPORTED.join(", "),
      actual,
    });
  }
  const metadata = new Metadata(file.metadata, architecture);
  const table = file.entries.get("token_embd.weight");
  const heads = metadata.number("attention.head_count");
  const hiddenSize = metadata.number("embedding_length");
  const shared = {
    vocabularySize: table?.shape[0] ?? metadata.number("vocab_size"),
    hiddenSize,
    intermediateSize: metadata.number("feed_forward_length"),
    layers: metadata.number("block_count"),
    heads,
    contextLength: metadata.number("context_length"),
    tiedEmbeddings: !file.entries.has("output.weight"),
  };
  if (architecture === "gpt2") {
    const normEpsilon = metadata.number("attention.layer_norm_epsilon");
    return checkConfig({ family: "gpt2", ...shared, normEpsilon });
  }
  const headSize = metadata.optional("attention.key_length") ??
    hiddenSize / heads;
  checkRotation(metadata, headSize);
  return checkConfig({
    family: "llama",
    ...shared,
    keyValueHeads: metadata.optional("attention.head_count_kv") ?? heads,
    headSize,
    normEpsilon: metadata.number("attention.layer_norm_rms_epsilon"),
    ropeBase: metadata.optional("rope.freq_base") ?? 10_000,
    ropePairing: "half",
    ropeScaling: scalingOf(metadata, shared.contextLength, factors),
    attentionBias: file.entries.has("blk.0.attn_q.bias"),
    queryKeyNorm: file.entries.has("blk.0.attn_q_norm.weight"),
  });
}

function checkRotation(metadata: Metadata, headSize: number): void {
  const turned = metadata.optional("rope.dimension_count") ?? headSize;
  const values = metadata.optional("attention.value_length") ?? headSize;
  if (turned !== headSize || values !== headSize) {
    throw new DataError(
      `Cannot run a GGUF file with heads of ${headSize} elements, ${turned} of them turned, and values of ${values}`,
      { expected: "heads of one size that are turned as a whole" },
    );
  }
}

function scalingOf(
  metadata: Metadata,
  contextLength: number,
  factors: readonly number[] | undefined,
): RopeScaling | null {
  if (factors !== undefined) return { type: "factors", factors };
  const type = metadata.text("rope.scaling.type") ?? "none";
  if (type === "none") return null;
  const factor = metadata.number("rope.scaling.factor");
  if (type === "linear") return { type, factor };
  if (type !== "yarn") {
    throw new DataError(`Cannot scale rotary embeddings by "${type}"`, {
      expected: "none, linear or yarn",
    });
  }
  const growth = factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
  return {
    type,
    factor,
    originalContext:
      metadata.optional("rope.scaling.original_context_length") ??
        contextLength,
    betaFast: metadata.optional("rope.scaling.yarn_beta_fast") ?? 32,
    betaSlow: metadata.optional("rope.scaling.yarn_beta_slow") ?? 1,
    attentionFactor: growth *
      (metadata.optional("rope.scaling.attn_factor") ?? 1),
  };
}
