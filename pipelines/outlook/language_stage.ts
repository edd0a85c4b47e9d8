/**
 * The language stages on days of a price: a model tuned by QLoRA to answer with the
 * movement, and one that learns to score evidence first (RETuning), whose answers
 * are put to the vote.
 *
 * @module
 */

import type { DataFrame } from "nodejs-polars";
import type { Output } from "../../runtime/flow/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import {
  type EvidenceCounts,
  evidenceOfEvents,
  fitStructuredScorer,
  structuredForecast,
} from "../../ops/evidence/mod.ts";
import {
  type FineTuneReport,
  type LanguageModel,
  quantizeNf4,
} from "../../ops/language/mod.ts";
import {
  bagOfWordsForecast,
  earningsPrompts,
  labelReports,
  MOVEMENT_CLASSES,
} from "../../ops/movement/mod.ts";
import type { CompanyReport, ReportEvent } from "../../ops/reports.ts";
import type { Splits } from "../../ops/splits.ts";
import { RETUNING_SETTINGS } from "../retuning/settings.ts";
import { tuningChain } from "../retuning/tuning_chain.ts";
import { languageStage as answeredPrompts } from "../stock_movement/language_stage.ts";
import { dayEvents } from "./day_events.ts";
import { eventWindows, joinWindows, standingLogits } from "./event_windows.ts";
import { type Settings, SIZES } from "./settings.ts";
import { windowItems } from "./window_items.ts";

/** What the language stages read. */
export interface LanguageInputs {
  /** The rows of all stages, with `date` and past returns. */
  readonly table: Output<DataFrame>;
  /** Reports. */
  readonly reports: Output<CompanyReport[]>;
  /** The base in 4 bits, with its tokenizer. */
  readonly model: Output<LanguageModel>;
  /** Returns over the horizon to come, f64 `["t"]`. */
  readonly changes: Output<F64>;
  /** Walk-forward windows of the movement stage. */
  readonly splits: Output<Splits>;
}

/** Events of days, and windows over them. */
interface Asked {
  readonly model: Output<LanguageModel>;
  readonly events: Output<ReportEvent[]>;
  readonly rows: Output<number[]>;
  readonly known: Output<number>;
  readonly splits: Output<Splits>;
}

function askedDays(inputs: LanguageInputs, settings: Settings): Asked {
  const { language } = SIZES[settings.size];
  const { horizon, reportLag, ticker } = settings;
  const { changes, model, reports, splits, table } = inputs;
  const { events, known, rows } = dayEvents(
    { table, reports, changes, splits },
    {
      horizon,
      weeks: language.weeks,
      lag: reportLag,
      ticker,
    },
  );
  return {
    model,
    events,
    rows,
    known,
    splits: eventWindows({ rows, splits }, {
      refits: language.refits,
      purge: horizon,
    }).splits,
  };
}

/** Logits of the word behind each prompt, before and after tuning. */
function movementAnswers(asked: Asked, settings: Settings) {
  const { events, model, splits } = asked;
  const { movement, refits } = SIZES[settings.size].language;
  const { prompts } = earningsPrompts({ events }, {
    words: MOVEMENT_CLASSES,
    budget: movement.promptTokens,
    reportTokens: movement.reportTokens,
    maxFigures: movement.maxFigures,
    charactersPerToken: movement.charactersPerToken,
  });
  const { labels } = labelReports({ events }, {
    hold: true,
    threshold: settings.threshold,
  });
  const answers = (isTuned: boolean) =>
    answeredPrompts({ model, prompts, labels, splits }, {
      windows: refits,
      words: MOVEMENT_CLASSES,
      tuning: isTuned ? { ...movement.tuning, seed: settings.seed } : null,
      mostExamples: movement.examples,
    });
  const tuned = answers(true);
  return {
    bagOfWords: bagOfWordsForecast({ texts: prompts, labels, splits }).logits,
    untuned: () => answers(false).logits,
    qlora: tuned.logits,
    reports: tuned.reports,
  };
}

