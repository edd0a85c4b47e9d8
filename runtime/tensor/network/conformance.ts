/**
 * Rules of network functions that hold on every device.
 *
 * @module
 */

import assert from "node:assert/strict";
import recorded from "../../../fixtures/reference/network.json" with {
  type: "json",
};
import type {
  ConformanceCase,
  ConformanceOptions,
} from "../conformance/case.ts";
import { matmul } from "../contraction.ts";
import { tensor } from "../creation.ts";
import { cast, gelu, multiply, square } from "../elementwise.ts";
import {
  assertEqualOn,
  assertGradient,
  floats,
  noise,
  type TestFloat,
} from "../linear_algebra/testing.ts";
import { transpose } from "../movement.ts";
import { read, realize } from "../realize.ts";
import { sum } from "../reductions.ts";
import { grad, valueAndGrad } from "../transforms.ts";
import { ATTENTION_HEAD_CASES } from "./attention/conformance.ts";
import { composedAttention } from "./attention/testing.ts";
import type { AttentionOptions } from "./attention/inputs.ts";
import { scaledDotProductAttention } from "./attention/scaled_dot_product_attention.ts";
import { withBlockScores } from "./attention/spans.ts";
import { crossEntropy } from "./cross_entropy.ts";
import { cutCrossEntropy } from "./cut_cross_entropy.ts";
import { FOURIER_CASES } from "./fourier/conformance.ts";
import { geluTanh } from "./gelu_tanh.ts";
import { layerNorm } from "./layer_norm.ts";
import {
  dequantizeBlockwise4Bit,
  dequantizeInt8,
  quantizeBlockwise4Bit,
  quantizeInt8,
} from "./quantize.ts";
import { rmsNorm } from "./rms_norm.ts";
import { rotaryEmbedding } from "./rotary_embedding.ts";
import { assertRecorded } from "./testing.ts";
import { withChunks } from "./vocabulary_chunks.ts";

type RecordedAttention = typeof recorded.attention[number];

function attentionOptions(
  options: ConformanceOptions,
  one: RecordedAttention,
): AttentionOptions {
  const mask = one.mask === null
    ? undefined
    : floats(options, one.mask.values, one.mask.shape);
  return {
    isCausal: one.isCausal,
    scale: one.scale ?? undefined,
    keyLengths: one.keyLengths ?? undefined,
    mask: one.mask?.isBoolean === true ? cast(mask!, "bool") : mask,
  };
}

const ATTENTION_CASES = recorded.attention.flatMap((
  one,
): ConformanceCase[] => [
  {
    name: `attention equals PyTorch's: ${one.name}`,
    run: (at) =>
      assertRecorded(
        at,
        one,
        (q, k, v) =>
          scaledDotProductAttention(q, k, v, attentionOptions(at, one)),
      ),
  },
  {
    name: `attention by blocks equals PyTorch's: ${one.name}`,
    run: (at) =>
      assertRecorded(
        at,
        one,
        (q, k, v) =>
          withBlockScores(
            20,
            () => scaledDotProductAttention(q, k, v, attentionOptions(at, one)),
          ),
      ),
  },
]);

const targets = () => tensor(recorded.targets, { dtype: "i32" });

const LOSS_CASES: readonly ConformanceCase[] = [
  ...recorded.crossEntropy.map((one): ConformanceCase => ({
    name:
      `crossEntropy equals PyTorch's: ${one.reduction}, smoothed by ${one.labelSmoothing}`,
    run: (at) =>
      assertRecorded(
        at,
        one,
        (logits) =>
          crossEntropy(logits, targets(), {
            reduction: one.reduction as "mean" | "sum" | "none",
            labelSmoothing: one.labelSmoothing,
          }),
      ),
  })),
  ...recorded.cutCrossEntropy.flatMap((one) =>
    [2 ** 22, 18].map((logits): ConformanceCase => ({
      name:
        `cutCrossEntropy equals PyTorch's: ${one.reduction}, cap ${one.softcap}, ${logits} logits at once`,
      run: (at) =>
        assertRecorded(
          at,
          one,
          (hidden, classifier) =>
            withChunks(logits, 3, () =>
              cutCrossEntropy(hidden, classifier, targets(), {
                reduction: one.reduction as "mean" | "none",
                softcap: one.softcap ?? undefined,
              })),
        ),
    }))
  ),
];

