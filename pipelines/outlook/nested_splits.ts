/**
 * Windows for a stage that learns from another stage's forecasts.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { SPLITS, type Splits } from "../../ops/splits.ts";

/**
 * Walk-forward windows inside the test windows of an earlier stage: each
 * trains on all rows that the earlier stage has forecast so far, and tests on
 * its next test window. The first `skip` windows (default 1) only train.
 * `purge` rows (default 0) before each test window are left out of training:
 * at least the horizon of the labels.
 *
 * @throws {DataError} If no window is left, or a purge leaves none to train on.
 */
export const nestedSplits: Op<
  { splits: Splits },
  { skip?: number | undefined; purge?: number | undefined },
  { splits: Splits }
> = op({
  name: "outlook/nestedSplits",
  version: "1",
  doc: "Walk-forward windows inside the test windows of an earlier stage",
  inputs: { splits: port.value(SPLITS) },
  params: z.object({
    skip: z.int().positive().default(1),
    purge: z.int().nonnegative().default(0),
  }),
  outputs: { splits: port.value(SPLITS) },
  run: ({ splits }, { skip, purge }) => {
    const nested = splits.slice(skip).map(({ testStart, testEnd }) => ({
      trainStart: splits[0]!.testStart,
      trainEnd: testStart - purge,
      testStart,
      testEnd,
    }));
    const short = nested.some(({ trainStart, trainEnd }) =>
      trainEnd <= trainStart
    );
    if (nested.length === 0 || short) {
      throw new DataError(
        "Cannot nest walk-forward windows as there are too few",
        {
          expected:
            `more than ${skip} windows, the first ${skip} longer than ${purge} rows`,
          actual: `${splits.length} windows`,
          hint:
            'Bring more years of prices, or shorten the windows: "--train-years" and "--movement-years" of the outlook',
        },
      );
    }
    return { splits: nested };
  },
});
