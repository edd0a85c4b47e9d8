/**
 * Compares rendered contractions with the interpreter, for tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  type DType,
  isFloatDType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { evaluateKernel } from "../../ir/evaluate.ts";
import { renderContract } from "./mod.ts";
import { loadKernel } from "./testing.ts";
import {
  contraction,
  type ContractionOptions,
  dataOf,
} from "./testing_kernels.ts";

const TOLERANCE: Partial<Record<DType, number>> = {
  f64: 1e-12,
  f32: 2e-5,
  f16: 2e-3,
};

/**
 * Compares a rendered contraction with the interpreter.
 *
 * @param options What it is.
 * @param scalars Its scalars.
 * @param data Its operands; made up by default.
 * @returns What it computed.
 */
export function check(
  options: ContractionOptions,
  scalars: readonly number[] = [],
  data?: readonly TypedArray[],
): TypedArray[] {
  const kernel = contraction(options);
  const operands = data ??
    kernel.operands.map(({ dtype, size }, k) => dataOf(dtype, size, k + 1));
  const loaded = loadKernel(kernel, renderContract(kernel), operands, scalars);
  loaded.run();
  const actual = loaded.read();
  const wanted = evaluateKernel(kernel, operands, scalars);
  const depth = options.axes.at(-1)!;
  actual.forEach((array, k) => {
    const { dtype } = kernel.outputs[k]!;
    const allowed = isFloatDType(dtype)
      ? Math.max(TOLERANCE[dtype]!, TOLERANCE[options.dtype] ?? 0)
      : 0;
    for (let at = 0; at < array.length; at++) {
      const [a, b] = [array[at]!, wanted[k]![at]!];
      const close = Object.is(a, b) || a === b ||
        Math.abs(a - b) <= allowed * Math.max(Math.sqrt(depth), Math.abs(b));
      assert.ok(close, `element ${at} of ${array.length}: ${a} is not ${b}`);
    }
  });
  return actual;
}
