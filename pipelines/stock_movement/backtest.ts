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
 * Inputs: `answers` and `days`, i32 `["t"]`; `changes`, f64 `["t"]`, from a price after
 * the report was known, NaN where there is none: such events are left out; `splits`.
 * Params: `classes`; `costs` of a trade in basis points. Outputs: `events`, how many of
 * the test are traded; `performance` of the answers, and `holding` of long positions
 * in all of them, both null where there is none.
 */
export const movementBacktest: Op<
  {
    answers: Tensor<"i32">;
    days: Tensor<"i32">;
    changes: F64;
    splits: Splits;
  },
  { classes: number; costs: number },
  {
    events: number;
    performance: Performance | null;
    holding: Performance | null;
  }
> = op({
  name: "stockMovement/movementBacktest",
  version: "2",
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
    events: port.value(z.int()),
    performance: port.value(PERFORMANCE.nullable()),
    holding: port.value(PERFORMANCE.nullable()),
  },
  run: async (inputs, { classes, costs }) => {
    const answers = await inputs.answers.data();
    const days = await inputs.days.data();
    const changes = await inputs.changes.data();
    const rows = inputs.splits.flatMap(({ testEnd, testStart }) =>
      Array.from({ length: testEnd - testStart }, (_, at) => testStart + at)
    ).filter((row) => Number.isFinite(changes[row]));
    if (rows.length === 0) {
      return { events: 0, performance: null, holding: null };
    }
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
    return { events: rows.length, performance, holding };
  },
});

/**
 * What is said of the back-test, with the events that it leaves out.
 *
 * @param note What it is measured on, or why there is none.
 * @param traded Events of the test that are traded; undefined without a back-test.
 * @param rows Events of the test.
 * @returns Sentences.
 */
export function economyText(
  note: string,
  traded: number | undefined,
  rows: number,
): string {
  if (traded === undefined || traded === rows) return note;
  return traded === 0
    ? `${note} These prices are known of none of the ${rows} events of the test, so there is no back-test.`
    : `${note} These prices are known of ${traded} of the ${rows} events of the test; the others are left out.`;
}