const NORM_CASES: readonly ConformanceCase[] = [
  {
    name: "layerNorm equals PyTorch's",
    run: (at) =>
      assertRecorded(
        at,
        recorded.layerNorm,
        (x, weight, bias) => layerNorm(x, { weight: weight!, bias: bias! }),
      ),
  },
  {
    name: "layerNorm over two axes equals PyTorch's",
    run: (at) =>
      assertRecorded(
        at,
        recorded.layerNormOfTwoAxes,
        (x, weight, bias) =>
          layerNorm(x, { weight, bias, axis: [-1, 1], epsilon: 1e-3 }),
      ),
  },
  {
    name: "rmsNorm equals PyTorch's",
    run: (at) =>
      assertRecorded(
        at,
        recorded.rmsNorm,
        (x, weight) => rmsNorm(x, { weight }),
      ),
  },
  {
    name: "gelu equals PyTorch's",
    run: (at) => assertRecorded(at, recorded.gelu, gelu),
  },
  {
    name: "geluTanh equals PyTorch's",
    run: (at) => assertRecorded(at, recorded.geluTanh, geluTanh),
  },
  ...(["half", "interleaved"] as const).map((pairing): ConformanceCase => ({
    name: `rotaryEmbedding turns pairs: ${pairing}`,
    run: async (at) => {
      const x = noise(6, 3);
      const turned = rotaryEmbedding(floats(at, x, [1, 6]), {
        pairing,
        positions: [5],
        size: 4,
        base: 100,
      });
      const expected = Array.from(x);
      const pairs = pairing === "half" ? [[0, 2], [1, 3]] : [[0, 1], [2, 3]];
      pairs.forEach(([a, b], k) => {
        const angle = 5 * 100 ** (-k / 2);
        expected[a!] = x[a!]! * Math.cos(angle) - x[b!]! * Math.sin(angle);
        expected[b!] = x[b!]! * Math.cos(angle) + x[a!]! * Math.sin(angle);
      });
      await assertEqualOn(at, turned, expected);
    },
  })),
  {
    name: "rotaryEmbedding has the right gradient",
    run: (at) =>
      assertGradient(
        at,
        (x) =>
          rotaryEmbedding(x, { positions: [7, 1], pairing: "interleaved" }),
        [{ values: noise(16, 1), shape: [2, 2, 4] }],
      ),
  },
];

const QUANTIZE_CASES: readonly ConformanceCase[] = [
  {
    name: "4 bits: codes of a line, packed as in bitsandbytes",
    run: async (at) => {
      const line = Float64Array.from({ length: 64 }, (_, k) => -1 + 2 * k / 63);
      const { codes, absmax } = quantizeBlockwise4Bit(floats(at, line));
      const [found, largest] = await read(codes, absmax);
      assert.deepEqual([...found.slice(0, 8)], [0, 0, 1, 17, 17, 17, 18, 34]);
      assert.deepEqual([...found.slice(-2)], [255, 255]);
      assert.deepEqual([...largest], [1]);
    },
  },
  {
    name: "4 bits: a product with dequantised weights is that of the weights",
    run: async (at) => {
      const weights = floats(at, noise(3 * 70, 5), [70, 3]);
      const small = quantizeBlockwise4Bit(weights, { blockSize: 32 });
      const back = dequantizeBlockwise4Bit(small, { dtype: at.dtype });
      const x = floats(at, noise(2 * 70, 6), [2, 70]);
      const [own] = await read(back);
      const expected = matmul(x, floats(at, [...own], [70, 3]));
      await assertEqualOn(at, matmul(x, back), expected);
    },
  },
  {
    name: "8 bits: numbers are restored to half of a step",
    run: async (at) => {
      const x = noise(30, 8);
      const small = quantizeInt8(floats(at, x, [3, 10]), { axis: 0 });
      const [back, scales] = await read(dequantizeInt8(small), small.scales);
      back.forEach((value, k) => {
        const step = scales[k % 10]!;
        assert.ok(Math.abs(value - x[k]!) <= step * 0.500001);
      });
    },
  },
];

