import assert from "node:assert/strict";
import fc from "fast-check";
import { verifyGraph } from "../device/verify.ts";
import { randomGraph } from "./conformance/random_graph.ts";
import * as wf from "./mod.ts";
import { referenceDevice } from "../device/reference/device.ts";
import { evaluatePlain } from "../device/reference/plain_evaluator.ts";
import { planOf } from "../device/reference/run.ts";

const f64 = { dtype: "f64" } as const;

/** Computes tensors by plan and by the plain evaluator and compares the bits. */
async function assertSameBits(...tensors: wf.Tensor[]): Promise<void> {
  const nodes = tensors.map((one) => one.node);
  verifyGraph(nodes);
  const planned = await referenceDevice.execute(nodes, {});
  const plain = evaluatePlain(nodes);
  planned.forEach((storage, k) => assert.deepEqual(storage.array, plain[k]));
}

function names(tensor: wf.Tensor): string[] {
  return planOf([tensor.node]).plan.steps.map((step) => step.name);
}

Deno.test("a plan makes one loop nest of an elementwise chain", () => {
  const x = wf.tensor([[1, 2], [3, 4]], f64);
  const chain = wf.exp(wf.multiply(wf.add(x, 1), wf.add(x, 2)));
  assert.deepEqual(names(chain), ["add·add·multiply·exp"]);
});

Deno.test("a plan ends a loop nest with the reduction that follows it", () => {
  const x = wf.tensor([[1, 2], [3, 4]], f64);
  assert.deepEqual(names(wf.sum(wf.square(x), { axis: 1 })), ["multiply·sum"]);
});

Deno.test("a plan computes what has users in two loop nests once", () => {
  const x = wf.exp(wf.tensor([1, 2], f64));
  const both = wf.add(wf.sum(wf.negative(x)), wf.max(wf.sqrt(x)));
  assert.equal(names(both).filter((name) => name.includes("exp")).length, 1);
});

Deno.test("a plan moves no data for views", () => {
  const x = wf.reshape(wf.tensor([1, 2, 3, 4, 5, 6], f64), [2, 3]);
  const view = wf.slice(wf.transpose(x), [null, null, -1], [0, 1]);
  assert.deepEqual(names(wf.sum(wf.negative(view))), ["negative·sum"]);
});

Deno.test("a plan is made once for graphs that differ in numbers only", () => {
  const graph = (k: number) =>
    wf.multiply(wf.add(wf.tensor([k, k], f64), k), k).node;
  assert.equal(planOf([graph(1)]).plan, planOf([graph(2)]).plan);
  const other = wf.multiply(wf.add(wf.tensor([1, 1], f64), 1), 1);
  const three = wf.multiply(wf.add(wf.tensor([1, 1, 1], f64), 1), 1);
  assert.equal(planOf([other.node]).plan, planOf([graph(3)]).plan);
  assert.notEqual(planOf([three.node]).plan, planOf([graph(3)]).plan);
});

Deno.test("a plan does not depend on what matters for gradients only", () => {
  const graph = (extra: number) => {
    let unused = wf.tensor([1], f64);
    for (let k = 0; k < extra; k++) unused = wf.exp(unused);
    const identity = wf.customGradient(
      (x: wf.F64, _: wf.F64): wf.F64 => wf.negative(x),
      ({ cotangent }) => [cotangent],
    );
    return identity(wf.tensor([2], f64), unused).node;
  };
  const plans = [graph(0), graph(1), graph(5)].map((node) =>
    planOf([node]).plan
  );
  assert.equal(new Set(plans).size, 1);
});

Deno.test("plans tell attributes apart that JSON does not", async () => {
  for (const value of [NaN, Infinity, -Infinity, 0, -0, 1]) {
    const x = wf.pad(wf.tensor([2], f64), [[1, 0]], { value });
    assert.deepEqual(await x.toArray(), [value, 2]);
  }
});

