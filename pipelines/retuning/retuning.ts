/**
 * RETuning from items to a report.
 *
 * @module
 */

import { compareAnswers, walkForwardScores } from "../../ops/evaluate/mod.ts";
import {
  type EvidenceItem,
  fitStructuredScorer,
  scoreStructured,
} from "../../ops/evidence/mod.ts";
import type { LanguageModel } from "../../ops/language/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import type { Node, Output } from "../../runtime/flow/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { assembleReport } from "./assemble_report.ts";
import {
  likeliest,
  placeRows,
  shuffleTruths,
  simpleAnswers,
} from "./item_ops.ts";
import type { RetuningReport } from "./report_schema.ts";
import { selectItems } from "./select_items.ts";
import type { RetuningSettings } from "./settings.ts";
import { tuningChain, votedAnswers } from "./tuning_chain.ts";

/** What RETuning runs on. */
export interface RetuningInputs {
  /** Items by day. */
  readonly items: Output<EvidenceItem[]>;
  /** Windows over the items, with a gap between training and test. */
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
  /** The tuned model. */
  readonly model: Output<LanguageModel>;
}

const CLASSES = 3;

/**
 * Wires RETuning: the structured scorer is fitted and writes examples; the model is
 * tuned on them and on rewards, answers each item of the test several times, and
 * votes. Beside it stand the scorer, the model before and between, the majority class
 * and guesses, and the same chain on shuffled truths. Of the test nothing is learnt.
 * Nothing runs until an output is asked for.
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
  const { coldItems, policyItems, resamples, seed, testItems } = settings;
  const selected = selectItems({ items, splits }, {
    coldItems,
    policyItems,
    testItems,
    balance: settings.balance,
  });
  const { cold, days, labels: truths, pool, test, testRows, train } = selected;
  const chainOn = (
    own: Output<EvidenceItem[]>,
    begin: Output<EvidenceItem[]>,
    rewarded: Output<EvidenceItem[]>,
  ) => {
    const { scorer } = fitStructuredScorer({ items: own }, {
      threshold: settings.threshold,
    });
    const chain = tuningChain(
      { model, scorer, cold: begin, pool: rewarded, test },
      settings,
    );
    return { scorer, chain };
  };
  const { chain, scorer } = chainOn(train, cold, pool);
  const shuffled = (own: Output<EvidenceItem[]>) =>
    shuffleTruths({ items: own }, { seed }).items;
  const chance = chainOn(shuffled(train), shuffled(cold), shuffled(pool)).chain;

  const structured = scoreStructured({ items: test, scorer }).logits;
  const untuned = votedAnswers(model, test, settings);
  const simple = simpleAnswers({ train, test }, { seed });
  const named: Record<string, Output<Tensor<"i32">>> = {
    "structured scorer": likeliest({ logits: structured }).answers,
    "the model on examples only": chain.begun.answers,
    "the model untuned": untuned.answers,
    "majority class": simple.majority,
    "guesses": simple.guesses,
  };
  const placed = (answers: Output<Tensor<"i32">>, logits?: Output<F64>) =>
    placeRows({
      answers,
      rows: testRows,
      days,
      ...(logits === undefined ? {} : { logits }),
    });
  const scoresOf = (answers: Output<Tensor<"i32">>) =>
    walkForwardScores({ labels: truths, answers, days, splits }, {
      classes: CLASSES,
      resamples,
      seed,
    }).scores;
  const own = placed(chain.tuned.answers, chain.tuned.logits);
  const others = Object.fromEntries(
    Object.entries(named).map(([name, answers]) =>
      [name, placed(answers).answers] as const
    ),
  );
  const mapped = <T>(of: (answers: Output<Tensor<"i32">>) => T) =>
    Object.fromEntries(
      Object.entries(others).map(([name, answers]) =>
        [name, of(answers)] as const
      ),
    );
  const node = assembleReport({
    splits,
    train,
    cold,
    pool,
    test,
    scores: { [labels.model]: scoresOf(own.answers), ...mapped(scoresOf) },
    shuffled: scoresOf(placed(chance.tuned.answers).answers),
    comparisons: mapped((second) =>
      compareAnswers({
        labels: truths,
        first: own.answers,
        second,
        clusters: days,
      }, { classes: CLASSES, resamples, seed }).table
    ),
    ballots: chain.tuned.ballots,
    responses: chain.tuned.counts,
    untunedResponses: untuned.counts,
    examples: chain.examples,
    begin: chain.begin,
    curriculum: chain.curriculum,
    policy: chain.policy,
    ...(bayesRate === undefined ? {} : { bayesRate }),
  }, {
    model: labels.model,
    scope: labels.scope,
    notes: [...labels.notes, ...balanceNotes(settings)],
    rule: settings.rule,
    seed,
  });
  return {
    node,
    answers: own.answers,
    logits: own.logits,
    structuredLogits: placed(named["structured scorer"]!, structured).logits,
    model: chain.model,
  };
}

function balanceNotes({ balance }: RetuningSettings): string[] {
  return balance
    ? [
      "Of each class there are equally many items, in the test too, as in the paper: scores are not those on all items.",
    ]
    : [];
}
