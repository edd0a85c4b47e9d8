/**
 * The stages of the outlook as a model card tells of them.
 *
 * @module
 */

import {
  type CardBaseline,
  type CardMetric,
  cardMetrics,
  type CardSplit,
  type CardStage,
  type CardTuning,
  type ClassScores,
} from "../../ops/evaluate/mod.ts";
import type { EvidenceCounts } from "../../ops/evidence/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import { periodOf } from "./days.ts";
import { askedEvents } from "./event_windows.ts";
import { ALL_SPLITS } from "./metrics.ts";
import { modelName } from "./models.ts";
import { FUSED_EXPERTS, MOVEMENT_BASELINE } from "./movement_stage.ts";
import type { Comparison, Metric } from "./report_schema.ts";

/** What the card is made from. */
export interface CardInputs {
  /** The days of all rows. */
  readonly days: readonly string[];
  /** Windows of the volatility stage. */
  readonly splits: Splits;
  /** Windows of the movement stage. */
  readonly movementSplits: Splits;
  /** The row of each day that language models are asked about. */
  readonly eventRows: readonly number[];
  /** Windows over these days. */
  readonly eventSplits: Splits;
  /** Every how many-th of these days evidence is asked about. */
  readonly evidenceStep: number;
  /** All metrics of the report. */
  readonly metrics: readonly Metric[];
  /** Tests of volatility forecasts. */
  readonly comparisons: readonly Comparison[];
  /** Scores of the movement stage by model. */
  readonly scores: Readonly<Record<string, ClassScores>>;
  /** The same on shuffled labels. */
  readonly shuffled: Readonly<Record<string, ClassScores>>;
  /** How well answers about evidence kept to the form. */
  readonly counts: readonly EvidenceCounts[];
  /** What the language model is called. */
  readonly model: string;
  /** Whether it is too small for its figures to mean anything. */
  readonly isMechanicsOnly: boolean;
}

const METRICS = ["accuracy", "weightedF1", "matthews", "logLoss"];

function splitsOf(days: readonly string[], splits: Splits): CardSplit[] {
  return splits.map(({ trainStart, trainEnd, testStart, testEnd }) => ({
    train: periodOf(days, trainStart, trainEnd),
    validation: null,
    test: periodOf(days, testStart, Math.min(testEnd, days.length)),
    purge: testStart - trainEnd,
    embargo: 0,
  }));
}

/** Something that is fitted anew for each window, on its training days. */
function fitted(
  what: string,
  by: string | null,
  splits: readonly CardSplit[],
): CardTuning {
  return {
    what,
    on: "the training window of each test window",
    period: splits.at(-1)!.train,
    byWindow: true,
    by,
  };
}

/** How often a model is asked, and what stands between. */
function askedNote(asked: number): string {
  return `The model is asked about ${asked} of the days of the test windows; between two of them the last answer stands. Outcomes that were not known on the first day of a test window are not learnt from.`;
}

function volatilityMetrics(
  { metrics, comparisons }: CardInputs,
): CardMetric[] {
  const own = metrics.filter(({ stage, split, metric, model, baseline }) =>
    stage === "volatility" && split === ALL_SPLITS && metric === "qlike" &&
    model !== baseline.model
  );
  return own.map(({ baseline, model, rows, shuffled, value }) => {
    const test = comparisons.find((one) =>
      one.model === model && one.loss === "qlike"
    );
    const against: CardBaseline = {
      model: modelName(baseline.model),
      value: baseline.value,
      lower: null,
      upper: null,
      pValue: test?.pValue ?? null,
      test: test === undefined ? null : "Diebold-Mariano",
    };
    return {
      metric: "qlike",
      model: modelName(model),
      rows,
      lowerIsBetter: true,
      value,
      lower: null,
      upper: null,
      baselines: [against],
      shuffled: shuffled === null
        ? null
        : { value: shuffled, lower: null, upper: null },
    };
  });
}

function classMetrics(
  { scores, shuffled }: CardInputs,
  model: string,
  baselines: readonly string[],
): CardMetric[] {
  const chance = shuffled[model];
  return cardMetrics({
    model: modelName(model),
    scores: scores[model]!,
    baselines: Object.fromEntries(
      baselines.map((name) => [modelName(name), scores[name]!]),
    ),
    ...(chance === undefined ? {} : { shuffled: chance }),
  }).filter(({ metric }) => METRICS.includes(metric));
}

