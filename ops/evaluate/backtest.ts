/**
 * The economic view: what positions would have earned after costs.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, tensor } from "../../runtime/tensor/mod.ts";
import {
  equityOf,
  PERFORMANCE,
  type Performance,
  performanceOf,
} from "./performance.ts";

/** Params of {@linkcode backtest}. */
export type BacktestParams = {
  /** Rows from the one in which a position is known to the one whose return it earns, at least 1; 1. */
  delay?: number | undefined;
  /** Cost of a turnover of the whole equity, in basis points (0.01 %); 10. */
  costs?: number | undefined;
  /** Rows a year; 252. */
  periodsPerYear?: number | undefined;
};

/**
 * Refuses numbers that are not finite.
 *
 * @param name What they are.
 * @param values The numbers.
 * @param width How many stand in a row.
 * @throws {DataError} With the row.
 */
export function checkFinite(
  name: string,
  values: Float64Array,
  width = 1,
): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (values.length > 0 && bad < 0) return;
  throw new DataError(
    `Cannot test positions as "${name}" is empty or not finite`,
    {
      actual: values.length === 0
        ? "no rows"
        : `${values[bad]} in row ${Math.floor(bad / width)}`,
      hint: "A missing return is no return of 0: leave such rows out first",
    },
  );
}

/**
 * Refuses returns that lose all.
 *
 * @param returns Net simple returns.
 * @throws {DataError} With the row.
 */
export function checkSolvent(returns: Float64Array): void {
  const bad = returns.findIndex((rate) => rate <= -1);
  if (bad < 0) return;
  throw new DataError(
    `Cannot go on after row ${bad} as the positions lose all there is`,
    {
      actual: `a return of ${returns[bad]}`,
      hint:
        "Returns are shares, not per cent; if they are right, take smaller positions",
    },
  );
}

/** Positions as they are held, their net returns and turnover, row by row. */
function heldRows(
  positions: Float64Array,
  returns: Float64Array,
  width: number,
  delay: number,
  costs: number,
) {
  const rows = returns.length / width;
  const held = new Float64Array(rows * width);
  held.set(
    positions.subarray(0, Math.max(0, rows - delay) * width),
    Math.min(rows, delay) * width,
  );
  const net = new Float64Array(rows);
  const turnover = new Float64Array(rows);
  const isInvested: boolean[] = [];
  for (let row = 0; row < rows; row++) {
    let [gross, traded, invested] = [0, 0, false];
    for (let at = row * width; at < (row + 1) * width; at++) {
      gross += held[at]! * returns[at]!;
      traded += Math.abs(held[at]! - (row === 0 ? 0 : held[at - width]!));
      invested ||= held[at] !== 0;
    }
    net[row] = gross - traded * costs / 10_000;
    turnover[row] = traded;
    isInvested.push(invested);
  }
  return { held, net, turnover, isInvested };
}

/**
 * What positions would have earned. A position known in row `t` earns the
 * return of row `t + delay`, with `delay` at least 1, so that nothing looks
 * ahead. Positions are shares of the equity, set anew in each row; turnover is
 * how much they change by, and costs that many basis points. Leverage, short
 * sales and cash cost and earn nothing; prices do not move by the trades.
 *
 * Whether positions look ahead is to be checked where they are made
 * (`checkCausal` on that op): a position that knows the next row earns it, and
 * the returns, row by row, do not show it.
 *
 * Inputs: `positions` and `returns`, f64 `["t", "assets"]`, finite, `returns`
 * the simple return of each row from the row before. Params:
 * {@linkcode BacktestParams}. Outputs: `held`, f64 `["t", "assets"]`, the
 * positions as they are held in each row; `net`, `turnover` and `equity`, f64
 * `["t"]`; `performance`, see {@linkcode Performance}; `holding`, the same of
 * equal shares of all assets that are bought in the row of the first position
 * and set anew in each row, at the same costs.
 *
 * @throws {DataError} If a number is not finite, or all is lost.
 *
 * @example
 * ```ts
 * import { backtest } from "@weft/weft/ops/evaluate";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { equity, performance } = await backtest.run({
 *   positions: wf.tensor([[1], [1], [-1], [0]], { dtype: "f64" }),
 *   returns: wf.tensor([[0.5], [0.1], [0.1], [-0.1]], { dtype: "f64" }),
 * }, { costs: 0 });
 * console.log(await equity.toArray()); // [1, 1.1, 1.21, 1.331]
 * console.log(performance.hitRate, performance.meanTurnover); // 1 0.75
 * ```
 */
export const backtest: Op<
  { positions: F64; returns: F64 },
  BacktestParams,
  {
    held: F64;
    net: F64;
    turnover: F64;
    equity: F64;
    performance: Performance;
    holding: Performance;
  }
> = op({
  name: "evaluate/backtest",
  version: "1",
  doc: "What positions would have earned after costs, without a look ahead",
  inputs: {
    positions: port.tensor("f64", ["t", "assets"], {
      doc: "Shares of the equity, as known in each row",
    }),
    returns: port.tensor("f64", ["t", "assets"], {
      doc: "Simple return of each row from the row before",
    }),
  },
  params: z.object({
    delay: z.int().min(1).default(1),
    costs: z.number().nonnegative().default(10),
    periodsPerYear: z.number().positive().default(252),
  }),
  outputs: {
    held: port.tensor("f64", ["t", "assets"]),
    net: port.tensor("f64", ["t"]),
    turnover: port.tensor("f64", ["t"]),
    equity: port.tensor("f64", ["t"]),
    performance: port.value(PERFORMANCE),
    holding: port.value(PERFORMANCE),
  },
  run: async (inputs, { delay, costs, periodsPerYear }) => {
    const width = inputs.returns.shape[1]!;
    const positions = await inputs.positions.data();
    const returns = await inputs.returns.data();
    checkFinite("positions", positions, width);
    checkFinite("returns", returns, width);
    const own = heldRows(positions, returns, width, delay, costs);
    checkSolvent(own.net);

    const first = Math.floor(
      positions.findIndex((position) => position !== 0) / width,
    );
    const equal = positions.map((_, at) =>
      first >= 0 && Math.floor(at / width) >= first ? 1 / width : 0
    );
    const all = heldRows(equal, returns, width, delay, costs);
    checkSolvent(all.net);
    const performance = ({ net, turnover, isInvested }: typeof own) =>
      performanceOf({ returns: net, turnover, isInvested, periodsPerYear });
    return {
      held: tensor(own.held, { shape: inputs.positions.shape }),
      net: tensor(own.net),
      turnover: tensor(own.turnover),
      equity: tensor(equityOf(own.net)),
      performance: performance(own),
      holding: performance(all),
    };
  },
});
