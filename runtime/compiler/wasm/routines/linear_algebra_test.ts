import assert from "node:assert/strict";
import { NumericalError } from "../../../core/errors.ts";
import type { DType, TypedArray } from "../../../device/dtypes.ts";
import { dataOf } from "../contract/testing_kernels.ts";
import { WASM_ROUTINES } from "./mod.ts";
import { evaluateRoutine, type RoutineCall, runRoutine } from "./testing.ts";

const EPSILON: Partial<Record<DType, number>> = {
  f64: 1e-12,
  f32: 1e-6,
  f16: 1e-3,
};

/** Compares a call with what the host computes. */
async function check(
  call: RoutineCall,
  inputs: readonly TypedArray[],
): Promise<void> {
  const actual = await runRoutine(call, inputs);
  const expected = evaluateRoutine(call, inputs);
  assert.equal(actual.constructor, expected.constructor);
  const allowed = EPSILON[call.outputSpec.dtype]!;
  for (let k = 0; k < expected.length; k++) {
    const [a, b] = [actual[k]!, expected[k]!];
    const close = Object.is(a, b) ||
      Math.abs(a - b) <= allowed * (1 + Math.abs(b));
    assert.ok(close, `element ${k}: ${a} is not ${b}`);
  }
}

/** Symmetric matrices with a dominant diagonal. */
function positiveDefinite(dtype: DType, n: number, count = 1): TypedArray {
  const data = dataOf(dtype, count * n * n, n);
  for (let start = 0; start < data.length; start += n * n) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        data[start + j * n + i] = data[start + i * n + j]! / 2;
        data[start + i * n + j] = data[start + j * n + i]!;
      }
      data[start + i * n + i] = n / 2 + i % 3;
    }
  }
  return data;
}

function choleskyCall(dtype: DType, shape: readonly number[]): RoutineCall {
  const spec = { dtype, shape };
  return { name: "cholesky", inputSpecs: [spec], outputSpec: spec };
}

Deno.test("choleskyRoutine factors as the host does", async () => {
  for (const n of [63, 64, 65, 97, 150, 259]) {
    await check(choleskyCall("f64", [n, n]), [positiveDefinite("f64", n)]);
  }
  for (const dtype of ["f32", "f16"] as const) {
    await check(choleskyCall(dtype, [70, 70]), [positiveDefinite(dtype, 70)]);
  }
});

Deno.test("choleskyRoutine factors each matrix of a batch", async () => {
  for (const n of [97, 66, 33, 30]) {
    const data = positiveDefinite("f64", n, 12);
    await check(choleskyCall("f64", [3, 4, n, n]), [data]);
  }
  for (const n of [1, 2, 3, 5, 7]) {
    const count = Math.ceil(400_000 / n ** 3);
    const data = positiveDefinite("f64", n, count);
    await check(choleskyCall("f64", [count, n, n]), [data]);
  }
});

Deno.test("choleskyRoutine reads the lower triangle only", async () => {
  const n = 80;
  const data = positiveDefinite("f64", n);
  for (let i = 0; i < n; i++) data.fill(NaN, i * n + i + 1, (i + 1) * n);
  await check(choleskyCall("f64", [n, n]), [data]);
});

const FAILURES = [[-1, 0], [-1, 40], [NaN, 89], [Infinity, 40], [
  NaN,
  0,
]] as const;

Deno.test("choleskyRoutine tells which pivot fails, as the host does", async () => {
  for (const n of [90, 120]) {
    for (const [bad, at] of FAILURES) {
      const data = positiveDefinite("f64", n, 3);
      data[2 * n * n + at * (n + 1)] = bad;
      const call = choleskyCall("f64", [3, n, n]);
      const error = await failure(() => runRoutine(call, [data]));
      const twin = await failure(() => evaluateRoutine(call, [data]));
      assert.ok(error instanceof NumericalError);
      assert.match(error.message, new RegExp(`matrix \\[2\\].*pivot ${at} is`));
      if (at === 0) assert.equal(error.message, twin.message);
    }
  }
});

async function failure(run: () => unknown): Promise<Error> {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  throw new Error("it did not fail");
}

