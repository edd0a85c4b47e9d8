/**
 * Dynamic logit fusion: small experts steer a large model, row by row.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { Float } from "../../runtime/tensor/mod.ts";
import {
  coordinateSearch,
  gridSearch,
  jointObjective,
} from "./joint_search.ts";
import type { JointPoint, JointProblem } from "./joint_search.ts";
import { assertUsable, unusableRows } from "./logit_checks.ts";
import { type FusionTensor, logitShift, weighted } from "./logit_shift.ts";
import {
  searchShiftWeight,
  type ShiftTargets,
  shiftTargets,
} from "./shift_objective.ts";

/** Experts beyond which a grid over all weights is refused. */
const LARGEST_GRID_EXPERTS = 3;

/** Params of {@linkcode dynamicLogitFusion}. */
export interface DynamicLogitFusionParams {
  /**
   * `single`: one expert. `oneExpert` (default): each expert is searched alone,
   * the best one of each row is used. `joint`: all weights at once.
   */
  mode?: "single" | "oneExpert" | "joint" | undefined;
  /**
   * Fixed weights, one for all experts or one each: no search, fully lazy.
   * Default: searched.
   */
  weights?: number | number[] | undefined;
  /** Bounds of the weights; default `[0, 2]` as in the paper. */
  range?: [number, number] | undefined;
  /** Passes over the vocabulary per expert (or grid points per axis); default 20. */
  evaluations?: number | undefined;
  /**
   * `joint` only: `grid` (default) tries `evaluations ** experts` points and
   * refines, `coordinate` starts at the best single expert and refines.
   */
  jointSearch?: "grid" | "coordinate" | undefined;
  /**
   * `oneExpert` only: whose divergences the weight of an expert should meet:
   * those of all experts (default) or its own.
   */
  objective?: "allExperts" | "ownExpert" | undefined;
}

const params = z.object({
  mode: z.enum(["single", "oneExpert", "joint"]).default("oneExpert"),
  weights: z.union([z.number(), z.array(z.number())]).optional(),
  range: z.tuple([z.number().min(0), z.number()])
    .refine(([low, high]) => high > low, "the upper bound must be the larger")
    .default([0, 2]),
  evaluations: z.int().min(5).max(1000).default(20),
  jointSearch: z.enum(["grid", "coordinate"]).default("grid"),
  objective: z.enum(["allExperts", "ownExpert"]).default("allExperts"),
});

/**
 * Fuses a large model with small experts at one decoding step: the logits
 * become `large + Σ alpha_t (expert_t − smallBase)`, and the weights are chosen
 * anew in each row so that the large model moves as far as the small one did,
 * in both directions of the Kullback-Leibler divergence:
 * `J(alpha) = Σ_t (KL(P_a‖P) − KL(Q_t‖Q))² + (KL(P‖P_a) − KL(Q‖Q_t))²`.
 *
 * Inputs: `large`, `smallBase` and each of `experts` are logits `[b, v]` over
 * the same vocabulary, all f32 or all f64. −∞ is a masked token; what the base
 * masks its experts must mask too. Outputs: `logits` `[b, v]`, `alpha` `[b, t]`,
 * `objective` `[b]` (J at the weights that were used).
 *
 * With `weights` given nothing is searched or read: weight 1 is proxy tuning,
 * weight 0 gives back `large`, and a row that cannot be fused (NaN, +∞, all
 * masked) becomes NaN. The searches read one flag a row first, and such a row
 * is a DataError. A direction whose target is infinite (an expert masks what
 * its base allows) is left out of J. The weights carry no gradient.
 *
 * Errors: no expert, `single` with several, weights that do not match the
 * experts, a grid over more than three experts (ParameterError).
 *
 * Source: Fan et al. 2024, "On Giant's Shoulders: Effortless Weak to Strong by
 * Dynamic Logits Fusion", NeurIPS, arXiv 2406.15480. Unsure in the paper: its
 * exact search routine (here a bisection on dJ/da, at most 20 passes), and
 * whether the one-expert search sums over all experts (param `objective`).
 *
 * @example
 * ```ts
 * import { dynamicLogitFusion } from "@weft/weft/ops/fusion";
 * import * as wf from "@weft/weft/tensor";
 *
 * const logits = (row: number[]) => wf.tensor([row], { dtype: "f64" });
 * const { alpha } = await dynamicLogitFusion.run({
 *   large: logits([2, 1, 0, -1]),
 *   smallBase: logits([1, 1, 0, 0]),
 *   experts: [logits([0, 3, 0, 0])],
 * });
 * console.log(await alpha.item()); // 0.8676
 * ```
 */
export const dynamicLogitFusion: Op<
  { large: Float; smallBase: Float; experts: Float[] },
  DynamicLogitFusionParams,
  { logits: Float; alpha: Float; objective: Float }
