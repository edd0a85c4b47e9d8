/**
 * Reports of companies that do not exist, whose moves are known by rule.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { REPORT_EVENT, type ReportEvent } from "../reports.ts";

/** What moves the price: earnings, the words of the report, or the market. */
export type SimulatedSignal = "surprise" | "tone" | "market";

/** Params of {@linkcode simulateReports}. */
export interface SimulateReportsParams {
  /** How many reports; default 400. */
  readonly rows?: number | undefined;
  /** What moves the price; default `"surprise"`. */
  readonly signal?: SimulatedSignal | undefined;
  /**
   * How often the price goes where the signal points, from 0.5 (chance) to 1 (always,
   * the default): the accuracy of the best forecast.
   */
  readonly strength?: number | undefined;
  /** Seed of all draws; default 0. */
  readonly seed?: number | undefined;
}

const NAMES = [
  "Alder",
  "Birch",
  "Cedar",
  "Elm",
  "Fir",
  "Larch",
  "Maple",
  "Oak",
];
const KINDS = ["Mills", "Foods", "Motors", "Power", "Systems", "Stores"];
const GOOD = [
  "demand was strong in all regions",
  "margins improved again",
  "the order book is at a record",
];
const BAD = [
  "demand was weak in most regions",
  "margins fell again",
  "orders were delayed",
];

/** The first simulated day, as days since 1970-01-01: 2010-01-04. */
const FIRST_DAY = 14_613;
const MILLISECONDS_PER_DAY = 86_400_000;
/** Draws of a row. */
const DRAWS = 8;

function dateOf(day: number): string {
  return new Date((FIRST_DAY + day) * MILLISECONDS_PER_DAY).toISOString()
    .slice(0, 10);
}

function eventOf(
  row: number,
  draws: Float64Array,
  { signal, strength }: z.output<typeof PARAMS>,
): ReportEvent {
  const draw = (at: number) => draws[row * DRAWS + at]!;
  const pick = <T>(list: readonly T[], at: number) =>
    list[Math.floor(draw(at) * list.length)]!;
  const name = `${pick(NAMES, 0)} ${pick(KINDS, 1)}`;
  const side = (at: number) => draw(at) < 0.5 ? -1 : 1;
  const [surprise, tone, market] = [side(2), side(3), side(4)];
  const expected = 0.5 + Math.round(200 * draw(5)) / 100;
  const size = Math.round(1 + 19 * draw(6)) / 100;
  const points = { surprise, tone, market }[signal];
  const follows = draw(7) < strength;
  return {
    report: {
      id: String(row),
      ticker: `SIM${row % (NAMES.length * KINDS.length)}`,
      date: dateOf(row),
      text: `${name} reported results. Management said that ${
        pick(tone > 0 ? GOOD : BAD, 1)
      }.`,
      figures: {},
      surprise: { actual: expected + surprise * size, expected },
      grades: [],
    },
    day: dateOf(row),
    returns: [{ of: "the market", sessions: 1, value: market * size / 10 }],
    change: (follows ? points : -points) * (0.005 + size / 10),
    end: dateOf(row + 1),
  };
}

const PARAMS = z.object({
  rows: z.int().positive().max(1_000_000).default(400),
  signal: z.enum(["surprise", "tone", "market"]).default("surprise"),
  strength: z.number().min(0.5).max(1).default(1),
  seed: z.int().nonnegative().default(0),
});

/**
 * Reports of companies that do not exist, one a day, for tests of methods: the sign
 * of the change is that of the signal with probability `strength`, whatever else the
 * report says. A forecast that knows the rule is right so often, and none can be
 * right more often.
 *
 * Params: see {@linkcode SimulateReportsParams}. Outputs: `events`; `bayesRate`, the
 * accuracy of the best forecast.
 *
 * @example
 * ```ts
 * import { simulateReports } from "@weft/weft/ops/movement";
 *
 * const { bayesRate, events } = await simulateReports.run({}, { rows: 10, strength: 0.8 });
 * console.log(events.length, bayesRate); // 10 0.8
 * ```
 */
export const simulateReports: Op<
  Record<never, never>,
  SimulateReportsParams,
  { events: ReportEvent[]; bayesRate: number }
> = op({
  name: "movement/simulateReports",
  version: "1",
  doc: "Reports of companies that do not exist, whose moves are known by rule",
  inputs: {},
  params: PARAMS,
  outputs: {
    events: port.value(z.array(REPORT_EVENT)),
    bayesRate: port.value(z.number()),
  },
  run: async (_, params) => {
    const draws = await wf.random.uniform(wf.random.key(params.seed), [
      params.rows * DRAWS,
    ], { dtype: "f64" }).data();
    return {
      events: Array.from(
        { length: params.rows },
        (_, row) => eventOf(row, draws, params),
      ),
      bayesRate: params.strength,
    };
  },
});
