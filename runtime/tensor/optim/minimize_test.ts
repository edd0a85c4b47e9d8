import assert from "node:assert/strict";
import fixture from "../../../fixtures/reference/logistic_regression.json" with {
  type: "json",
};
import {
  CancelledError,
  DTypeError,
  NumericalError,
  ShapeError,
} from "../../core/errors.ts";
import { compile } from "../compile.ts";
import { matmul } from "../contraction.ts";
import { tensor, zeros } from "../creation.ts";
import {
  add,
  cast,
  log,
  multiply,
  negative,
  softplus,
  square,
  subtract,
} from "../elementwise.ts";
import { cholesky, triangularSolve } from "../linear_algebra/mod.ts";
import { reshape, slice } from "../movement.ts";
import { sum } from "../reductions.ts";
import type { F32, F64, Tensor } from "../tensor.ts";
import { valueAndGrad } from "../transforms.ts";
import { minimize } from "./minimize.ts";

const f64 = { dtype: "f64" } as const;

type Float = Tensor<"f64" | "f32">;

async function assertClose(
  actual: Float,
  expected: readonly number[],
  tolerance: number,
): Promise<void> {
  const data = await actual.data();
  assert.equal(data.length, expected.length);
  expected.forEach((x, i) =>
    assert.ok(Math.abs(data[i]! - x) <= tolerance, `${i}: ${data[i]}, not ${x}`)
  );
}

Deno.test("minimize walks the Rosenbrock valley over a tree of parameters", async () => {
  const loss = ({ x, rest: [y] }: { x: F64; rest: [F64] }): F64 =>
    add(
      multiply(square(subtract(y, square(x))), 100),
      square(subtract(1, x)),
    );
  const found = await minimize(
    valueAndGrad(loss),
    { x: tensor(-1.2, f64), rest: [tensor(1, f64)] as [F64] },
    { tolerance: 1e-10 },
  );
  assert.equal(found.converged, true);
  await assertClose(found.parameters.x, [1], 1e-9);
  await assertClose(found.parameters.rest[0], [1], 1e-9);
  assert.ok(found.evaluations >= found.iterations);
});

for (const dtype of ["f64", "f32"] as const) {
  Deno.test(`minimize finds the weights that scikit-learn finds for logistic regression, ${dtype}`, async () => {
    const float = (data: number[] | number[][]): Float =>
      cast<"f64" | "f32">(tensor(data, f64), dtype);
    const x = float(fixture.x);
    const signs = float(fixture.labels.map((label) => 2 * label - 1));
    const loss = (p: { weights: Float; intercept: Float }): Float => {
      const logits = add(matmul(x, p.weights), p.intercept);
      const misfit = sum(softplus(negative(multiply(signs, logits))));
      return add(misfit, multiply(sum(square(p.weights)), 0.5));
    };
    const found = await minimize(
      valueAndGrad(loss),
      { weights: float([0, 0, 0, 0]), intercept: reshape(float([0]), []) },
      dtype === "f64" ? { tolerance: 1e-9 } : {},
    );
    assert.equal(found.converged, true);
    const tolerance = dtype === "f64" ? 1e-7 : 1e-4;
    await assertClose(found.parameters.weights, fixture.weights, tolerance);
    await assertClose(
      found.parameters.intercept,
      [fixture.intercept],
      tolerance,
    );
  });
}

Deno.test("minimize takes a compiled objective and finds the same minimum", async () => {
  const loss = ({ x }: { x: F64 }): F64 =>
    add(sum(square(subtract(x, 2))), multiply(sum(square(square(x))), 0.1));
  const start = { x: tensor([3, -1], f64) };
  const plain = await minimize(valueAndGrad(loss), start);
  const compiled = await minimize(compile(valueAndGrad(loss)), start);
  assert.equal(compiled.converged, true);
  assert.deepEqual(
    await compiled.parameters.x.data(),
    await plain.parameters.x.data(),
  );
});

Deno.test("minimize goes through Cholesky factors, and steps back where there are none", async () => {
  // The covariance of greatest likelihood is the second moment of the sample.
  const sample = tensor([[1, 2, 0.5, -2, 1], [2, -1, 0.5, 1, 1]], f64);
  const loss = (covariance: F64): F64 => {
    const factor = cholesky(covariance);
    const whitened = triangularSolve(factor, sample);
    const diagonals = add(
      log(slice(factor, 0, 0)),
      log(slice(factor, 1, 1)),
    );
    return add(multiply(diagonals, 5), multiply(sum(square(whitened)), 0.5));
  };
  const found = await minimize(
    valueAndGrad(loss),
    tensor([[3000, 0], [0, 3000]], f64),
    { tolerance: 1e-8 },
  );
  assert.equal(found.converged, true);
  assert.ok(found.refusedPoints > 0);
  const moments = [2.05, -0.15, -0.15, 1.45];
  await assertClose(found.parameters, moments, 1e-6);
});

Deno.test("minimize keeps the dtype of the parameters", async () => {
  const found = await minimize(
    valueAndGrad((x: F32): F32 => sum(square(subtract(x, 3)))),
    zeros([2]),
  );
  assert.equal(found.parameters.dtype, "f32");
  await assertClose(found.parameters, [3, 3], 1e-6);
});

Deno.test("minimize refuses a start at which the objective is NaN or not computable", async () => {
  await assert.rejects(
    minimize(valueAndGrad((x: F64): F64 => log(x)), tensor(-1, f64)),
    (error) =>
      error instanceof NumericalError &&
      /current value is NaN/.test(error.summary),
  );
  await assert.rejects(
    minimize(
      valueAndGrad((x: F64): F64 => sum(cholesky(x))),
      tensor([[-1]], f64),
    ),
    (error) => error instanceof NumericalError && /pivot 0/.test(error.summary),
  );
});

Deno.test("minimize is stopped by a signal, also one that comes early", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(
    minimize(
      valueAndGrad((x: F64): F64 => square(x)),
      tensor(1, f64),
      { signal },
    ),
    CancelledError,
  );
});

Deno.test("minimize refuses parameters and results of the wrong kind", async () => {
  await assert.rejects(
    minimize(
      (x) => [zeros([]), x] as const,
      tensor([1], { dtype: "i32" }),
    ),
    DTypeError,
  );
  await assert.rejects(
    minimize((x) => [zeros([2], f64), x] as const, zeros([2], f64)),
    (error) => error instanceof ShapeError && /no scalar/.test(error.summary),
  );
  await assert.rejects(
    minimize(
      () => [zeros([], f64), zeros([3], f64)] as const,
      zeros([2], f64),
    ),
    (error) =>
      error instanceof ShapeError &&
      /form of the parameters/.test(error.summary),
  );
});
