import assert from "node:assert/strict";
import type { Program } from "../../runtime/compiler/ir/kernel.ts";
import { lower } from "../../runtime/compiler/lower/mod.ts";
import { topologicalOrder } from "../../runtime/device/graph.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { garchLogDensities } from "./garch_likelihood.ts";

/** Log likelihoods of many series and their gradients in all parameters. */
function likelihood(steps: number, series: number): wf.F64[] {
  const data = Float64Array.from(
    { length: steps * series },
    (_, k) => Math.sin(k * k + 0.5),
  );
  const returns = wf.tensor(data, { shape: [steps, series] });
  const parameter = (value: number): wf.F64 =>
    wf.tensor(new Float64Array(series).fill(value));
  const loss = (mu: wf.F64, omega: wf.F64, alpha: wf.F64, beta: wf.F64) =>
    wf.sum(garchLogDensities(returns, { mu, omega, alpha, beta }));
  const [value, slopes] = wf.valueAndGrad(loss, { argnums: [0, 1, 2, 3] })(
    parameter(0),
    parameter(0.1),
    parameter(0.1),
    parameter(0.8),
  );
  return [value, ...slopes];
}

function programOf(tensors: readonly wf.Tensor[]): Program {
  const nodes = tensors.map(({ node }) => node);
  const order = topologicalOrder(nodes);
  order.forEach((node, slot) => node.slot = slot);
  return lower(order, nodes);
}

async function kernelsRun(tensors: readonly wf.Tensor[]): Promise<number> {
  let count = 0;
  const onKernel = () => void count++;
  await wf.withExecution(
    { device: "wasm", onKernel },
    () => wf.realize(...tensors),
  );
  return count;
}

Deno.test("the likelihood of GARCH with its gradient is one program of two loops", () => {
  const { steps } = programOf(likelihood(50, 3));
  const kinds = steps.map(({ kind }) => kind);
  assert.ok(kinds.every((kind) => kind === "row" || kind === "loop"));
  assert.equal(kinds.filter((kind) => kind === "loop").length, 2);
});

Deno.test("500 series of GARCH take as many kernels over 500 steps as over 5,000", async () => {
  const [short, long] = [likelihood(500, 500), likelihood(5000, 500)];
  const [few, many] = [await kernelsRun(short), await kernelsRun(long)];
  assert.equal(many, few);
  assert.ok(many <= 12, `${many} kernels`);
  for (const one of long) assert.ok((await one.data()).every(Number.isFinite));
});

Deno.test("the gradient of the likelihood of GARCH equals central differences over many steps", async () => {
  const [, ...slopes] = likelihood(3000, 2);
  const at = async (which: number, shift: number): Promise<number> => {
    const values = [0, 0.1, 0.1, 0.8];
    values[which]! += shift;
    const data = Float64Array.from(
      { length: 6000 },
      (_, k) => Math.sin(k * k + 0.5),
    );
    const [mu, omega, alpha, beta] = values.map((value) =>
      wf.tensor(new Float64Array(2).fill(value))
    ) as [wf.F64, wf.F64, wf.F64, wf.F64];
    return await wf.sum(
      garchLogDensities(wf.tensor(data, { shape: [3000, 2] }), {
        mu,
        omega,
        alpha,
        beta,
      }),
    ).item();
  };
  for (const [k, slope] of slopes.entries()) {
    const step = 1e-6;
    const difference = (await at(k, step) - await at(k, -step)) / (2 * step);
    const made = (await slope.data()).reduce((a, b) => a + b);
    assert.ok(
      Math.abs(made - difference) < 1e-5 * Math.max(1, Math.abs(difference)),
      `${made} is not ${difference}`,
    );
  }
});
