/**
 * Evaluations as parts of a report page, the same in every pipeline: what
 * positions would have earned, and how reliable probabilities are.
 *
 * @module
 */

import type { Performance, ReliabilityCurve } from "../ops/evaluate/mod.ts";
import {
  calibrationFigure,
  type Figure,
  lineFigure,
  type ResultTable,
  resultTable,
} from "../runtime/display/mod.ts";

/**
 * Figures of strategies side by side.
 *
 * @param strategies Performance by name.
 * @param caption What the table shows: cost, delay and period belong here.
 * @param baseline The name of the strategy that is set apart.
 * @returns A table for page and terminal; rates, drawdown, hit rate, exposure
 * and turnover in per cent.
 */
export function performanceTable(
  strategies: Readonly<Record<string, Performance>>,
  caption: string,
  baseline?: string,
): ResultTable {
  return resultTable(
    [
      "strategy",
      { label: "return a year, %", digits: 3 },
      { label: "volatility a year, %", digits: 3 },
      { label: "Sharpe ratio", digits: 3, best: "high" },
      { label: "its standard error", digits: 2 },
      { label: "largest drawdown, %", digits: 3, best: "low" },
      { label: "hits, %", digits: 3 },
      { label: "invested, %", digits: 3 },
      { label: "turnover a period, %", digits: 3 },
    ],
    Object.entries(strategies).map(([name, performance]) => ({
      cells: [
        name,
        100 * performance.annualReturn,
        100 * performance.annualVolatility,
        performance.sharpe,
        performance.sharpeError,
        100 * performance.maximumDrawdown,
        100 * performance.hitRate,
        100 * performance.exposure,
        100 * performance.meanTurnover,
      ],
      tone: name === baseline ? "baseline" : "plain",
    })),
    { caption },
  );
}

/**
 * The equity of strategies over time.
 *
 * @param days Days, ISO 8601.
 * @param equities Equity by name, of 1 at the start, each as long as `days`.
 * @returns The figure.
 */
export function equityFigure(
  days: readonly string[],
  equities: Readonly<Record<string, ArrayLike<number>>>,
): Figure {
  return lineFigure(
    [...days],
    Object.entries(equities).map(([name, equity]) => ({
      name,
      y: Array.from(equity),
    })),
    { title: "Equity after costs", yLabel: "of 1 at the start" },
  );
}

/**
 * Reliability curves with the intervals of what came true.
 *
 * @param curves Curves by name.
 * @returns The figure.
 */
export function reliabilityFigure(
  curves: Readonly<Record<string, ReliabilityCurve>>,
): Figure {
  return calibrationFigure(
    Object.entries(curves).map(([name, { bins }]) => ({
      name,
      predicted: bins.map(({ meanPredicted }) => meanPredicted),
      observed: bins.map(({ observed }) => observed),
      counts: bins.map(({ count }) => count),
      lower: bins.map(({ observedLower }) => observedLower),
      upper: bins.map(({ observedUpper }) => observedUpper),
    })),
    { title: "Reliability" },
  );
}