function formNote(counts: readonly EvidenceCounts[]): string {
  const sum = (of: "responses" | "strict" | "unanswered") =>
    counts.reduce((total, one) => total + one[of], 0);
  return `Of ${sum("responses")} answers ${
    sum("strict")
  } kept to the form to the letter; ${
    sum("unanswered")
  } had no answer and did not vote. Where nobody votes, all classes count the same.`;
}

/**
 * The stages in the order in which they are chained: volatility, movement by
 * numbers, movement by QLoRA, evidence by RETuning, and their fusion.
 *
 * @param inputs Windows, scores and what is told of the models.
 * @returns The stages of the card.
 */
export function cardStages(inputs: CardInputs): CardStage[] {
  const { days, eventRows, eventSplits, evidenceStep, model } = inputs;
  const volatility = splitsOf(days, inputs.splits);
  const movement = splitsOf(days, inputs.movementSplits);
  const asked = splitsOf(eventRows.map((row) => days[row]!), eventSplits);
  const askedEvery = (step: number) =>
    askedNote(
      eventSplits.reduce(
        (sum, split) => sum + askedEvents(split, step).length,
        0,
      ),
    );
  const scope = inputs.isMechanicsOnly ? "mechanics" : "findings";
  const experts = FUSED_EXPERTS.map(modelName).join(", ");
  return [
    {
      title: "Volatility a day ahead",
      scope: "findings",
      model: "EWMA, GARCH, EGARCH, HAR, Gaussian processes",
      tuning: [fitted("all parameters", "likelihood", volatility)],
      splits: volatility,
      metrics: volatilityMetrics(inputs),
      notes: [
        "On shuffled data days are dealt anew, so that no day tells of the next.",
      ],
    },
    {
      title: "Movement by numbers",
      scope: "findings",
      model: "logistic regressions, debiased by their earlier forecasts",
      tuning: [
        fitted("weights and debiasing", "penalised likelihood", movement),
      ],
      splits: movement,
      metrics: ["technicalDebiased", "volatilityDebiased"].flatMap((own) =>
        classMetrics(inputs, own, [MOVEMENT_BASELINE])
      ),
      notes: [],
    },
    {
      title: "Movement by QLoRA",
      scope,
      model: `${model}, 4 bits (NF4), LoRA`,
      tuning: [fitted("LoRA adapters", "likelihood of the answers", asked)],
      splits: asked,
      metrics: classMetrics(inputs, "qlora", [
        MOVEMENT_BASELINE,
        "technical",
        "bagOfWords",
        "untuned",
      ]),
      notes: [askedEvery(1)],
    },
    {
      title: "Evidence by RETuning",
      scope,
      model: `${model}, 4 bits (NF4), LoRA, examples then GRPO, votes`,
      tuning: [
        fitted("the structured scorer", "penalised likelihood", asked),
        fitted(
          "LoRA adapters",
          "likelihood of the examples, then rewards",
          asked,
        ),
      ],
      splits: asked,
      metrics: classMetrics(inputs, "retuning", [
        MOVEMENT_BASELINE,
        "structured",
        "untuned",
      ]),
      notes: [
        askedEvery(evidenceStep),
        "The structured scorer answers on every day that the model of the stage before is asked about.",
        "Its examples are brief: for each side the strongest evidence with its score, then the answer. The framework and the doubts of the full procedure are asked for, but not shown.",
        formNote(inputs.counts),
      ],
    },
    {
      title: "Fusion",
      scope,
      model: `dynamic logit fusion of the volatility expert with: ${experts}`,
      tuning: [fitted("debiasing of each expert", null, movement)],
      splits: movement,
      metrics: classMetrics(inputs, "fused", [
        MOVEMENT_BASELINE,
        "volatilityDebiased",
        "fusedNumbers",
      ]),
      notes: [
        "The weights of the fusion are chosen day by day from the logits alone, without labels.",
      ],
    },
  ];
}
