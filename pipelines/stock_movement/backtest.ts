/**
 * What answers would have earned.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import {
  eventBacktest,
  PERFORMANCE,
  type Performance,
} from "../../ops/evaluate/mod.ts";
import { SPLITS, type Splits } from "../../ops/splits.ts";

const DAYS_PER_YEAR = 365.25;

/**
 * The economic view of answers in the test windows: long where the answer is the last
 * class, short where it is the first, nothing between; events of a day share the
 * money.
 *
 * Inputs: `answers` and `days`, i32 `["t"]`; `changes`, f64 `["t"]`; `splits`. Params:
 * `classes`; `costs` of a trade in basis points. Outputs: `performance` of the
 * answers, and `holding` of long positions in all events.
 */
export const movementBacktest: Op<
  {
    answers: Tensor<"i32">;
    days: Tensor<"i32">;
    changes: F64;
    splits: Splits;
  },
  { classes: number; costs: number },
  { performance: Performance; holding: Performance }
> = op({
  name: "stockMovement/movementBacktest",
  version: "1",
  doc: "What answers would have earned after costs",
  inputs: {
    answers: port.tensor("i32", ["t"]),
    days: port.tensor("i32", ["t"]),
    changes: port.tensor("f64", ["t"]),
    splits: port.value(SPLITS),
  },
  params: z.object({
    classes: z.int().min(2),
    costs: z.number().nonnegative(),
  }),
  outputs: {
    performance: port.value(PERFORMANCE),
    holding: port.value(PERFORMANCE),
  },
  run: async (inputs, { classes, costs }) => {
    const answers = await inputs.answers.data();
    const days = await inputs.days.data();
    const changes = await inputs.changes.data();
    const rows = inputs.splits.flatMap(({ testEnd, testStart }) =>
      Array.from({ length: testEnd - testStart }, (_, at) => testStart + at)
    ).filter((row) => Number.isFinite(changes[row]));
    const tested = Int32Array.from(rows, (row) => days[row]!);
    const years = Math.max(1, tested.at(-1)! - tested[0]!) / DAYS_PER_YEAR;
    const { holding, performance } = await eventBacktest.run({
      days: tensor(tested),
      positions: tensor(
        Float64Array.from(
          rows,
          (row) =>
            answers[row] === classes - 1 ? 1 : answers[row] === 0 ? -1 : 0,
        ),
      ),
      returns: tensor(Float64Array.from(rows, (row) => changes[row]!)),
    }, { costs, periodsPerYear: new Set(tested).size / years });
    return { performance, holding };
  },
});
