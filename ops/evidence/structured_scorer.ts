/**
 * Evidence scored without a language model: numeric factors and a list of words,
 * weighed by a multinomial logistic regression. It answers in the same terms as a
 * model does, and is what a model must beat.
 *
 * @module
 */

import { z } from "zod";
import { EVIDENCE_ANSWERS, type EvidenceAnswer } from "./answers.ts";
import type { EvidenceFactors } from "./factors.ts";

/** What a factor weighs. */
export interface FactorWeight {
  /** The factor. */
  readonly name: string;
  /** Its mean where it was learnt; what a missing one is taken as. */
  readonly mean: number;
  /** Its deviation there. */
  readonly scale: number;
  /** What a deviation adds to the logits of down, hold and up. */
  readonly weights: readonly number[];
}

/** A scorer as plain data. */
export interface StructuredScorer {
  /** The factors. */
  readonly factors: readonly FactorWeight[];
  /** Logits of down, hold and up where all factors are at their means. */
  readonly bias: readonly number[];
  /** Median changes where the answer was down, hold and up. */
  readonly changes: readonly number[];
  /** Items that it learnt from. */
  readonly items: number;
}

/** Schema of {@linkcode StructuredScorer}. */
export const STRUCTURED_SCORER: z.ZodType<StructuredScorer> = z.object({
  factors: z.array(z.object({
    name: z.string(),
    mean: z.number(),
    scale: z.number().positive(),
    weights: z.array(z.number()).length(EVIDENCE_ANSWERS.length).readonly(),
  })).readonly(),
  bias: z.array(z.number()).length(EVIDENCE_ANSWERS.length).readonly(),
  changes: z.array(z.number()).length(EVIDENCE_ANSWERS.length).readonly(),
  items: z.number(),
});

/** A piece of evidence. */
export interface ScoredEvidence {
  /** The factor. */
  readonly name: string;
  /** Its value. */
  readonly value: number;
  /** The side that it supports. */
  readonly supports: "up" | "down";
  /** How much, from 0 to 10. */
  readonly score: number;
}

/** What the scorer says of an item. */
export interface StructuredScore {
  /** Mean score of what supports a rise; 0 of nothing. */
  readonly up: number;
  /** Mean score of what supports a fall; 0 of nothing. */
  readonly down: number;
  /** The change that is expected with this answer. */
  readonly change: number;
  /** The answer. */
  readonly answer: EvidenceAnswer;
  /** Logits of down, hold and up. */
  readonly logits: readonly number[];
  /** The evidence, the strongest first. */
  readonly evidence: readonly ScoredEvidence[];
}

/** Schema of {@linkcode StructuredScore}. */
export const STRUCTURED_SCORE: z.ZodType<StructuredScore> = z.object({
  up: z.number(),
  down: z.number(),
  change: z.number(),
  answer: z.enum(EVIDENCE_ANSWERS),
  logits: z.array(z.number()).readonly(),
  evidence: z.array(z.object({
    name: z.string(),
    value: z.number(),
    supports: z.enum(["up", "down"]),
    score: z.number(),
  })).readonly(),
});

/** Differences of logits below this are no evidence. */
const LEAST = 0.02;

/** The largest deviation that counts: one outlier must not settle everything. */
const MOST_DEVIATIONS = 5;

/**
 * Scores factors. A factor that adds `d` to the logit of up over that of down has the
 * score `10 · (1 - exp(-|d|))`.
 *
 * @param factors The factors; missing ones say nothing.
 * @param scorer The scorer.
 * @param judgement Multiplies what each factor says, in the scorer's order; 1 by
 * default.
 * @returns Scores, answer, logits and the evidence.
 */
export function scoreFactors(
  factors: EvidenceFactors,
  scorer: StructuredScorer,
  judgement: readonly number[] = [],
): StructuredScore {
  const logits = [...scorer.bias];
  const evidence: ScoredEvidence[] = [];
  scorer.factors.forEach(({ mean, name, scale, weights }, index) => {
    const value = factors[name];
    if (value === undefined) return;
    const deviations = Math.min(
      MOST_DEVIATIONS,
      Math.max(-MOST_DEVIATIONS, (value - mean) / scale),
    ) * (judgement[index] ?? 1);
    weights.forEach((weight, k) => logits[k]! += weight * deviations);
    const lean = (weights[2]! - weights[0]!) * deviations;
    if (Math.abs(lean) < LEAST) return;
    evidence.push({
      name,
      value,
      supports: lean > 0 ? "up" : "down",
      score: 10 * (1 - Math.exp(-Math.abs(lean))),
    });
  });
  evidence.sort((a, b) => b.score - a.score);
  const best = logits.indexOf(Math.max(...logits));
  return {
    up: meanScore(evidence, "up"),
    down: meanScore(evidence, "down"),
    change: scorer.changes[best]!,
    answer: EVIDENCE_ANSWERS[best]!,
    logits,
    evidence,
  };
}

function meanScore(
  evidence: readonly ScoredEvidence[],
  side: "up" | "down",
): number {
  const own = evidence.filter(({ supports }) => supports === side);
  const sum = own.reduce((total, { score }) => total + score, 0);
  return own.length === 0 ? 0 : sum / own.length;
}
