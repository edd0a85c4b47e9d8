/**
 * Search over the weights of several experts at once.
 *
 * @module
 */

import * as wf from "../../runtime/tensor/mod.ts";
import { type FusionTensor, meanShift, move, weighted } from "./logit_shift.ts";
import { shiftObjective, type ShiftTargets } from "./shift_objective.ts";

/** Elements of `[candidates, rows, vocabulary]` that one pass may hold. */
const CHUNK_ELEMENTS = 1 << 21;

/** How often the coordinates are gone through after the start. */
const REFINING_SWEEPS = 3;

/** What a joint search works on. */
export interface JointProblem {
  /** Log probabilities of the large model, `[B, V]`. */
  readonly logP: FusionTensor;
  /** The shift of each expert, `[B, V]`. */
  readonly shifts: readonly FusionTensor[];
  /** The divergences of each expert. */
  readonly targets: readonly ShiftTargets[];
  /** Lower and upper bound of every weight. */
  readonly range: readonly [number, number];
  /** Candidates along one axis. */
  readonly evaluations: number;
}

/** The best weights known so far. */
export interface JointPoint {
  /** Weights `[B]`, one tensor an expert. */
  readonly alphas: readonly FusionTensor[];
  /** The objective there, `[B]`. */
  readonly objective: FusionTensor;
}

/**
 * Objective of candidates for the weights of all experts, one common moved distribution.
 *
 * @param problem The models and targets.
 * @param alphas Candidates, `[C, B]` an expert.
 * @returns The objective, `[C, B]`.
 */
export function jointObjective(
  problem: JointProblem,
  alphas: readonly FusionTensor[],
): FusionTensor {
  const { logP, shifts, targets } = problem;
  let exponent: FusionTensor | undefined;
  shifts.forEach((shift, index) => {
    const alpha = wf.expandDims(at(alphas, index), -1);
    const part = weighted(alpha, shift);
    exponent = exponent === undefined ? part : wf.add(exponent, part);
  });
  const moved = move(logP, exponent as FusionTensor);
  let forward = wf.negative(moved.logNormaliser);
  let reverse = moved.logNormaliser;
  shifts.forEach((shift, index) => {
    const alpha = at(alphas, index);
    const movedMean = meanShift(moved.logProbabilities, shift);
    forward = wf.add(forward, weighted(alpha, movedMean));
    reverse = wf.subtract(reverse, weighted(alpha, meanShift(logP, shift)));
  });
  return shiftObjective({ forward, reverse }, targets);
}

/**
 * All `evaluations ** experts` points of a regular grid, the best of them kept
 * for each row. Realises the incumbent after each chunk so that memory stays bounded.
 *
 * @param problem The models and targets.
 * @param signal Aborts between chunks.
 * @returns The best grid point of each row.
 */
export async function gridSearch(
  problem: JointProblem,
  signal?: AbortSignal,
): Promise<JointPoint> {
  const { logP, shifts, range, evaluations } = problem;
  const axis = gridAxis(range, evaluations);
  const total = evaluations ** shifts.length;
  const chunk = Math.max(1, Math.floor(CHUNK_ELEMENTS / logP.size));
  let best: JointPoint | undefined;
  for (let start = 0; start < total; start += chunk) {
    signal?.throwIfAborted();
    const count = Math.min(chunk, total - start);
    const alphas = shifts.map((_, expert) => {
      const column = Float64Array.from({ length: count }, (_, offset) => {
        const digit = Math.floor((start + offset) / evaluations ** expert);
        return axis[digit % evaluations] ?? Number.NaN;
      });
      return candidateColumn(column, logP);
    });
    const point = bestCandidate(jointObjective(problem, alphas), alphas);
    best = best === undefined ? point : better(best, point);
    await wf.realize(best.objective, ...best.alphas);
  }
  return best as JointPoint;
}

/**
 * Coordinate search: one expert's weight at a time over candidates around the
 * incumbent, whose window shrinks with every sweep. The objective never grows.
 *
 * @param problem The models and targets.
 * @param start Where to begin, with its objective.
 * @param window Width of the first candidates' window.
 * @param signal Aborts between coordinates.
 * @returns The refined point.
 */
export async function coordinateSearch(
  problem: JointProblem,
  start: JointPoint,
  window: number,
  signal?: AbortSignal,
): Promise<JointPoint> {
  const { shifts, range, evaluations } = problem;
  let best = start;
  let width = window;
  for (let sweep = 0; sweep < REFINING_SWEEPS; sweep += 1) {
    const offsets = gridAxis([-width / 2, width / 2], evaluations);
    for (let expert = 0; expert < shifts.length; expert += 1) {
      signal?.throwIfAborted();
      const column = candidateColumn(Float64Array.from(offsets), problem.logP);
      const moving = wf.clip(
        wf.add(at(best.alphas, expert), column),
        range[0],
        range[1],
      );
      const alphas = best.alphas.map((alpha, index) =>
        index === expert ? moving : wf.broadcastTo(alpha, moving.shape)
      );
      const point = bestCandidate(jointObjective(problem, alphas), alphas);
      best = better(best, point);
      await wf.realize(best.objective, ...best.alphas);
    }
    // Two spacings of the last sweep hold the minimum of a smooth objective.
    width = 4 * width / (evaluations - 1);
  }
  return best;
}

function gridAxis(range: readonly [number, number], count: number): number[] {
  return Array.from(
    { length: count },
    (_, index) => range[0] + (range[1] - range[0]) * index / (count - 1),
  );
}

function candidateColumn(
  values: Float64Array,
  like: FusionTensor,
): FusionTensor {
  const column = wf.tensor(values, { shape: [values.length, 1] });
  return wf.broadcastTo(
    wf.cast(column, like.dtype),
    [values.length, like.shape[0] ?? 0],
  );
}

function bestCandidate(
  objective: FusionTensor,
  alphas: readonly FusionTensor[],
): JointPoint {
  const index = wf.expandDims(wf.argmin(objective, { axis: 0 }), 0);
  const pick = (values: FusionTensor) =>
    wf.squeeze(wf.takeAlongAxis(values, index, { axis: 0 }), 0);
  return { alphas: alphas.map(pick), objective: pick(objective) };
}

function better(known: JointPoint, other: JointPoint): JointPoint {
  const improves = wf.less(other.objective, known.objective);
  return {
    alphas: known.alphas.map((alpha, index) =>
      wf.where(improves, at(other.alphas, index), alpha)
    ),
    objective: wf.where(improves, other.objective, known.objective),
  };
}

function at(values: readonly FusionTensor[], index: number): FusionTensor {
  return values[index] as FusionTensor;
}
