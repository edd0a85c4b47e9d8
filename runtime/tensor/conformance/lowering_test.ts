import assert from "node:assert/strict";
import fc from "fast-check";
import { evaluateProgram } from "../../compiler/ir/evaluate_program.ts";
import { explainProgram } from "../../compiler/ir/explain.ts";
import type { Program } from "../../compiler/ir/kernel.ts";
import { lower, structureOf } from "../../compiler/lower/mod.ts";
import type { TypedArray } from "../../device/dtypes.ts";
import {
  attributesOf,
  storageOf,
  topologicalOrder,
} from "../../device/graph.ts";
import { evaluatePlain } from "../../device/reference/plain_evaluator.ts";
import * as wf from "../mod.ts";
import { randomGraph } from "./random_graph.ts";

interface Lowered {
  readonly program: Program;
  readonly key: string;
  readonly results: TypedArray[];
  readonly checks: readonly number[];
}

function lowered(
  tensors: readonly wf.Tensor[],
  options: { fuse?: boolean; maxOperands?: number } = {},
): Lowered {
  const nodes = tensors.map((one) => one.node);
  const order = topologicalOrder(nodes);
  order.forEach((node, slot) => node.slot = slot);
  const { key, leaves } = structureOf(order, nodes);
  const program = lower(order, nodes, options);
  const checks = program.checks ?? [];
  const made = evaluateProgram(
    {
      ...program,
      results: [...program.results, ...checks.map(({ buffer }) => buffer)],
    },
    program.leaves.map(({ leaf }) => storageOf(leaves[leaf]!)!.array!),
    program.scalars.map(({ leaf }) =>
      attributesOf(leaves[leaf]!, "constant").value
    ),
  );
  return {
    program,
    key,
    results: made.slice(0, nodes.length),
    checks: made.slice(nodes.length).map((one) => one[0]!),
  };
}

function assertClose(
  made: readonly TypedArray[],
  expected: readonly TypedArray[],
  tolerance: number,
): void {
  assert.equal(made.length, expected.length);
  made.forEach((x, at) => {
    const y = expected[at]!;
    assert.equal(x.length, y.length);
    for (let k = 0; k < x.length; k++) {
      const [a, b] = [x[k]!, y[k]!];
      if (Object.is(a, b) || a === b) continue;
      const error = Math.abs(a - b) / Math.max(1, Math.abs(b));
      assert.ok(error <= tolerance, `result ${at} at ${k}: ${a} is not ${b}`);
    }
  });
}

/** Compares with the slow twin of the reference device, fused and not. */
function assertAgrees(
  tensors: readonly wf.Tensor[],
  tolerance = 1e-11,
): Program {
  const expected = evaluatePlain(tensors.map((one) => one.node));
  assertClose(lowered(tensors, { fuse: false }).results, expected, tolerance);
  assertClose(
    lowered(tensors, { maxOperands: 6 }).results,
    expected,
    tolerance,
  );
  const fused = lowered(tensors);
  assertClose(fused.results, expected, tolerance);
  return fused.program;
}

const f64 = { dtype: "f64" } as const;

function numbers(shape: readonly number[], seed = 1): wf.F64 {
  const size = shape.reduce((total, n) => total * n, 1);
  return wf.tensor(
    Array.from({ length: size }, (_, k) => Math.sin((k + seed) * 7.3)),
    { dtype: "f64", shape },
  );
}

/** Operations that lead to all kinds of kernels. */
function richGraph(
  shape: readonly number[],
  choices: readonly number[],
): wf.F64[] {
  const pool: wf.F64[] = [numbers(shape), numbers(shape, 5)];
  for (const choice of choices) {
    const a = pool[choice % pool.length]!;
    const b = pool[(choice >> 3) % pool.length]!;
    const made = richChoice(choice >> 6, a, b);
    if (made.size <= 4096) pool.push(made);
  }
  return pool.slice(-3);
}

