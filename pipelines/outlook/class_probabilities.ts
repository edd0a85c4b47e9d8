/**
 * From logits to probabilities.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64, Float } from "../../runtime/tensor/mod.ts";

/**
 * Softmax over the classes: `logits` f32 or f64 `["t", "k"]` to f64
 * `probabilities` of the same shape; rows of NaN stay NaN. Stays lazy.
 */
export const classProbabilities: Op<
  { logits: Float },
  Record<never, never>,
  { probabilities: F64 }
> = op({
  name: "outlook/classProbabilities",
  version: "1",
  doc: "Softmax over the classes",
  inputs: { logits: port.tensor(["f32", "f64"], ["t", "k"]) },
  params: z.object({}),
  outputs: { probabilities: port.tensor("f64", ["t", "k"]) },
  run: ({ logits }) => ({
    probabilities: wf.softmax(wf.cast(logits, "f64"), { axis: -1 }),
  }),
});
