/**
 * Recorded models for tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import recorded from "../../../fixtures/reference/language_models.json" with {
  type: "json",
};
import * as wf from "../../../runtime/tensor/mod.ts";
import { logitsOf } from "./classifier.ts";
import { forward, type ForwardOptions } from "./forward.ts";
import { hubRopeScaling } from "./hub_rope.ts";
import type { LanguageModel } from "./language_model.ts";
import { readModel } from "./read_model.ts";

/** What transformers gave. */
export interface RecordedCase {
  /** The name of the case. */
  readonly name: string;
  /** The folder of its model. */
  readonly folder: string;
  /** Scaling of rotary embeddings that is not that of the folder. */
  readonly rope?: Parameters<typeof hubRopeScaling>[0];
  /** Rows of tokens. */
  readonly tokens: number[][];
  /** The logits, f32 in base 64. */
  readonly logits: string;
}

/** All of them. */
export const RECORDED: readonly RecordedCase[] = recorded.cases;

/**
 * The model of a case.
 *
 * @param one The case.
 * @returns The model.
 */
export async function recordedModel(one: RecordedCase): Promise<LanguageModel> {
  const url = new URL(
    `../../../fixtures/reference/tiny_models/${one.folder}`,
    import.meta.url,
  );
  const model = await readModel(url.href);
  const { config } = model;
  if (one.rope === undefined || config.family !== "llama") return model;
  const ropeScaling = hubRopeScaling(one.rope, config.contextLength);
  return { ...model, config: { ...config, ropeScaling } };
}

/**
 * The logits of a case.
 *
 * @param one The case.
 * @returns The numbers, row-major.
 */
export function recordedLogits(one: RecordedCase): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint8Array.fromBase64(one.logits).buffer);
}

/**
 * Tokens as a tensor.
 *
 * @param rows Rows of equal length.
 * @returns `[rows, n]`.
 */
export function tokenTensor(rows: readonly (readonly number[])[]): wf.I32 {
  return wf.tensor(rows, { dtype: "i32" });
}

/**
 * Logits of whole sequences.
 *
 * @param model The model.
 * @param tokens `[batch, n]`.
 * @param options How it is run.
 * @returns `[batch, n, vocabularySize]`.
 */
export function allLogits(
  model: LanguageModel,
  tokens: wf.I32,
  options: ForwardOptions = {},
): wf.Tensor<"f32" | "f16"> {
  return logitsOf(model, forward(model, { tokens }, options).hidden);
}

/**
 * Asserts that numbers are near others.
 *
 * @param found The numbers.
 * @param expected What they should be.
 * @param tolerance Largest difference.
 */
export function assertNear(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  assert.equal(found.length, expected.length);
  let worst = 0;
  for (let at = 0; at < found.length; at++) {
    const error = Math.abs(found[at]! - expected[at]!);
    // A NaN is no error that is small.
    if (!(error <= worst)) worst = error;
  }
  assert(worst <= tolerance, `the largest difference is ${worst}`);
}
