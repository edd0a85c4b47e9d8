/**
 * What is done in one walk-forward window.
 *
 * @module
 */

import {
  type EvidenceItem,
  fitStructuredScorer,
  scoreStructured,
} from "../../ops/evidence/mod.ts";
import type { LanguageModel } from "../../ops/language/mod.ts";
import type { Splits } from "../../ops/splits.ts";
import type { Output } from "../../runtime/flow/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { likeliest, shuffleTruths, simpleAnswers } from "./item_ops.ts";
import { selectItems } from "./select_items.ts";
import type { RetuningSettings } from "./settings.ts";
import {
  type TunedAnswers,
  tuningChain,
  type VotedAnswers,
  votedAnswers,
} from "./tuning_chain.ts";

/** What a window is made of. */
export interface WindowInputs {
  /** Items by day. */
  readonly items: Output<EvidenceItem[]>;
  /** All windows. */
  readonly splits: Output<Splits> | Splits;
  /** The model, with its tokenizer. */
  readonly model: Output<LanguageModel>;
}

/** The items of a window. */
export interface WindowRows {
  /** All that may be learnt from. */
  readonly train: Output<EvidenceItem[]>;
  /** Of these, items for examples. */
  readonly cold: Output<EvidenceItem[]>;
  /** Of these, items for rewards. */
  readonly pool: Output<EvidenceItem[]>;
  /** Items of the test. */
  readonly test: Output<EvidenceItem[]>;
  /** Where these stand among all items. */
  readonly testRows: Output<number[]>;
  /** What followed on them. */
  readonly labels: Output<Tensor<"i32">>;
  /** Days of all items. */
  readonly days: Output<Tensor<"i32">>;
}

/** Answers to the items of a window's test. */
export interface WindowAnswers {
  /** The items. */
  readonly rows: WindowRows;
  /** The model after both stages, and what was measured on the way. */
  readonly chain: TunedAnswers;
  /** The same on shuffled truths. */
  readonly chance: VotedAnswers;
  /** The model as it came. */
  readonly untuned: VotedAnswers;
  /** Logits of the structured scorer. */
  readonly structuredLogits: Output<F64>;
  /** Answers of what the tuned model is compared with, by name. */
  readonly others: Readonly<Record<BaselineName, Output<Tensor<"i32">>>>;
}

/** What the tuned model is compared with. */
export const BASELINE_NAMES = [
  "structured scorer",
  "the model on examples only",
  "the model untuned",
  "majority class",
  "guesses",
] as const;

/** One of these. */
export type BaselineName = (typeof BASELINE_NAMES)[number];

/**
 * Wires a window: scorer, chain, baselines, and the chain on shuffled truths.
 *
 * @param inputs Items, windows, model.
 * @param settings All settings.
 * @param window Which window.
 * @returns Answers to the items of its test.
 */
export function windowChain(
  { items, model, splits }: WindowInputs,
  settings: RetuningSettings,
  window: number,
): WindowAnswers {
  const { balance, coldItems, policyItems, seed, testItems, threshold } =
    settings;
  const rows = selectItems({ items, splits }, {
    window,
    windows: settings.windows,
    coldItems,
    policyItems,
    testItems,
    balance,
  });
  const { cold, pool, test, train } = rows;
  const chainOn = (of: (own: Output<EvidenceItem[]>) => typeof train) => {
    const { scorer } = fitStructuredScorer({ items: of(train) }, { threshold });
    const chain = tuningChain(
      { model, scorer, cold: of(cold), pool: of(pool), test },
      settings,
    );
    return { scorer, chain };
  };
  const { chain, scorer } = chainOn((own) => own);
  const chance = chainOn((own) =>
    shuffleTruths({ items: own }, { seed }).items
  );
  const structuredLogits = scoreStructured({ items: test, scorer }).logits;
  const untuned = votedAnswers(model, test, settings);
  const simple = simpleAnswers({ train, test }, { seed });
  return {
    rows,
    chain,
    chance: chance.chain.tuned,
    untuned,
    structuredLogits,
    others: {
      "structured scorer": likeliest({ logits: structuredLogits }).answers,
      "the model on examples only": chain.begun.answers,
      "the model untuned": untuned.answers,
      "majority class": simple.majority,
      "guesses": simple.guesses,
    },
  };
}
