/**
 * Loops whose every step depends on the one before.
 *
 * @module
 */

import { DTypeError, ParameterError, ShapeError } from "../core/errors.ts";
import type { TensorSpec } from "../device/graph.ts";
import { formatShape, sameShape } from "../device/shapes.ts";
import { closeGraph, parameterNode } from "./closure.ts";
import { applySeveral } from "./node.ts";
import { Tensor } from "./tensor.ts";
import { rebuildTree, treeLeaves } from "./tree.ts";

/** Options of {@linkcode scan}. */
export interface ScanOptions {
  /** Whether to go from the last slice to the first; false by default. */
  readonly reverse?: boolean;
  /** Number of steps; needed only when there are no sequences. */
  readonly length?: number;
}

/**
 * Carries a state through a sequence: `[carry, y] = fn(carry, x)` for each
 * slice `x` of `xs` along its leading axis. The function is called once, to
 * build one step; the loop runs as one kernel. Carries may have any shape, so
 * that many loops run side by side.
 *
 * @param fn One step: from a carry and a slice to the next carry, of the same
 * dtypes and shapes, and a result.
 * @param init The first carry: a tree of tensors.
 * @param xs Sequences: a tree of tensors with one leading length (`[]` for
 * none).
 * @param options Direction, and the length where there are no sequences.
 * @returns The last carry, and the results stacked along a new leading axis,
 * in the order of `xs` whatever the direction.
 * @throws {ShapeError} When lengths differ or a carry changes its shape.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const prices = wf.tensor([1, 2, 3, 4], { dtype: "f64" });
 * const [last, smooth] = wf.scan(
 *   (level: wf.F64, x: wf.F64): [wf.F64, wf.F64] => {
 *     const next = wf.add(wf.multiply(level, 0.5), wf.multiply(x, 0.5));
 *     return [next, next];
 *   },
 *   wf.tensor(1, { dtype: "f64" }),
 *   prices,
 * );
 * console.log(await last.item(), await smooth.toArray()); // 3.125 [ 1, 1.5, 2.25, 3.125 ]
 * ```
 */
export function scan<C, X, Y>(
  fn: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y] {
  const starts = treeLeaves("scan", init);
  const sequences = treeLeaves("scan", xs);
  const length = lengthOf(sequences, options.length);
  const specs = [
    ...starts.map(specOf),
    ...sequences.map(({ dtype, shape }) => ({ dtype, shape: shape.slice(1) })),
  ];
  const parameters = specs.map((spec, index) => parameterNode(index, spec));
  const traced = parameters.map((node) => new Tensor(node));
  const [carry, y] = fn(
    rebuildTree(init, traced.slice(0, starts.length)),
    rebuildTree(xs, traced.slice(starts.length)),
  );
  const nexts = treeLeaves("scan", carry);
  const results = treeLeaves("scan", y);
  checkCarries(starts, nexts);
  const { graph, captured } = closeGraph(
    parameters,
    [...nexts, ...results].map((leaf) => leaf.node),
  );
  const stacked = (spec: TensorSpec): TensorSpec => ({
    dtype: spec.dtype,
    shape: [length, ...spec.shape],
  });
  const outputs = applySeveral(
    "scan",
    {
      body: graph,
      carries: starts.length,
      sequences: sequences.length,
      length,
      reverse: options.reverse ?? false,
    },
    [...starts, ...sequences, ...captured.map((node) => new Tensor(node))],
    [
      ...starts.map(specOf),
      ...results.map((leaf) => stacked(leaf)),
      ...starts.map((leaf) => stacked(leaf)),
    ],
  );
  return [
    rebuildTree(carry, outputs.slice(0, starts.length)),
    rebuildTree(
      y,
      outputs.slice(starts.length, starts.length + results.length),
    ),
  ];
}

function specOf({ dtype, shape }: Tensor): TensorSpec {
  return { dtype, shape };
}

function lengthOf(
  sequences: readonly Tensor[],
  given: number | undefined,
): number {
  const length = given ?? sequences[0]?.shape[0];
  if (length === undefined || !Number.isInteger(length) || length < 0) {
    throw new ParameterError("Cannot scan without a length", {
      expected: "sequences with a leading axis, or { length }",
      actual: sequences.length === 0
        ? `no sequences and length ${given}`
        : `a sequence of shape ${formatShape(sequences[0]!.shape)}`,
    });
  }
  for (const one of sequences) {
    if (one.shape[0] !== length) {
      throw new ShapeError(
        `Cannot scan sequences of different lengths: current shape is ${
          formatShape(one.shape)
        }`,
        { expected: `a leading axis of ${length}` },
      );
    }
  }
  return length;
}

function checkCarries(
  starts: readonly Tensor[],
  nexts: readonly Tensor[],
): void {
  if (starts.length !== nexts.length) {
    throw new ShapeError(
      `Cannot scan as the carry changes its form: current number of tensors is ${nexts.length}`,
      { expected: `${starts.length} tensors, as in the first carry` },
    );
  }
  starts.forEach((start, k) => {
    const next = nexts[k]!;
    if (start.dtype !== next.dtype) {
      throw new DTypeError(
        `Cannot scan as carry ${k} changes its dtype: current dtype is "${next.dtype}"`,
        { expected: `"${start.dtype}"`, hint: "Use cast in the step" },
      );
    }
    if (!sameShape(start.shape, next.shape)) {
      throw new ShapeError(
        `Cannot scan as carry ${k} changes its shape: current shape is ${
          formatShape(next.shape)
        }`,
        {
          expected: formatShape(start.shape),
          hint: "Broadcast the first carry to the shape that a step gives",
        },
      );
    }
  });
}
