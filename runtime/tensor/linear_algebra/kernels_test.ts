import assert from "node:assert/strict";
import { CompiledDevice } from "../../compiler/compiled_device.ts";
import { readChecked } from "../../compiler/pending_checks.ts";
import { wasmBackend } from "../../compiler/wasm/backend.ts";
import { kernelBackend } from "../../compiler/webgpu/triangles/testing.ts";
import { NumericalError } from "../../core/errors.ts";
import { probeWebGpu } from "../../device/webgpu/adapter.ts";
import { matmul } from "../contraction.ts";
import { eye, tensor } from "../creation.ts";
import {
  add,
  cast,
  exp,
  log,
  multiply,
  negative,
  square,
  subtract,
} from "../elementwise.ts";
import { withExecution } from "../execution.ts";
import { expandDims, transpose } from "../movement.ts";
import { sum } from "../reductions.ts";
import type { F32, Tensor } from "../tensor.ts";
import { grad } from "../transforms.ts";
import { cholesky } from "./cholesky.ts";
import { noise } from "./testing.ts";
import { triangularSolve } from "./triangular_solve.ts";

const ignore = !(await probeWebGpu()).available;

/** The GPU's kernels, also where the adapter is a software one. */
const device = new CompiledDevice(
  "kernels",
  (dtype) => dtype !== "f64",
  () => Promise.resolve([kernelBackend, wasmBackend]),
);

async function valuesOf(result: Tensor): Promise<Float32Array> {
  const [storage] = await device.execute([result.node], {});
  return await readChecked(storage!) as Float32Array;
}

function numbers(shape: readonly number[], seed: number): F32 {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Float32Array.from(noise(size, seed)), { shape, dtype: "f32" });
}

/** The negative log likelihood of a Gaussian process, by its length scale. */
function loss(scale: F32, x: F32, y: F32): F32 {
  const n = x.shape[0]!;
  const distances = square(subtract(expandDims(x, 0), expandDims(x, 1)));
  const kernel = exp(negative(multiply(distances, scale)));
  const noisy = add(kernel, multiply(eye(n, n, { dtype: "f32" }), 0.3));
  const factor = cholesky(noisy);
  const residual = triangularSolve(factor, y);
  const diagonal = sum(multiply(factor, eye(n, n, { dtype: "f32" })), {
    axis: -1,
  });
  return add(multiply(sum(square(residual)), 0.5), sum(log(diagonal)));
}

Deno.test({
  name: "gradients of a likelihood pass through the kernels of a GPU",
  ignore,
  async fn() {
    const [x, y] = [numbers([90], 1), numbers([90], 2)];
    const scale = tensor(3, { dtype: "f32" });
    const both = () => [loss(scale, x, y), grad(loss)(scale, x, y)] as const;
    const expected = await withExecution(
      { device: "reference" },
      () => Promise.all(both().map((one) => one.item())),
    );
    for (const [k, one] of both().entries()) {
      const [found] = await valuesOf(one);
      const error = Math.abs(found! - expected[k]!) / Math.abs(expected[k]!);
      assert.ok(error < 1e-3, `${found} instead of ${expected[k]}`);
    }
  },
});

Deno.test({
  name: "gradients of both arguments of a solution pass through the kernels",
  ignore,
  async fn() {
    const size = 45;
    const a = add(
      numbers([2, size, size], 3),
      multiply(eye(size, size, { dtype: "f32" }), 9),
    );
    const b = numbers([2, size, 3], 4);
    for (const lower of [true, false]) {
      for (const turned of [true, false]) {
        const scalar = (p: F32, q: F32) =>
          sum(square(triangularSolve(p, q, { lower, transpose: turned })));
        const of = () => grad(scalar, { argnums: [0, 1] })(a, b) as F32[];
        const expected = await withExecution(
          { device: "reference" },
          () => Promise.all(of().map((one) => one.data())),
        );
        for (const [k, one] of of().entries()) {
          const found = await valuesOf(one);
          expected[k]!.forEach((value, i) =>
            assert.ok(Math.abs(found[i]! - value) < 1e-4, `${k}: ${i}`)
          );
        }
      }
    }
  },
});

Deno.test({
  name: "inputs that are views are what the kernels are given",
  ignore,
  async fn() {
    const x = numbers([70, 70], 5);
    const whole = add(
      matmul(x, transpose(x)),
      multiply(eye(70, 70, { dtype: "f32" }), 70),
    );
    const product = (l: F32) => matmul(transpose(l), l);
    // U · Uᵀ from the factor of the matrix that is turned round.
    const upper = transpose(cholesky(transpose(whole)));
    const [found, right] = [
      await valuesOf(product(upper)),
      await valuesOf(whole),
    ];
    right.forEach((value, i) =>
      assert.ok(Math.abs(found[i]! - value) < 1e-3, `element ${i}`)
    );
  },
});

Deno.test({
  name: "what fails on the GPU is told where the rest is computed in f64",
  ignore,
  async fn() {
    const bad = negative(eye(50, 50, { dtype: "f32" })) as F32;
    const rest = exp(cast(cholesky(bad), "f64"));
    await assert.rejects(valuesOf(rest), (error) => {
      assert.ok(error instanceof NumericalError);
      assert.match(error.summary, /pivot 0 is -1/);
      return true;
    });
  },
});
