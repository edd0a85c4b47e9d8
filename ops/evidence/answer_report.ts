/**
 * How good answers are: macro F1 with a column for what is no answer, as the code of
 * "RETuning" (arXiv 2510.21604) has it, beside the bound that guessing reaches.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { EVIDENCE_ANSWERS, type EvidenceAnswer } from "./answers.ts";
import { voteInGroups } from "./votes.ts";
import type { Ballot, VoteRule } from "./votes.ts";

/** How good answers are. */
export interface AnswerReport {
  /** Items. */
  readonly items: number;
  /** Part of the items that are answered right. */
  readonly accuracy: number;
  /** Mean F1 of the three classes; a class that neither occurs nor is answered has 0. */
  readonly macroF1: number;
  /** F1 of down, hold and up. */
  readonly f1: number[];
  /** `[truth][answer]` for down, hold, up; the last column is no answer. */
  readonly counts: number[][];
  /** Items without an answer: misses. */
  readonly outOfClass: number;
}

/**
 * Compares answers with the truth. No answer is a miss of its class and a false
 * alarm of none.
 *
 * @param answers The answers.
 * @param truth What has happened.
 * @returns How good they are.
 * @throws {DataError} When there are none, or not equally many.
 *
 * @example
 * ```ts
 * import { reportAnswers } from "@weft/weft/ops/evidence";
 *
 * const report = reportAnswers(["up", "hold", null], ["up", "hold", "down"]);
 * console.log(report.macroF1.toFixed(4), report.outOfClass); // 0.6667 1
 * ```
 */
export function reportAnswers(
  answers: readonly (EvidenceAnswer | null)[],
  truth: readonly EvidenceAnswer[],
): AnswerReport {
  if (answers.length !== truth.length || truth.length === 0) {
    throw new DataError(
      `Cannot compare ${answers.length} answers with ${truth.length} truths`,
      { expected: "equally many, at least one" },
    );
  }
  const classes = EVIDENCE_ANSWERS.length;
  const counts = EVIDENCE_ANSWERS.map(() =>
    new Array<number>(classes + 1).fill(0)
  );
  truth.forEach((actual, item) => {
    const answer = answers[item]!;
    const column = answer === null ? classes : EVIDENCE_ANSWERS.indexOf(answer);
    counts[EVIDENCE_ANSWERS.indexOf(actual)]![column]! += 1;
  });
  const f1 = EVIDENCE_ANSWERS.map((_, k) => {
    const hits = counts[k]![k]!;
    const actual = counts[k]!.reduce((sum, count) => sum + count, 0);
    const answered = counts.reduce((sum, row) => sum + row[k]!, 0);
    return actual + answered === 0 ? 0 : 2 * hits / (actual + answered);
  });
  const right = counts.reduce((sum, row, k) => sum + row[k]!, 0);
  return {
    items: truth.length,
    accuracy: right / truth.length,
    macroF1: f1.reduce((sum, one) => sum + one, 0) / classes,
    f1,
    counts,
    outOfClass: counts.reduce((sum, row) => sum + row[classes]!, 0),
  };
}

/** What guessing reaches. */
export interface GuessBound {
  /** Mean macro F1 over the seeds. */
  readonly macroF1: number;
  /** Sample standard deviation of macro F1 over the seeds. */
  readonly macroF1Deviation: number;
  /** Mean accuracy over the seeds. */
  readonly accuracy: number;
  /** Sample standard deviation of the accuracy over the seeds. */
  readonly accuracyDeviation: number;
}

/** Schema of {@linkcode GuessBound}. */
export const GUESS_BOUND: z.ZodType<GuessBound> = z.object({
  macroF1: z.number(),
  macroF1Deviation: z.number(),
  accuracy: z.number(),
  accuracyDeviation: z.number(),
});

/**
 * What uniform guesses reach on the same items, by the same report.
 *
 * @param truth What has happened.
 * @param options `seeds` (32), how often is guessed; `seed` (0) of the first.
 * @returns Means and deviations over the seeds.
 * @throws {DataError} When there are no items.
 */
export async function guessBound(
  truth: readonly EvidenceAnswer[],
  options: { readonly seeds?: number; readonly seed?: number } = {},
): Promise<GuessBound> {
  const { seeds = 32, seed = 0 } = options;
  const key = wf.random.key(seed);
  const draws = await wf.random.uniform(key, [seeds, truth.length]).data();
  const reports = Array.from({ length: seeds }, (_, k) =>
    reportAnswers(
      truth.map((_, item) =>
        EVIDENCE_ANSWERS[Math.floor(3 * draws[k * truth.length + item]!)]!
      ),
      truth,
    ));
  const [macroF1, macroF1Deviation] = moments(
    reports.map((one) => one.macroF1),
  );
  const [accuracy, accuracyDeviation] = moments(
    reports.map((one) => one.accuracy),
  );
  return { macroF1, macroF1Deviation, accuracy, accuracyDeviation };
}

function moments(values: readonly number[]): [number, number] {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return [mean, Math.sqrt(squares / Math.max(1, values.length - 1))];
}

/** How good votes of so many samples are. */
export interface VoteReport {
  /** Samples of a vote. */
  readonly samples: number;
  /** Votes on each item, over which is averaged. */
  readonly votes: number;
  /** Mean accuracy of the votes. */
  readonly accuracy: number;
  /** Mean macro F1 of the votes. */
  readonly macroF1: number;
}

/** Schema of {@linkcode VoteReport}. */
export const VOTE_REPORT: z.ZodType<VoteReport> = z.object({
  samples: z.number(),
  votes: z.number(),
  accuracy: z.number(),
  macroF1: z.number(),
});

/**
 * Accuracy and macro F1 against the number of samples that vote. With fewer samples
 * than there are, all of them are used, in several votes.
 *
 * @param ballots The ballots of each item, equally many.
 * @param truth What has happened.
 * @param options `rule` ("majority"); `sizes` (powers of 2 up to the number of
 * ballots); `fallback`, the answer of each item where no ballot has one.
 * @returns A report for each size.
 * @throws {DataError} When there are not equally many items.
 * @throws {ParameterError} When a size is larger than the number of ballots.
 */
export function accuracyBySamples(
  ballots: readonly (readonly Ballot[])[],
  truth: readonly EvidenceAnswer[],
  options: {
    readonly rule?: VoteRule;
    readonly sizes?: readonly number[];
    readonly fallback?: readonly (EvidenceAnswer | null)[];
  } = {},
): VoteReport[] {
  const least = ballots.reduce(
    (min, { length }) => Math.min(min, length),
    Infinity,
  );
  const { rule = "majority", fallback = [], sizes = powersUpTo(least) } =
    options;
  return sizes.map((samples) => {
    const reports = voteInGroups(ballots, samples, rule, fallback).map(
      (answers) => reportAnswers(answers, truth),
    );
    return {
      samples,
      votes: reports.length,
      accuracy: moments(reports.map((one) => one.accuracy))[0],
      macroF1: moments(reports.map((one) => one.macroF1))[0],
    };
  });
}

function powersUpTo(most: number): number[] {
  const powers: number[] = [];
  for (let power = 1; power <= most && power < Infinity; power *= 2) {
    powers.push(power);
  }
  return powers;
}
