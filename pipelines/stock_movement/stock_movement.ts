/**
 * Stock movement: from reports and what was known beside them to the move that
 * follows, by a language model that is tuned by QLoRA, and to a report that says how
 * good it was.
 *
 * @module
 */

import { map, type Node, type Output } from "../../runtime/flow/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { eventSplits, thinEvents } from "../../ops/data/mod.ts";
import {
  compareAnswers,
  modelCard,
  shuffleLabels,
  walkForwardScores,
} from "../../ops/evaluate/mod.ts";
import { type LanguageModel, quantizeNf4 } from "../../ops/language/mod.ts";
import {
  answerWords,
  bagOfWordsForecast,
  classPriorForecast,
  labelReports,
  logisticForecast,
  movementFactors,
  neutralPrompt,
  reportTexts,
} from "../../ops/movement/mod.ts";
import type { ReportEvent } from "../../ops/reports.ts";
import type { Splits } from "../../ops/splits.ts";
import { assembleReport, assembleStage } from "./assemble_report.ts";
import { movementBacktest } from "./backtest.ts";
import { languageStage } from "./language_stage.ts";
import { modelPrompts } from "./model_prompts.ts";
import { readLogits } from "./read_logits.ts";
import type { StockMovementReport } from "./report_schema.ts";
import {
  STOCK_MOVEMENT_SIZES,
  type StockMovementSettings,
} from "./settings.ts";
import { testOnly } from "./test_only.ts";
import { tradedChanges } from "./traded_changes.ts";

/** What the pipeline reads. */
export interface StockMovementInputs {
  /** Reports joined with what was known, and with what followed, by day. */
  readonly events: Output<ReportEvent[]>;
  /** The model, with its tokenizer. */
  readonly model: Output<LanguageModel>;
  /**
   * The same reports with the change from a price after each was known: what could
   * have been earned. Without them there is no back-test.
   */
  readonly traded?: Output<ReportEvent[]> | undefined;
}

/** What the data are, for the report and for the numeric baseline. */
export interface StockMovementSource {
  /** What the events are, for example `earnings calls`. */
  readonly name: string;
  /** Where they are from, and what must be known of them. */
  readonly note: string;
  /** What the model is called, with its size. */
  readonly model: string;
  /** What the figures may be read as. */
  readonly scope: "findings" | "mechanics";
  /** Figures whose growth the logistic regression reads. */
  readonly figures: readonly string[];
  /** What past returns are of, for the logistic regression. */
  readonly returnsOf: readonly string[];
  /** What the back-test is measured on, or why there is none: a sentence. */
  readonly economyNote: string;
}

/** What classifiers of one set of labels read. */
interface Labelled {
  readonly labels: Output<Tensor<"i32">>;
  readonly days: Output<Tensor<"i32">>;
  readonly splits: Output<Splits>;
}

/**
 * Wires the pipeline. Nothing runs until the node's value is asked for.
 *
 * The model is packed in NF4 and tuned on each training window, answers only; it is
 * compared with the majority, a logistic regression on the numeric factors, a bag of
 * words, itself before it was tuned (its preference for a word taken off), itself
 * tuned on the base factors alone, and itself on shuffled labels.
 *
 * @param inputs Events, for example of `reportMoves`, and a model.
 * @param source What they are.
 * @param settings See `STOCK_MOVEMENT_SETTINGS`.
 * @returns The node of the report; all stages hang on it.
 *
 * @example
 * ```ts
 * import { STOCK_MOVEMENT_SETTINGS, stockMovement } from "@weft/weft/pipelines";
 * import { loadModel, modelFiles, SMALL_MODEL } from "@weft/weft/ops/language";
 * import { simulateReports } from "@weft/weft/ops/movement";
 *
 * const report = stockMovement({
 *   events: simulateReports({}, { rows: 100 }).events,
 *   model: loadModel({ files: await modelFiles(SMALL_MODEL) }).model,
 * }, {
 *   name: "simulated reports",
 *   note: "the surprise decides",
 *   model: "the small model",
 *   scope: "mechanics",
 *   figures: [],
 *   returnsOf: ["the market"],
 *   economyNote: "There is no back-test, as nobody trades simulated stocks.",
 * }, STOCK_MOVEMENT_SETTINGS.parse({}));
 * console.log((await report.explain()).includes("fineTune")); // true
 * ```
 */
