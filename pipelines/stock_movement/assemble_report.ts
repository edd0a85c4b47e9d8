/**
 * From the results of the stages to the report.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import type { Tensor } from "../../runtime/tensor/mod.ts";
import {
  ANSWER_COMPARISON,
  ANSWER_SCORES,
  type AnswerComparison,
  type AnswerScores,
  CARD_DATA,
  CARD_STAGE,
  type CardData,
  cardMetrics,
  type CardPeriod,
  type CardStage,
  type CardTest,
  MODEL_CARD,
  type ModelCard,
  PERFORMANCE,
  type Performance,
} from "../../ops/evaluate/mod.ts";
import type { FineTuneReport } from "../../ops/language/mod.ts";
import { REPORT_EVENT, type ReportEvent } from "../../ops/reports.ts";
import { SPLITS, type Splits } from "../../ops/splits.ts";
import { economyText } from "./backtest.ts";
import {
  STOCK_MOVEMENT_REPORT,
  type StockMovementReport,
} from "./report_schema.ts";

/** The models, as people read of them. */
export const MODEL_NAMES: Readonly<Record<string, string>> = {
  tuned: "tuned on base and external factors",
  majority: "majority",
  logistic: "logistic regression on the factors",
  bagOfWords: "bag of words",
  untuned: "the model untuned",
  baseOnly: "tuned on base factors only",
};

const SOURCE = z.object({
  name: z.string(),
  note: z.string(),
  model: z.string(),
  scope: z.enum(["findings", "mechanics"]),
  figures: z.array(z.string()).readonly(),
  returnsOf: z.array(z.string()).readonly(),
});

const STAGE_SETTINGS = z.object({
  rank: z.int(),
  alpha: z.number(),
  epochs: z.int(),
  learningRate: z.number(),
  batchSize: z.int(),
  sequenceLength: z.int(),
  seed: z.int(),
  tokens: z.int(),
  embargoDays: z.int(),
  threshold: z.number().optional(),
  events: z.int().optional(),
});

/** With fewer rows of the test, figures say nothing about a method. */
const LEAST_ROWS = 100;

function periodOf(
  events: readonly ReportEvent[],
  start: number,
  end: number,
): CardPeriod {
  return {
    from: events[start]!.day,
    to: events[end - 1]!.day,
    rows: end - start,
  };
}

function testsOf(
  tables: Readonly<Record<string, AnswerComparison[]>>,
): CardTest[] {
  return Object.entries(tables).flatMap(([name, table]) =>
    table.map(({ metric, pValue }) => ({
      metric,
      baseline: MODEL_NAMES[name] ?? name,
      pValue,
      test: "paired permutation by day",
    }))
  );
}

function namedScores(scores: Readonly<Record<string, AnswerScores>>) {
  return Object.fromEntries(
    Object.entries(scores).filter(([name]) => name !== "tuned")
      .map(([name, own]) => [MODEL_NAMES[name] ?? name, own]),
  );
}

/**
 * The stage of the model card. Inputs: `events`; `splits`; `scores` by model;
 * `tests` of the tuned model against the others; scores on `shuffled` labels. Params:
 * `source`, what the data and the model are; `words` of the classes; `settings` of
 * the run. Outputs: `data` and `stages` of the card.
 */
export const assembleStage: Op<
  {
    events: ReportEvent[];
    splits: Splits;
    scores: Record<string, AnswerScores>;
    tests: Record<string, AnswerComparison[]>;
    shuffled: AnswerScores;
  },
  {
    source: z.input<typeof SOURCE>;
    words: readonly string[];
    settings: z.input<typeof STAGE_SETTINGS>;
  },
  { data: readonly CardData[]; stages: CardStage[] }
