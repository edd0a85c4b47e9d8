/**
 * What is known of a report as numbers.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, tensor } from "../../runtime/tensor/mod.ts";
import { REPORT_EVENT, type ReportEvent } from "../reports.ts";

/** Params of {@linkcode movementFactors}. */
export interface MovementFactorsParams {
  /** Figures whose growth counts, by name; default none. */
  readonly figures?: readonly string[] | undefined;
  /** What past returns are of; default the stock. */
  readonly returnsOf?: readonly string[] | undefined;
  /** Over how many sessions; default 1, 5, 21. */
  readonly returnSessions?: readonly number[] | undefined;
  /** Whether past returns and grades count; default true. */
  readonly external?: boolean | undefined;
}

interface Factor {
  readonly name: string;
  readonly value: (event: ReportEvent) => number | undefined;
}

/** Growth and surprise beyond it, in either direction, count as this much. */
const LARGEST = 2;
/** The least earnings that a surprise is measured against, a share. */
const LEAST_EARNINGS = 0.01;

function bounded(value: number): number {
  return Math.max(-LARGEST, Math.min(LARGEST, value));
}

function growth(name: string): Factor {
  return {
    name: `growth of ${name}`,
    value: ({ report: { figures } }) => {
      const own = figures[name];
      return own === undefined || own.previous === null || own.previous === 0
        ? undefined
        : bounded((own.value - own.previous) / Math.abs(own.previous));
    },
  };
}

const SURPRISE: Factor = {
  name: "surprise",
  value: ({ report: { surprise } }) => {
    if (surprise === null) return undefined;
    const { actual, expected } = surprise;
    const size = Math.max(Math.abs(expected), LEAST_EARNINGS);
    return bounded((actual - expected) / size);
  },
};

const SURPRISE_SIGN: Factor = {
  name: "sign of surprise",
  value: ({ report: { surprise } }) =>
    surprise === null
      ? undefined
      : Math.sign(surprise.actual - surprise.expected),
};

function factorsOf(
  { external, figures, returnSessions, returnsOf }: z.output<typeof PARAMS>,
): Factor[] {
  const returns = returnsOf.flatMap((of) =>
    returnSessions.map((sessions): Factor => ({
      name: `return of ${of} over ${sessions}`,
      value: (event) =>
        event.returns.find((one) => one.of === of && one.sessions === sessions)
          ?.value,
    }))
  );
  const grades: Factor = {
    name: "grades",
    value: ({ day, report }) =>
      report.grades.filter(({ date }) => date < day).length,
  };
  return [
    ...figures.map(growth),
    SURPRISE,
    SURPRISE_SIGN,
    ...(external ? [...returns, grades] : []),
  ];
}

const PARAMS = z.object({
  figures: z.array(z.string()).readonly().default([]),
  returnsOf: z.array(z.string()).readonly().default(["the stock"]),
  returnSessions: z.array(z.int().positive()).readonly().default([1, 5, 21]),
  external: z.boolean().default(true),
});

/**
 * The factors of reports as numbers, for classifiers that do not read: growth of
 * figures over a year (`(x - x₋₁) / |x₋₁|`, between -2 and 2), earnings against
 * expectations (relative, and the sign), past returns, how many grades there were.
 * Each has a column, 0 where it is not known, and one that is 1 where it is known.
 *
 * Input: `events`. Params: see {@linkcode MovementFactorsParams}. Outputs:
 * `features`, f64 `["t", "d"]`, finite; `names`, one for each column.
 *
 * @example
 * ```ts
 * import { movementFactors, simulateReports } from "@weft/weft/ops/movement";
 *
 * const { events } = simulateReports({}, { rows: 5 });
 * const { features, names } = await movementFactors({ events }).value();
 * console.log(features.shape, names[0]); // [5, 12] surprise
 * ```
 */
export const movementFactors: Op<
  { events: ReportEvent[] },
  MovementFactorsParams,
  { features: F64; names: string[] }
> = op({
  name: "movement/movementFactors",
  version: "1",
  doc: "What is known of reports as numbers",
  inputs: { events: port.value(z.array(REPORT_EVENT)) },
  params: PARAMS,
  outputs: {
    features: port.tensor("f64", ["t", "d"]),
    names: port.value(z.array(z.string())),
  },
  run: ({ events }, params) => {
    const factors = factorsOf(params);
    const values = events.flatMap((event) =>
      factors.flatMap((factor) => {
        const value = factor.value(event);
        return value === undefined ? [0, 0] : [value, 1];
      })
    );
    return {
      features: tensor(Float64Array.from(values), {
        shape: [events.length, 2 * factors.length],
      }),
      names: factors.flatMap(({ name }) => [name, `${name} is known`]),
    };
  },
});
