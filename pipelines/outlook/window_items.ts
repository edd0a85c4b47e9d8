/**
 * Items of evidence of a window: those to learn from, and those that are asked.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { EVIDENCE_ITEM, type EvidenceItem } from "../../ops/evidence/mod.ts";
import { SPLITS, type Splits } from "../../ops/splits.ts";
import { evenlySpread } from "../../ops/spread.ts";
import { askedEvents } from "./event_windows.ts";

/** Params of {@linkcode windowItems}. */
export interface WindowItemsParams {
  /** Which window; 0 by default. */
  readonly window?: number | undefined;
  /** Items at most for the examples to begin with; 120 by default. */
  readonly coldItems?: number | undefined;
  /** Items at most whose answers are rewarded; 16 by default. */
  readonly policyItems?: number | undefined;
  /** Every how many-th item of the test window is asked about; 1 by default. */
  readonly step?: number | undefined;
}

const ITEMS = port.value(z.array(EVIDENCE_ITEM));

/**
 * Divides the items of a window. Of the training items whose truth is known, the
 * first half by time gives examples to begin with, the second is rewarded. Inputs:
 * `items`, one an event; `splits` over the events. Params: see
 * {@linkcode WindowItemsParams}. Outputs: `train`, all training items whose truth is
 * known; `cold` and `pool`, parts of it; `test`.
 *
 * @throws {DataError} If fewer than two training items are known.
 */
export const windowItems: Op<
  { items: EvidenceItem[]; splits: Splits },
  WindowItemsParams,
  {
    train: EvidenceItem[];
    cold: EvidenceItem[];
    pool: EvidenceItem[];
    test: EvidenceItem[];
  }
> = op({
  name: "outlook/windowItems",
  version: "1",
  doc: "Items of a window to begin with, to reward and to test on",
  inputs: { items: ITEMS, splits: port.value(SPLITS) },
  params: z.object({
    window: z.int().nonnegative().default(0),
    coldItems: z.int().positive().default(120),
    policyItems: z.int().positive().default(16),
    step: z.int().positive().default(1),
  }),
  outputs: { train: ITEMS, cold: ITEMS, pool: ITEMS, test: ITEMS },
  run: ({ items, splits }, { coldItems, policyItems, step, window }) => {
    const split = splits[window]!;
    const train = items.slice(split.trainStart, split.trainEnd)
      .filter(({ truth }) => truth !== null);
    if (train.length < 2) {
      throw new DataError(`Cannot learn from window ${window}`, {
        expected: "at least two items whose truth is known",
        actual: String(train.length),
        hint: "Bring more years of prices",
      });
    }
    const half = Math.ceil(train.length / 2);
    return {
      train,
      cold: evenlySpread(train.slice(0, half), coldItems),
      pool: evenlySpread(train.slice(half), policyItems),
      test: askedEvents(split, step).map((event) => items[event]!),
    };
  },
});
