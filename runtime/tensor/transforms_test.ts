import assert from "node:assert/strict";
import * as wf from "./mod.ts";

const f64 = { dtype: "f64" } as const;
const x = wf.tensor([1, 2], f64);

Deno.test("grad refuses results that are no float scalar", () => {
  assert.throws(
    () => wf.grad((y: wf.F64) => wf.square(y))(x),
    /Cannot differentiate a result of shape \[2\][^]*sum or mean/,
  );
  assert.throws(
    () => wf.grad((y: wf.F64) => wf.argmax(y))(x),
    /dtype "i32"/,
  );
  assert.throws(
    () =>
      wf.grad(((y: wf.F64) => Promise.resolve(y)) as unknown as typeof wf.sum)(
        x,
      ),
    /does not return a tensor[^]*must not be async/,
  );
});

Deno.test("grad refuses arguments that are no float tensors and names them", () => {
  const loss = (_: unknown) => wf.sum(x);
  assert.throws(
    () => wf.grad(loss)(wf.tensor([1], { dtype: "i32" })),
    /Cannot differentiate for a tensor of dtype "i32"/,
  );
  assert.throws(
    () => wf.grad(loss)({ a: [x, 3] }),
    /Cannot use the number 3 in "grad" at "value.a\[1\]"/,
  );
  assert.throws(
    () => wf.grad(loss, { argnums: 1 as 0 })(x),
    /Cannot differentiate for argument 1/,
  );
});

Deno.test("customGradient refuses gradients of another shape", () => {
  const odd = wf.customGradient(
    (y: wf.F64): wf.F64 => wf.sum(y),
    ({ cotangent }) => [cotangent],
  );
  assert.throws(
    () => wf.grad(odd)(x),
    /Cannot use gradient 0 of customGradient: current shape is \[\]/,
  );
});

Deno.test("checkpoint computes again on the way back instead of keeping", async () => {
  const layer = (y: wf.F64): wf.F64 => wf.exp(wf.cumulativeSum(wf.sin(y)));
  const sums = async (fn: (y: wf.F64) => wf.F64) => {
    const kernels: string[] = [];
    const observe = {
      onKernel: (one: { name: string }) => kernels.push(one.name),
    };
    await wf.withExecution(observe, async () => {
      const [value, slope] = wf.valueAndGrad((y: wf.F64) => wf.sum(fn(y)))(x);
      await wf.realize(value, slope);
    });
    return kernels.filter((name) => name.includes("cumulativeSum")).length;
  };
  // Once forward and once for the gradient, and once more where not kept.
  assert.equal(await sums(layer), 2);
  assert.equal(await sums(wf.checkpoint(layer)), 3);
});

Deno.test("mapTree keeps the form and refuses what is no tensor", () => {
  const tree = wf.mapTree({ a: [x, { b: x }] }, wf.negative);
  assert.equal(String(tree.a[0]), "Tensor<f64>[2]");
  assert.throws(() => wf.mapTree({ a: "text" }, wf.negative), /value.a/);
});

Deno.test("grad of power is finite at base 0, where factors of it are not", async () => {
  const base = wf.tensor([0, -2, 0], f64);
  const exponent = wf.tensor([0, 0, 2], f64);
  const bases = wf.grad((x: wf.F64) => wf.sum(wf.power(x, exponent)))(base);
  assert.deepEqual(await bases.toArray(), [0, 0, 0]);
  const zero = wf.tensor([0, 2], f64);
  const exponents = wf.grad((y: wf.F64) => wf.sum(wf.power(zero, y)));
  assert.deepEqual(
    await exponents(wf.tensor([2, 0], f64)).toArray(),
    [0, Math.log(2)],
  );
});
