/**
 * The memory of a step.
 *
 * @module
 */

import type { ModelConfig } from "../model/model_config.ts";
import type { TrainSettings } from "./train_settings.ts";

/**
 * About how many bytes of a batch are kept for the way back where no block is
 * computed again: what goes into and comes out of each layer.
 *
 * @param config The model's sizes.
 * @param settings Rows, their length, and what is computed in.
 * @returns The bytes.
 */
export function keptBytes(
  config: ModelConfig,
  { batchSize, dtype, sequenceLength }: Pick<
    TrainSettings,
    "batchSize" | "dtype" | "sequenceLength"
  >,
): number {
  const { heads, hiddenSize, intermediateSize, layers } = config;
  const queries = config.family === "llama"
    ? heads * config.headSize
    : hiddenSize;
  const keys = config.family === "llama"
    ? config.keyValueHeads * config.headSize
    : hiddenSize;
  // Two sums and their norms; queries, keys and values; three of the inner layer.
  const numbers = 4 * hiddenSize + 2 * queries + 2 * keys +
    3 * intermediateSize;
  const bytes = dtype === "f16" ? 2 : 4;
  return numbers * layers * batchSize * sequenceLength * bytes;
}
