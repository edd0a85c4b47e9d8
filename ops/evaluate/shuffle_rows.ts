/**
 * Shuffling: what a stage scores on shuffled data is what it scores by chance.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { DType, F64, Tensor } from "../../runtime/tensor/mod.ts";

const PARAMS = z.object({ seed: z.int().nonnegative().default(0) });

function shuffled<D extends DType>(x: Tensor<D>, seed: number): Tensor<D> {
  const order = wf.random.permutation(wf.random.key(seed), x.shape[0]!);
  return wf.take(x, order, { axis: 0 });
}

/**
 * The rows of `x`, f64 `["t", …]`, in a random order that depends on `seed`
 * (default 0) and the number of rows only: what is shuffled with one seed
 * stays joined row by row, labels included. Stays lazy.
 *
 * @example
 * ```ts
 * import { shuffleLabels, shuffleRows } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[0], [1], [2], [3], [4]], { dtype: "f64" });
 * const labels = wf.tensor([0, 1, 2, 3, 4], { dtype: "i32" });
 * const rows = await shuffleRows.run({ x }, { seed: 3 });
 * const same = await shuffleLabels.run({ labels }, { seed: 3 });
 * console.log(await wf.flatten(rows.y).toArray()); // [3, 2, 4, 1, 0]
 * console.log(await same.y.toArray()); // the same order
 * ```
 */
export const shuffleRows: Op<
  { x: F64 },
  { seed?: number | undefined },
  { y: F64 }
> = op({
  name: "evaluate/shuffleRows",
  version: "1",
  doc: "Rows in a random order",
  inputs: { x: port.tensor("f64", ["t", "..."]) },
  params: PARAMS,
  outputs: { y: port.tensor("f64", ["t", "..."]) },
  run: ({ x }, { seed }) => ({ y: shuffled(x, seed) }),
});

/** Like {@linkcode shuffleRows}, for labels: i32 `["t"]`. */
export const shuffleLabels: Op<
  { labels: Tensor<"i32"> },
  { seed?: number | undefined },
  { y: Tensor<"i32"> }
> = op({
  name: "evaluate/shuffleLabels",
  version: "1",
  doc: "Labels in a random order",
  inputs: { labels: port.tensor("i32", ["t"]) },
  params: PARAMS,
  outputs: { y: port.tensor("i32", ["t"]) },
  run: ({ labels }, { seed }) => ({ y: shuffled(labels, seed) }),
});
