/**
 * Stochastic gradient descent.
 *
 * @module
 */

import { ParameterError } from "../../core/errors.ts";
import { zerosLike } from "../creation.ts";
import { add, multiply, subtract } from "../elementwise.ts";
import {
  asTree,
  type Leaf,
  type LearningRate,
  matchingLeaves,
  parameterLeaves,
  requireLearningRate,
  requireSetting,
} from "./leaves.ts";

/** Settings of {@linkcode sgd}. */
export interface SgdOptions {
  /** Length of a step; at least 0. A scalar inside of a compiled function. */
  readonly learningRate: LearningRate;
  /** Part of the last velocity that is kept; in [0, 1), default 0. */
  readonly momentum?: number;
  /** Look ahead along the velocity; default false. Needs momentum. */
  readonly nesterov?: boolean;
  /** Multiple of the parameters that is added to the gradient; default 0. */
  readonly weightDecay?: number;
}

/** What {@linkcode sgd} remembers between steps. */
export interface SgdState<P> {
  /** Velocities, in the form of the parameters; absent without momentum. */
  readonly velocity?: P;
}

/** Parameters and state after a step. */
export interface Updated<P, S> {
  /** The new parameters. */
  readonly params: P;
  /** The new state. */
  readonly state: S;
}

/** Stochastic gradient descent with its settings. */
export interface Sgd {
  /** The state before the first step. */
  readonly init: <P>(params: P) => SgdState<P>;
  /** One step along gradients that have the form of the parameters. */
  readonly update: <P>(
    grads: P,
    state: SgdState<P>,
    params: P,
  ) => Updated<P, SgdState<P>>;
}

/**
 * Stochastic gradient descent, as in PyTorch (without dampening): the velocity is
 * `v = momentum · v + g`, the step `-learningRate · v`, or `-learningRate · (g + momentum · v)`
 * with Nesterov's look-ahead.
 *
 * Pure functions: nothing is changed in place and nothing is computed until somebody
 * reads. Realise parameters and state now and then, or the graph of all steps grows.
 *
 * @param options Settings.
 * @returns `init` and `update`.
 * @throws {ParameterError} A setting is out of its range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const optimizer = wf.optim.sgd({ learningRate: 0.1, momentum: 0.9 });
 * const loss = (p: { x: wf.F64 }): wf.F64 => wf.sum(wf.square(p.x));
 * let params = { x: wf.ones([2], { dtype: "f64" }) };
 * let state = optimizer.init(params);
 * for (let step = 0; step < 3; step++) {
 *   const grads = wf.grad(loss)(params);
 *   ({ params, state } = optimizer.update(grads, state, params));
 * }
 * console.log((await params.x.data())[0]! < 0.5); // true
 * ```
 */
export function sgd(options: SgdOptions): Sgd {
  const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } =
    options;
  requireLearningRate(learningRate);
  requireSetting("momentum", momentum, momentum >= 0 && momentum < 1, "[0, 1)");
  requireSetting("weightDecay", weightDecay, weightDecay >= 0, "at least 0");
  if (nesterov && momentum === 0) {
    throw new ParameterError('Cannot use "nesterov" without momentum', {
      hint: 'Set "momentum", for example to 0.9',
    });
  }
  return {
    init: (params) =>
      momentum === 0 ? {} : {
        velocity: asTree(params, parameterLeaves("sgd", params).map(zerosLike)),
      },
    update: (grads, state, params) => {
      const leaves = parameterLeaves("sgd", params);
      const slopes = matchingLeaves("sgd", "gradients", grads, leaves).map(
        (gradient, k): Leaf =>
          weightDecay === 0
            ? gradient
            : add(gradient, multiply(leaves[k]!, weightDecay)),
      );
      const step = (directions: readonly Leaf[]) =>
        asTree(
          params,
          leaves.map((leaf, k): Leaf =>
            subtract(leaf, multiply(directions[k]!, learningRate))
          ),
        );
      if (momentum === 0) return { params: step(slopes), state: {} };
      const velocity = matchingLeaves("sgd", "state", state.velocity, leaves)
        .map((old, k): Leaf => add(multiply(old, momentum), slopes[k]!));
      const directions = nesterov
        ? velocity.map((v, k): Leaf => add(slopes[k]!, multiply(v, momentum)))
        : velocity;
      return {
        params: step(directions),
        state: { velocity: asTree(params, velocity) },
      };
    },
  };
}