function richChoice(choice: number, a: wf.F64, b: wf.F64): wf.F64 {
  const axis = a.ndim === 0 ? 0 : (choice >> 5) % a.ndim;
  const same = a.shape.join() === b.shape.join() ? b : wf.mean(b);
  const index = wf.tensor([0, 1, 2], { dtype: "i32" });
  switch (choice % 19) {
    case 0:
      return wf.add(wf.multiply(a, same), 0.25);
    case 1:
      return wf.subtract(wf.exp(wf.minimum(a, 1)), same);
    case 2:
      return a.ndim === 0 ? a : wf.softmax(a, { axis });
    case 3:
      return a.ndim === 0
        ? a
        : wf.subtract(a, wf.mean(a, { axis, keepDims: true }));
    case 4:
      return wf.multiply(wf.tanh(a), wf.sum(a));
    case 5:
      return a.ndim < 2 ? wf.sigmoid(a) : wf.matmul(a, wf.transpose(a));
    case 6:
      return a.ndim < 2 ? a : wf.transpose(a);
    case 7:
      return a.ndim === 0 ? a : wf.max(a, { axis });
    case 8:
      return a.ndim === 0
        ? a
        : wf.take(a, wf.remainder(index, a.shape[axis]!), { axis });
    case 9:
      return wf.cast(
        wf.argmax(wf.reshape(a, [a.size]), { axis: 0 }),
        "f64",
      );
    case 10:
      return a.ndim === 0 ? a : wf.concat([a, wf.negative(a)], { axis });
    case 11:
      return a.ndim === 0 || a.shape[axis]! < 2 ? wf.square(a) : wf.slice(
        a,
        ...a.shape.map((n, k) => k === axis ? [n - 1, 0, -1] as const : null),
      );
    case 12:
      return a.ndim === 0 ? a : wf.cumulativeSum(a, { axis });
    case 13:
      return wf.reshape(a, [a.size]);
    case 14:
      return a.ndim === 0 ? a : wf.pad(
        a,
        a.shape.map((_, k) => k === axis ? [1, 2] : [0, 0]),
        { value: 0.5 },
      );
    case 15:
      return wf.compile((x: wf.F64, y: wf.F64, rate: wf.Operand<"f64">) =>
        wf.where(wf.less(x, y), wf.multiply(x, rate), 0)
      )(a, wf.broadcastTo(same, a.shape), 0.5);
    case 16:
      return a.ndim === 0 ? a : wf.scan(
        (carry: wf.F64, x: wf.F64): [wf.F64, wf.F64] => {
          const next = wf.add(wf.multiply(carry, 0.5), x);
          return [next, wf.multiply(next, carry)];
        },
        wf.zeros(a.shape.slice(1), f64),
        a,
      )[1];
    case 17:
      return wf.power(wf.absolute(a), 0.5);
    default:
      return wf.broadcastTo(a, [2, ...a.shape]);
  }
}

Deno.test("fused programs agree with the slow twin on graphs drawn at random", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
      fc.array(fc.nat(100_000_000), { minLength: 1, maxLength: 14 }),
      (shape, choices) => {
        assertAgrees(randomGraph("f64", shape, choices));
      },
    ),
    { numRuns: 60, seed: 2 },
  );
});

Deno.test("fused programs agree with the slow twin on products, rows and loops drawn at random", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(100_000_000), { minLength: 1, maxLength: 14 }),
      (shape, choices) => {
        assertAgrees(richGraph(shape, choices), 1e-9);
      },
    ),
    { numRuns: 120, seed: 4 },
  );
});

function kernelsOf(...tensors: readonly wf.Tensor[]): number {
  const nodes = tensors.map((one) => one.node);
  const order = topologicalOrder(nodes);
  order.forEach((node, slot) => node.slot = slot);
  return lower(order, nodes).steps.length;
}

function temporariesOf(program: Program): number {
  return program.buffers.filter(({ role }) => role === "temporary").length;
}