Deno.test("choleskyGradientRoutine gives what the host does", async () => {
  for (const dtype of ["f64", "f32"] as const) {
    for (const [n, count] of [[64, 1], [97, 2]] as const) {
      const spec = { dtype, shape: [count, n, n] };
      const factors = dataOf(dtype, count * n * n, 4);
      for (let k = 0; k < count * n; k++) {
        const diagonal = Math.floor(k / n) * n * n + (k % n) * (n + 1);
        factors[diagonal] = 20 + factors[diagonal]!;
      }
      await check({
        name: "choleskyGradient",
        inputSpecs: [spec, spec],
        outputSpec: spec,
      }, [factors, dataOf(dtype, count * n * n, 9)]);
    }
  }
});

function solveCall(
  dtype: DType,
  leading: readonly number[],
  [n, m]: readonly [number, number],
  [lower, transpose, unitDiagonal]: readonly boolean[],
): RoutineCall {
  const sides = { dtype, shape: [...leading, n, m] };
  return {
    name: "triangularSolve",
    attributes: {
      lower: lower!,
      transpose: transpose!,
      unitDiagonal: unitDiagonal!,
    },
    inputSpecs: [{ dtype, shape: [...leading, n, n] }, sides],
    outputSpec: sides,
  };
}

/** Matrices that are far from singular, with ones or not on the diagonal. */
function triangles(dtype: DType, n: number, count: number): TypedArray {
  const data = dataOf(dtype, count * n * n, 3);
  for (let k = 0; k < data.length; k++) data[k] = data[k]! / n;
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < n; i++) data[k * n * n + i * (n + 1)] = 1 + i % 4 / 4;
  }
  return data;
}

Deno.test("triangularSolveRoutine solves as the host does", async () => {
  for (const [n, m] of [[70, 30], [97, 12], [100, 21], [130, 16]] as const) {
    for (let bits = 0; bits < 8; bits++) {
      const options = [1, 2, 4].map((bit) => (bits & bit) !== 0);
      const sides = dataOf("f64", n * m, 5);
      await check(solveCall("f64", [], [n, m], options), [
        triangles("f64", n, 1),
        sides,
      ]);
    }
  }
});

Deno.test("triangularSolveRoutine solves batches and other dtypes", async () => {
  for (const dtype of ["f64", "f32", "f16"] as const) {
    for (const [n, m] of [[70, 9], [100, 5]] as const) {
      for (const options of [[true, true, false], [true, false, true]]) {
        await check(solveCall(dtype, [2, 2], [n, m], options), [
          triangles(dtype, n, 4),
          dataOf(dtype, 4 * n * m, 5),
        ]);
      }
    }
  }
});

Deno.test("triangularSolveRoutine refuses a zero on the diagonal", async () => {
  for (const n of [70, 110]) {
    const data = triangles("f64", n, 2);
    data[n * n + 69 * (n + 1)] = 0;
    const inputs = [data, dataOf("f64", 2 * n * 12, 1)];
    const call = solveCall("f64", [2], [n, 12], [true, false, false]);
    const error = await failure(() => runRoutine(call, inputs));
    const twin = await failure(() => evaluateRoutine(call, inputs));
    assert.equal(error.message, twin.message);
    await check(solveCall("f64", [2], [n, 12], [true, false, true]), inputs);
  }
});

Deno.test("routines leave what is small or not of floats to the host", () => {
  const step = (call: RoutineCall) => ({
    kind: "routine" as const,
    name: call.name,
    attributes: call.attributes ?? {},
    node: 0,
    inputs: [],
    inputSpecs: call.inputSpecs,
    outputs: [],
    outputSpecs: [call.outputSpec],
    flops: 0,
  });
  const made = (call: RoutineCall) => WASM_ROUTINES[call.name]!(step(call));
  assert.equal(made(choleskyCall("f64", [60, 60])), undefined);
  assert.equal(made(choleskyCall("f64", [0, 99, 99])), undefined);
  assert.ok(made(choleskyCall("f64", [99, 99])) !== undefined);
});
