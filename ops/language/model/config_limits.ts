/**
 * What sizes a model may have: files that name them are not to be trusted.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { LlamaConfig, ModelConfig } from "./model_config.ts";

const MAX_SIZES = {
  vocabularySize: 2 ** 24,
  hiddenSize: 2 ** 17,
  intermediateSize: 2 ** 20,
  layers: 1024,
  heads: 4096,
  keyValueHeads: 4096,
  headSize: 2 ** 13,
  contextLength: 2 ** 30,
} as const;

type SizeName = keyof typeof MAX_SIZES;

const SHARED: readonly SizeName[] = [
  "vocabularySize",
  "hiddenSize",
  "intermediateSize",
  "layers",
  "heads",
  "contextLength",
];

function refuse(name: string, actual: unknown, expected: string): never {
  throw new DataError(
    `Cannot run a model with ${name} of ${JSON.stringify(actual)}`,
    { expected, actual: JSON.stringify(actual) },
  );
}

function checkSize(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    refuse(name, value, `a whole number from 1 to ${most}`);
  }
}

function checkPositive(name: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) {
    refuse(name, value, "a positive number");
  }
}

/**
 * Checks sizes and numbers against each other and against bounds.
 *
 * @param config What a file says.
 * @returns The same.
 * @throws {DataError} When a model cannot have them.
 */
export function checkConfig<C extends ModelConfig>(config: C): C {
  for (const name of SHARED) {
    const value = (config as Readonly<Record<SizeName, number>>)[name];
    checkSize(name, value, MAX_SIZES[name]);
  }
  if (!Number.isFinite(config.normEpsilon) || config.normEpsilon < 0) {
    refuse("normEpsilon", config.normEpsilon, "a number that is not negative");
  }
  if (config.family === "llama") {
    checkLlama(config);
  } else if (config.hiddenSize % config.heads !== 0) {
    refuse("heads", config.heads, `a divisor of ${config.hiddenSize}`);
  }
  return config;
}

function checkLlama(config: LlamaConfig): void {
  const { heads, keyValueHeads, headSize, ropeScaling } = config;
  checkSize("keyValueHeads", keyValueHeads, MAX_SIZES.keyValueHeads);
  checkSize("headSize", headSize, MAX_SIZES.headSize);
  checkPositive("ropeBase", config.ropeBase);
  if (heads % keyValueHeads !== 0) {
    refuse("keyValueHeads", keyValueHeads, `a divisor of ${heads}`);
  }
  if (headSize % 2 !== 0) refuse("headSize", headSize, "an even number");
  if (ropeScaling === null) return;
  if (ropeScaling.type === "factors") {
    if (ropeScaling.factors.length !== headSize / 2) {
      const count = ropeScaling.factors.length;
      refuse("rope factors", count, `${headSize / 2} of them`);
    }
    for (const one of ropeScaling.factors) checkPositive("rope factor", one);
    return;
  }
  for (const [name, value] of Object.entries(ropeScaling)) {
    if (typeof value === "number") checkPositive(`rope ${name}`, value);
  }
}
