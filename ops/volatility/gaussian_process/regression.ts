/**
 * Conditioning and fitting of a Gaussian process, shared by the ops.
 *
 * @module
 */

import { NumericalError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { covariance, type PairGeometry } from "./covariance.ts";
import {
  freeNumbers,
  type FreeParameter,
  freeParameters,
  type HyperParameter,
  type Kernel,
  type ResolvedParameter,
  resolveParameter,
  withValues,
} from "./kernel.ts";
import { LogBox } from "./log_box.ts";
import { logDensity, solveFactored } from "./marginal_likelihood.ts";

/** First jitter after none, as a part of the mean of the diagonal. */
const FIRST_JITTER = 1e-8;

/** Largest jitter, as a part of the mean of the diagonal. */
const LARGEST_JITTER = 1e-4;

/** A prior and the noise on top of it. */
export interface Prior {
  /** Covariance of the function. */
  readonly kernel: Kernel;
  /** Variance of the noise of an observation. */
  readonly noiseVariance: HyperParameter;
}

/**
 * A covariance with its noise, as a function of the free hyperparameters.
 */
export class PriorCovariance {
  /** The free numbers: those of the kernel, then the noise. */
  readonly parameters: readonly FreeParameter[];
  readonly #prior: Prior;
  readonly #noise: ResolvedParameter;

  /** @param prior Kernel and noise. */
  constructor(prior: Prior) {
    this.#prior = prior;
    this.#noise = resolveParameter("noiseVariance", prior.noiseVariance);
    this.parameters = [
      ...freeParameters(prior.kernel),
      ...freeNumbers(this.#noise),
    ];
  }

  /** Values of the free numbers as described. */
  get start(): Float64Array {
    return Float64Array.from(this.parameters, ({ value }) => value);
  }

  /**
   * Covariance of observations.
   *
   * @param geometry Pairs of one set, `[n, n]`.
   * @param free Values of the free numbers, natural scale, `[p]`.
   * @param jitter Added to the diagonal, as a part of its mean.
   * @returns `[n, n]`, lazy.
   */
  observations(geometry: PairGeometry, free: F64, jitter: number): F64 {
    const matrix = this.latent(geometry, free);
    const noise = this.noise(free);
    const noisy = wf.add(matrix, wf.multiply(geometry.identity, noise));
    if (jitter === 0) return noisy;
    const level = wf.multiply(wf.mean(wf.diagonal(noisy)), jitter);
    return wf.add(noisy, wf.multiply(geometry.identity, level));
  }

  /**
   * Covariance of the function, without noise.
   *
   * @param geometry The pairs.
   * @param free Values of the free numbers, natural scale, `[p]`.
   * @returns One a pair, lazy.
   */
  latent(geometry: PairGeometry, free: F64): F64 {
    return covariance(this.#prior.kernel, geometry, free);
  }

  /**
   * Variance of the noise.
   *
   * @param free Values of the free numbers, natural scale, `[p]`.
   * @returns A scalar, lazy.
   */
  noise(free: F64): F64 {
    return this.#noise.fixed
      ? wf.tensor(this.#noise.value as number, { dtype: "f64" })
      : wf.slice(free, this.parameters.length - 1);
  }

  /**
   * The prior with other values.
   *
   * @param values One number for each free one.
   * @returns Kernel and noise as plain data.
   */
  at(values: ArrayLike<number>): { kernel: Kernel; noiseVariance: number } {
    const list = Array.from(values);
    return {
      kernel: withValues(this.#prior.kernel, list),
      noiseVariance: this.#noise.fixed
        ? this.#noise.value as number
        : list.at(-1) ?? NaN,
    };
  }
}

/**
 * Runs a computation that factors a covariance, with as much jitter as it takes:
 * none, then 1e-8 of the mean of the diagonal, raised tenfold up to 1e-4.
 *
 * @param compute The computation for one jitter.
 * @returns Its result and the jitter, as a part of the mean of the diagonal.
 * @throws NumericalError when the largest jitter is not enough.
 */
export async function withJitter<T>(
  compute: (jitter: number) => Promise<T>,
): Promise<{ result: T; jitter: number }> {
  let jitter = 0;
  for (;;) {
    try {
      return { result: await compute(jitter), jitter };
    } catch (error) {
      if (!(error instanceof NumericalError)) throw error;
      if (jitter * 1.5 > LARGEST_JITTER) {
        throw new NumericalError(
          `Cannot factor the covariance as it is not positive definite with a jitter of ${LARGEST_JITTER} of its mean variance`,
          {
            hint:
              "Look for duplicate inputs with a noise variance close to 0, or raise the lower bound of the noise variance",
            cause: error,
          },
        );
      }
      jitter = jitter === 0 ? FIRST_JITTER : jitter * 10;
    }
  }
}

/** When a search for hyperparameters stops. */
export interface SearchOptions {
  /** Starting points; the first is the guess, or the description's own values. */
  readonly starts: number;
  /** Values of the free numbers to start from, natural scale. */
  readonly guess?: Float64Array | undefined;
  /** Seed of the other starting points. */
  readonly seed: number;
  /** Most iterations a start. */
  readonly maxIterations: number;
  /** Largest gradient of the log marginal likelihood that ends a start. */
  readonly tolerance: number;
  /** Aborts between evaluations. */
  readonly signal: AbortSignal;
}

/** The hyperparameters that a search ended with. */
export interface SearchResult {
  /** Values of the free numbers, natural scale. */
  readonly values: Float64Array;
  /** Log marginal likelihood there. */
  readonly logMarginalLikelihood: number;
  /** Log marginal likelihood that each start reached; NaN for one that failed. */
  readonly starts: readonly number[];
  /** Evaluations over all starts. */
  readonly evaluations: number;
  /** Whether the best start met its tolerance. */
  readonly converged: boolean;
  /** Names of the free numbers that ended on a bound. */
  readonly atBounds: readonly string[];
}

/**
 * Maximises the log marginal likelihood over the logarithms of the free
 * hyperparameters, kept between their bounds by a smooth map.
 *
 * @param prior Kernel and noise.
 * @param geometry Pairs of the training rows.
 * @param targets Training targets `[n]`.
 * @param options Starts and limits.
 * @returns The best start's end.
 * @throws NumericalError when no start could be evaluated.
 */
export async function maximiseLikelihood(
  prior: PriorCovariance,
  geometry: PairGeometry,
  targets: F64,
  options: SearchOptions,
): Promise<SearchResult> {
  await geometry.realize();
  return await searchHyperparameters(prior, (values, jitter) => {
    const matrix = prior.observations(geometry, values, jitter);
    return logDensity(matrix, targets);
  }, options);
}

/**
 * Maximises a function of the free hyperparameters over their logarithms, kept
 * between their bounds by a smooth map.
 *
 * @param prior Kernel and noise.
 * @param target What to maximise: a scalar with gradients in the values (natural
 * scale), for a jitter as a part of the mean of the diagonal.
 * @param options Starts and limits.
 * @param prepare Runs before each evaluation, with its values and jitter.
 * @returns The best start's end.
 * @throws NumericalError when no start could be evaluated.
 */
export async function searchHyperparameters(
  prior: PriorCovariance,
  target: (values: F64, jitter: number) => F64,
  options: SearchOptions,
  prepare?: (values: Float64Array, jitter: number) => Promise<void>,
): Promise<SearchResult> {
  const box = new LogBox(prior.parameters);
  const negativeAt = (jitter: number) =>
    wf.valueAndGrad((position: F64): F64 =>
      wf.negative(target(box.toValues(position), jitter))
    );
  const objective = async (position: Float64Array) => {
    const { result } = await withJitter(async (jitter) => {
      if (prepare !== undefined) {
        const values = await box.toValues(wf.tensor(position)).data();
        await prepare(values, jitter);
      }
      const [value, gradient] = negativeAt(jitter)(wf.tensor(position));
      await wf.realize(value, gradient);
      return { value: await value.item(), gradient: await gradient.data() };
    });
    return result;
  };
  let best: wf.optim.VectorMinimum | undefined;
  const reached: number[] = [];
  let evaluations = 0;
  let failure: unknown;
  for (const start of await startingPoints(prior, box, options)) {
    try {
      const end = await wf.optim.minimizeVector(objective, start, {
        maxIterations: options.maxIterations,
        tolerance: options.tolerance,
        signal: options.signal,
      });
      evaluations += end.evaluations;
      reached.push(-end.value);
      if (best === undefined || end.value < best.value) best = end;
    } catch (error) {
      if (!(error instanceof NumericalError)) throw error;
      reached.push(NaN);
      failure = error;
    }
  }
  if (best === undefined) throw failure;
  const values = box.clamp(
    await box.toValues(wf.tensor(best.point)).data(),
  );
  return {
    values,
    logMarginalLikelihood: -best.value,
    starts: reached,
    evaluations,
    converged: best.converged,
    atBounds: prior.parameters
      .filter((_, index) => box.isAtBound(values[index] ?? NaN, index))
      .map(({ name }) => name),
  };
}

async function startingPoints(
  prior: PriorCovariance,
  box: LogBox,
  { starts, seed, guess }: SearchOptions,
): Promise<Float64Array[]> {
  const count = prior.parameters.length;
  // A guess near a bound, where the map is flat, would never leave it.
  const first = prior.start.map((value, index) => {
    const guessed = guess?.[index] ?? value;
    return Math.abs(box.share(guessed, index)) < 0.8 ? guessed : value;
  });
  const points = [box.toPosition(first)];
  if (starts === 1) return points;
  const shares = await wf.random.uniform(
    wf.random.key(seed),
    [starts - 1, count],
    { dtype: "f64" },
  ).data();
  for (let start = 0; start < starts - 1; start += 1) {
    // The middle half of the logarithmic range: its ends are degenerate kernels.
    const values = prior.start.map((_, index) =>
      box.valueAt((shares[start * count + index] ?? NaN) - 0.5, index)
    );
    points.push(box.toPosition(values));
  }
  return points;
}

/** A Gaussian process conditioned on observations. */
export interface Conditioned {
  /** Lower Cholesky factor of the covariance of the observations, `[n, n]`. */
  readonly cholesky: F64;
  /** `K⁻¹ y`, `[n]`. */
  readonly weights: F64;
  /** What was added to the diagonal, as a part of its mean. */
  readonly jitter: number;
  /** What was added to the diagonal. */
  readonly jitterVariance: number;
}

/**
 * Conditions a Gaussian process on observations.
 *
 * @param prior Kernel and noise.
 * @param geometry Pairs of the observed rows.
 * @param targets What was observed, `[n]`.
 * @param values Values of the free numbers, natural scale.
 * @returns The factor and the weights, both realised.
 * @throws NumericalError when the largest jitter is not enough.
 */
export async function condition(
  prior: PriorCovariance,
  geometry: PairGeometry,
  targets: F64,
  values: Float64Array,
): Promise<Conditioned> {
  const { result, jitter } = await withJitter(async (jitter) => {
    const matrix = prior.observations(geometry, wf.tensor(values), jitter);
    const cholesky = wf.cholesky(matrix);
    const weights = wf.squeeze(
      solveFactored(cholesky, wf.expandDims(targets, -1)),
      -1,
    );
    await wf.realize(cholesky, weights);
    return { cholesky, weights };
  });
  if (jitter === 0) return { ...result, jitter, jitterVariance: 0 };
  const noiseless = prior.observations(geometry, wf.tensor(values), 0);
  const level = await wf.mean(wf.diagonal(noiseless)).item();
  return { ...result, jitter, jitterVariance: jitter * level };
}
