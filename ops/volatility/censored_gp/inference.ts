/**
 * Three ways to find the sites of censored observations, and the evidence that
 * each of them gives.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { normalQuadrature } from "./quadrature.ts";
import {
  type NormalPrior,
  type SitePosterior,
  sitePosterior,
  type Sites,
} from "./sites.ts";
import { type Cuts, logCdfSlopes, standardised } from "./tobit.ts";

/** How the posterior of a censored Gaussian process is approximated. */
export type CensoredMethod = "ep" | "laplace" | "vi";

/** Nodes of the expectations of variational inference. */
const NODES = 64;

const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;

/** Smallest precision of a site: what is flatter tells nothing. */
const LEAST_PRECISION = 1e-150;

/** A site, and the marginal posterior it belongs to. */
export interface SiteState extends Sites {
  /** Posterior mean under all sites. */
  readonly mean: F64;
  /** Posterior variance under all sites. */
  readonly variance: F64;
}

/** A way to approximate. */
export interface Inference {
  /**
   * The sites that the posterior under the present ones asks for.
   *
   * @param state Present sites and the posterior under them.
   * @param cuts What was cut off.
   * @param noise Variance of the noise.
   * @returns New sites.
   */
  readonly update: (state: SiteState, cuts: Cuts, noise: F64) => Sites;
  /**
   * Approximate log evidence of the censored observations. At sites that
   * `update` leaves as they are it is stationary in them (or they are computed
   * anew), so that its gradient in the prior and the noise is the total one.
   *
   * @param prior The prior, with gradients.
   * @param state Converged sites and posterior, constants.
   * @param cuts What was cut off.
   * @param noise Variance of the noise, with gradients.
   * @returns A scalar.
   */
  readonly evidence: (
    prior: NormalPrior,
    state: SiteState,
    cuts: Cuts,
    noise: F64,
  ) => F64;
}

/** The methods by name. */
export const INFERENCES: Readonly<Record<CensoredMethod, Inference>> = {
  ep: { update: matchMoments, evidence: momentEvidence },
  laplace: { update: expandAtMode, evidence: modeEvidence },
  vi: { update: matchExpectations, evidence: lowerBound },
};

/** Moments without a site: cavity of expectation propagation. */
function cavityOf({ mean, variance, precision, shift }: SiteState) {
  const left = wf.subtract(1, wf.multiply(variance, precision));
  const cavityVariance = wf.divide(variance, left);
  const cavityMean = wf.divide(
    wf.subtract(mean, wf.multiply(variance, shift)),
    left,
  );
  return { cavityMean, cavityVariance };
}

/** The site that gives cavity times likelihood its mean and variance. */
function matchMoments(state: SiteState, cuts: Cuts, noise: F64): Sites {
  const { cavityMean, cavityVariance } = cavityOf(state);
  const total = wf.add(cavityVariance, noise);
  const { slope, curvature } = logCdfSlopes(
    standardised(cuts, cavityMean, total),
  );
  const delta = wf.divide(curvature, total);
  const rest = wf.subtract(1, wf.multiply(delta, cavityVariance));
  const push = wf.multiply(cuts.signs, wf.divide(slope, wf.sqrt(total)));
  return {
    precision: wf.divide(delta, rest),
    shift: wf.divide(wf.add(wf.multiply(cavityMean, delta), push), rest),
  };
}

function momentEvidence(
  prior: NormalPrior,
  state: SiteState,
  cuts: Cuts,
  noise: F64,
): F64 {
  const { cavityMean, cavityVariance } = cavityOf(state);
  const spread = wf.add(cavityVariance, wf.reciprocal(state.precision));
  const location = wf.divide(state.shift, state.precision);
  const z = standardised(cuts, cavityMean, wf.add(cavityVariance, noise));
  const scales = wf.add(
    wf.logNormalCdf(z),
    wf.multiply(
      wf.add(
        wf.log(spread),
        wf.divide(wf.square(wf.subtract(cavityMean, location)), spread),
      ),
      0.5,
    ),
  );
  return wf.add(
    sitePosterior(prior, state).logDensity,
    wf.sum(wf.add(scales, HALF_LOG_TWO_PI)),
  );
}

/** Derivatives of the log likelihood at a point, as a site. */
function expand(at: F64, cuts: Cuts, noise: F64): Sites {
  const { slope, curvature } = logCdfSlopes(standardised(cuts, at, noise));
  const precision = wf.add(wf.divide(curvature, noise), LEAST_PRECISION);
  const gradient = wf.multiply(cuts.signs, wf.divide(slope, wf.sqrt(noise)));
  return {
    precision,
    shift: wf.add(wf.multiply(precision, at), gradient),
  };
}

/** One step of Newton's method, as the posterior mean under the new sites. */
function expandAtMode({ mean }: SiteState, cuts: Cuts, noise: F64): Sites {
  return expand(mean, cuts, noise);
}

