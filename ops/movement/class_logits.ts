/**
 * From log-probabilities of words to logits of classes.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64, Float } from "../../runtime/tensor/mod.ts";

function byClass(
  logProbabilities: Float,
  columns: readonly (readonly number[])[],
): F64 {
  const all = wf.cast(logProbabilities, "f64");
  return wf.stack(
    columns.map((own) =>
      wf.logSumExp(
        wf.take(all, wf.tensor([...own], { dtype: "i32" }), { axis: 1 }),
        { axis: 1 },
      )
    ),
    { axis: 1 },
  );
}

/**
 * Logits of classes from the log-probabilities of several ways to write each: the
 * logarithm of the sum of their probabilities. Their softmax is the probability of
 * a class, given that the answer is one of the ways.
 *
 * With `neutral`, the log-probabilities behind prompts that say nothing, the mean of
 * the class logits there is taken off: a model that prefers a word whatever it reads
 * has no advantage from it (contextual calibration, Zhao and others, 2021).
 *
 * Inputs: `logProbabilities`, f32 or f64 `["n", "m"]`; `neutral`, optional, f32 or
 * f64 `["c", "m"]`. Params: `columns`, the class of each of the `m` columns, whole
 * numbers from 0, each class with one column at least. Output: `logits`, f64
 * `["n", "k"]`. Stays lazy.
 *
 * @throws {ParameterError} Where classes are left out, or columns differ in number.
 *
 * @example
 * ```ts
 * import { classLogits } from "@weft/weft/ops/movement";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { logits } = await classLogits.run({
 *   logProbabilities: wf.log(wf.tensor([[0.1, 0.2, 0.3]], { dtype: "f64" })),
 * }, { columns: [0, 0, 1] });
 * console.log(await wf.softmax(logits, { axis: 1 }).toArray()); // [[0.5…, 0.5…]]
 * ```
 */
export const classLogits: Op<
  { logProbabilities: Float; neutral?: Float },
  { columns: readonly number[] },
  { logits: F64 }
> = op({
  name: "movement/classLogits",
  version: "1",
  doc: "Logits of classes from log-probabilities of ways to write them",
  inputs: {
    logProbabilities: port.tensor(["f32", "f64"], ["n", "m"]),
    neutral: port.optional(port.tensor(["f32", "f64"], ["c", "m"])),
  },
  params: z.object({
    columns: z.array(z.int().nonnegative()).min(2).readonly(),
  }),
  outputs: { logits: port.tensor("f64", ["n", "k"]) },
  run: ({ logProbabilities, neutral }, { columns }) => {
    const width = logProbabilities.shape[1];
    if (width !== columns.length) {
      throw new ParameterError(
        `Cannot sum up ${width} columns by ${columns.length} classes`,
        { expected: "one class for each column" },
      );
    }
    const own = Array.from(
      { length: Math.max(...columns) + 1 },
      (_, index) => [...columns.keys()].filter((at) => columns[at] === index),
    );
    const empty = own.findIndex((list) => list.length === 0);
    if (empty >= 0) {
      throw new ParameterError(`Cannot score class ${empty} without a column`, {
        expected: "classes from 0, none left out",
      });
    }
    const logits = byClass(logProbabilities, own);
    return {
      logits: neutral === undefined
        ? logits
        : wf.subtract(logits, wf.mean(byClass(neutral, own), { axis: 0 })),
    };
  },
});
