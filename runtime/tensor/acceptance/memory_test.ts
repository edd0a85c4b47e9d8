import assert from "node:assert/strict";
import fc from "fast-check";
import type { Program } from "../../compiler/ir/kernel.ts";
import { planMemory } from "../../compiler/memory_plan.ts";
import { byteSize } from "../../device/dtypes.ts";
import { wasmRuntime } from "../../device/wasm/runtime.ts";
import { randomGraph } from "../conformance/random_graph.ts";
import * as wf from "../mod.ts";
import { blank, numbers, programOf, withBodies } from "./testing.ts";

/** Arenas may be larger than what is alive at once by this factor. */
const MOST = 1.2;

function tensorsIn(tree: unknown): wf.Tensor[] {
  if (tree instanceof wf.Tensor) return [tree];
  if (typeof tree !== "object" || tree === null) return [];
  return Object.values(tree).flatMap(tensorsIn);
}

/** A step of AdamW of a perceptron with four layers. */
function trainingStep(
  width: number,
  make: (...shape: readonly number[]) => wf.F32,
): wf.Tensor[] {
  const widths = [width, 2 * width, 2 * width, width, 10];
  const params = widths.slice(1).map((n, k) => ({
    weight: make(widths[k]!, n),
    bias: make(n),
  }));
  const x = make(256, width);
  const labels = wf.zeros([256], { dtype: "i32" });
  const loss = (layers: typeof params): wf.F32 => {
    let y = x;
    layers.forEach(({ weight, bias }, k) => {
      y = wf.add(wf.matmul(y, weight), bias);
      if (k < layers.length - 1) y = wf.gelu(y);
    });
    return wf.crossEntropy(y, labels);
  };
  const optimizer = wf.optim.adamW();
  const [value, slopes] = wf.valueAndGrad(loss)(params);
  const next = optimizer.update(slopes, optimizer.init(params), params);
  return [value, ...tensorsIn(next)];
}

/** Attention and all its gradients. */
function attention(
  [heads, length, size]: readonly [number, number, number],
  isCausal: boolean,
  make: (...shape: readonly number[]) => wf.F32,
): wf.Tensor[] {
  const shape = [1, heads, length, size];
  const loss = (q: wf.F32, k: wf.F32, v: wf.F32): wf.F32 =>
    wf.sum(wf.scaledDotProductAttention(q, k, v, { isCausal }));
  const [value, slopes] = wf.valueAndGrad(loss, { argnums: [0, 1, 2] })(
    make(...shape),
    make(...shape),
    make(...shape),
  );
  return [value, ...slopes];
}

/** The cross-entropy of a classifier and all its gradients. */
function crossEntropy(
  [tokens, size, classes]: readonly [number, number, number],
  make: (...shape: readonly number[]) => wf.F32,
): wf.Tensor[] {
  const labels = wf.zeros([tokens], { dtype: "i32" });
  const loss = (h: wf.F32, c: wf.F32): wf.F32 =>
    wf.cutCrossEntropy(h, c, labels);
  const [value, slopes] = wf.valueAndGrad(loss, { argnums: [0, 1] })(
    make(tokens, size),
    make(classes, size),
  );
  return [value, ...slopes];
}

function softmaxes(x: wf.F32): wf.F32 {
  let y = x;
  for (let k = 0; k < 6; k++) {
    y = wf.softmax(wf.matmul(y, k % 2 === 0 ? y : wf.transpose(y)), {
      axis: k % 2,
    });
  }
  return y;
}

/** Holds arenas of a program and of the bodies of its loops to what is alive. */
function assertTight(program: Program): void {
  for (const one of withBodies(program)) {
    const { byteLength, peakLiveBytes } = planMemory(one);
    assert.ok(
      byteLength <= MOST * peakLiveBytes,
      `${byteLength} bytes for ${peakLiveBytes} of ${one.steps.length} steps`,
    );
  }
}

