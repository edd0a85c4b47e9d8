/**
 * From full-length series to the rows of the test windows.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { DType, F64, Tensor } from "../../runtime/tensor/mod.ts";
import { checkSplits, SPLITS, type Splits } from "../splits.ts";

/** A stretch of rows. */
export interface Window {
  /** First row. */
  readonly start: number;
  /** The row after the last. */
  readonly end: number;
}

/** Stretches of rows in order. */
export type Windows = readonly Window[];

/** Schema of stretches of rows. */
export const WINDOWS: z.ZodType<Windows> = z.array(z.object({
  start: z.int().nonnegative(),
  end: z.int().nonnegative(),
})).readonly();

function selectTests<D extends DType>(x: Tensor<D>, splits: Splits): Tensor<D> {
  checkSplits(splits, x.shape[0]!);
  return wf.concat(
    splits.map(({ testStart, testEnd }) => wf.slice(x, [testStart, testEnd])),
    { axis: 0 },
  );
}

function windowsOf(splits: Splits): Windows {
  let start = 0;
  return splits.map(({ testStart, testEnd }) => {
    const window = { start, end: start + testEnd - testStart };
    start = window.end;
    return window;
  });
}

/**
 * The rows of all test windows, in time order: what was forecast and can be
 * scored. Inputs: `x`, f64 `["t", …]`, and `splits`; output: `y`. Stays lazy.
 *
 * @example
 * ```ts
 * import { testLabels, testRows } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const splits = [
 *   { trainStart: 0, trainEnd: 2, testStart: 2, testEnd: 4 },
 *   { trainStart: 2, trainEnd: 4, testStart: 4, testEnd: 5 },
 * ];
 * const x = wf.tensor([10, 11, 12, 13, 14], { dtype: "f64" });
 * console.log(await (await testRows.run({ x, splits })).y.toArray()); // [12, 13, 14]
 * const labels = wf.tensor([0, 1, 2, 1, 0], { dtype: "i32" });
 * const { windows } = await testLabels.run({ labels, splits });
 * console.log(windows); // [{ start: 0, end: 2 }, { start: 2, end: 3 }]
 * ```
 */
export const testRows: Op<
  { x: F64; splits: Splits },
  Record<never, never>,
  { y: F64 }
> = op({
  name: "evaluate/testRows",
  version: "1",
  doc: "The rows of all test windows",
  inputs: {
    x: port.tensor("f64", ["t", "..."]),
    splits: port.value(SPLITS),
  },
  params: z.object({}),
  outputs: { y: port.tensor("f64", ["m", "..."]) },
  run: ({ x, splits }) => ({ y: selectTests(x, splits) }),
});

/**
 * The labels of all test windows, in time order, and where each window stands
 * among them. Inputs: `labels`, i32 `["t"]`, and `splits`; outputs: `y`, i32
 * `["m"]`, and `windows`.
 */
export const testLabels: Op<
  { labels: Tensor<"i32">; splits: Splits },
  Record<never, never>,
  { y: Tensor<"i32">; windows: Windows }
> = op({
  name: "evaluate/testLabels",
  version: "1",
  doc: "The labels of all test windows",
  inputs: {
    labels: port.tensor("i32", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({}),
  outputs: {
    y: port.tensor("i32", ["m"]),
    windows: port.value(WINDOWS),
  },
  run: ({ labels, splits }) => ({
    y: selectTests(labels, splits),
    windows: windowsOf(splits),
  }),
});
