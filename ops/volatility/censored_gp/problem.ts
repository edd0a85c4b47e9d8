/**
 * A censored regression, reduced to its censored observations.
 *
 * @module
 */

import { NumericalError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { PairGeometry } from "../gaussian_process/covariance.ts";
import { whitenedDensity } from "../gaussian_process/marginal_likelihood.ts";
import type { PriorCovariance } from "../gaussian_process/regression.ts";
import {
  type Inference,
  type SiteState,
  type SiteStep,
  stepSites,
} from "./inference.ts";
import { type NormalPrior, sitePosterior, type Sites } from "./sites.ts";
import type { Cuts } from "./tobit.ts";

/** Most steps towards converged sites. */
const MAX_STEPS = 500;

/** A site has converged when no posterior would move by more than this. */
const SITE_TOLERANCE = 1e-9;

/** Smallest part of the way that a step may go. */
const LEAST_PART = 1 / 32;

/** Observations with the limits that cut some of them off. */
export interface CensoredData {
  /** Inputs `[n, d]`. */
  readonly x: F64;
  /** Observations `[n]`, on the scale of the fit. */
  readonly targets: Float64Array;
  /** 1 where cut off above, −1 below, 0 where not, `[n]`. */
  readonly sides: Int8Array;
}

interface Reduced {
  /** Log density of the observations that were not cut off. */
  readonly logDensity: F64;
  /** The function at the others given these; undefined where there are none. */
  readonly prior: NormalPrior | undefined;
  /** Variance of the noise. */
  readonly noise: F64;
}

type Step = (
  prior: NormalPrior,
  state: SiteState,
  cuts: Cuts,
  noise: F64,
  part: F64,
) => SiteStep;

/**
 * The evidence of a censored regression. What was not cut off is conditioned on
 * exactly; the function at the censored observations then has a normal prior,
 * and only these are approximated.
 */
export class CensoredProblem {
  readonly #prior: PriorCovariance;
  readonly #inference: Inference;
  readonly #geometry: PairGeometry;
  /** Rows that were not cut off, then those that were. */
  readonly #order: readonly number[];
  readonly #plainTargets: F64;
  readonly #plain: number;
  readonly #cuts: Cuts;
  readonly #step: Step;
  #state: SiteState | undefined;
  /** Steps of the last search for sites. */
  steps = 0;

  /**
   * @param prior Kernel and noise.
   * @param data The observations.
   * @param inference How to approximate.
   */
  constructor(
    prior: PriorCovariance,
    { x, targets, sides }: CensoredData,
    inference: Inference,
  ) {
    const rows = Array.from(sides, (_, row) => row);
    const plain = rows.filter((row) => sides[row] === 0);
    const cut = rows.filter((row) => sides[row] !== 0);
    const pick = (values: ArrayLike<number>, chosen: readonly number[]) =>
      wf.tensor(Float64Array.from(chosen, (row) => values[row] ?? NaN));
    this.#prior = prior;
    this.#inference = inference;
    this.#order = [...plain, ...cut];
    this.#plain = plain.length;
    this.#geometry = PairGeometry.within(
      wf.take(x, wf.tensor(Int32Array.from(this.#order)), { axis: 0 }),
    );
    this.#plainTargets = pick(targets, plain);
    this.#cuts = { limits: pick(targets, cut), signs: pick(sides, cut) };
    this.#step = wf.compile((normal, state, cuts, noise, part) =>
      stepSites(inference, normal, state, cuts, noise, part)
    );
  }

  /** Computes what does not change with the hyperparameters. */
  async prepare(): Promise<void> {
    await this.#geometry.realize();
  }

  /**
   * Finds the sites for given hyperparameters, from those found before.
   *
   * @param values Values of the free numbers, natural scale.
   * @param jitter Added to the diagonal, as a part of its mean.
   * @throws NumericalError where they do not converge.
   */
  async settle(values: Float64Array, jitter: number): Promise<void> {
    const { prior, noise } = this.#reduce(wf.tensor(values), jitter);
    if (prior === undefined) return;
    await wf.realize(prior.mean, prior.covariance, noise);
    let state = this.#start(prior);
    let part = 1;
    let before = Infinity;
    for (this.steps = 1; this.steps <= MAX_STEPS; this.steps += 1) {
      const next = this.#step(
        prior,
        state,
        this.#cuts,
        noise,
        wf.tensor(part, { dtype: "f64" }),
      );
      const change = await next.change.item();
      if (change <= SITE_TOLERANCE) {
        this.#state = state;
        return;
      }
      // Neighbours that answer each other too strongly would swing for ever.
      part = change < before
        ? Math.min(part * 1.1, 1)
        : Math.max(part / 2, LEAST_PART);
      before = change;
      const { precision, shift, mean, variance } = next;
      state = { precision, shift, mean, variance };
    }
    throw new NumericalError(
      `Cannot find the posterior of the censored observations in ${MAX_STEPS} steps`,
      {
        actual: `the last step changed a site by ${before}`,
        hint: 'Raise the lower bound of the noise variance, or use "laplace"',
      },
    );
  }

  /**
   * Approximate log marginal likelihood, with its total gradient in the values
   * once the sites are settled there.
   *
   * @param values Values of the free numbers, natural scale, `[p]`.
   * @param jitter Added to the diagonal, as a part of its mean.
   * @returns A scalar, lazy.
   */
  evidence(values: F64, jitter: number): F64 {
    const { logDensity, prior, noise } = this.#reduce(values, jitter);
    if (prior === undefined || this.#state === undefined) return logDensity;
    return wf.add(
      logDensity,
      this.#inference.evidence(prior, this.#state, this.#cuts, noise),
    );
  }

  /**
   * The posterior as that of a plain regression: observations with a location
   * and a noise variance of their own.
   *
   * @param noise Variance of the noise.
   * @returns Locations and variances of all rows, in their first order.
   */
  async pseudoObservations(
    noise: number,
  ): Promise<{ locations: Float64Array; variances: Float64Array }> {
    const locations = new Float64Array(this.#order.length);
    const variances = new Float64Array(this.#order.length).fill(noise);
    const plain = await this.#plainTargets.data();
    const precision = await this.#state?.precision.data();
    const shift = await this.#state?.shift.data();
    this.#order.forEach((row, place) => {
      const site = place - this.#plain;
      if (site < 0) {
        locations[row] = plain[place] ?? NaN;
        return;
      }
      const width = 1 / (precision?.[site] ?? NaN);
      variances[row] = width;
      locations[row] = (shift?.[site] ?? NaN) * width;
    });
    return { locations, variances };
  }

  #start(prior: NormalPrior): SiteState {
    const sites: Sites = this.#state ?? {
      precision: wf.full(prior.mean.shape, 1e-100, { dtype: "f64" }),
      shift: wf.zerosLike(prior.mean),
    };
    const { mean, variance } = sitePosterior(prior, sites);
    return {
      precision: sites.precision,
      shift: sites.shift,
      mean,
      variance,
    };
  }

  #reduce(values: F64, jitter: number): Reduced {
    const latent = this.#prior.latent(this.#geometry, values);
    const noise = this.#prior.noise(values);
    const level = wf.multiply(wf.mean(wf.diagonal(latent)), jitter);
    const matrix = jitter === 0
      ? latent
      : wf.add(latent, wf.multiply(this.#geometry.identity, level));
    const plain = this.#plain;
    const count = this.#order.length;
    if (plain === 0) {
      const mean = wf.zeros([count], { dtype: "f64" });
      return {
        logDensity: wf.zeros([], { dtype: "f64" }),
        prior: { mean, covariance: matrix },
        noise,
      };
    }
    const block = wf.slice(matrix, [0, plain], [0, plain]);
    const noisy = wf.add(
      block,
      wf.multiply(wf.eye(plain, plain, { dtype: "f64" }), noise),
    );
    const factor = wf.cholesky(noisy);
    const whiten = (sides: F64) =>
      wf.triangularSolve(factor, sides, { lower: true });
    const targets = whiten(wf.expandDims(this.#plainTargets, 1));
    const density = whitenedDensity(factor, targets);
    if (plain === count) {
      return { logDensity: density, prior: undefined, noise };
    }
    const cross = whiten(wf.slice(matrix, [0, plain], [plain, count]));
    const across = wf.transpose(cross);
    return {
      logDensity: density,
      prior: {
        mean: wf.squeeze(wf.matmul(across, targets), 1),
        covariance: wf.subtract(
          wf.slice(matrix, [plain, count], [plain, count]),
          wf.matmul(across, cross),
        ),
      },
      noise,
    };
  }
}
