/**
 * Quantiles of the standard normal distribution.
 *
 * @module
 */

export { normalQuantile } from "../../normal_quantile.ts";
