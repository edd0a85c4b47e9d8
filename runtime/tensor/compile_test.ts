import assert from "node:assert/strict";
import * as wf from "./mod.ts";

const f64 = { dtype: "f64" } as const;
type Number64 = wf.Operand<"f64">;

Deno.test("compile calls the function once for each combination of dtypes and shapes", async () => {
  let calls = 0;
  const double = wf.compile((x: wf.Float): wf.Float => {
    calls++;
    return wf.multiply(x, 2);
  });
  assert.deepEqual(await double(wf.tensor([1, 2], f64)).toArray(), [2, 4]);
  assert.deepEqual(await double(wf.tensor([5, 6], f64)).toArray(), [10, 12]);
  assert.equal(calls, 1);
  await double(wf.tensor([1, 2, 3], f64)).data();
  await double(wf.tensor([1, 2])).data();
  assert.equal(calls, 3);
});

Deno.test("compile traces numbers, so that they may change", async () => {
  let calls = 0;
  const step = wf.compile((x: wf.F64, rate: Number64): wf.F64 => {
    calls++;
    return wf.subtract(x, wf.multiply(x, wf.multiply(rate, 2)));
  });
  const x = wf.tensor(1, f64);
  assert.equal(await step(x, 0.25).item(), 0.5);
  assert.equal(await step(x, 0.5).item(), 0);
  assert.equal(calls, 1);
});

Deno.test("compile lets numbers take the dtype of the tensor they meet", async () => {
  const scale = wf.compile((x: wf.F32, k: wf.Operand<"f32">) =>
    wf.multiply(x, k)
  );
  const y = scale(wf.tensor([1]), 0.1);
  assert.equal(y.dtype, "f32");
  assert.deepEqual(await y.toArray(), [Math.fround(0.1)]);
  const integers = wf.compile((x: wf.I32, k: wf.Operand<"i32">) =>
    wf.multiply(x, k)
  );
  assert.throws(
    () => integers(wf.tensor([1], { dtype: "i32" }), 2),
    /Cannot use a number of a compiled function as "i32"/,
  );
});

Deno.test("compile keeps the form of results and traces other plain data anew", async () => {
  let calls = 0;
  const parts = wf.compile((x: wf.F64, mode: "sum" | "mean") => {
    calls++;
    return { value: mode === "sum" ? wf.sum(x) : wf.mean(x), list: [x] };
  });
  const x = wf.tensor([1, 3], f64);
  assert.equal(await parts(x, "sum").value.item(), 4);
  assert.equal(await parts(x, "mean").value.item(), 2);
  assert.deepEqual(await parts(x, "sum").list[0]!.toArray(), [1, 3]);
  assert.equal(calls, 2);
});

Deno.test("compile gives the result that is read where another one fails", async () => {
  const two = wf.compile((x: wf.F64) => [wf.sum(x), wf.cholesky(x)] as const);
  // The matrix has no factor.
  const [sum, factor] = two(wf.tensor([[1, 2], [2, 1]], f64));
  assert.equal(await sum.item(), 6);
  await assert.rejects(factor.data(), /not positive definite/);
});

Deno.test("reading one result of a compiled function keeps the others", async () => {
  let kernels = 0;
  const onKernel = () => void kernels++;
  const step = wf.compile((x: wf.F64) => ({
    loss: wf.sum(wf.square(x)),
    next: wf.multiply(x, 0.5),
  }));
  await wf.withExecution({ onKernel }, async () => {
    const first = step(step(wf.tensor([4, 8], f64)).next);
    assert.equal(await first.loss.item(), 20);
    const before = kernels;
    assert.ok(before > 0);
    assert.deepEqual(await first.next.toArray(), [1, 2]);
    assert.equal(kernels, before);
    const second = step(first.next);
    assert.equal(await second.loss.item(), 5);
    assert.ok(kernels - before <= before, "the history was computed again");
  });
});

Deno.test("losses that were on the way to one that was read are kept", async () => {
  let kernels = 0;
  const step = wf.compile((x: wf.F64) => ({
    loss: wf.sum(wf.square(x)),
    next: wf.multiply(x, 0.5),
  }));
  let x = wf.ones([40, 1000], f64);
  const losses: wf.F64[] = [];
  for (let k = 0; k < 5; k++) {
    const { loss, next } = step(x);
    losses.push(loss);
    x = next;
  }
  await losses[4]!.item();
  await wf.withExecution({ onKernel: () => void kernels++ }, async () => {
    for (let k = 0; k < 5; k++) {
      assert.equal(await losses[k]!.item(), 40_000 / 4 ** k);
    }
    // The state after the last step was at the end of the chain.
    assert.equal((await x.data())[0], 1 / 32);
    assert.equal(kernels, 0);
  });
});

