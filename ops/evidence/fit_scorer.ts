/**
 * The weights of the structured scorer.
 *
 * @module
 */

import { DataError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import {
  answerOfChange,
  EVIDENCE_ANSWERS,
  OVERNIGHT_THRESHOLD,
} from "./answers.ts";
import type { EvidenceFactors } from "./factors.ts";
import { meanAndDeviation } from "./price_statistics.ts";
import type { EvidenceTruth } from "./reward.ts";
import type { FactorWeight, StructuredScorer } from "./structured_scorer.ts";

/** How the scorer learns. */
export interface FitScorerOptions {
  /** Weight of half the squared weights in the mean loss; 0.01 by default. */
  readonly penalty?: number | undefined;
  /** Most factors; those that are known of most items are taken. 64 by default. */
  readonly mostFactors?: number | undefined;
  /** The change from which it is no hold; 0.03 by default. */
  readonly threshold?: number | undefined;
  /** Stops the fit. */
  readonly signal?: AbortSignal | undefined;
}

/** A factor is used if it is known of this part of the items at least. */
const LEAST_KNOWN = 0.1;

/**
 * Fits the scorer to items whose truth is known, by penalised maximum likelihood.
 *
 * @param factors The factors of each item.
 * @param truths What happened, an entry each.
 * @param options Penalty, most factors, threshold.
 * @returns The scorer.
 * @throws {DataError} When fewer than two classes occur.
 */
export async function fitScorer(
  factors: readonly EvidenceFactors[],
  truths: readonly EvidenceTruth[],
  options: FitScorerOptions = {},
): Promise<StructuredScorer> {
  const { mostFactors = 64, penalty = 0.01, signal } = options;
  const { threshold = OVERNIGHT_THRESHOLD } = options;
  if (new Set(truths.map(({ answer }) => answer)).size < 2) {
    throw new DataError(
      "Cannot fit the scorer as fewer than two classes occur",
      { actual: `${truths.length} items` },
    );
  }
  const scales = scalesOf(factors, mostFactors);
  const width = scales.length;
  const scaled = Float64Array.from(
    factors.flatMap((own) =>
      scales.map(({ mean, name, scale }) =>
        ((own[name] ?? mean) - mean) / scale
      )
    ),
  );
  const classes = EVIDENCE_ANSWERS.length;
  const x = wf.tensor(scaled, { shape: [truths.length, width] });
  const y = wf.oneHot(
    wf.tensor(truths.map(({ answer }) => EVIDENCE_ANSWERS.indexOf(answer)), {
      dtype: "i32",
    }),
    classes,
    { dtype: "f64" },
  );
  const loss = (
    { bias, weights }: { bias: wf.F64; weights: wf.F64 },
  ): wf.F64 => {
    const logits = width === 0
      ? wf.broadcastTo(bias, [truths.length, classes])
      : wf.add(wf.matmul(x, weights), bias);
    const likelihood = wf.sum(
      wf.multiply(wf.logSoftmax(logits, { axis: -1 }), y),
    );
    return wf.subtract(
      wf.multiply(wf.sum(wf.square(weights)), penalty / 2),
      wf.divide(likelihood, truths.length),
    );
  };
  const { parameters } = await wf.optim.minimize(
    wf.valueAndGrad(loss),
    {
      weights: wf.zeros([width, classes], { dtype: "f64" }),
      bias: wf.zeros([classes], { dtype: "f64" }),
    },
    { maxIterations: 200, tolerance: 1e-6, ...(signal && { signal }) },
  );
  const [weights, bias] = await wf.read(parameters.weights, parameters.bias);
  return {
    factors: scales.map((own, k) => ({
      ...own,
      weights: [...weights.slice(k * classes, (k + 1) * classes)],
    })),
    bias: [...bias],
    changes: mediansOf(truths, threshold),
    items: truths.length,
  };
}

/** Factors that vary and are known of enough items, by name. */
function scalesOf(
  factors: readonly EvidenceFactors[],
  most: number,
): Omit<FactorWeight, "weights">[] {
  const values = new Map<string, number[]>();
  for (const own of factors) {
    for (const [name, value] of Object.entries(own)) {
      const list = values.get(name);
      if (list === undefined) values.set(name, [value]);
      else list.push(value);
    }
  }
  return [...values]
    .filter(([, list]) => list.length >= LEAST_KNOWN * factors.length)
    .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([name, list]) => {
      const [mean, scale] = meanAndDeviation(list);
      return { name, mean, scale };
    })
    .filter(({ mean, scale }) => scale > 1e-12 * Math.max(1, Math.abs(mean)));
}

/** The median change of each class; where a class is missing, one that agrees with it. */
function mediansOf(
  truths: readonly EvidenceTruth[],
  threshold: number,
): number[] {
  return EVIDENCE_ANSWERS.map((answer, k) => {
    const own = truths.filter((one) => one.answer === answer)
      .map(({ change }) => change).sort((a, b) => a - b);
    const median = Math.round((own[own.length >> 1] ?? NaN) * 1e4) / 1e4;
    // Rounding must not move it across the threshold
    return own.length > 0 && answerOfChange(median, threshold) === answer
      ? median
      : (k - 1) * (threshold + 0.005);
  });
}
