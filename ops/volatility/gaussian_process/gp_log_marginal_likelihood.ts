/**
 * The log marginal likelihood of given hyperparameters, with its gradient.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { PairGeometry } from "./covariance.ts";
import {
  type HyperParameter,
  hyperParameterSchema,
  type Kernel,
  kernelSchema,
} from "./kernel.ts";
import { logDensity } from "./marginal_likelihood.ts";
import { PriorCovariance } from "./regression.ts";

/**
 * Log marginal likelihood of targets under a Gaussian process, and its gradient
 * with respect to the logarithms of the free hyperparameters.
 *
 * Inputs: `x` `[n, d]`, `y` `[n]` (taken as they are). Params: `kernel`,
 * `noiseVariance`. Outputs: `value`, a scalar; `gradient` `[p]`; `names`, where
 * each of the p numbers stands in the kernel, the noise last. Lazy; without
 * jitter, so that reading throws where the covariance is not positive definite.
 *
 * Source: Rasmussen and Williams 2006, equations 2.30 and 5.9.
 *
 * @example
 * ```ts
 * import { gpLogMarginalLikelihood } from "@weft/weft/ops/volatility";
 * import * as wf from "@weft/weft/tensor";
 *
 * const { likelihood, gradient, names } = await gpLogMarginalLikelihood.run({
 *   x: wf.tensor([[0], [1], [2]], { dtype: "f64" }),
 *   y: wf.tensor([0, 1, 0.5], { dtype: "f64" }),
 * }, {
 *   kernel: { kind: "rbf", lengthScale: { value: 1 } },
 *   noiseVariance: { value: 0.1 },
 * });
 * console.log(await likelihood.item()); // -3.1820…
 * console.log(names); // ["lengthScale", "noiseVariance"]
 * console.log(await gradient.toArray()); // [0.1349…, -0.0923…]
 * ```
 */
export const gpLogMarginalLikelihood: Op<
  { x: F64; y: F64 },
  { kernel: Kernel; noiseVariance: HyperParameter },
  { likelihood: F64; gradient: F64; names: string[] }
> = op({
  name: "volatility/gpLogMarginalLikelihood",
  version: "1",
  doc: "Log marginal likelihood of a Gaussian process, with its gradient",
  inputs: {
    x: port.tensor("f64", ["n", "d"]),
    y: port.tensor("f64", ["n"]),
  },
  params: z.object({
    kernel: kernelSchema,
    noiseVariance: hyperParameterSchema,
  }),
  outputs: {
    likelihood: port.tensor("f64", []),
    gradient: port.tensor("f64", ["p"]),
    names: port.value(z.array(z.string())),
  },
  run: ({ x, y }, params) => {
    const prior = new PriorCovariance(params);
    const geometry = PairGeometry.within(x);
    const [likelihood, gradient] = wf.valueAndGrad((logValues: F64): F64 =>
      logDensity(prior.observations(geometry, wf.exp(logValues), 0), y)
    )(wf.tensor(prior.start.map(Math.log)));
    const names = prior.parameters.map(({ name }) => name);
    return { likelihood, gradient, names };
  },
});