export function stockMovement(
  inputs: StockMovementInputs,
  source: StockMovementSource,
  settings: StockMovementSettings,
): Node<{ report: StockMovementReport }> {
  const size = STOCK_MOVEMENT_SIZES[settings.size];
  const { embargoDays, hold, seed, testShare, threshold } = settings;
  const words = answerWords(hold);
  const classes = words.length;
  const windows = settings.windows ?? size.windows;
  const tokens = settings.promptTokens ?? size.promptTokens;

  const { events } = thinEvents({ events: inputs.events }, {
    count: settings.events ?? size.events,
  });
  const { days, labels } = labelReports({ events }, {
    hold,
    threshold,
  });
  const { splits } = eventSplits({ events }, {
    testShare,
    windows,
    embargoDays,
  });
  const model = quantizeNf4({ model: inputs.model }).model;
  const promptsOf = (external: boolean) =>
    modelPrompts({ events, model: inputs.model }, {
      tokens,
      reportTokens: settings.reportTokens ?? size.reportTokens,
      external,
      hold,
    }).prompts;
  const prompts = promptsOf(true);
  const tuning = {
    rank: settings.rank,
    alpha: 2 * settings.rank,
    epochs: settings.epochs ?? size.epochs,
    learningRate: settings.learningRate ?? size.learningRate,
    batchSize: settings.batchSize,
    sequenceLength: tokens,
    seed,
  };
  const language = (
    own: Output<string[]>,
    target: Output<Tensor<"i32">>,
    isTuned: boolean,
  ) =>
    languageStage({ model, prompts: own, labels: target, splits }, {
      windows,
      words,
      tuning: isTuned ? tuning : null,
      neutral: isTuned ? undefined : neutralPrompt(hold),
    });
  const tuned = language(prompts, labels, true);
  const factors = movementFactors({ events }, {
    figures: source.figures,
    returnsOf: source.returnsOf,
  });
  const logits: Readonly<Record<string, Output<F64>>> = {
    tuned: tuned.logits,
    majority: classPriorForecast({ labels, splits }, { classes }).logits,
    logistic: logisticForecast({ features: factors.features, labels, splits }, {
      classes,
    }).logits,
    bagOfWords: bagOfWordsForecast({
      texts: reportTexts({ events }).texts,
      labels,
      splits,
    }, { classes }).logits,
    untuned: language(prompts, labels, false).logits,
    baseOnly: language(promptsOf(false), labels, true).logits,
  };
  const models = Object.keys(logits);
  const drawn = {
    classes,
    seed,
    resamples: settings.resamples ?? size.resamples,
  };
  const answers = map(models, (name) => readLogits({ logits: logits[name]! }));
  const scored = (
    { labels, days, splits }: Labelled,
    read: {
      readonly answers: Output<Tensor<"i32">>;
      readonly probabilities: Output<F64>;
    },
  ) => walkForwardScores({ labels, days, splits, ...read }, drawn);
  const scores = map(models, (name) =>
    scored({ labels, days, splits }, {
      answers: answers.answers[name]!,
      probabilities: answers.probabilities[name]!,
    }));
  const { tested } = testOnly({ labels, splits });
  const tests = map(
    models.filter((name) => name !== "tuned"),
    (name) =>
      compareAnswers({
        labels: tested,
        first: answers.answers["tuned"]!,
        second: answers.answers[name]!,
        clusters: days,
      }, { ...drawn, permutations: drawn.resamples }),
  );

  const backtestsOf = (changes: Output<F64>) =>
    map(models, (name) =>
      movementBacktest({
        answers: answers.answers[name]!,
        days,
        changes,
        splits,
      }, { classes, costs: settings.costs }));

  const shuffledLabels = shuffleLabels({ labels }, { seed }).y;
  const shuffledRead = readLogits({
    logits: language(prompts, shuffledLabels, true).logits,
  });
  const shuffled = scored({ labels: shuffledLabels, days, splits }, {
    answers: shuffledRead.answers,
    probabilities: shuffledRead.probabilities,
  });
  const economy = inputs.traded === undefined
    ? undefined
    : backtestsOf(tradedChanges({ events, traded: inputs.traded }).changes);
  const stage = assembleStage({
    events,
    splits,
    scores: scores.scores,
    tests: tests.table,
    shuffled: shuffled.scores,
  }, {
    source: { ...source, figures: [...source.figures] },
    words,
    settings: {
      ...tuning,
      tokens,
      embargoDays,
      threshold,
      events: settings.events,
    },
  });
  const card = modelCard({ data: stage.data, stages: stage.stages }, {
    title: "Stock movement after reports",
    size: settings.size,
  });
  return assembleReport({
    card: card.card,
    sentences: card.sentences,
    labels,
    tested,
    confusions: scores.confusion,
    tunings: tuned.reports,
    prompts,
    splits,
    ...(economy === undefined ? {} : {
      economy: economy.performance,
      traded: economy.events["tuned"]!,
    }),
  }, { words, economyNote: source.economyNote });
}
