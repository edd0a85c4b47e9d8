/**
 * L-BFGS on plain vectors.
 *
 * Source: Liu and Nocedal, On the limited memory BFGS method for large scale
 * optimization (1989).
 *
 * @module
 */

import {
  CancelledError,
  NumericalError,
  ParameterError,
} from "../../core/errors.ts";
import { strongWolfeSearch, type Trial } from "./line_search.ts";

/** Value and gradient of an objective at one point. */
export interface Evaluation {
  /** The value. */
  readonly value: number;
  /** The gradient, as long as the point. */
  readonly gradient: Float64Array;
}

/** When to stop, and how much to remember. */
export interface MinimizeOptions {
  /** Most iterations; default 200. */
  readonly maxIterations?: number;
  /**
   * Ends with success once no component of the gradient is larger; default 1e-6.
   */
  readonly tolerance?: number;
  /**
   * Ends with success once the value has fallen by less than this part of its
   * size (or of 1, where it is smaller) in each of three iterations; default
   * 1e-13, which is about what rounding leaves.
   */
  readonly valueTolerance?: number;
  /**
   * Changes of the value that are taken for rounding, as a part of its size; default
   * 1e-12. The line search does not insist on a decrease that is smaller.
   */
  readonly rounding?: number;
  /** Pairs of steps and gradient changes to remember; default 10. */
  readonly history?: number;
  /** Aborts the search between two evaluations. */
  readonly signal?: AbortSignal;
  /** Called after each iteration. */
  readonly onIteration?: (progress: MinimizeProgress) => void;
}

/** Where a search stands. */
export interface MinimizeProgress {
  /** Iterations done. */
  readonly iteration: number;
  /** Value of the objective. */
  readonly value: number;
  /** Largest absolute component of the gradient. */
  readonly gradientNorm: number;
}

/** Why a search ended. */
export type MinimizeReason =
  | "gradient"
  | "value"
  | "maxIterations"
  | "lineSearch";

/** How a search ended. */
export interface MinimizeReport {
  /** Value of the objective at the end. */
  readonly value: number;
  /** Largest absolute component of the gradient at the end. */
  readonly gradientNorm: number;
  /** Iterations done. */
  readonly iterations: number;
  /** Times that the objective was evaluated. */
  readonly evaluations: number;
  /** Points at which the objective was not finite or not computable. */
  readonly refusedPoints: number;
  /** Whether the gradient or the change of the value met its tolerance. */
  readonly converged: boolean;
  /** Why the search ended. */
  readonly reason: MinimizeReason;
}

/** The end of a search over vectors. */
export interface VectorMinimum extends MinimizeReport {
  /** The best point. */
  readonly point: Float64Array;
  /** The gradient there. */
  readonly gradient: Float64Array;
}

interface PointTrial extends Trial {
  readonly point: Float64Array;
  readonly gradient: Float64Array;
}

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly curvature: number;
}

const STALLED_ITERATIONS = 3;

/**
 * Minimises a function of a vector by L-BFGS with a strong Wolfe line search.
 *
 * A trial point where the value or gradient is not finite, or where the objective
 * throws a {@linkcode NumericalError}, is stepped back from and counted in
 * `refusedPoints`; at the start it is an error.
 *
 * @param objective Value and gradient at a point. It must not keep the point.
 * @param start Where the search starts; not changed.
 * @param options When to stop.
 * @returns The best point and a report.
 * @throws {NumericalError} The objective is not finite at the start, or is
 * `-Infinity` anywhere.
 * @throws {ParameterError} An option is out of its range.
 * @throws {CancelledError} The signal was aborted.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const found = await wf.optim.minimizeVector(
 *   ([x]) => ({ value: (x! - 3) ** 2, gradient: Float64Array.of(2 * (x! - 3)) }),
 *   Float64Array.of(0),
 * );
 * console.log(found.converged, found.point[0]); // true 3
 * ```
 */