const table = wf.tensor(new Float32Array(4096 * 1024), {
  dtype: "f32",
  shape: [4096, 1024],
});

Deno.test("chains, rows and their gradients are one kernel", () => {
  const x = table;
  let chain: wf.F32 = x;
  for (let k = 0; k < 5; k++) chain = wf.exp(wf.multiply(chain, 0.3));
  assert.equal(kernelsOf(chain), 1);
  const exp = wf.exp(wf.add(wf.multiply(x, 0.3), 0.7));
  const sum = wf.sum(exp, { axis: 1, keepDims: true });
  assert.equal(kernelsOf(wf.divide(exp, sum)), 1);
  assert.equal(kernelsOf(wf.softmax(x)), 1);
  assert.equal(kernelsOf(wf.logSoftmax(x)), 1);
  assert.equal(kernelsOf(wf.variance(x, { axis: -1 })), 1);
  const keep = { axis: -1, keepDims: true };
  const norm = (y: wf.F32): wf.F32 => {
    const centred = wf.subtract(y, wf.mean(y, keep));
    const spread = wf.mean(wf.square(centred), keep);
    return wf.divide(centred, wf.sqrt(wf.add(spread, 1e-5)));
  };
  assert.equal(kernelsOf(norm(x)), 1);
  const scaled = wf.divide(
    x,
    wf.sqrt(wf.add(wf.mean(wf.square(x), keep), 1e-5)),
  );
  assert.equal(kernelsOf(scaled), 1);
  const weights = wf.add(table, 1);
  for (const fn of [norm, (y: wf.F32): wf.F32 => wf.softmax(y)]) {
    const slope = wf.grad((y: wf.F32) => wf.sum(wf.multiply(fn(y), weights)));
    assert.equal(kernelsOf(slope(x)), 1);
  }
});

Deno.test("a step of AdamW is one kernel a parameter, and nothing in between", () => {
  const matrix = () =>
    wf.tensor(new Float32Array(6000), { dtype: "f32", shape: [100, 60] });
  const count = wf.tensor(3, { dtype: "f32" });
  const step = (): wf.Tensor[] => {
    const [p, m, v, g] = [matrix(), matrix(), matrix(), matrix()];
    const first = wf.add(wf.multiply(m, 0.9), wf.multiply(g, 0.1));
    const second = wf.add(
      wf.multiply(v, 0.999),
      wf.multiply(wf.square(g), 0.001),
    );
    const scale = wf.divide(
      wf.divide(first, wf.subtract(1, wf.power(0.9, count))),
      wf.add(
        wf.sqrt(wf.divide(second, wf.subtract(1, wf.power(0.999, count)))),
        1e-8,
      ),
    );
    return [wf.subtract(p, wf.multiply(scale, 1e-3)), first, second];
  };
  const one = lowered(step()).program;
  assert.equal(one.steps.length, 1);
  assert.equal(temporariesOf(one), 0);
  // Small parameters of one shape share a kernel.
  assert.equal(kernelsOf(...step(), ...step(), ...step()), 1);
});

Deno.test("products take what is around them along", () => {
  const x = wf.tensor(new Float32Array(64 * 100), {
    dtype: "f32",
    shape: [64, 100],
  });
  const first = wf.tensor(new Float32Array(100 * 300), {
    dtype: "f32",
    shape: [100, 300],
  });
  const hidden = wf.gelu(wf.add(wf.matmul(x, first), 0.5));
  const out = wf.add(x, wf.matmul(hidden, wf.transpose(first)));
  const { steps } = lowered([out]).program;
  assert.deepEqual(steps.map(({ kind }) => kind), ["contract", "contract"]);
  // A batch of rows that share their matrix is one product.
  const batch = wf.matmul(wf.reshape(x, [4, 16, 100]), first);
  const [product] = lowered([batch]).program.steps;
  assert.ok(product?.kind === "contract");
  assert.deepEqual(product.axes, [64, 300, 100]);
  // Vectors make sums of rows.
  const vector = wf.tensor(new Float32Array(100), { dtype: "f32" });
  const [sum] = lowered([wf.matmul(x, vector)]).program.steps;
  assert.equal(sum?.kind, "row");
});