> = op({
  name: "fusion/dynamicLogitFusion",
  version: "1",
  doc: "Steers a large model's logits by small experts, row by row",
  inputs: {
    large: port.tensor(["f32", "f64"], ["b", "v"]),
    smallBase: port.tensor(["f32", "f64"], ["b", "v"]),
    experts: port.list(port.tensor(["f32", "f64"], ["b", "v"])),
  },
  params,
  outputs: {
    logits: port.tensor(["f32", "f64"], ["b", "v"]),
    alpha: port.tensor(["f32", "f64"], ["b", "t"]),
    objective: port.tensor(["f32", "f64"], ["b"]),
  },
  run: async ({ large, smallBase, experts }, options, ctx) => {
    checkExperts(experts.length, options);
    const shifts = experts.map((expert) => logitShift(expert, smallBase));
    const problem: JointProblem = {
      logP: wf.logSoftmax(large, { axis: -1 }),
      shifts,
      targets: experts.map((expert) => shiftTargets(expert, smallBase)),
      range: options.range,
      evaluations: options.evaluations,
    };
    if (options.weights !== undefined) {
      const point = fixedPoint(problem, options.weights);
      const unusable = unusableRows({ large, smallBase, experts });
      const logits = fuse(large, shifts, point.alphas);
      return {
        logits: wf.where(wf.expandDims(unusable, -1), Number.NaN, logits),
        alpha: wf.stack(point.alphas, { axis: 1 }),
        objective: wf.where(unusable, Number.NaN, point.objective),
      };
    }
    await assertUsable({ large, smallBase, experts });
    const point = options.mode === "joint" && shifts.length > 1
      ? await searchJointly(problem, options, ctx.signal)
      : searchOneExpert(problem, options.objective);
    const alphas = point.alphas.map((alpha) => wf.stopGradient(alpha));
    return {
      logits: fuse(large, shifts, alphas),
      alpha: wf.stack(alphas, { axis: 1 }),
      objective: point.objective,
    };
  },
});

function checkExperts(count: number, options: z.output<typeof params>): void {
  if (count === 0) {
    throw new ParameterError("Cannot fuse logits as there is no expert", {
      port: "experts",
      expected: "at least one tensor of logits",
    });
  }
  if (options.mode === "single" && count !== 1) {
    throw new ParameterError(
      'Cannot fuse logits as mode "single" takes one expert',
      {
        actual: `${count} experts`,
        hint: 'Use mode "oneExpert" or "joint"',
      },
    );
  }
  const { weights } = options;
  if (Array.isArray(weights) && weights.length !== count) {
    throw new ParameterError(
      "Cannot fuse logits as the fixed weights do not match the experts",
      { expected: `${count} weights`, actual: `${weights.length} weights` },
    );
  }
  if (
    weights === undefined && options.mode === "joint" &&
    options.jointSearch === "grid" && count > LARGEST_GRID_EXPERTS
  ) {
    throw new ParameterError(
      "Cannot fuse logits as a grid over all weights would be too large",
      {
        expected: `at most ${LARGEST_GRID_EXPERTS} experts`,
        actual: `${options.evaluations} ** ${count} points`,
        hint: 'Set jointSearch: "coordinate"',
      },
    );
  }
}

function fuse(
  large: FusionTensor,
  shifts: readonly FusionTensor[],
  alphas: readonly FusionTensor[],
): FusionTensor {
  return shifts.reduce(
    (logits, shift, index) =>
      wf.add(
        logits,
        weighted(wf.expandDims(alphas[index] as FusionTensor, -1), shift),
      ),
    large,
  );
}

function fixedPoint(
  problem: JointProblem,
  weights: number | number[],
): JointPoint {
  const rows = problem.logP.shape[0] ?? 0;
  const alphas = problem.shifts.map((_, index) =>
    wf.full(
      [rows],
      typeof weights === "number" ? weights : weights[index] ?? Number.NaN,
      { dtype: problem.logP.dtype },
    )
  );
  return { alphas, objective: jointObjective(problem, alphas) };
}

function searchOneExpert(
  problem: JointProblem,
  objective: "allExperts" | "ownExpert",
): JointPoint {
  const { logP, shifts, targets, range, evaluations } = problem;
  const searches = shifts.map((shift, index) => {
    const own = [targets[index] as ShiftTargets];
    const met = objective === "ownExpert" ? own : targets;
    return searchShiftWeight(logP, shift, met, range, evaluations);
  });
  const objectives = wf.stack(searches.map((found) => found.objective), {
    axis: 0,
  });
  const winner = wf.argmin(objectives, { axis: 0 });
  return {
    alphas: searches.map((found, index) =>
      wf.where(wf.equal(winner, index), found.alpha, 0)
    ),
    objective: wf.min(objectives, { axis: 0 }),
  };
}

async function searchJointly(
  problem: JointProblem,
  options: z.output<typeof params>,
  signal: AbortSignal,
): Promise<JointPoint> {
  const width = problem.range[1] - problem.range[0];
  if (options.jointSearch === "coordinate") {
    const start = searchOneExpert(problem, "allExperts");
    return await coordinateSearch(problem, start, 2 * width, signal);
  }
  const start = await gridSearch(problem, signal);
  const spacing = width / (problem.evaluations - 1);
  return await coordinateSearch(problem, start, 2 * spacing, signal);
}
