/**
 * Rules of attention for heads of the sizes of large models.
 *
 * @module
 */

import type {
  ConformanceCase,
  ConformanceOptions,
} from "../../conformance/case.ts";
import { multiply } from "../../elementwise.ts";
import { withExecution } from "../../execution.ts";
import {
  assertEqualOn,
  floats,
  noise,
  type TestFloat,
} from "../../linear_algebra/testing.ts";
import { realize } from "../../realize.ts";
import { sum } from "../../reductions.ts";
import { valueAndGrad } from "../../transforms.ts";
import type { AttentionOptions } from "./inputs.ts";
import { scaledDotProductAttention } from "./scaled_dot_product_attention.ts";
import { withBlockScores } from "./spans.ts";
import { composedAttention } from "./testing.ts";

type Attention = typeof composedAttention;

/** Sizes of heads: no power of two, and a large one. */
const HEAD_SIZES = [80, 256] as const;
/** Query heads, heads of keys and values that they share, and lengths. */
const [HEADS, KEY_HEADS, QUERIES, KEYS] = [4, 2, 13, 21] as const;

/** The result, and gradients of a sum of it with weights of all sizes. */
function everything(
  at: ConformanceOptions,
  attention: Attention,
  headSize: number,
  options: AttentionOptions,
): TestFloat[] {
  const inputs = [[HEADS, QUERIES], [KEY_HEADS, KEYS], [KEY_HEADS, KEYS]].map(
    ([heads, length], seed) =>
      random(at, [1, heads!, length!, headSize], seed, 1.5),
  ) as [TestFloat, TestFloat, TestFloat];
  const weights = random(at, [1, HEADS, QUERIES, headSize], 9, 8);
  const [value, slopes] = valueAndGrad(
    (...args: [TestFloat, TestFloat, TestFloat]): TestFloat =>
      sum(multiply(attention(...args, options), weights)),
    { argnums: [0, 1, 2] },
  )(...inputs);
  return [attention(...inputs, options), value, ...slopes];
}

function random(
  at: ConformanceOptions,
  shape: readonly number[],
  seed: number,
  size: number,
): TestFloat {
  const count = shape.reduce((a, b) => a * b);
  return floats(at, noise(count, seed).map((x) => size * x), shape);
}

/** The rules. */
export const ATTENTION_HEAD_CASES: readonly ConformanceCase[] = HEAD_SIZES
  .flatMap((headSize) =>
    [false, true].map((isCausal): ConformanceCase => ({
      name:
        `attention of shared heads of ${headSize} equals the composed one of the reference device, causal ${isCausal}`,
      run: async (at) => {
        const options = { isCausal } as const;
        const right = everything(at, composedAttention, headSize, options);
        await withExecution(
          { device: "reference" },
          () => realize(...right),
        );
        // At once, and in several blocks.
        for (const scores of [2 ** 21, 150]) {
          const found = withBlockScores(
            scores,
            () => everything(at, scaledDotProductAttention, headSize, options),
          );
          await realize(...found);
          for (const [k, one] of found.entries()) {
            await assertEqualOn(at, one, right[k]!, 5e-14);
          }
        }
      },
    }))
  );