Deno.test("plans give the bits of the plain evaluator for graphs drawn at random", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("f64", "f32", "f16" as wf.FloatDType),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 14 }),
      async (dtype, shape, choices) => {
        await assertSameBits(...randomGraph(dtype, shape, choices));
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("gradients of graphs drawn at random equal central differences", async () => {
  const step = 1e-5;
  // All elements differ here, so that the largest is one.
  const middle = 0.3;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 8 }),
      async (shape, choices) => {
        const size = shape.reduce((total, n) => total * n, 1);
        const direction = wf.cos(
          wf.reshape(wf.arange(size, undefined, 1, f64), shape),
        );
        const along = (t: wf.F64): wf.F64 => {
          const x = wf.sin(wf.add(wf.multiply(direction, t), 1));
          const [a, b] = randomGraph("f64", shape, choices, x) as wf.F64[];
          // Bounded, so that chains of products do not drown the difference.
          return wf.add(wf.mean(wf.tanh(a!)), wf.mean(wf.sin(b!)));
        };
        const at = (t: number) => along(wf.tensor(t, f64)).item();
        const slope = wf.grad(along)(wf.tensor(middle, f64));
        verifyGraph([slope.node]);
        const rise = await at(middle + step) - await at(middle - step);
        const difference = rise / (2 * step);
        const error = Math.abs(await slope.item() - difference);
        assert.ok(
          error < 1e-5 * Math.max(1, Math.abs(difference)),
          `${await slope.item()} is not ${difference}`,
        );
      },
    ),
    // Where a step meets a kink the two differ, so the draws are fixed.
    { numRuns: 100, seed: 7 },
  );
});

Deno.test("plans give the bits of the plain evaluator for integers and booleans", async () => {
  const x = wf.tensor([-7, 300, 2147483647, 5], { dtype: "i32" });
  const y = wf.tensor([3, -2, 2, 5], { dtype: "i32" });
  for (const dtype of ["i32", "u32", "i8", "u8"] as const) {
    const a = wf.cast(x, dtype);
    const b = wf.cast(y, dtype);
    await assertSameBits(
      wf.multiply(wf.add(a, b), b),
      wf.remainder(a, b),
      wf.bitwiseRightShift(a, 1),
      wf.bitwiseXor(wf.bitwiseNot(a), b),
      wf.power(a, wf.absolute(b)),
      wf.logicalXor(wf.less(a, b), wf.equal(a, b)),
      wf.sum(wf.greater(a, b)),
      wf.argmax(a),
    );
  }
});

Deno.test("plans give the bits of the plain evaluator for reading and adding at indices", async () => {
  const x = wf.reshape(wf.arange(24, undefined, 1, f64), [2, 3, 4]);
  const at = wf.tensor([[2, 0], [-1, 1]], { dtype: "i32" });
  const places = wf.tensor([[[1, 0, 2, 0]], [[0, 0, 1, 1]]], { dtype: "i32" });
  const taken = wf.take(x, at, { axis: 1 });
  await assertSameBits(
    taken,
    wf.takeAlongAxis(x, places, { axis: 1 }),
    wf.scatterAdd(x, at, taken, { axis: 1 }),
    wf.scatterAddAlongAxis(x, places, wf.ones([2, 1, 4], f64), { axis: 1 }),
  );
});

Deno.test("a loop nest over more elements than one slice gives the same bits", async () => {
  const x = wf.sin(wf.arange(700_000, undefined, 1, f64));
  const wide = wf.reshape(x, [7, 100, 1000]);
  await assertSameBits(
    wf.exp(wf.multiply(wf.transpose(wide), 0.5)),
    wf.max(wide, { axis: 1 }),
    wf.min(wide),
  );
});

Deno.test("compiled loops and stepwise ones give the bits of the plain evaluator", async () => {
  for (const reverse of [false, true]) {
    for (const batch of [[], [5]]) {
      const xs = wf.sin(
        wf.reshape(
          wf.arange(8 * (batch[0] ?? 1), undefined, 1, f64),
          [8, ...batch],
        ),
      );
      const start = wf.full(batch, 0.5, f64);
      const elementwise = wf.scan(
        (carry: wf.F64, x: wf.F64): [wf.F64, wf.F64[]] => {
          const next = wf.add(wf.multiply(carry, 0.9), wf.square(x));
          return [next, [carry, wf.exp(wf.negative(next)), x]];
        },
        start,
        xs,
        { reverse },
      );
      const mixing = wf.scan(
        (carry: wf.F64, x: wf.F64): [wf.F64, wf.F64] => {
          const next = wf.add(wf.multiply(carry, 0.5), wf.sum(x));
          return [next, next];
        },
        start,
        xs,
        { reverse },
      );
      await assertSameBits(
        elementwise[0],
        ...elementwise[1],
        mixing[0],
        mixing[1],
      );
    }
  }
});

Deno.test("a loop longer than one slice gives the bits of the plain evaluator", async () => {
  const xs = wf.sin(wf.arange(2_500, undefined, 1, f64));
  const [last, all] = wf.scan(
    (carry: wf.F64[], x: wf.F64): [wf.F64[], wf.F64] => {
      let value = x;
      for (const one of carry) value = wf.add(wf.multiply(value, 0.5), one);
      return [[value, ...carry.slice(1)], value];
    },
    Array.from({ length: 80 }, (_, k) => wf.tensor(k / 100, f64)),
    xs,
  );
  await assertSameBits(last[0]!, all);
});
