/**
 * Metrics of a model card from the scores of classifiers.
 *
 * @module
 */

import type { Interval } from "./bootstrap.ts";
import type { CardMetric } from "./card_schema.ts";
import type { ClassScores } from "./evaluate_classes.ts";
import type { AnswerScores } from "./walk_forward_scores.ts";

/** The scores of one model by name, each with its interval, and how many `rows` they are of. */
export type NamedScores =
  | ClassScores
  | AnswerScores
  | Readonly<Record<string, Interval | number | null>>;

/** The p-value of a model against a baseline. */
export interface CardTest {
  /** The metric that it is about. */
  readonly metric: string;
  /** The baseline. */
  readonly baseline: string;
  /** Two-sided p-value. */
  readonly pValue: number;
  /** The test, for example `McNemar, mid-p`. */
  readonly test: string;
}

/** What {@linkcode cardMetrics} puts together. */
export interface CardMetricsInput {
  /** The model's name. */
  readonly model: string;
  /** Its scores. */
  readonly scores: NamedScores;
  /** The scores of each baseline on the same rows. */
  readonly baselines: Readonly<Record<string, NamedScores>>;
  /** The scores of the same stage on shuffled labels; left out where not run. */
  readonly shuffled?: NamedScores;
  /** The tests that were made. */
  readonly tests?: readonly CardTest[];
  /** Scores of which less is better; `brier`, `logLoss` and `expectedError`. */
  readonly lowerIsBetter?: readonly string[];
}

const LOWER_IS_BETTER = ["brier", "logLoss", "expectedError"];

function intervalsOf(scores: NamedScores): Map<string, Interval> {
  const intervals = new Map<string, Interval>();
  for (const [metric, score] of Object.entries(scores)) {
    if (typeof score === "object" && score !== null) {
      intervals.set(metric, score);
    }
  }
  return intervals;
}

/**
 * The metrics of a stage as a model card takes them: every score of the model
 * that is an interval, beside the same score of every baseline that has it.
 *
 * @param input The scores, as `evaluateClasses` or `walkForwardScores` give them.
 * @returns One metric for each score.
 *
 * @example
 * ```ts
 * import { cardMetrics } from "@weft/weft/ops/evaluate";
 *
 * const [accuracy] = cardMetrics({
 *   model: "QLoRA",
 *   scores: { rows: 400, accuracy: { value: 0.54, lower: 0.49, upper: 0.59 } },
 *   baselines: { majority: { rows: 400, accuracy: { value: 0.5, lower: 0.45, upper: 0.55 } } },
 * });
 * console.log(accuracy!.baselines[0]!.value); // 0.5
 * ```
 */
export function cardMetrics(
  {
    model,
    scores,
    baselines,
    shuffled = {},
    tests = [],
    lowerIsBetter = LOWER_IS_BETTER,
  }: CardMetricsInput,
): CardMetric[] {
  const { rows } = scores;
  const others = Object.entries(baselines).map(([name, own]) =>
    [name, intervalsOf(own)] as const
  );
  const chance = intervalsOf(shuffled);
  return [...intervalsOf(scores)].map(([metric, own]) => ({
    metric,
    model,
    rows: typeof rows === "number" ? rows : 0,
    lowerIsBetter: lowerIsBetter.includes(metric),
    ...own,
    baselines: others.flatMap(([name, intervals]) => {
      const score = intervals.get(metric);
      const made = tests.find((test) =>
        test.metric === metric && test.baseline === name
      );
      return score === undefined ? [] : [{
        model: name,
        ...score,
        pValue: made?.pValue ?? null,
        test: made?.test ?? null,
      }];
    }),
    shuffled: chance.get(metric) ?? null,
  }));
}