/** Logits of votes on evidence, and of the scorer that writes the first examples. */
function evidenceAnswers(asked: Asked, settings: Settings) {
  const { events, model, rows, splits } = asked;
  const { evidence, refits } = SIZES[settings.size].language;
  const { horizon, seed, threshold } = settings;
  const { step, ...sizes } = evidence;
  const own = RETUNING_SETTINGS.parse({ ...sizes, seed, threshold });
  const { coldItems, policyItems } = own;
  const { items } = evidenceOfEvents({ events }, {
    threshold,
    until: "close",
    horizon,
  });
  const voted = Array.from({ length: refits }, (_, window) => {
    const { cold, pool, test, train } = windowItems({ items, splits }, {
      window,
      coldItems,
      policyItems,
      step,
    });
    const { scorer } = fitStructuredScorer({ items: train }, { threshold });
    return tuningChain({ model, scorer, cold, pool, test }, own).tuned;
  });
  const parts = voted.map(({ logits }) => logits);
  return {
    structured: structuredForecast({ items, splits }, { threshold }).logits,
    retuning: joinWindows({ parts, splits, rows }, { step }).logits,
    counts: voted.map(({ counts }) => counts),
  };
}

/** Logits of all rows by model, f64 `["t", "k"]`, NaN outside of the test windows. */
export interface LanguageLogits {
  /** A bag of words on the prompts. */
  readonly bagOfWords: Output<F64>;
  /** The base as it is. */
  readonly untuned: Output<F64>;
  /** The base tuned by QLoRA. */
  readonly qlora: Output<F64>;
  /** Numeric factors and a list of words. */
  readonly structured: Output<F64>;
  /** The votes of the model that scores evidence. */
  readonly retuning: Output<F64>;
}

/** What the language stages give. */
export interface LanguageStage {
  /** The logits. */
  readonly logits: LanguageLogits;
  /** Windows over the days that are asked about. */
  readonly splits: Output<Splits>;
  /** The row of each of these days. */
  readonly rows: Output<number[]>;
  /** On how many of these days a report was known. */
  readonly known: Output<number>;
  /** What is told of tuning, one for each window. */
  readonly tuning: readonly Output<FineTuneReport>[];
  /** How well answers kept to the form, one for each window. */
  readonly counts: readonly Output<EvidenceCounts>[];
}

/**
 * Wires the language stages. Models are asked about the first session of every few
 * weeks; on the days between the last answer stands, so that no day knows a later
 * one.
 *
 * @param inputs Table, reports, model, outcomes and windows.
 * @param settings The settings of the outlook.
 * @param untuned Logits of the untuned base, where they are known from elsewhere:
 * outcomes do not change them.
 * @returns Logits and windows.
 */
export function languageStage(
  inputs: LanguageInputs,
  settings: Settings,
  untuned?: Output<F64>,
): LanguageStage {
  const asked = askedDays(inputs, settings);
  const { rows } = asked;
  const movement = movementAnswers(asked, settings);
  const evidence = evidenceAnswers(asked, settings);
  const standing = (logits: Output<F64>) =>
    standingLogits({
      logits,
      rows,
      splits: inputs.splits,
      like: inputs.changes,
    }).logits;
  return {
    logits: {
      bagOfWords: standing(movement.bagOfWords),
      untuned: untuned ?? standing(movement.untuned()),
      qlora: standing(movement.qlora),
      structured: standing(evidence.structured),
      retuning: standing(evidence.retuning),
    },
    splits: asked.splits,
    rows,
    known: asked.known,
    tuning: movement.reports,
    counts: evidence.counts,
  };
}

/**
 * The base of the language stages in 4 bits (NF4), as QLoRA has it.
 *
 * @param model The base.
 * @returns The base, quantised.
 */
export function quantizedBase(
  model: Output<LanguageModel>,
): Output<LanguageModel> {
  return quantizeNf4({ model }).model;
}
