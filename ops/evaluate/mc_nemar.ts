/**
 * McNemar's test: whether two classifiers are right equally often.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { type Port, port } from "../../runtime/ports/mod.ts";
import { read, type Tensor } from "../../runtime/tensor/mod.ts";
import { UNLABELLED } from "../labels.ts";
import { checkLabels } from "./labelled.ts";

/** True classes and the answers of two classifiers, all i32 `["n"]`. */
export type PairedAnswers = {
  labels: Tensor<"i32">;
  first: Tensor<"i32">;
  second: Tensor<"i32">;
};

/** The ports of {@linkcode PairedAnswers}. */
export const PAIRED_ANSWERS: {
  readonly labels: Port<Tensor<"i32">>;
  readonly first: Port<Tensor<"i32">>;
  readonly second: Port<Tensor<"i32">>;
} = {
  labels: port.tensor("i32", ["n"], { doc: "Classes from 0; -1 unknown" }),
  first: port.tensor("i32", ["n"], {
    doc: "Answers of the first; -1 no class",
  }),
  second: port.tensor("i32", ["n"], {
    doc: "Answers of the second; -1 no class",
  }),
};

/** Result of McNemar's test. */
export interface McNemar {
  /** Rows in which only the first is right. */
  readonly firstOnly: number;
  /** Rows in which only the second is right. */
  readonly secondOnly: number;
  /** Two-sided p-value of the exact test, which is conservative. */
  readonly exact: number;
  /** Two-sided mid-p-value (Lancaster, 1961), which is close to its nominal size. */
  readonly midP: number;
}

/** Schema of {@linkcode McNemar}. */
export const MC_NEMAR: z.ZodType<McNemar> = z.object({
  firstOnly: z.number(),
  secondOnly: z.number(),
  exact: z.number(),
  midP: z.number(),
});

/**
 * McNemar's test (1947) from the numbers of rows on which two classifiers
 * disagree: under the hypothesis the smaller one is binomial with
 * probability ½.
 *
 * @param firstOnly Rows in which only the first is right.
 * @param secondOnly Rows in which only the second is right.
 * @returns The exact and the mid-p-value, both two-sided.
 *
 * @example
 * ```ts
 * import { mcNemarOf } from "@weft/weft/ops/evaluate";
 *
 * console.log(mcNemarOf(1, 5).exact); // 14 / 64 = 0.21875
 * ```
 */
export function mcNemarOf(firstOnly: number, secondOnly: number): McNemar {
  const rows = firstOnly + secondOnly;
  const least = Math.min(firstOnly, secondOnly);
  // Terms relative to the last one, which itself may be below what a float holds
  let logLast = -rows * Math.LN2;
  for (let k = 1; k <= least; k++) logLast += Math.log((rows - k + 1) / k);
  let relative = 1;
  let term = 1;
  for (let k = least; k > 0; k--) {
    term *= k / (rows - k + 1);
    relative += term;
  }
  const last = Math.exp(logLast);
  const tail = Math.exp(logLast + Math.log(relative));
  return {
    firstOnly,
    secondOnly,
    exact: Math.min(1, 2 * tail),
    midP: Math.min(1, 2 * tail - last),
  };
}

/** What paired tests read: labelled rows only. */
export interface PairedRows {
  /** Where the rows stood before those without a label were left out. */
  readonly rows: Int32Array;
  /** True classes. */
  readonly labels: Int32Array;
  /** Answers of the first classifier. */
  readonly first: Int32Array;
  /** Answers of the second classifier. */
  readonly second: Int32Array;
}

/**
 * Reads labels and answers; rows whose label is -1 are left out.
 *
 * @param inputs The tensors.
 * @returns Plain arrays of the labelled rows.
 * @throws {DataError} If no row is labelled or a label is no class.
 */
export async function readPaired(inputs: PairedAnswers): Promise<PairedRows> {
  const [labels, first, second] = await read(
    inputs.labels,
    inputs.first,
    inputs.second,
  );
  const rows = Int32Array.from(labels.keys()).filter((row) =>
    labels[row] !== UNLABELLED
  );
  const at = (values: Int32Array) =>
    Int32Array.from(rows, (row) => values[row]!);
  const known = at(labels);
  checkLabels(known, Infinity);
  return { rows, labels: known, first: at(first), second: at(second) };
}

/**
 * McNemar's test of whether two classifiers are right equally often on the
 * same rows. It takes rows as independent; where rows of one day share the
 * market, `compareAnswers` with `clusters` is the honest one.
 *
 * Inputs: `labels`, `first`, `second`, i32 `["n"]`; rows whose label is -1 are
 * left out, answers of -1 are wrong. Output: `result`, see {@linkcode McNemar}.
 *
 * @throws {DataError} If no row is labelled or a label is no class.
 *
 * @example
 * ```ts
 * import { mcNemar } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { result } = await mcNemar.run({
 *   labels: wf.tensor([0, 0, 1, 1, 1], { dtype: "i32" }),
 *   first: wf.tensor([0, 0, 1, 1, 0], { dtype: "i32" }),
 *   second: wf.tensor([0, 1, 0, 0, 0], { dtype: "i32" }),
 * });
 * console.log(result); // { firstOnly: 3, secondOnly: 0, exact: 0.25, midP: 0.125 }
 * ```
 */
export const mcNemar: Op<
  PairedAnswers,
  Record<never, never>,
  { result: McNemar }
> = op({
  name: "evaluate/mcNemar",
  version: "1",
  doc: "McNemar's test of whether two classifiers are right equally often",
  inputs: PAIRED_ANSWERS,
  params: z.object({}),
  outputs: { result: port.value(MC_NEMAR) },
  run: async (inputs) => {
    const { labels, first, second } = await readPaired(inputs);
    let [firstOnly, secondOnly] = [0, 0];
    labels.forEach((label, row) => {
      const [one, two] = [first[row] === label, second[row] === label];
      if (one && !two) firstOnly++;
      if (two && !one) secondOnly++;
    });
    return { result: mcNemarOf(firstOnly, secondOnly) };
  },
});