Deno.test("packed factors that a batch shares are not taken apart before", () => {
  const [columns, blocks] = [24, 2];
  const codes = wf.tensor(
    Uint8Array.from({ length: columns * blocks * 16 }, (_, k) => 37 * k),
    { dtype: "u8", shape: [columns, blocks, 1, 16] },
  );
  const scales = wf.reshape(
    wf.arange(0, columns * blocks, 1, { dtype: "f32" }),
    [columns, blocks, 1],
  );
  const shifts = wf.tensor([[0], [4]], { dtype: "u8" });
  const nibbles = wf.bitwiseAnd(wf.bitwiseRightShift(codes, shifts), 15);
  const whole = wf.reshape(nibbles, [columns, blocks, 32]);
  const values = wf.add(
    wf.multiply(wf.multiply(wf.cast(whole, "f32"), 0.25), wf.add(scales, 1)),
    wf.subtract(scales, 7),
  );
  const weight = wf.transpose(wf.reshape(values, [columns, blocks * 32]));
  const x = wf.cast(numbers([9, 1, blocks * 32]), "f32");
  const { steps } = lowered([wf.matmul(x, weight)]).program;
  assert.deepEqual(steps.map(({ kind }) => kind), ["contract"]);
});

Deno.test("heads are split and joined by the products around attention", () => {
  const x = numbers([2, 6, 12]);
  const heads = (y: wf.F64): wf.F64 =>
    wf.permuteDims(wf.reshape(y, [2, 6, 3, 4]), [0, 2, 1, 3]);
  const [q, k, v] = [1, 2, 3].map((seed) =>
    heads(wf.matmul(x, numbers([12, 12], seed)))
  ) as [wf.F64, wf.F64, wf.F64];
  const scores = wf.softmax(wf.multiply(wf.matmul(q, wf.transpose(k)), 0.5));
  const mixed = wf.permuteDims(wf.matmul(scores, v), [0, 2, 1, 3]);
  const out = wf.matmul(wf.reshape(mixed, [2, 6, 12]), numbers([12, 12], 4));
  const program = assertAgrees([wf.add(x, out)]);
  assert.equal(program.steps.length, 7);
  assert.ok(!explainProgram(program).includes("%"));
});

Deno.test("long reductions are cut into pieces, with and without a rest", () => {
  const long = numbers([70_001]);
  const tall = numbers([2801, 33]);
  const wide = numbers([3, 40_000]);
  for (
    const tensors of [
      [wf.sum(long), wf.max(long), wf.prod(wf.add(long, 1))],
      [wf.sum(tall, { axis: 0 }), wf.min(tall, { axis: 0 })],
      [wf.argmax(wide, { axis: 1 }), wf.argmin(long, { axis: 0 })],
      [wf.std(wide), wf.logSumExp(long)],
      [
        wf.softmax(wide),
        wf.sum(wf.reshape(wide, [3, 200, 200]), { axis: [1] }),
      ],
    ]
  ) assertAgrees(tensors, 1e-9);
  assert.ok(lowered([wf.sum(long)]).program.steps.length > 1);
  const withNaN = wf.where(wf.less(long, -0.99), NaN, long);
  assertAgrees([wf.argmax(withNaN, { axis: 0 }), wf.max(withNaN)]);
});