const BLOCKS: readonly ConformanceCase[] = [false, true].map((isCausal) => ({
  name: `attention by blocks equals the composed one, causal ${isCausal}`,
  run: async (at) => {
    const shapes = [[1, 4, 5, 3], [1, 2, 7, 3], [1, 2, 7, 2]];
    const [q, k, v] = shapes.map((shape, seed) =>
      floats(at, noise(shape.reduce((a, b) => a * b), seed), shape)
    ) as [TestFloat, TestFloat, TestFloat];
    for (const scores of [150, 60, 9]) {
      await assertEqualOn(
        at,
        withBlockScores(
          scores,
          () => scaledDotProductAttention(q, k, v, { isCausal }),
        ),
        composedAttention(q, k, v, { isCausal }),
      );
    }
  },
}));

/** Long enough for several blocks of the size that is used by default. */
const LONG: readonly ConformanceCase[] = [
  {
    name: "attention of 1,500 positions equals the composed one",
    run: async (at) => {
      const inputs = [[1, 2, 1500, 8], [1, 1, 1501, 8], [1, 1, 1501, 8]].map((
        shape,
        seed,
      ) => floats(at, noise(shape.reduce((a, b) => a * b), seed), shape));
      const gradients = (attention: typeof composedAttention) =>
        grad(
          (q: TestFloat, k: TestFloat, v: TestFloat): TestFloat =>
            sum(square(attention(q, k, v, { isCausal: true }))),
          { argnums: [0, 1, 2] },
        )(inputs[0]!, inputs[1]!, inputs[2]!);
      const right = gradients(composedAttention);
      const found = gradients(scaledDotProductAttention);
      await realize(...right, ...found);
      for (const [k, one] of found.entries()) {
        await assertEqualOn(at, one, right[k]!);
      }
    },
  },
  {
    name: "cutCrossEntropy of 20,011 classes equals the composed one",
    run: async (at) => {
      const [rows, classes, size] = [257, 20_011, 4];
      const hidden = floats(at, noise(rows * size, 1), [rows, size]);
      const classifier = floats(at, noise(classes * size, 2), [classes, size]);
      const own = tensor(
        Int32Array.from(noise(rows, 3), (x) => Math.floor((x + 1) * 10_005)),
      );
      const argnums = [0, 1] as const;
      const cut = valueAndGrad(
        (h: TestFloat, c: TestFloat): TestFloat => cutCrossEntropy(h, c, own),
        { argnums },
      )(hidden, classifier);
      const whole = valueAndGrad(
        (h: TestFloat, c: TestFloat): TestFloat =>
          crossEntropy(matmul(h, transpose(c)), own),
        { argnums },
      )(hidden, classifier);
      await realize(...cut.flat(), ...whole.flat());
      await assertEqualOn(at, cut[0], whole[0]);
      // Gradients of classes are small.
      for (const k of argnums) {
        const scaled = [cut[1][k], whole[1][k]].map((x) => multiply(x, 1000));
        await assertEqualOn(at, scaled[0]!, scaled[1]!);
      }
    },
  },
];

/** The rules. */
export const NETWORK_CASES: readonly ConformanceCase[] = [
  ...ATTENTION_CASES,
  ...ATTENTION_HEAD_CASES,
  ...BLOCKS,
  ...LONG,
  ...LOSS_CASES,
  ...NORM_CASES,
  ...FOURIER_CASES,
  ...QUANTIZE_CASES,
];
