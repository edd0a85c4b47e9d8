/**
 * What tests of network functions share.
 *
 * @module
 */

import { attributesOf, fullOrder, type GraphNode } from "../../device/graph.ts";
import {
  assertEqualOn,
  floats,
  type TestFloat,
} from "../linear_algebra/testing.ts";
import type { ConformanceOptions } from "../conformance/case.ts";
import { multiply } from "../elementwise.ts";
import { sum } from "../reductions.ts";
import type { Tensor } from "../tensor.ts";
import { grad } from "../transforms.ts";

/** Numbers with their shape, as fixtures hold them. */
export interface RecordedTensor {
  /** Lengths of the axes. */
  readonly shape: readonly number[];
  /** Elements, row-major. */
  readonly values: readonly number[];
}

/** A function's value and gradients, recorded from another library. */
export interface RecordedCall {
  /** The arguments. */
  readonly inputs: readonly RecordedTensor[];
  /** The value. */
  readonly result: RecordedTensor;
  /** Gradients of the sum of `result[k] cos(k)`. */
  readonly gradients: readonly (readonly number[])[];
}

/**
 * Asserts that a function gives recorded values and gradients.
 *
 * @param options The dtype that is tested.
 * @param recorded What was recorded.
 * @param fn The function.
 */
export async function assertRecorded(
  options: ConformanceOptions,
  recorded: RecordedCall,
  fn: (...inputs: TestFloat[]) => TestFloat,
): Promise<void> {
  const inputs = recorded.inputs.map(({ values, shape }) =>
    floats(options, values, shape)
  );
  const weighted = (...own: TestFloat[]): TestFloat => {
    const result = fn(...own);
    const weights = Float64Array.from(
      { length: result.size },
      (_, k) => Math.cos(k),
    );
    return sum(multiply(result, floats(options, weights, result.shape)));
  };
  const argnums = inputs.map((_, k) => k);
  const found = grad(weighted, { argnums })(...inputs) as TestFloat[];
  const { values, shape } = recorded.result;
  const result = fn(...inputs);
  await assertEqualOn(options, result, floats(options, values, shape));
  for (const [k, gradient] of found.entries()) {
    await assertEqualOn(options, gradient, recorded.gradients[k]!);
  }
}

/**
 * Most elements of any node of a graph, also inside of its loops, that is not data.
 *
 * @param roots Where the walk starts.
 * @returns The number of elements.
 */
export function largestSize(roots: readonly Tensor[]): number {
  let largest = 0;
  const open: (readonly GraphNode[])[] = [roots.map(({ node }) => node)];
  for (const some of open) {
    for (const node of fullOrder(some)) {
      if (node.op !== "data") largest = Math.max(largest, node.size);
      if (node.op === "scan") {
        open.push(attributesOf(node, "scan").body.outputs);
      }
    }
  }
  return largest;
}
