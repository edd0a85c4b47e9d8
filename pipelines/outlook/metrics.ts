/**
 * From the tables of the stages to one list of metrics, each beside its
 * baseline and the same stage on shuffled data.
 *
 * @module
 */

import type {
  ClassScores,
  ScoreTable,
  WindowScores,
} from "../../ops/evaluate/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import { inOrder } from "./models.ts";
import { MOVEMENT_BASELINE } from "./movement_stage.ts";
import type { Comparison, Metric } from "./report_schema.ts";
import { VOLATILITY_BASELINE } from "./volatility_stage.ts";

/** The name of the split that holds all test rows. */
export const ALL_SPLITS = "all";

/** The losses of a forecast, by name. */
export type LossName = "qlike" | "mse";

/** Losses by model, a number for each row; NaN where there is no forecast. */
export type LossSeries = Readonly<Record<string, Float64Array>>;

/** What is taken from a row of the table that `scoreForecasts` gives. */
export interface ForecastScore {
  /** The model. */
  readonly model: string;
  /** The loss. */
  readonly loss: string;
  /** The Diebold-Mariano test against the baseline; null for itself. */
  readonly comparison: {
    readonly statistic: number;
    readonly pValue: number;
  } | null;
}

/** The mean over the rows that `others`, by default the same, have too. */
function meanBetween(
  values: Float64Array,
  start: number,
  end: number,
  others: Float64Array = values,
): { mean: number; rows: number } {
  let sum = 0;
  let rows = 0;
  for (let row = start; row < end; row++) {
    const value = values[row]!;
    if (!Number.isNaN(value) && !Number.isNaN(others[row]!)) {
      sum += value;
      rows++;
    }
  }
  return { mean: sum / rows, rows };
}

/** What the volatility metrics are made from. */
export interface VolatilityScores {
  /** Names of the walk-forward windows, in order. */
  readonly names: readonly string[];
  /** The windows. */
  readonly splits: Splits;
  /** Losses by row, for each loss and model. */
  readonly losses: Readonly<Record<LossName, LossSeries>>;
  /** The same losses on shuffled days. */
  readonly shuffled: Readonly<Record<LossName, LossSeries>>;
}

/**
 * Metrics of the volatility stage: each loss of each model on all test rows
 * and on each test window.
 *
 * @param scores What the stage gave.
 * @returns The metrics.
 */
export function volatilityMetrics(scores: VolatilityScores): Metric[] {
  const { names, splits, losses, shuffled } = scores;
  const metrics: Metric[] = [];
  for (const metric of Object.keys(losses) as LossName[]) {
    const byModel = losses[metric];
    const baseline = byModel[VOLATILITY_BASELINE]!;
    for (const [model, values] of inOrder(byModel)) {
      const chance = shuffled[metric][model]!;
      const add = (split: string, start: number, end: number) => {
        const { mean, rows } = meanBetween(values, start, end);
        if (rows === 0) return;
        metrics.push({
          stage: "volatility",
          model,
          split,
          metric,
          rows,
          value: mean,
          lower: null,
          upper: null,
          lowerIsBetter: true,
          baseline: {
            model: VOLATILITY_BASELINE,
            value: meanBetween(baseline, start, end, values).mean,
          },
          shuffled: meanBetween(chance, start, end).mean,
        });
      };
      add(ALL_SPLITS, 0, values.length);
      splits.forEach(({ testStart, testEnd }, index) =>
        add(names[index]!, testStart, testEnd)
      );
    }
  }
  return metrics;
}

/**
 * The tests of each model's losses against the baseline's.
 *
 * @param table The table of `scoreForecasts`.
 * @returns One comparison for each model and loss.
 */
export function comparisonsOf(table: readonly ForecastScore[]): Comparison[] {
  return table.flatMap(({ model, loss, comparison }) =>
    comparison === null ? [] : [{
      model,
      baseline: VOLATILITY_BASELINE,
      loss,
      statistic: comparison.statistic,
      pValue: comparison.pValue,
    }]
  );
}

const LOWER_IS_BETTER: ScoreTable<boolean> = {
  accuracy: false,
  macroF1: false,
  weightedF1: false,
  matthews: false,
  brier: true,
  logLoss: true,
};

/** Scores of each window, as `evaluateClasses` gives them. */
export type ScoresByWindow = readonly WindowScores[];

/** What the movement metrics are made from. */
export interface MovementScores {
  /** Names of the walk-forward windows, in order. */
  readonly names: readonly string[];
  /** Scores of each model on all test rows. */
  readonly scores: Readonly<Record<string, ClassScores>>;
  /** Scores of each model on each window. */
  readonly byWindow: Readonly<Record<string, ScoresByWindow>>;
  /** Scores of each model on shuffled labels. */
  readonly shuffled: Readonly<Record<string, ClassScores>>;
  /** Scores of each model on shuffled labels, on each window. */
  readonly shuffledByWindow: Readonly<Record<string, ScoresByWindow>>;
}

/**
 * Metrics of the movement stage: each score of each model on all test rows,
 * with its bootstrap interval, and on each test window.
 *
 * @param input What the stage gave.
 * @returns The metrics.
 */
export function movementMetrics(input: MovementScores): Metric[] {
  const { names, scores, byWindow, shuffled, shuffledByWindow } = input;
  const metrics: Metric[] = [];
  for (const [metric, lowerIsBetter] of Object.entries(LOWER_IS_BETTER)) {
    const name = metric as keyof ScoreTable<unknown>;
    const baseline = scores[MOVEMENT_BASELINE]!;
    for (const [model, { rows, [name]: interval }] of inOrder(scores)) {
      const common = {
        stage: "movement",
        model,
        metric,
        lowerIsBetter,
      } as const;
      metrics.push({
        ...common,
        ...interval,
        split: ALL_SPLITS,
        rows,
        baseline: { model: MOVEMENT_BASELINE, value: baseline[name].value },
        shuffled: shuffled[model]![name].value,
      });
      for (const window of byWindow[model] ?? []) {
        const inWindow = (others: ScoresByWindow) =>
          others.find((other) => other.window === window.window);
        metrics.push({
          ...common,
          split: names[window.window]!,
          rows: window.rows,
          value: window[name],
          lower: null,
          upper: null,
          baseline: {
            model: MOVEMENT_BASELINE,
            value: inWindow(byWindow[MOVEMENT_BASELINE]!)![name],
          },
          shuffled: inWindow(shuffledByWindow[model]!)?.[name] ?? null,
        });
      }
    }
  }
  return metrics;
}
