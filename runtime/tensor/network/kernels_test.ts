import assert from "node:assert/strict";
import type { Program, Step } from "../../compiler/ir/kernel.ts";
import { lower } from "../../compiler/lower/mod.ts";
import { topologicalOrder } from "../../device/graph.ts";
import { tensor, zeros } from "../creation.ts";
import { multiply } from "../elementwise.ts";
import { softmax, sum } from "../reductions.ts";
import type { F32, Tensor } from "../tensor.ts";
import { grad, valueAndGrad } from "../transforms.ts";
import { scaledDotProductAttention } from "./attention/scaled_dot_product_attention.ts";
import { cutCrossEntropy } from "./cut_cross_entropy.ts";
import { fft } from "./fourier/fft.ts";
import { layerNorm } from "./layer_norm.ts";
import { linear } from "./linear.ts";
import { dequantizeBlockwise4Bit, dequantizeInt8 } from "./quantize.ts";
import { rmsNorm } from "./rms_norm.ts";
import { rotaryEmbedding } from "./rotary_embedding.ts";

function data(...shape: readonly number[]): F32 {
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(new Float32Array(size), { shape });
}

function programOf(...roots: readonly Tensor[]): Program {
  const nodes = roots.map(({ node }) => node);
  const order = topologicalOrder(nodes);
  order.forEach((node, slot) => node.slot = slot);
  return lower(order, nodes);
}

/** Kinds of the steps, of bodies of loops too. */
function kinds(steps: readonly Step[]): string[] {
  return steps.flatMap((step) =>
    step.kind === "hostLoop" ? kinds(step.body.steps) : [step.kind]
  );
}

/** The most elements of any buffer but leaves, of bodies of loops too. */
function largestBuffer({ buffers, steps }: Program): number {
  const own = buffers.filter(({ role }) => role !== "leaf");
  const inner = steps.map((step) =>
    step.kind === "hostLoop" ? largestBuffer(step.body) : 0
  );
  return Math.max(0, ...own.map(({ size }) => size), ...inner);
}

Deno.test("softmax and norms are one kernel each", () => {
  const [x, weight] = [data(64, 96), data(96)];
  for (
    const result of [
      softmax(x),
      layerNorm(x, { weight, bias: data(96) }),
      rmsNorm(x, { weight }),
    ]
  ) assert.deepEqual(kinds(programOf(result).steps), ["row"]);
});

Deno.test("a product with quantised weights is one kernel", () => {
  const x = data(8, 256);
  const four = {
    codes: tensor(new Uint8Array(128 * 128)),
    absmax: data(128 * 4),
    shape: [128, 256],
    blockSize: 64,
  };
  const eight = {
    codes: tensor(new Int8Array(128 * 256), { shape: [128, 256] }),
    scales: data(128, 1),
  };
  for (const weight of [dequantizeBlockwise4Bit(four), dequantizeInt8(eight)]) {
    const { steps } = programOf(linear(x, weight));
    assert.deepEqual(kinds(steps), ["contract"]);
  }
});

Deno.test("a block of attention is a product, a row kernel and a product", () => {
  const program = programOf(
    scaledDotProductAttention(
      data(1, 8, 64, 48),
      data(1, 2, 64, 48),
      data(1, 2, 64, 48),
      { isCausal: true },
    ),
  );
  assert.deepEqual(kinds(program.steps), ["contract", "row", "contract"]);
});

Deno.test("attention of 4,096 positions stores the scores of one block", () => {
  const [q, k] = [data(1, 8, 4096, 64), data(1, 2, 4096, 64)];
  for (const isCausal of [false, true]) {
    const loss = (...[a, b, c]: [F32, F32, F32]): F32 =>
      sum(scaledDotProductAttention(a, b, c, { isCausal }));
    const [value, gradients] = valueAndGrad(loss, { argnums: [0, 1, 2] })(
      q,
      k,
      k,
    );
    const largest = largestBuffer(programOf(value, ...gradients));
    // As many as the query has; all scores are 64 times as many.
    assert.equal(largest, 2 ** 21);
  }
});

Deno.test("cutCrossEntropy of 49,152 classes stores the logits of one chunk", () => {
  const loss = (h: F32, c: F32): F32 =>
    cutCrossEntropy(h, c, zeros([2048], { dtype: "i32" }));
  const [value, gradients] = valueAndGrad(loss, { argnums: [0, 1] })(
    data(2048, 32),
    data(49_152, 32),
  );
  const program = programOf(value, ...gradients);
  assert.equal(largestBuffer(program), 2 ** 21);
  const loops = program.steps.filter((step) => step.kind === "hostLoop");
  // Logits, their sums, the mean row of the classifier; its gradient behind.
  assert.deepEqual(loops.map(({ body }) => kinds(body.steps)), [
    ["contract", "row", "contract"],
    ["contract", "row", "contract"],
  ]);
});

Deno.test("each stage of a Fourier transform is one kernel", () => {
  const made = fft({ real: data(4, 1024), imaginary: data(4, 1024) });
  const { steps } = programOf(made.real, made.imaginary);
  assert.deepEqual(kinds(steps), ["row", "row", "row", "row", "row"]);
});

Deno.test("rotary embedding is two small kernels, forward and back", () => {
  const loss = (x: F32) => sum(multiply(data(2, 8, 32), rotaryEmbedding(x)));
  const back = grad(loss)(data(2, 8, 32));
  for (const result of [rotaryEmbedding(data(2, 8, 32)), back]) {
    assert.ok(kinds(programOf(result).steps).length <= 2);
  }
});
