import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { densityOf, logDensity } from "./marginal_likelihood.ts";
import { allClose, close } from "./testing.ts";

/** The slow twin: the gradient that the tensors derive through the factor. */
function derived(matrix: F64, targets: F64): F64 {
  return densityOf(wf.cholesky(matrix), targets);
}

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

Deno.test("logDensity has the gradient that is derived through the Cholesky factor", async () => {
  const { matrix, targets } = await problem();
  const fast = wf.valueAndGrad(logDensity, { argnums: [0, 1] });
  const slow = wf.valueAndGrad(derived, { argnums: [0, 1] });
  const [value, [byMatrix, byTargets]] = fast(matrix, targets);
  const [expected, [slowMatrix, slowTargets]] = slow(matrix, targets);
  close(await value.item(), await expected.item(), 1e-12);
  allClose(await byMatrix.data(), await slowMatrix.data(), 1e-10);
  allClose(await byTargets.data(), await slowTargets.data(), 1e-10);
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