Deno.test("compile takes tensors from outside along, and gradients go through", async () => {
  const weights = wf.tensor([1, 2], f64);
  const dot = wf.compile((x: wf.F64) => wf.sum(wf.multiply(x, weights)));
  const slope = wf.compile((x: wf.F64) => wf.grad(dot)(x));
  assert.deepEqual(await slope(wf.tensor([5, 5], f64)).toArray(), [1, 2]);
});

Deno.test("compile refuses instances of classes", () => {
  const fn = wf.compile((_: unknown) => wf.zeros([]));
  assert.throws(() => fn(new Map()), /Cannot pass a "Map" to a compiled/);
});

Deno.test("compile says so when the function reads what is being traced", async () => {
  let read: Promise<unknown> | undefined;
  const program = wf.compile((x: wf.F64) => {
    read = wf.multiply(x, 2).data();
    return x;
  });
  program(wf.tensor([1], { dtype: "f64" }));
  await assert.rejects(
    read!,
    /Cannot read a tensor of a function that is being traced/,
  );
});

Deno.test("compile and grad refuse async functions, whose failure ends nothing", async () => {
  const counted = async (x: wf.F64): Promise<wf.F64> =>
    wf.multiply(x, await wf.max(x).item());
  assert.throws(
    () => wf.compile(counted as unknown as typeof wf.sum)(wf.ones([2])),
    /Cannot use a promise in "compile"[^]*must not be async/,
  );
  assert.throws(
    () => wf.grad(counted as unknown as typeof wf.sum)(wf.ones([2])),
    /must not be async/,
  );
  // A failure that nobody caught would fail this test from here on.
  await new Promise((resolve) => setTimeout(resolve, 50));
});

Deno.test("realize takes trees of tensors and refuses all else", async () => {
  const tree = { a: wf.add(wf.ones([2]), 1), b: [wf.zeros([1])] };
  await wf.realize(tree, wf.ones([3]));
  let kernels = 0;
  await wf.withExecution(
    { onKernel: () => void kernels++ },
    () => wf.read(tree.a, tree.b[0]!),
  );
  assert.equal(kernels, 0);
  await assert.rejects(
    wf.realize({ a: 3 }),
    /Cannot use the number 3 in "realize" at "value.a"/,
  );
});

Deno.test("arithmetic on what a function takes from outside becomes part of its program", async () => {
  const codes = wf.tensor([1, 2, 3], f64);
  let decoded = codes;
  for (let k = 0; k < 20; k++) decoded = wf.add(wf.multiply(decoded, 2), 1);
  const dot = wf.compile((x: wf.F64) => wf.sum(wf.multiply(x, decoded)));
  const made = dot(wf.ones([3], f64));
  // The argument, the codes, 2 and 1: nothing else is walked at each call.
  assert.equal(made.node.inputs[0]!.inputs.length, 4);
  assert.equal(await made.item(), 2 ** 20 * 9 - 3);
});

Deno.test("a program reads what it took from outside once that is computed", async () => {
  const names: string[] = [];
  const weights = wf.exp(wf.tensor([0, 0], f64));
  const dot = wf.compile((x: wf.F64) => wf.sum(wf.multiply(x, weights)));
  const x = wf.tensor([2, 3], f64);
  const run = () =>
    wf.withExecution(
      { onKernel: (one) => names.push(one.name) },
      () => dot(x).item(),
    );
  assert.equal(await run(), 5);
  assert.match(names.join(), /exp/);
  await wf.realize(weights);
  names.length = 0;
  assert.equal(await run(), 5);
  assert.doesNotMatch(names.join(), /exp/);
});

Deno.test("gradients reach what a compiled function took from outside", async () => {
  const x = wf.tensor([5, 7], f64);
  const slope = wf.grad((p: wf.F64) => {
    const scaled = wf.compile((one: wf.F64) =>
      wf.sum(wf.multiply(one, wf.multiply(p, 2)))
    );
    return scaled(x);
  });
  assert.deepEqual(await slope(wf.tensor([1, 1], f64)).toArray(), [10, 14]);
});

Deno.test("a compiled function forgets programs when they are many primitives in all", () => {
  let calls = 0;
  const long = wf.compile((x: wf.F64) => {
    calls++;
    let y = x;
    for (let k = 0; k < 25_000; k++) y = wf.add(y, x);
    return y;
  });
  for (let size = 1; size <= 9; size++) long(wf.zeros([size], f64));
  assert.equal(calls, 9);
  long(wf.zeros([9], f64));
  long(wf.zeros([5], f64));
  assert.equal(calls, 9);
  // 9 times 25,000 are more than what is kept.
  long(wf.zeros([1], f64));
  assert.equal(calls, 10);
});
