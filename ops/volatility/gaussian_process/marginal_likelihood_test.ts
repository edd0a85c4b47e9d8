import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { logDensity, solveFactored } from "./marginal_likelihood.ts";
import { allClose, close } from "./testing.ts";

async function problem(): Promise<{ matrix: F64; targets: F64 }> {
  const n = 9;
  const draw = wf.random.normal(wf.random.key(8), [n, n + 1], {
    dtype: "f64",
  });
  const root = wf.slice(draw, null, [0, n]);
  const matrix = wf.add(
    wf.matmul(root, wf.transpose(root)),
    wf.eye(n, n, { dtype: "f64" }),
  );
  const targets = wf.slice(draw, null, n);
  await wf.realize(matrix, targets);
  return { matrix, targets };
}

Deno.test("logDensity has the gradient of the closed form", async () => {
  const { matrix, targets } = await problem();
  const n = targets.size;
  const [, [byMatrix, byTargets]] = wf.valueAndGrad(logDensity, {
    argnums: [0, 1],
  })(matrix, targets);
  const factor = wf.cholesky(matrix);
  const weights = solveFactored(factor, wf.expandDims(targets, -1));
  const inverse = solveFactored(factor, wf.eye(n, n, { dtype: "f64" }));
  const expected = wf.multiply(
    wf.subtract(wf.matmul(weights, wf.transpose(weights)), inverse),
    0.5,
  );
  allClose(await byMatrix.data(), await expected.data(), 1e-10);
  allClose(
    await byTargets.data(),
    await wf.negative(weights).data(),
    1e-10,
  );
});

Deno.test("logDensity of independent variables is the sum of their log densities", async () => {
  const matrix = wf.tensor([[4, 0], [0, 0.25]], { dtype: "f64" });
  const targets = wf.tensor([1, 1], { dtype: "f64" });
  const one = (y: number, variance: number) =>
    -0.5 * (Math.log(2 * Math.PI * variance) + y * y / variance);
  close(
    await logDensity(matrix, targets).item(),
    one(1, 4) + one(1, 0.25),
    1e-14,
  );
});