Deno.test("narrow dtypes, whole numbers and booleans keep their rules", () => {
  const bytes = wf.tensor([100, 120, -128, 127, 3, -7], {
    dtype: "i8",
    shape: [2, 3],
  });
  const words = wf.tensor([7, 2 ** 31 + 5, 2 ** 32 - 1], { dtype: "u32" });
  const flags = wf.less(bytes, 4);
  assertAgrees([
    wf.sum(bytes, { axis: 1 }),
    wf.prod(bytes, { axis: 0 }),
    wf.max(bytes, { axis: 1 }),
    wf.matmul(bytes, wf.transpose(bytes)),
    wf.multiply(words, words),
    wf.cumulativeSum(words),
    wf.any(flags, { axis: 1 }),
    wf.all(flags),
    wf.cast(flags, "f64"),
  ]);
  const halves = wf.cast(numbers([5, 40]), "f16");
  assertAgrees([
    wf.sum(halves, { axis: 1 }),
    wf.matmul(halves, wf.transpose(halves)),
    wf.cumulativeSum(halves, { axis: 1 }),
  ], 2e-3);
});

Deno.test("tensors without elements and sums of nothing are what they should be", () => {
  const none = wf.zeros([0, 3], f64);
  assertAgrees([
    none,
    wf.sum(none, { axis: 0 }),
    wf.prod(none),
    wf.matmul(wf.zeros([2, 0], f64), none),
    wf.concat([none, numbers([2, 3])]),
    wf.pad(none, [[1, 1], [0, 0]], { value: 2 }),
    wf.cumulativeSum(none, { axis: 0 }),
    wf.exp(none),
  ]);
});

Deno.test("results may be leaves, views of leaves, numbers, and each other", () => {
  const x = numbers([3, 4]);
  const y = wf.exp(x);
  const { program } = lowered([
    x,
    wf.reshape(x, [12]),
    y,
    wf.reshape(y, [2, 6]),
    y,
  ]);
  assert.equal(program.steps.length, 1);
  assert.equal(new Set(program.results).size, 2);
  assertAgrees([x, wf.transpose(x), wf.full([2, 2], 0.1, f64), y, y]);
});

Deno.test("numbers that a compiled function is handed do not change the key", () => {
  const step = wf.compile((x: wf.F64, rate: wf.Operand<"f64">) =>
    wf.power(wf.where(wf.less(x, 0), 0, x), rate)
  );
  const x = wf.absolute(numbers([5]));
  const [one, two] = [step(x, 2), step(x, 0.123)];
  assert.equal(lowered([one]).key, lowered([two]).key);
  assertAgrees([one]);
  assertAgrees([two]);
  // Numbers that make simpler code are part of the key.
  assert.notEqual(
    lowered([wf.power(x, 2)]).key,
    lowered([wf.power(x, 3)]).key,
  );
  assert.equal(
    lowered([wf.power(x, 2.5)]).key,
    lowered([wf.power(x, 3.5)]).key,
  );
});

Deno.test("powers with simple exponents have the edges of powers", () => {
  const values = [0, -0, 1, -1, 2.5, Infinity, -Infinity, NaN, 1e200, 1e-200];
  const x = wf.tensor(values, f64);
  for (const exponent of [0, 1, 2, 3, -1, 0.5, 2.5]) {
    const made = lowered([wf.power(x, exponent)]).results[0]!;
    values.forEach((value, k) => {
      const expected = value ** exponent;
      const isSame = Object.is(made[k], expected) ||
        Math.abs(made[k]! - expected) <= 1e-15 * Math.abs(expected);
      assert.ok(isSame, `${value} ** ${exponent} is ${made[k]}`);
    });
  }
});

Deno.test("loops of arithmetic are one kernel, batched and with gradients", () => {
  const returns = numbers([40, 6]);
  const omega = wf.absolute(numbers([6]));
  const path = (w: wf.F64): wf.F64 =>
    wf.scan(
      (variance: wf.F64, r: wf.F64): [wf.F64, wf.F64] => {
        const next = wf.add(
          wf.add(w, wf.multiply(wf.square(r), 0.1)),
          wf.multiply(variance, 0.8),
        );
        return [next, next];
      },
      wf.ones([6], f64),
      returns,
    )[1];
  const loss = (w: wf.F64) => wf.sum(wf.log(path(w)));
  const [value, slope] = wf.valueAndGrad(loss)(omega);
  const program = assertAgrees([value, slope]);
  const kinds = program.steps.map(({ kind }) => kind);
  assert.equal(kinds.filter((kind) => kind === "loop").length, 2);
  assert.ok(!kinds.includes("hostLoop"));
});

