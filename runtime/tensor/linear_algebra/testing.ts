/**
 * What the conformance cases of linear algebra and random numbers share.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ConformanceOptions } from "../conformance/case.ts";
import { tensor } from "../creation.ts";
import { cast, multiply } from "../elementwise.ts";
import { withExecution } from "../execution.ts";
import { read } from "../realize.ts";
import { sum } from "../reductions.ts";
import type { Tensor } from "../tensor.ts";
import { grad } from "../transforms.ts";

/** Numbers in lists, as fixtures hold them. */
export type Numbers = number | readonly Numbers[];

/** The dtype that is tested. */
export type TestDType = Pick<ConformanceOptions, "dtype">;

/** A float tensor of the dtype that is tested. */
export type TestFloat = Tensor<"f64" | "f32">;

/**
 * A tensor of the dtype that is tested.
 *
 * @param options The dtype that is tested.
 * @param data Its elements.
 * @param shape Its shape; by default that of the lists.
 * @returns The tensor.
 */
export function floats(
  { dtype }: TestDType,
  data: Numbers | Float64Array,
  shape?: readonly number[],
): TestFloat {
  const form = shape === undefined ? {} : { shape };
  const whole = ArrayBuffer.isView(data)
    ? tensor(data, { dtype: "f64", ...form })
    : tensor(data as number[], { dtype: "f64", ...form });
  return cast<"f64" | "f32">(whole, dtype);
}

/**
 * Asserts that a tensor holds given numbers, up to rounding in the dtype tested.
 *
 * @param options The dtype that is tested.
 * @param actual The tensor.
 * @param expected Its elements, row-major, in a tensor or in lists.
 * @param tolerance Largest difference in f64, relative to the largest expected size
 * or 1; half of the digits of f32 are asked for where this is near rounding.
 */
export async function assertEqualOn(
  options: ConformanceOptions,
  actual: Tensor,
  expected: Tensor | Numbers,
  tolerance = 1e-12,
): Promise<void> {
  const [found] = await read(actual);
  const right = typeof expected === "object" && "node" in expected
    ? (await read(expected))[0]
    : flat(expected);
  assertNear(found, right, options, tolerance);
}

function flat(numbers: Numbers): number[] {
  return typeof numbers === "number" ? [numbers] : numbers.flatMap(flat);
}

function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { dtype }: TestDType,
  tolerance: number,
): void {
  assert.equal(actual.length, expected.length);
  // f32 has 2^29 times the rounding of f64.
  const allowed = dtype === "f64" ? tolerance : Math.max(
    1e-5,
    Math.min(2e-3, tolerance * 2 ** 29),
  );
  const scale = Array.from(expected).reduce(
    (largest, x) =>
      Number.isFinite(x) ? Math.max(largest, Math.abs(x)) : largest,
    1,
  );
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.ok(
      Object.is(actual[i], expected[i]) || difference <= allowed * scale,
      `element ${i}: ${actual[i]} instead of ${expected[i]}`,
    );
  }
}

/**
 * Reproducible numbers in (-1, 1).
 *
 * @param count How many.
 * @param seed Any integer.
 * @returns The numbers.
 */
export function noise(count: number, seed: number): Float64Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A point at which a gradient is checked. */
export interface GradientPoint {
  /** Elements of each argument. */
  readonly values: Float64Array;
  /** Its shape. */
  readonly shape: readonly number[];
}

/**
 * Asserts that a gradient, computed on the device that is tested, equals central
 * differences, which are always taken in f64 on the reference device.
 *
 * @param options The dtype that is tested.
 * @param fn The function; its result is weighted by fixed numbers and summed.
 * @param points Its arguments.
 * @param tolerance Largest difference in f64.
 */
export async function assertGradient(
  options: ConformanceOptions,
  fn: (...args: TestFloat[]) => TestFloat,
  points: readonly GradientPoint[],
  tolerance = 1e-7,
): Promise<void> {
  const scalar = (where: TestDType) => (...args: TestFloat[]): TestFloat => {
    const result = fn(...args);
    const weights = floats(where, noise(result.size, 99), result.shape);
    return sum(multiply(result, weights));
  };
  const numeric = { dtype: "f64" } as const;
  const valueAt = async (values: readonly Float64Array[]): Promise<number> => {
    const args = values.map((one, k) => floats(numeric, one, points[k]!.shape));
    return await withExecution(
      { device: "reference" },
      () => scalar(numeric)(...args).item(),
    );
  };
  const args = points.map(({ values, shape }) =>
    floats(options, values, shape)
  );
  const argnums = points.map((_, k) => k);
  const gradients = grad(scalar(options), { argnums })(...args);
  const found = await read(...(gradients as TestFloat[]));
  for (const k of argnums) {
    const { values } = points[k]!;
    const expected: number[] = [];
    for (let i = 0; i < values.length; i++) {
      const step = 1e-5 * Math.max(1, Math.abs(values[i]!));
      const [above, below] = await Promise.all([step, -step].map((by) => {
        const moved = points.map((point) => point.values.slice());
        moved[k]![i]! += by;
        return valueAt(moved);
      }));
      expected.push((above! - below!) / (2 * step));
    }
    assertNear(found[k]!, expected, options, tolerance);
  }
}
