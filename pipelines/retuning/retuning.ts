/**
 * RETuning from items to a report.
 *
 * @module
 */

import { compareAnswers, walkForwardScores } from "../../ops/evaluate/mod.ts";
import type { EvidenceItem } from "../../ops/evidence/mod.ts";
import type { LanguageModel } from "../../ops/language/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import type { Node, Output } from "../../runtime/flow/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { assembleReport } from "./assemble_report.ts";
import { placeRows } from "./item_ops.ts";
import type { RetuningReport } from "./report_schema.ts";
import type { RetuningSettings } from "./settings.ts";
import { shownResponses } from "./shown_responses.ts";
import type { VotedAnswers } from "./tuning_chain.ts";
import {
  BASELINE_NAMES,
  type WindowAnswers,
  windowChain,
} from "./window_chain.ts";

/** What RETuning runs on. */
export interface RetuningInputs {
  /** Items by day. */
  readonly items: Output<EvidenceItem[]>;
  /**
   * Windows over the items, with a gap between training and test: as many as the
   * settings say.
   */
  readonly splits: Output<Splits> | Splits;
  /** The model, with its tokenizer. */
  readonly model: Output<LanguageModel>;
  /** Accuracy of the best rule, where items are simulated. */
  readonly bayesRate?: Output<number> | undefined;
}

/** How the report presents it; nothing of it changes numbers. */
export interface RetuningLabels {
  /** What the model is called. */
  readonly model: string;
  /** What its figures may be read as. */
  readonly scope: "findings" | "mechanics";
  /** What the items are; "items of evidence" by default. */
  readonly data?: string | undefined;
  /** What else a reader must know. */
  readonly notes: readonly string[];
}

/** What RETuning gives. */
export interface RetuningOutputs {
  /** The node of the report. */
  readonly node: Node<{ report: RetuningReport }>;
  /** Answers of the tuned model to the items of the test, -1 elsewhere, `["t"]`. */
  readonly answers: Output<Tensor<"i32">>;
  /** Logits of down, hold and up from its votes, NaN outside of the test, `["t", "k"]`. */
  readonly logits: Output<F64>;
  /** The same of the structured scorer. */
  readonly structuredLogits: Output<F64>;
  /** The tuned model, of the last window. */
  readonly model: Output<LanguageModel>;
}

const CLASSES = 3;

/**
 * Wires RETuning: the structured scorer is fitted and writes examples; the model is
 * tuned on them and on rewards, answers each item of the test several times, and
 * votes. Beside it stand the scorer, the model before and between, the majority class
 * and guesses, and the same chain on shuffled truths. Of the test nothing is learnt.
 * Each window has a chain of its own; their answers are scored together. Nothing runs
 * until an output is asked for.
 *
 * @param inputs Items, windows, model.
 * @param settings All settings.
 * @param labels Names and notes for the report.
 * @returns The report, and the logits for fusion.
 *
 * @example
 * ```ts
 * import { retuning, RETUNING_SETTINGS } from "@weft/weft/pipelines";
 * import { simulatedItems } from "@weft/weft/ops/evidence";
 * import { loadModel, modelFiles, SMALL_MODEL } from "@weft/weft/ops/language";
 *
 * const files = await modelFiles(SMALL_MODEL);
 * const { node } = retuning({
 *   items: simulatedItems({}, { items: 300, textStrength: 0.5 }).items,
 *   splits: [{ trainStart: 0, trainEnd: 198, testStart: 200, testEnd: 300 }],
 *   model: loadModel({ files }).model,
 * }, RETUNING_SETTINGS.parse({}), { model: "small", scope: "mechanics", notes: [] });
 * const { nodes } = await node.plan({ store: "none" });
 * console.log(nodes.some(({ name }) => name === "retuning/evidencePolicy")); // true
 * ```
 */
export function retuning(
  { bayesRate, items, model, splits }: RetuningInputs,
  settings: RetuningSettings,
  labels: RetuningLabels,
): RetuningOutputs {
  const { resamples, rule, samples, seed } = settings;
  const windows = Array.from(
    { length: settings.windows },
    (_, window) => windowChain({ items, model, splits }, settings, window),
  );
  const each = <T>(of: (window: WindowAnswers) => T) => windows.map(of);
  const { days } = windows[0]!.rows;
  const last = windows.at(-1)!;
  const rows = each((window) => window.rows.testRows);
  const placed = (
    answers: Output<Tensor<"i32">>[],
    logits?: Output<F64>[],
  ) =>
    placeRows({
      answers,
      rows,
      days,
      ...(logits === undefined ? {} : { logits }),
    });
  const voted = (of: (window: WindowAnswers) => VotedAnswers) => {
    const answers = each(of);
    return placed(
      answers.map((one) => one.answers),
      answers.map((one) => one.logits),
    );
  };
  const truths = placed(each((window) => window.rows.labels)).answers;
  const scored = (answers: Output<Tensor<"i32">>) =>
    walkForwardScores({ labels: truths, answers, days, splits }, {
      classes: CLASSES,
      resamples,
      seed,
    });
  const own = voted(({ chain }) => chain.tuned);
  const ownScores = scored(own.answers);
  const others = BASELINE_NAMES.map((name) => {
    const { answers } = placed(each((window) => window.others[name]));
    return { name, answers, scores: scored(answers) };
  });
  const byName = <T>(of: (other: (typeof others)[number]) => T) =>
    Object.fromEntries(others.map((other) => [other.name, of(other)] as const));
  const node = assembleReport({
    splits,
    train: each((window) => window.rows.train),
    cold: each((window) => window.rows.cold),
    pool: each((window) => window.rows.pool),
    test: each((window) => window.rows.test),
    scores: {
      [labels.model]: ownScores.scores,
      ...byName(({ scores }) => scores.scores),
    },
    byWindow: ownScores.byWindow,
    confusions: {
      [labels.model]: ownScores.confusion,
      ...byName(({ scores }) => scores.confusion),
    },
    shuffled: scored(voted(({ chance }) => chance).answers).scores,
    comparisons: byName(({ answers }) =>
      compareAnswers({
        labels: truths,
        first: own.answers,
        second: answers,
        clusters: days,
      }, { classes: CLASSES, resamples, seed }).table
    ),
    ballots: each(({ chain }) => chain.tuned.ballots),
    responses: each(({ chain }) => chain.tuned.counts),
    begunResponses: each(({ chain }) => chain.begun.counts),
    untunedResponses: each(({ untuned }) => untuned.counts),
    examples: each(({ chain }) => chain.examples),
    begin: each(({ chain }) => chain.begin),
    curriculum: each(({ chain }) => chain.curriculum),
    policy: each(({ chain }) => chain.policy),
    shown: shownResponses({
      items: last.rows.test,
      prompts: last.chain.tuned.prompts,
      texts: last.chain.tuned.texts,
    }, { samples }).shown,
    ...(bayesRate === undefined ? {} : { bayesRate }),
  }, {
    model: labels.model,
    scope: labels.scope,
    data: labels.data,
    notes: [...labels.notes, ...balanceNotes(settings)],
    rule,
    balance: settings.balance,
    seed,
  });
  return {
    node,
    answers: own.answers,
    logits: own.logits,
    structuredLogits: placed(
      each((window) => window.others["structured scorer"]),
      each((window) => window.structuredLogits),
    ).logits,
    model: last.chain.model,
  };
}

function balanceNotes({ balance }: RetuningSettings): string[] {
  return balance
    ? [
      "Of each class there are equally many items, in the test too, as in the paper: scores are not those on all items.",
    ]
    : [];
}
