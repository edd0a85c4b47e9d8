/**
 * Which items are learnt from, and which are tested on.
 *
 * @module
 */

import { z } from "zod";
import { EVIDENCE_ANSWERS, EVIDENCE_ITEM } from "../../ops/evidence/mod.ts";
import type { EvidenceAnswer, EvidenceItem } from "../../ops/evidence/mod.ts";
import { checkSplits, SPLITS, type Splits } from "../../ops/splits.ts";
import { evenlySpread } from "../../ops/spread.ts";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type Tensor, tensor } from "../../runtime/tensor/mod.ts";

const MILLISECONDS_PER_DAY = 86_400_000;

/** Params of {@linkcode selectItems}. */
export interface SelectItemsParams {
  /** Which of the windows; 0 by default. */
  readonly window?: number | undefined;
  /** How many windows there must be; 1 by default. */
  readonly windows?: number | undefined;
  /** Items at most for the examples to begin with; 120 by default. */
  readonly coldItems?: number | undefined;
  /** Items at most whose answers are rewarded; 16 by default. */
  readonly policyItems?: number | undefined;
  /** Items at most that are tested on; 24 by default. */
  readonly testItems?: number | undefined;
  /** Whether each class has equally many items, in the test too; true by default. */
  readonly balance?: boolean | undefined;
}

/** What {@linkcode selectItems} gives. */
export type SelectedItems = {
  train: EvidenceItem[];
  cold: EvidenceItem[];
  pool: EvidenceItem[];
  test: EvidenceItem[];
  testRows: number[];
  labels: Tensor<"i32">;
  days: Tensor<"i32">;
};

/**
 * Divides the items of one walk-forward window. Of the training items whose truth is
 * known, the first half by time gives examples to begin with, the second half is
 * rewarded; both are thinned evenly, and so is the test. With `balance`, as in the
 * paper, of each class as many are kept as the rarest has: nine of ten nights hold,
 * and a model that always says so would be right too often to learn. Scores on a
 * balanced test are not those on all items.
 *
 * Inputs: `items` by day; `splits` over them. Params: see
 * {@linkcode SelectItemsParams}. Outputs: `train`, all training items whose truth is
 * known, with `balance` as many of each class; `cold`, `pool`, `test`; `testRows`,
 * where the items of the test stand; `labels` of these, i32 `["n"]`; `days` of all
 * items since 1970-01-01, i32 `["t"]`.
 *
 * @throws {DataError} When a window does not fit, there are more or fewer windows than
 * expected, or nothing is left to learn from or to test on.
 */
export const selectItems: Op<
  { items: EvidenceItem[]; splits: Splits },
  SelectItemsParams,
  SelectedItems
> = op({
  name: "retuning/selectItems",
  version: "2",
  doc: "Items to begin with, to reward and to test on, by time",
  inputs: {
    items: port.value(z.array(EVIDENCE_ITEM)),
    splits: port.value(SPLITS),
  },
  params: z.object({
    window: z.int().nonnegative().default(0),
    windows: z.int().min(1).default(1),
    coldItems: z.int().min(1).default(120),
    policyItems: z.int().min(1).default(16),
    testItems: z.int().min(1).default(24),
    balance: z.boolean().default(true),
  }),
  outputs: {
    train: port.value(z.array(EVIDENCE_ITEM)),
    cold: port.value(z.array(EVIDENCE_ITEM)),
    pool: port.value(z.array(EVIDENCE_ITEM)),
    test: port.value(z.array(EVIDENCE_ITEM)),
    testRows: port.value(z.array(z.int())),
    labels: port.tensor("i32", ["n"]),
    days: port.tensor("i32", ["t"]),
  },
  run: ({ items, splits }, params) => {
    const { balance, coldItems, policyItems, testItems, window } = params;
    checkSplits(splits, items.length);
    checkWindows(splits, params);
    const split = splits[window]!;
    const known = [...items.keys()].filter((row) => items[row]!.truth !== null);
    const within = (from: number, to: number) =>
      known.filter((row) => row >= from && row < to);
    const train = within(split.trainStart, split.trainEnd);
    const test = within(split.testStart, split.testEnd);
    if (train.length < 2 || test.length === 0) {
      throw new DataError(`Cannot learn from window ${window}`, {
        expected: "at least two known items to learn from, and one to test on",
        actual: `${train.length} and ${test.length}`,
      });
    }
    const half = Math.ceil(train.length / 2);
    const answerOf = (row: number) => items[row]!.truth!.answer;
    const some = (rows: readonly number[], most: number) =>
      balance ? balanced(rows, most, answerOf) : evenlySpread(rows, most);
    const testRows = some(test, testItems);
    const labels = Int32Array.from(
      testRows,
      (row) => EVIDENCE_ANSWERS.indexOf(answerOf(row)),
    );
    const at = (rows: readonly number[]) => rows.map((row) => items[row]!);
    return {
      train: at(some(train, Infinity)),
      cold: at(some(train.slice(0, half), coldItems)),
      pool: at(some(train.slice(half), policyItems)),
      test: at(testRows),
      testRows,
      labels: tensor(labels),
      days: tensor(
        Int32Array.from(
          items,
          ({ sources }) =>
            Date.parse(`${sources.day}T00:00:00Z`) / MILLISECONDS_PER_DAY,
        ),
      ),
    };
  },
});

function checkWindows(
  splits: Splits,
  { window, windows }: { readonly window: number; readonly windows: number },
): void {
  if (splits.length === windows && window < windows) return;
  throw new DataError(`Cannot learn from window ${window}`, {
    expected: `${windows} windows, counted from 0`,
    actual: `${splits.length} windows`,
    hint: 'Set "windows" to the number of windows',
  });
}

/** As many rows of each class that there is, each evenly spread. */
function balanced(
  rows: readonly number[],
  most: number,
  answerOf: (row: number) => EvidenceAnswer,
): number[] {
  const groups = EVIDENCE_ANSWERS.map((answer) =>
    rows.filter((row) => answerOf(row) === answer)
  ).filter(({ length }) => length > 0);
  const rarest = Math.min(...groups.map(({ length }) => length));
  const share = Math.max(1, Math.floor(most / groups.length));
  return groups.flatMap((group) => evenlySpread(group, Math.min(rarest, share)))
    .sort((a, b) => a - b);
}