export async function minimizeVector(
  objective: (point: Float64Array) => Evaluation | Promise<Evaluation>,
  start: Float64Array,
  options: MinimizeOptions = {},
): Promise<VectorMinimum> {
  const settings = checkedOptions(options);
  let evaluations = 0;
  let refusedPoints = 0;

  const evaluateAt = async (point: Float64Array): Promise<Evaluation> => {
    settings.signal?.throwIfAborted();
    evaluations++;
    const found = await objective(point);
    if (found.gradient.length !== point.length) {
      throw new ParameterError(
        "Cannot minimise the objective as its gradient does not fit the point",
        {
          expected: `${point.length} components`,
          actual: `${found.gradient.length} components`,
        },
      );
    }
    return found;
  };

  const evaluateTrial = async (
    from: PointTrial,
    direction: Float64Array,
    step: number,
  ): Promise<PointTrial> => {
    const point = from.point.map((x, i) => x + step * direction[i]!);
    let found: Evaluation;
    try {
      found = await evaluateAt(point);
    } catch (error) {
      if (!(error instanceof NumericalError)) throw error;
      found = { value: NaN, gradient: new Float64Array(point.length) };
    }
    if (found.value === -Infinity) {
      throw new NumericalError(
        "Cannot minimise the objective as it is unbounded: current value is -Infinity",
        { hint: "Bound the parameters, or add a penalty" },
      );
    }
    const slope = innerProduct(found.gradient, direction);
    if (!Number.isFinite(found.value) || !Number.isFinite(slope)) {
      refusedPoints++;
    }
    return { step, value: found.value, slope, point, gradient: found.gradient };
  };

  try {
    const first = await evaluateAt(start);
    requireFiniteStart(first);
    let current: PointTrial = {
      step: 0,
      value: first.value,
      slope: 0,
      point: start.slice(),
      gradient: first.gradient,
    };
    const pairs: Pair[] = [];
    let iterations = 0;
    let stalled = 0;
    const report = (reason: MinimizeReason): VectorMinimum => ({
      point: current.point,
      gradient: current.gradient,
      value: current.value,
      gradientNorm: largestComponent(current.gradient),
      iterations,
      evaluations,
      refusedPoints,
      converged: reason === "gradient" || reason === "value",
      reason,
    });

    for (;;) {
      const gradientNorm = largestComponent(current.gradient);
      if (gradientNorm <= settings.tolerance) return report("gradient");
      if (stalled >= STALLED_ITERATIONS) return report("value");
      if (iterations >= settings.maxIterations) return report("maxIterations");

      const direction = searchDirection(current.gradient, pairs);
      const slope = innerProduct(current.gradient, direction);
      if (!(slope < 0)) {
        // Along the gradient itself there is no other way down: it is so small
        // that its square is 0.
        if (pairs.length === 0) return report("lineSearch");
        // The remembered curvature no longer describes this place.
        pairs.length = 0;
        continue;
      }
      const origin = { ...current, step: 0, slope };
      const next = await strongWolfeSearch(
        (step) => evaluateTrial(origin, direction, step),
        origin,
        pairs.length > 0 ? 1 : firstStep(current.gradient),
        settings.rounding * Math.abs(current.value),
      );
      if (next === undefined) {
        if (pairs.length === 0) return report("lineSearch");
        pairs.length = 0;
        continue;
      }
      remember(pairs, settings.history, origin, next);
      const fall = current.value - next.value;
      const size = Math.max(1, Math.abs(current.value));
      stalled = fall <= settings.valueTolerance * size ? stalled + 1 : 0;
      current = next;
      iterations++;
      settings.onIteration?.({
        iteration: iterations,
        value: current.value,
        gradientNorm: largestComponent(current.gradient),
      });
    }
  } catch (error) {
    if (settings.signal?.aborted === true) {
      throw new CancelledError(
        "Cannot go on minimising as the run was aborted",
        {
          cause: settings.signal.reason,
        },
      );
    }
    throw error;
  }
}

type Settings =
  & Required<Omit<MinimizeOptions, "signal" | "onIteration">>
  & Pick<MinimizeOptions, "signal" | "onIteration">;

function checkedOptions(options: MinimizeOptions): Settings {
  const settings = {
    maxIterations: 200,
    tolerance: 1e-6,
    valueTolerance: 1e-13,
    rounding: 1e-12,
    history: 10,
    ...options,
  };
  for (const name of ["maxIterations", "history"] as const) {
    const least = name === "history" ? 1 : 0;
    if (!Number.isInteger(settings[name]) || settings[name] < least) {
      throw new ParameterError(
        `Cannot use "${name}" as it is no whole number from ${least}: current value is ${
          settings[name]
        }`,
      );
    }
  }
  for (const name of ["tolerance", "valueTolerance", "rounding"] as const) {
    if (!(settings[name] >= 0)) {
      throw new ParameterError(
        `Cannot use "${name}" as it is negative: current value is ${
          settings[name]
        }`,
      );
    }
  }
  return settings;
}

function requireFiniteStart({ value, gradient }: Evaluation): void {
  if (!Number.isFinite(value)) {
    throw new NumericalError(
      `Cannot minimise from this start as the objective is not finite there: current value is ${value}`,
      { hint: "Start from parameters at which the objective can be computed" },
    );
  }
  const bad = gradient.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    throw new NumericalError(
      `Cannot minimise from this start as the gradient is not finite there: component ${bad} is ${
        gradient[bad]
      }`,
      { hint: "Start from parameters at which the objective is smooth" },
    );
  }
}

/** Two-loop recursion: minus the inverse Hessian's estimate times the gradient. */
function searchDirection(
  gradient: Float64Array,
  pairs: readonly Pair[],
): Float64Array {
  const direction = gradient.map((x) => -x);
  const weights = new Float64Array(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { step, change, curvature } = pairs[i]!;
    const weight = innerProduct(step, direction) / curvature;
    weights[i] = weight;
    addScaled(direction, -weight, change);
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = last.curvature / innerProduct(last.change, last.change);
    for (let j = 0; j < direction.length; j++) direction[j]! *= scale;
  }
  pairs.forEach(({ step, change, curvature }, i) => {
    const weight = innerProduct(change, direction) / curvature;
    addScaled(direction, weights[i]! - weight, step);
  });
  return direction;
}

/** With no curvature known, a first step of at most length one in the 1-norm. */
function firstStep(gradient: Float64Array): number {
  const length = gradient.reduce((sum, x) => sum + Math.abs(x), 0);
  return Math.min(1, 1 / length);
}

function remember(
  pairs: Pair[],
  history: number,
  from: PointTrial,
  to: PointTrial,
): void {
  const step = to.point.map((x, i) => x - from.point[i]!);
  const change = to.gradient.map((x, i) => x - from.gradient[i]!);
  const curvature = innerProduct(step, change);
  // Without positive curvature the estimate would lose its descent directions.
  if (!(curvature > 1e-16 * innerProduct(change, change))) return;
  pairs.push({ step, change, curvature });
  if (pairs.length > history) pairs.shift();
}

function innerProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(to: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += factor * x[i]!;
}

function largestComponent(x: Float64Array): number {
  return x.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}