function modeEvidence(
  prior: NormalPrior,
  state: SiteState,
  cuts: Cuts,
  noise: F64,
): F64 {
  // A step of Newton's method from the mode stays there, and moves as the mode
  // moves with the prior and the noise.
  const step = sitePosterior(prior, expand(state.mean, cuts, noise));
  const distance = wf.sum(
    wf.multiply(wf.subtract(step.mean, prior.mean), step.weights),
  );
  const likelihood = wf.sum(
    wf.logNormalCdf(standardised(cuts, step.mean, noise)),
  );
  const volume = sitePosterior(prior, expand(step.mean, cuts, noise))
    .halfLogDeterminant;
  return wf.subtract(
    wf.subtract(likelihood, wf.multiply(distance, 0.5)),
    volume,
  );
}

/** Values at the nodes `[nodes, c]` and the weights `[nodes, 1]`. */
function nodesOf(mean: F64, variance: F64): { points: F64; weights: F64 } {
  const { nodes, weights } = normalQuadrature(NODES);
  const column = (values: Float64Array) => wf.expandDims(wf.tensor(values), 1);
  return {
    points: wf.add(mean, wf.multiply(column(nodes), wf.sqrt(variance))),
    weights: column(weights),
  };
}

/** The site whose derivatives are the expected ones (a natural gradient step). */
function matchExpectations(
  { mean, variance }: SiteState,
  cuts: Cuts,
  noise: F64,
): Sites {
  const { points, weights } = nodesOf(mean, variance);
  const { slope, curvature } = logCdfSlopes(standardised(cuts, points, noise));
  const expected = (values: F64) =>
    wf.sum(wf.multiply(values, weights), { axis: 0 });
  const precision = wf.divide(expected(curvature), noise);
  const gradient = wf.multiply(
    cuts.signs,
    wf.divide(expected(slope), wf.sqrt(noise)),
  );
  return {
    precision,
    shift: wf.add(wf.multiply(precision, mean), gradient),
  };
}

/** `log Z(sites) + Σ E[log likelihood − log site]`. */
function lowerBound(
  prior: NormalPrior,
  state: SiteState,
  cuts: Cuts,
  noise: F64,
): F64 {
  const posterior: SitePosterior = sitePosterior(prior, state);
  const { points, weights } = nodesOf(posterior.mean, posterior.variance);
  const likelihood = wf.sum(
    wf.multiply(
      wf.logNormalCdf(standardised(cuts, points, noise)),
      weights,
    ),
  );
  const location = wf.divide(state.shift, state.precision);
  const square = wf.add(
    wf.square(wf.subtract(posterior.mean, location)),
    posterior.variance,
  );
  const ofSites = wf.sum(
    wf.subtract(
      wf.multiply(
        wf.subtract(
          wf.log(state.precision),
          wf.multiply(state.precision, square),
        ),
        0.5,
      ),
      HALF_LOG_TWO_PI,
    ),
  );
  return wf.add(posterior.logDensity, wf.subtract(likelihood, ofSites));
}

/** Keeps precisions positive and flat sites empty. */
function bounded({ precision, shift }: Sites): Sites {
  const isFlat = wf.lessEqual(precision, LEAST_PRECISION);
  return {
    precision: wf.where(isFlat, LEAST_PRECISION, precision),
    shift: wf.where(isFlat, 0, shift),
  };
}

/** A step of the iteration towards sites that stay as they are. */
export interface SiteStep extends SiteState {
  /** Largest change of a site, in units of the posterior before. */
  readonly change: F64;
}

/**
 * Goes a part of the way to the sites that a method asks for.
 *
 * @param inference The method.
 * @param prior The prior.
 * @param state Present sites, with the posterior under them.
 * @param cuts What was cut off.
 * @param noise Variance of the noise.
 * @param part 1 for the whole way.
 * @returns New sites, the posterior under them, and the whole way's length.
 */
export function stepSites(
  inference: Inference,
  prior: NormalPrior,
  state: SiteState,
  cuts: Cuts,
  noise: F64,
  part: F64,
): SiteStep {
  const asked = bounded(inference.update(state, cuts, noise));
  const moved = (from: F64, to: F64) =>
    wf.add(
      wf.multiply(wf.subtract(1, part), from),
      wf.multiply(part, to),
    );
  const sites = {
    precision: moved(state.precision, asked.precision),
    shift: moved(state.shift, asked.shift),
  };
  const { mean, variance } = sitePosterior(prior, sites);
  const difference = (name: "precision" | "shift", unit: F64) =>
    wf.max(
      wf.multiply(wf.absolute(wf.subtract(asked[name], state[name])), unit),
    );
  const change = wf.maximum(
    difference("precision", state.variance),
    difference("shift", wf.sqrt(state.variance)),
  );
  return { ...sites, mean, variance, change };
}