Deno.test("loops with small states are unrolled, others run step by step", () => {
  const transition = numbers([3, 3]);
  const small = wf.scan(
    (state: wf.F64, x: wf.F64): [wf.F64, wf.F64] => {
      const next = wf.add(wf.matmul(transition, state), x);
      return [next, wf.sum(next)];
    },
    wf.zeros([3], f64),
    numbers([7, 3]),
    { reverse: true },
  );
  const unrolled = assertAgrees(small, 1e-10);
  assert.deepEqual(unrolled.steps.map(({ kind }) => kind), ["loop"]);
  const wide = numbers([50, 50]);
  const large = wf.scan(
    (state: wf.F64, x: wf.F64): [wf.F64, wf.F64] => {
      const next = wf.tanh(wf.add(wf.matmul(wide, state), x));
      return [next, wf.mean(next)];
    },
    wf.zeros([50], f64),
    numbers([5, 50]),
  );
  const stepwise = assertAgrees(large, 1e-10);
  // The first carry is written before the loop begins.
  assert.deepEqual(stepwise.steps.map(({ kind }) => kind), [
    "row",
    "hostLoop",
  ]);
});

Deno.test("loops over the last axis of their carries and over no carries work", () => {
  const x = numbers([5, 2, 3]);
  const [last, seen] = wf.scan(
    (carry: wf.F64[], y: wf.F64): [wf.F64[], wf.F64] => {
      const [level, count] = carry as [wf.F64, wf.F64];
      const next = wf.add(wf.multiply(level, 0.5), y);
      return [[next, wf.add(count, 1)], wf.multiply(next, count)];
    },
    [wf.zeros([2, 3], f64), wf.tensor(0, f64)],
    x,
  );
  assertAgrees([seen, last[0]!]);
  assertAgrees([seen, ...last]);
  const [, doubled] = wf.scan(
    (carry: wf.F64[], y: wf.F64): [wf.F64[], wf.F64] => [
      carry,
      wf.multiply(y, 2),
    ],
    [],
    x,
  );
  assertAgrees([doubled]);
});

Deno.test("draws are bit for bit those of the reference device", () => {
  const key = wf.random.key(7);
  assertAgrees([
    wf.random.uniform(key, [33], f64),
    wf.random.permutation(key, 9),
    wf.random.split(key, 3)[2]!,
  ], 0);
  assertAgrees([wf.random.normal(key, [33], f64)], 1e-12);
});

Deno.test("programs tell of indices outside of their axis", () => {
  const x = numbers([4, 3]);
  const at = (...index: number[]) => wf.tensor(index, { dtype: "i32" });
  assert.deepEqual(lowered([wf.take(x, at(0, -4, 3))]).checks, [0]);
  assert.deepEqual(lowered([wf.take(x, at(1, 4))]).checks, [4]);
  assert.deepEqual(lowered([wf.take(x, at(1, -5))]).checks, [-5]);
  const { program } = lowered([wf.take(x, at(9))]);
  assert.deepEqual(program.checks?.map(({ name, length }) => [name, length]), [
    ["take", 4],
  ]);
  // What cannot be outside is not looked at, nor what nobody wants.
  const best = wf.argmax(x, { axis: 0 });
  assert.equal(lowered([wf.take(x, best)]).program.checks, undefined);
});

