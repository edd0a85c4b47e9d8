/**
 * Small steps between the stages.
 *
 * @module
 */

import { z } from "zod";
import {
  EVIDENCE_ANSWERS,
  EVIDENCE_ITEM,
  type EvidenceItem,
} from "../../ops/evidence/mod.ts";
import { UNLABELLED } from "../../ops/labels.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";

const ITEMS = port.value(z.array(EVIDENCE_ITEM));

/** Each prompt several times in a row. */
export const repeatPrompts: Op<
  { prompts: string[] },
  { times: number },
  { prompts: string[] }
> = op({
  name: "retuning/repeatPrompts",
  version: "1",
  doc: "Each prompt several times in a row",
  inputs: { prompts: port.value(z.array(z.string())) },
  params: z.object({ times: z.int().min(1) }),
  outputs: { prompts: port.value(z.array(z.string())) },
  run: ({ prompts }, { times }) => ({
    prompts: prompts.flatMap((prompt) =>
      Array.from({ length: times }, () => prompt)
    ),
  }),
});

/** Deals the truths anew among the items, so that sources tell nothing of them. */
export const shuffleTruths: Op<
  { items: EvidenceItem[] },
  { seed?: number | undefined },
  { items: EvidenceItem[] }
> = op({
  name: "retuning/shuffleTruths",
  version: "1",
  doc: "Deals the truths anew among the items",
  inputs: { items: ITEMS },
  params: z.object({ seed: z.int().nonnegative().default(0) }),
  outputs: { items: ITEMS },
  run: async ({ items }, { seed }) => {
    const draws = await wf.random.uniform(wf.random.key(seed), [
      Math.max(1, items.length),
    ]).data();
    const dealt = [...items.keys()].sort((a, b) => draws[a]! - draws[b]!);
    return {
      items: items.map((item, k) => ({
        ...item,
        truth: items[dealt[k]!]!.truth,
      })),
    };
  },
});

/**
 * What needs no model: the most frequent answer of the training items (the first of
 * equally frequent ones), and uniform guesses, for each item of the test.
 */
export const simpleAnswers: Op<
  { train: EvidenceItem[]; test: EvidenceItem[] },
  { seed?: number | undefined },
  { majority: Tensor<"i32">; guesses: Tensor<"i32"> }
> = op({
  name: "retuning/simpleAnswers",
  version: "1",
  doc: "The most frequent answer, and guesses",
  inputs: { train: ITEMS, test: ITEMS },
  params: z.object({ seed: z.int().nonnegative().default(0) }),
  outputs: {
    majority: port.tensor("i32", ["n"]),
    guesses: port.tensor("i32", ["n"]),
  },
  run: async ({ test, train }, { seed }) => {
    const counts = EVIDENCE_ANSWERS.map((answer) =>
      train.filter(({ truth }) => truth?.answer === answer).length
    );
    const most = counts.indexOf(Math.max(...counts));
    const draws = await wf.random.uniform(wf.random.key(seed), [test.length])
      .data();
    const classes = EVIDENCE_ANSWERS.length;
    return {
      majority: wf.tensor(new Int32Array(test.length).fill(most)),
      guesses: wf.tensor(
        Int32Array.from(draws, (draw) => Math.floor(classes * draw)),
      ),
    };
  },
});

/** The class of the largest logit of each row. */
export const likeliest: Op<
  { logits: F64 },
  Record<never, never>,
  { answers: Tensor<"i32"> }
> = op({
  name: "retuning/likeliest",
  version: "1",
  doc: "The class of the largest logit of each row",
  inputs: { logits: port.tensor("f64", ["n", "k"]) },
  outputs: { answers: port.tensor("i32", ["n"]) },
  run: ({ logits }) => ({ answers: wf.argmax(logits, { axis: 1 }) }),
});

/**
 * Puts what is known of some rows of each window into a column of all: -1 and NaN
 * elsewhere.
 *
 * Inputs, an entry a window: `answers`, i32 `["n"]`; `logits`, f64 `["n", "k"]`, by
 * default those of the answers, which are -∞ but for one; `rows`, where they stand.
 * And `days`, for the number of all rows. Outputs: `answers`, i32 `["t"]`; `logits`,
 * f64 `["t", "k"]`.
 */
export const placeRows: Op<
  {
    answers: Tensor<"i32">[];
    logits?: F64[] | undefined;
    rows: number[][];
    days: Tensor<"i32">;
  },
  Record<never, never>,
  { answers: Tensor<"i32">; logits: F64 }
> = op({
  name: "retuning/placeRows",
  version: "2",
  doc: "Puts answers to some rows of each window into columns of all",
  inputs: {
    answers: port.list(port.tensor("i32", ["..."])),
    logits: port.optional(port.list(port.tensor("f64", ["...", "k"]))),
    rows: port.list(port.value(z.array(z.int()))),
    days: port.tensor("i32", ["t"]),
  },
  outputs: {
    answers: port.tensor("i32", ["t"]),
    logits: port.tensor("f64", ["t", "c"]),
  },
  run: async (inputs) => {
    const all = inputs.days.shape[0]!;
    const classes = EVIDENCE_ANSWERS.length;
    const answers = new Int32Array(all).fill(UNLABELLED);
    const logits = new Float64Array(all * classes).fill(NaN);
    for (const [window, rows] of inputs.rows.entries()) {
      const given = await inputs.answers[window]!.data();
      const own = await inputs.logits?.[window]?.data();
      rows.forEach((row, k) => {
        answers[row] = given[k]!;
        for (let c = 0; c < classes; c++) {
          logits[row * classes + c] = own?.[k * classes + c] ??
            (c === given[k] ? 0 : -Infinity);
        }
      });
    }
    return {
      answers: wf.tensor(answers),
      logits: wf.tensor(logits, { shape: [all, classes] }),
    };
  },
});
