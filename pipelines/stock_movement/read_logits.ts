/**
 * From logits to answers and probabilities.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";

/**
 * The most probable class of each row, and the probabilities of all. Input:
 * `logits`, f64 `["t", "k"]`. Outputs: `answers`, i32 `["t"]`, of equal logits the
 * first; `probabilities`, f64 `["t", "k"]`. Rows of NaN have answers that mean
 * nothing and probabilities of NaN. Stays lazy.
 *
 * @example
 * ```ts
 * import { readLogits } from "@weft/weft/pipelines";
 * import * as wf from "@weft/weft/tensor";
 *
 * const logits = wf.tensor([[0, 2], [1, -1]], { dtype: "f64" });
 * const { answers } = await readLogits.run({ logits });
 * console.log(await answers.toArray()); // [1, 0]
 * ```
 */
export const readLogits: Op<
  { logits: F64 },
  Record<never, never>,
  { answers: Tensor<"i32">; probabilities: F64 }
> = op({
  name: "stockMovement/readLogits",
  version: "1",
  doc: "Answers and probabilities of logits",
  inputs: { logits: port.tensor("f64", ["t", "k"]) },
  params: z.object({}),
  outputs: {
    answers: port.tensor("i32", ["t"]),
    probabilities: port.tensor("f64", ["t", "k"]),
  },
  run: ({ logits }) => ({
    answers: wf.cast(wf.argmax(logits, { axis: 1 }), "i32"),
    probabilities: wf.softmax(logits, { axis: 1 }),
  }),
});