> = op({
  name: "stockMovement/assembleStage",
  version: "1",
  doc: "The stage of the model card",
  inputs: {
    events: port.value(z.array(REPORT_EVENT)),
    splits: port.value(SPLITS),
    scores: port.record(port.value(ANSWER_SCORES)),
    tests: port.record(port.value(z.array(ANSWER_COMPARISON))),
    shuffled: port.value(ANSWER_SCORES),
  },
  params: z.object({
    source: SOURCE,
    words: z.array(z.string()).readonly(),
    settings: STAGE_SETTINGS,
  }),
  outputs: {
    data: port.value(CARD_DATA),
    stages: port.value(z.array(CARD_STAGE)),
  },
  run: (inputs, { settings, source, words }) => {
    const { events, scores, shuffled, splits, tests } = inputs;
    const { embargoDays } = settings;
    const periods = splits.map((split) => ({
      train: periodOf(events, split.trainStart, split.trainEnd),
      validation: null,
      test: periodOf(events, split.testStart, split.testEnd),
      purge: split.testStart - split.trainEnd,
      embargo: 0,
    }));
    const last = periods.at(-1)!.train;
    const stage: CardStage = {
      title: `Movement by QLoRA: ${words.join(", ")}`,
      scope: (scores["tuned"]?.rows ?? 0) < LEAST_ROWS
        ? "mechanics"
        : source.scope,
      model: `${source.model}, NF4, LoRA of rank ${settings.rank}`,
      tuning: [
        {
          what: "LoRA adapters, logistic regression, words and class shares",
          on: "the training window",
          period: last,
          byWindow: true,
          by: "cross-entropy of the answer",
        },
        {
          what:
            `learning rate ${settings.learningRate}, epochs ${settings.epochs}, batches of ${settings.batchSize}, prompts of ${settings.tokens} tokens`,
          on: "nothing: fixed before the run",
          period: null,
          byWindow: false,
          by: null,
        },
      ],
      splits: periods,
      metrics: cardMetrics({
        model: MODEL_NAMES["tuned"]!,
        scores: scores["tuned"]!,
        baselines: namedScores(scores),
        shuffled,
        tests: testsOf(tests),
      }),
      notes: [
        `Outcomes of training end at least ${embargoDays} days before the first day of a test; rows in between are left out.`,
        "Intervals draw whole days, as reports of one day share the market.",
        "The untuned model is scored with its preference for a word taken off.",
        "The paper (arXiv 2408.06634) tunes a model of 8 billion parameters; its table of results, its formula of the label and its split could not be found.",
      ],
    };
    return {
      data: [{
        name: source.name,
        period: periodOf(events, 0, events.length),
        note: source.note,
      }],
      stages: [stage],
    };
  },
});

const TUNING = z.object({
  steps: z.int(),
  history: z.array(z.object({ loss: z.number() })),
  examples: z.object({ examples: z.int(), cut: z.int() }),
});

function countsOf(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) if (label >= 0) counts[label]! += 1;
  return counts;
}

/** All models trade the same events: all have a performance, or none. */
function economyOf(
  economy: Readonly<Record<string, Performance | null>> | undefined,
): Record<string, Performance> | null {
  const entries = Object.entries(economy ?? {}).flatMap(([name, own]) =>
    own === null ? [] : [[name, own] as const]
  );
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/**
 * The report. Inputs: `card` and its `sentences`; `labels` and those of the test
 * (`tested`); `confusions` by model; `tunings`, one a window; `prompts` and `splits`
 * for an example; `economy`, optional, performance by model, and `traded`, how many
 * events of the test it is of. Params: `words` of the classes; `economyNote`, what the
 * economy is measured on, or why there is none. Output: `report`.
 */
export const assembleReport: Op<
  {
    card: ModelCard;
    sentences: string[];
    labels: Tensor<"i32">;
    tested: Tensor<"i32">;
    confusions: Record<string, number[][]>;
    tunings: Pick<FineTuneReport, "steps" | "history" | "examples">[];
    prompts: string[];
    splits: Splits;
    economy?: Record<string, Performance | null>;
    traded?: number;
  },
  { words: readonly string[]; economyNote: string },
  { report: StockMovementReport }
> = op({
  name: "stockMovement/assembleReport",
  version: "2",
  doc: "The report of the pipeline",
  inputs: {
    card: port.value(MODEL_CARD),
    sentences: port.value(z.array(z.string())),
    labels: port.tensor("i32", ["t"]),
    tested: port.tensor("i32", ["t"]),
    confusions: port.record(port.value(z.array(z.array(z.number())))),
    tunings: port.list(port.value(TUNING)),
    prompts: port.value(z.array(z.string())),
    splits: port.value(SPLITS),
    economy: port.optional(port.record(port.value(PERFORMANCE.nullable()))),
    traded: port.optional(port.value(z.int())),
  },
  params: z.object({
    words: z.array(z.string()).readonly(),
    economyNote: z.string(),
  }),
  outputs: { report: port.value(STOCK_MOVEMENT_REPORT) },
  run: async (inputs, { economyNote, words }) => {
    const labels = await inputs.labels.data();
    const tested = await inputs.tested.data();
    const rows = inputs.splits.reduce(
      (sum, { testEnd, testStart }) => sum + testEnd - testStart,
      0,
    );
    const row = inputs.splits[0]!.testStart;
    return {
      report: {
        card: inputs.card,
        sentences: inputs.sentences,
        classes: words,
        counts: {
          all: countsOf(labels, words.length),
          test: countsOf(tested, words.length),
        },
        confusions: inputs.confusions,
        tunings: inputs.tunings.map(({ examples, history, steps }) => ({
          examples: examples.examples,
          cut: examples.cut,
          steps,
          firstLoss: history[0]!.loss,
          lastLoss: history.at(-1)!.loss,
        })),
        economy: economyOf(inputs.economy),
        economyNote: economyText(economyNote, inputs.traded, rows),
        example: {
          prompt: inputs.prompts[row]!,
          answer: words[labels[row]!] ?? "not known",
        },
      },
    };
  },
});