Deno.test("arenas are at most 1.2 times what is alive at once", () => {
  const loss = (x: wf.F32) => wf.sum(wf.square(softmaxes(x)));
  for (
    const tensors of [
      trainingStep(784, blank),
      attention([8, 4096, 64], false, blank),
      attention([8, 4096, 64], true, blank),
      crossEntropy([2048, 64, 49_152], blank),
      [softmaxes(blank(512, 512))],
      [wf.grad(loss)(blank(512, 512))],
    ]
  ) {
    const program = programOf(...tensors);
    assert.ok(planMemory(program).byteLength > 0);
    assertTight(program);
  }
});

Deno.test("arenas of programs drawn at random are at most 1.2 times what is alive at once", () => {
  let planned = 0;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 5, max: 30 }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.array(fc.nat(1_000_000), { minLength: 10, maxLength: 60 }),
      (shape, choices) => {
        const made = randomGraph("f32", shape, choices);
        if (made.some(({ size }) => size > 1e6)) return;
        const program = programOf(...made);
        assertTight(program);
        if (planMemory(program).byteLength > 0) planned++;
      },
    ),
    { numRuns: 150, seed: 9 },
  );
  assert.ok(planned > 50, `only ${planned} programs have temporaries`);
});

/** The most elements of a buffer that is no leaf. */
function largestBuffer(program: Program): number {
  const sizes = withBodies(program).flatMap(({ buffers }) =>
    buffers.map(({ role, size }) => role === "leaf" ? 0 : size)
  );
  return Math.max(...sizes);
}

Deno.test("no buffer is as large as all scores or logits, nor are all temporaries together", () => {
  const heads = 8;
  for (const isCausal of [false, true]) {
    const program = programOf(
      ...attention([heads, 4096, 64], isCausal, blank),
    );
    const scores = 4096 * 4096;
    assert.ok(largestBuffer(program) <= scores / 8);
    assert.ok(liveBytes(program) < 4 * heads * scores / 4);
  }
  const program = programOf(...crossEntropy([2048, 64, 49_152], blank));
  const logits = 2048 * 49_152;
  assert.ok(largestBuffer(program) <= logits / 16);
  assert.ok(liveBytes(program) < 4 * logits / 16);
});

/** Bytes of temporaries that are alive at once, those of loops included. */
function liveBytes(program: Program): number {
  const inner = program.steps.map((step) =>
    step.kind === "hostLoop" ? liveBytes(step.body) : 0
  );
  return planMemory(program).peakLiveBytes + Math.max(0, ...inner);
}

/** The most bytes of the device that are held while tensors are computed. */
async function peakBytes(tensors: readonly wf.Tensor[]): Promise<number> {
  const { memory } = wasmRuntime();
  const before = memory.heldBytes;
  let most = before;
  const allocate = memory.tryAllocate;
  memory.tryAllocate = (bytes) => {
    const address = allocate.call(memory, bytes);
    most = Math.max(most, memory.heldBytes);
    return address;
  };
  try {
    await wf.withExecution({ device: "wasm" }, () => wf.realize(...tensors));
  } finally {
    memory.tryAllocate = allocate;
  }
  return most - before;
}

Deno.test("what wasm holds while it runs is at most 1.2 times what is alive, and some scratch", async () => {
  // Packed panels and scratch of threads, of the largest kernel.
  const scratch = 2 ** 21;
  for (
    const tensors of [
      attention([1, 2048, 16], false, numbers),
      attention([1, 2048, 16], true, numbers),
      crossEntropy([64, 8, 49_152], numbers),
      trainingStep(256, numbers),
      [softmaxes(numbers(700, 700))],
    ]
  ) {
    const program = programOf(...tensors);
    const outer = program.buffers.reduce(
      (sum, { dtype, role, size }) =>
        role === "temporary" ? sum : sum + byteSize(dtype) * size,
      0,
    );
    const live = outer + liveBytes(program);
    const peak = await peakBytes(tensors);
    assert.ok(peak > 0);
    assert.ok(
      peak <= MOST * live + scratch,
      `${peak} bytes where ${live} are alive`,
    );
  }
});