Deno.test("indices of elements that do not exist are not looked up", async () => {
  // Far outside of all memory, if they were.
  const far = 500_000_000;
  const step = far / 5;
  const x = wf.tensor([1, 2, 3, 4, 5], { dtype: "f32" });
  const at = wf.tensor([-1, 0, 2], { dtype: "i32" });
  const around = (value: number) =>
    wf.broadcastTo(wf.tensor([value], { dtype: "f32" }), [far]);
  await wf.withExecution({ device: "wasm" }, async () => {
    for (
      const taken of [
        wf.take(x, at),
        wf.takeAlongAxis(x, at),
        wf.take(x, wf.take(at, wf.tensor([0, 1, 1], { dtype: "i32" }))),
      ]
    ) {
      // One by one: together they would share what was taken.
      for (
        const [whole, expected] of [
          [
            wf.pad(taken, [[far, far]], { value: 9 }),
            [9, 9, 9, 9, 9, 5, 9, 9, 9, 9],
          ],
          [
            wf.concat([around(7), taken, around(8)]),
            [7, 7, 7, 7, 7, 5, 8, 8, 8, 8],
          ],
        ] as const
      ) {
        const some = wf.slice(whole, [0, 2 * far, step]);
        assert.deepEqual([...await some.data()], expected);
      }
    }
  });
});

Deno.test("long chains and deep trees of movement do not overflow the stack", () => {
  let x: wf.F64 = numbers([2, 3]);
  for (let k = 0; k < 20_000; k++) {
    x = k % 3 === 0
      ? wf.transpose(x)
      : k % 3 === 1
      ? wf.reshape(x, [3, 2])
      : wf.add(x, 0.001);
    if (k % 3 === 2) x = wf.reshape(x, [2, 3]);
  }
  const [result] = lowered([x]).results;
  const [expected] = evaluatePlain([x.node]);
  assertClose([result!], [expected!], 1e-9);
});

Deno.test("a kernel reads and writes no more buffers than it may", () => {
  const many = Array.from({ length: 40 }, (_, k) => numbers([5, 4], k));
  const total = many.reduce((sum, one) => wf.add(sum, wf.exp(one)));
  for (const maxOperands of [8, 12, 30]) {
    const { program, results } = lowered([total, wf.concat(many)], {
      maxOperands,
    });
    for (const step of program.steps) {
      assert.ok(step.kind === "row");
      const count = step.operands.length + step.outputs.length;
      assert.ok(count <= maxOperands, `${count} buffers`);
    }
    assertClose(
      results,
      evaluatePlain([total.node, wf.concat(many).node]),
      1e-12,
    );
  }
});

Deno.test("what is dear is written once rather than computed in each pass over a row", () => {
  const x = wf.add(numbers([40, 32]), 1.5);
  // Several long functions, then a norm that needs three passes.
  const dear = wf.erf(wf.log(wf.erf(x)));
  const keep = { axis: -1, keepDims: true };
  const centred = wf.subtract(dear, wf.mean(dear, keep));
  const norm = wf.divide(centred, wf.sqrt(wf.mean(wf.square(centred), keep)));
  const dearly = assertAgrees([norm]);
  assert.equal(dearly.steps.length, 2);
  const counts = dearly.steps.map((step) =>
    step.kind === "row" ? step.name.split("erf").length - 1 : 0
  );
  assert.equal(counts.reduce((sum, count) => sum + count), 2);
  // Cheap arithmetic is repeated, as that is quicker than memory.
  const cheap = wf.multiply(x, 3);
  const other = wf.subtract(cheap, wf.mean(cheap, keep));
  assert.equal(assertAgrees([wf.square(other)]).steps.length, 1);
});

Deno.test("lower refuses what kernels cannot count, rather than to wrap around", () => {
  const many = wf.arange(0, 3e9, 1, { dtype: "f64" });
  const roots = [
    wf.max(many),
    wf.argmax(many),
    wf.slice(many, [2.9e9, 2.9e9 + 3]),
    wf.sum(wf.ones([1e7, 1e6])),
  ];
  for (const { node } of roots) {
    const order = topologicalOrder([node]);
    order.forEach((one, slot) => one.slot = slot);
    assert.throws(
      () => lower(order, [node]),
      /Cannot count beyond 2147483647 elements/,
    );
  }
});
