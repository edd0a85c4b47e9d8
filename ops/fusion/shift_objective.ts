/**
 * The objective of dynamic logit fusion and its search over one weight a row.
 *
 * @module
 */

import * as wf from "../../runtime/tensor/mod.ts";
import {
  type FusionTensor,
  klDivergence,
  meanShift,
  move,
  type MovedDistribution,
  weighted,
} from "./logit_shift.ts";

/** How far the small model moved when it became the expert, `[B]` each. */
export interface ShiftTargets {
  /** `KL(Q_t‖Q)`, expert against base. */
  readonly forward: FusionTensor;
  /** `KL(Q‖Q_t)`, base against expert. */
  readonly reverse: FusionTensor;
}

/**
 * Divergences between an expert and its base in both directions.
 *
 * @param expert Logits of the expert, `[B, V]`.
 * @param base Logits of its base, `[B, V]`.
 * @returns The targets that the large model's move should meet.
 */
export function shiftTargets(
  expert: FusionTensor,
  base: FusionTensor,
): ShiftTargets {
  const logExpert = wf.logSoftmax(expert, { axis: -1 });
  const logBase = wf.logSoftmax(base, { axis: -1 });
  return {
    forward: klDivergence(logExpert, logBase),
    reverse: klDivergence(logBase, logExpert),
  };
}

/** Both divergences of the large model's move. */
export interface ShiftDivergences {
  /** `KL(P_a‖P)`. */
  readonly forward: FusionTensor;
  /** `KL(P‖P_a)`. */
  readonly reverse: FusionTensor;
}

/**
 * Squared distance between what the move achieves and what it should. A
 * direction whose divergence is infinite (the expert forbids a token that its
 * base allows) says nothing about the weight and is left out.
 *
 * @param achieved Divergences of the large model.
 * @param targets Divergences of each small expert; the terms are added up.
 * @returns `J`, the shape of the divergences.
 */
export function shiftObjective(
  achieved: ShiftDivergences,
  targets: readonly ShiftTargets[],
): FusionTensor {
  let total: FusionTensor | undefined;
  for (const target of targets) {
    const term = wf.add(
      wf.square(mismatch(achieved.forward, target.forward)),
      wf.square(mismatch(achieved.reverse, target.reverse)),
    );
    total = total === undefined ? term : wf.add(total, term);
  }
  return total as FusionTensor;
}

function mismatch(achieved: FusionTensor, target: FusionTensor): FusionTensor {
  const informative = wf.logicalAnd(wf.isFinite(achieved), wf.isFinite(target));
  return wf.where(informative, wf.subtract(achieved, target), 0);
}

/** The result of a search: one weight a row and the objective there. */
export interface ShiftSearch {
  /** The weights found, `[B]`. */
  readonly alpha: FusionTensor;
  /** The objective at them, `[B]`. */
  readonly objective: FusionTensor;
}

/**
 * Finds the minimum of the objective along one shift for all rows at once, by
 * bisection on the sign of its derivative. Both divergences grow with the weight, so
 * below both of their roots the derivative is negative and above both positive:
 * what the bisection finds always lies between the two roots. Lazy: nothing is
 * read.
 *
 * @param logP Log probabilities of the large model, `[B, V]`.
 * @param shift The shift, `[B, V]`.
 * @param targets Divergences to be met, `[B]` each.
 * @param range Lower and upper bound of the weight.
 * @param evaluations How often `[B, V]` is passed over; each but the last
 * halves the bracket.
 * @returns Weight and objective of each row; the smallest weight where the
 * objective is flat.
 */
export function searchShiftWeight(
  logP: FusionTensor,
  shift: FusionTensor,
  targets: readonly ShiftTargets[],
  range: readonly [number, number],
  evaluations: number,
): ShiftSearch {
  const restingMean = meanShift(logP, shift);
  let low = wf.fullLike(restingMean, range[0]);
  let high = wf.fullLike(restingMean, range[1]);
  for (let step = 1; step < evaluations; step += 1) {
    const middle = wf.multiply(wf.add(low, high), 0.5);
    const rising = wf.greaterEqual(
      objectiveSlope(logP, shift, middle, restingMean, targets),
      0,
    );
    high = wf.where(rising, middle, high);
    low = wf.where(rising, low, middle);
  }
  const alpha = wf.multiply(wf.add(low, high), 0.5);
  const achieved = shiftDivergences(logP, shift, alpha, restingMean);
  return { alpha, objective: shiftObjective(achieved, targets) };
}

/**
 * Both divergences after a move by one weight a row.
 *
 * @param logP Log probabilities of the large model, `[..., V]`.
 * @param shift The shift, `[..., V]`.
 * @param alpha The weights, `[...]`.
 * @param restingMean `E_P[D]`, `[...]`.
 * @returns `KL(P_a‖P)` and `KL(P‖P_a)`, `[...]`.
 */
export function shiftDivergences(
  logP: FusionTensor,
  shift: FusionTensor,
  alpha: FusionTensor,
  restingMean: FusionTensor,
): ShiftDivergences {
  const moved = moveBy(logP, shift, alpha);
  return divergences(
    moved,
    alpha,
    meanShift(moved.logProbabilities, shift),
    restingMean,
  );
}

function moveBy(
  logP: FusionTensor,
  shift: FusionTensor,
  alpha: FusionTensor,
): MovedDistribution {
  return move(logP, weighted(wf.expandDims(alpha, -1), shift));
}

function divergences(
  moved: MovedDistribution,
  alpha: FusionTensor,
  movedMean: FusionTensor,
  restingMean: FusionTensor,
): ShiftDivergences {
  return {
    forward: wf.subtract(weighted(alpha, movedMean), moved.logNormaliser),
    reverse: wf.subtract(moved.logNormaliser, weighted(alpha, restingMean)),
  };
}

/** Half of dJ/da: d KL(P_a‖P)/da = a Var_a[D], d KL(P‖P_a)/da = E_a[D] − E_P[D]. */
function objectiveSlope(
  logP: FusionTensor,
  shift: FusionTensor,
  alpha: FusionTensor,
  restingMean: FusionTensor,
  targets: readonly ShiftTargets[],
): FusionTensor {
  const moved = moveBy(logP, shift, alpha);
  const mean = meanShift(moved.logProbabilities, shift);
  const deviation = wf.subtract(shift, wf.expandDims(mean, -1));
  const variance = meanShift(moved.logProbabilities, wf.square(deviation));
  const achieved = divergences(moved, alpha, mean, restingMean);
  const forwardSlope = wf.multiply(alpha, variance);
  const reverseSlope = wf.subtract(mean, restingMean);
  let total: FusionTensor | undefined;
  for (const target of targets) {
    const term = wf.add(
      slopeTerm(achieved.forward, target.forward, forwardSlope),
      slopeTerm(achieved.reverse, target.reverse, reverseSlope),
    );
    total = total === undefined ? term : wf.add(total, term);
  }
  return total as FusionTensor;
}

function slopeTerm(
  achieved: FusionTensor,
  target: FusionTensor,
  slope: FusionTensor,
): FusionTensor {
  // A direction left out has the mismatch 0, and its slope may be infinite.
  return weighted(mismatch(achieved, target), slope);
}
