/**
 * The stages that a model goes through: examples, rewards, votes.
 *
 * @module
 */

import {
  type Ballot,
  coldStartExamples,
  type ColdStartSummary,
  type EvidenceCounts,
  type EvidenceItem,
  readEvidence,
  type StructuredScorer,
} from "../../ops/evidence/mod.ts";
import {
  adaptModel,
  fineTune,
  type FineTuneReport,
  generate,
  type GrpoStep,
  type LanguageModel,
} from "../../ops/language/mod.ts";
import type { Output } from "../../runtime/flow/mod.ts";
import type { F64, Tensor } from "../../runtime/tensor/mod.ts";
import { curriculum, type CurriculumSummary } from "./curriculum.ts";
import { evidencePolicy } from "./evidence_policy.ts";
import { fittedPrompts } from "./fitted_prompts.ts";
import { repeatPrompts } from "./item_ops.ts";
import type { RetuningSettings } from "./settings.ts";

/** Answers of a model to the items of a test. */
export interface VotedAnswers {
  /** What was asked, one an item. */
  readonly prompts: Output<string[]>;
  /** All responses, those to the first item first. */
  readonly texts: Output<string[]>;
  /** What the votes gave, -1 for nothing. */
  readonly answers: Output<Tensor<"i32">>;
  /** Logits of down, hold and up. */
  readonly logits: Output<F64>;
  /** The votes. */
  readonly ballots: Output<Ballot[][]>;
  /** What was wrong with the responses. */
  readonly counts: Output<EvidenceCounts>;
}

/** What the chain gives. */
export interface TunedAnswers {
  /** Of the model after both stages. */
  readonly tuned: VotedAnswers;
  /** Of the model after the examples only. */
  readonly begun: VotedAnswers;
  /** The tuned model. */
  readonly model: Output<LanguageModel>;
  /** What became of the items for examples. */
  readonly examples: Output<ColdStartSummary>;
  /** Losses on the examples. */
  readonly begin: Output<FineTuneReport>;
  /** How hard the items were. */
  readonly curriculum: Output<CurriculumSummary>;
  /** The steps on rewards. */
  readonly policy: Output<GrpoStep[]>;
}

/** What the chain takes. */
export interface TuningInputs {
  /** The model to begin with. */
  readonly model: Output<LanguageModel>;
  /** The rule that writes the examples. */
  readonly scorer: Output<StructuredScorer>;
  /** Items for examples. */
  readonly cold: Output<EvidenceItem[]>;
  /** Items for rewards. */
  readonly pool: Output<EvidenceItem[]>;
  /** Items of the test. */
  readonly test: Output<EvidenceItem[]>;
}

/**
 * Prompts for items.
 *
 * @param model The model, whose tokenizer counts.
 * @param items The items.
 * @param settings Budgets and length.
 * @returns The prompts.
 */
function promptsFor(
  model: Output<LanguageModel>,
  items: Output<EvidenceItem[]>,
  { answerTokens, detail, promptTokens, threshold }: RetuningSettings,
): Output<string[]> {
  return fittedPrompts({ model, items }, {
    answerTokens,
    detail,
    promptTokens,
    threshold,
  }).prompts;
}

/**
 * Asks a model about the items of a test, several times each, and lets its answers
 * vote.
 *
 * @param model The model.
 * @param test The items.
 * @param settings Budgets, samples, temperature, rule.
 * @returns The answers.
 */
export function votedAnswers(
  model: Output<LanguageModel>,
  test: Output<EvidenceItem[]>,
  settings: RetuningSettings,
): VotedAnswers {
  const { answerTokens, rule, samples, seed, temperature } = settings;
  const prompts = promptsFor(model, test, settings);
  const { texts } = generate({
    model,
    prompts: repeatPrompts({ prompts }, { times: samples }).prompts,
  }, { maxTokens: answerTokens, temperature, seed, batch: 16 });
  const { answers, ballots, counts, logits } = readEvidence({ texts }, {
    samples,
    rule,
  });
  return { prompts, texts, answers, ballots, counts, logits };
}

/**
 * Wires the chain: examples by rule that turned out right, fine-tuning on them; the
 * model's answers to other items tell which of those are neither easy nor hard; GRPO
 * on these; then the test.
 *
 * @param inputs Model, scorer, items.
 * @param settings All settings.
 * @returns Answers and what was measured on the way.
 */
export function tuningChain(
  { cold, model, pool, scorer, test }: TuningInputs,
  settings: RetuningSettings,
): TunedAnswers {
  const { answerTokens, promptTokens, seed, temperature } = settings;
  const started = coldStartExamples({
    items: cold,
    prompts: promptsFor(model, cold, settings),
    scorer,
  }, {
    detail: settings.detail,
    reward: { threshold: settings.threshold },
    seed,
  });
  const begun = fineTune({ model, examples: started.examples }, {
    rank: settings.rank,
    alpha: 2 * settings.rank,
    sequenceLength: promptTokens + answerTokens,
    packing: false,
    batchSize: settings.coldBatch,
    steps: settings.coldSteps,
    learningRate: settings.coldRate,
    epsilon: settings.epsilon,
    maxGradientNorm: 1,
    seed,
  });
  const beginner = adaptModel({ model, adapter: begun.adapter }).model;

  const poolPrompts = promptsFor(model, pool, settings);
  const { difficultySamples: times } = settings;
  const { texts } = generate({
    model: beginner,
    prompts: repeatPrompts({ prompts: poolPrompts }, { times }).prompts,
  }, { maxTokens: answerTokens, temperature, seed: seed + 1, batch: 16 });
  const chosen = curriculum({ items: pool, prompts: poolPrompts, texts }, {
    samples: times,
    least: settings.promptsPerStep,
    threshold: settings.threshold,
  });
  const learnt = evidencePolicy({
    model: beginner,
    prompts: chosen.prompts,
    truths: chosen.truths,
  }, {
    groupSize: settings.groupSize,
    promptsPerStep: settings.promptsPerStep,
    batchSize: settings.groupSize,
    steps: settings.policySteps,
    maxTokens: answerTokens,
    temperature,
    learningRate: settings.policyRate,
    epsilon: settings.epsilon,
    seed,
  });
  const tuned = adaptModel({ model, adapter: learnt.adapter }).model;
  return {
    tuned: votedAnswers(tuned, test, settings),
    begun: votedAnswers(beginner, test, settings),
    model: tuned,
    examples: started.summary,
    begin: begun.report,
    curriculum: chosen.summary,
    policy: learnt.history,
  };
}
