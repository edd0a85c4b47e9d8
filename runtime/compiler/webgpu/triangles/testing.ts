/**
 * Calls of routines over matrices for tests, beside what the host computes.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  allocate,
  type DType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { sizeOf } from "../../../device/shapes.ts";
import type { Backend } from "../../backend.ts";
import { hostRoutine } from "../../host_routine.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import { webgpuBackend } from "../backend.ts";
import { testDevice } from "../rows/testing.ts";
import { assertData, Noise } from "../rows/testing_kernels.ts";
import type { Renderer } from "../run/plan.ts";
import { WebGpuProgram } from "../run/prepared.ts";
import { renderStep } from "../run/render.ts";
import {
  renderCholesky,
  renderCholeskyGradient,
  renderTriangularSolve,
} from "./mod.ts";

/** A call with its data. */
export interface RoutineCase {
  /** What it tries. */
  readonly name: string;
  /** The call. */
  readonly step: RoutineStep;
  /** Its inputs. */
  readonly inputs: readonly TypedArray[];
}

/** Renders a routine. */
export type RenderRoutine = (
  step: RoutineStep,
  limits: WebGpuLimits,
) => WebGpuKernel | undefined;

/**
 * A call of a routine whose result has the type of its last input.
 *
 * @param name Name of the routine.
 * @param dtype Dtype of all tensors.
 * @param shapes Shapes of the inputs.
 * @param attributes Its attributes.
 * @returns The step.
 */
export function routineStep(
  name: string,
  dtype: DType,
  shapes: readonly (readonly number[])[],
  attributes: RoutineStep["attributes"] = {},
): RoutineStep {
  return {
    kind: "routine",
    name,
    attributes,
    node: 0,
    inputs: shapes.map((_, k) => k),
    inputSpecs: shapes.map((shape) => ({ dtype, shape })),
    outputs: [shapes.length],
    outputSpecs: [{ dtype, shape: shapes.at(-1)! }],
    flops: 0,
  };
}

/** What a call gives on the host: its result, or its error. */
function onHost({ inputs, step }: RoutineCase): TypedArray | Error {
  try {
    const work = hostRoutine(step, inputs);
    let next = work.next();
    while (next.done !== true) next = work.next();
    return next.value[0]!;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
}

/**
 * Runs calls on the adapter and compares them with the host: results up to
 * rounding, errors word by word, but for the last digits of a value. Does nothing
 * where there is no adapter.
 *
 * @param render Renders the routine.
 * @param cases Makes the cases; `hasF16` tells whether the adapter has f16.
 * @param tolerance Error relative to numbers above 1.
 */
export async function checkRoutine(
  render: RenderRoutine,
  cases: (hasF16: boolean) => readonly RoutineCase[],
  tolerance: number,
): Promise<void> {
  const device = await testDevice();
  if (device === undefined) return;
  const all = cases(device.limits.hasF16);
  const kernels = all.map(({ name, step }) => {
    const kernel = render(step, device.limits);
    assert.ok(kernel !== undefined, name);
    return kernel;
  });
  const results = await device.run(all.map(({ inputs, step }, k) => ({
    kernel: kernels[k]!,
    operands: inputs,
    outputs: step.outputSpecs.map(({ dtype, shape }) => ({
      dtype,
      size: sizeOf(shape),
    })),
  })));
  all.forEach((one, k) => {
    const expected = onHost(one);
    const [result, notes] = results[k]!;
    const error = kernels[k]!.failures?.error(notes as Int32Array);
    if (expected instanceof Error) {
      assert.ok(error !== undefined, `${one.name} does not fail`);
      assert.equal(rounded(error.message), rounded(expected.message), one.name);
    } else {
      assert.equal(error, undefined, one.name);
      assertData(one.name, result!, expected, tolerance);
    }
  });
}

/** A message whose fractions have few digits. */
function rounded(message: string): string {
  return message.replace(/\d+\.\d+(e-?\d+)?/g, (text) => {
    return Number(text).toPrecision(3);
  });
}

/**
 * Matrices that are well conditioned, with NaN where nothing may read.
 *
 * @param dtype Their dtype.
 * @param n Order.
 * @param count How many.
 * @param isRead Whether an element may be read.
 * @param isUnit Whether the triangle is to have small numbers beside a diagonal
 * that counts as ones.
 * @returns The matrices.
 */
export function dominant(
  dtype: DType,
  n: number,
  count: number,
  isRead: (row: number, column: number) => boolean,
  isUnit = false,
): TypedArray {
  const noise = new Noise(n + 7 * count);
  const data = allocate(dtype, count * n * n);
  for (let k = 0; k < data.length; k++) {
    const [row, column] = [Math.floor(k / n) % n, k % n];
    const value = (noise.below(4001) / 2000 - 1) / (isUnit ? n : 1);
    data[k] = !isRead(row, column)
      ? NaN
      : row === column
      ? n / 2 + 2 + row % 3
      : value;
  }
  return data;
}

/** Runs programs on the adapter that is there, with these routines in any case. */
export const kernelBackend: Backend = {
  ...webgpuBackend,
  async prepare(program) {
    const prepared = new WebGpuProgram(program, renderWithKernels);
    await prepared.compile();
    return prepared;
  },
};

const KERNELS: Readonly<Record<string, RenderRoutine>> = {
  cholesky: renderCholesky,
  choleskyGradient: renderCholeskyGradient,
  triangularSolve: renderTriangularSolve,
};

/** Renders these routines also for software adapters. */
export const renderWithKernels: Renderer = (step, limits) => {
  const kernel = step.kind === "routine" ? KERNELS[step.name] : undefined;
  return kernel === undefined
    ? renderStep(step, limits)
    : kernel(step as RoutineStep, limits);
};
