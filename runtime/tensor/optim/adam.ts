/**
 * Adam and AdamW.
 *
 * @module
 */

import { zerosLike } from "../creation.ts";
import {
  add,
  divide,
  expm1,
  multiply,
  negative,
  sqrt,
  square,
  subtract,
} from "../elementwise.ts";
import { castTo, constant } from "../node.ts";
import type { I32 } from "../tensor.ts";
import {
  asTree,
  type Leaf,
  type LearningRate,
  matchingLeaves,
  parameterLeaves,
  requireLearningRate,
  requireSetting,
} from "./leaves.ts";
import type { Updated } from "./sgd.ts";

/** Settings of {@linkcode adam} and {@linkcode adamW}. */
export interface AdamOptions {
  /** Length of a step; at least 0, default 0.001. A scalar inside of a compiled function. */
  readonly learningRate?: LearningRate;
  /** Memory of the mean of the gradient; in [0, 1), default 0.9. */
  readonly beta1?: number;
  /** Memory of the mean of its square; in [0, 1), default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the mean square; positive, default 1e-8. */
  readonly epsilon?: number;
  /**
   * Multiple of the parameters that is added to the gradient (`adam`, default 0),
   * or that times the learning rate is taken off the parameters (`adamW`, default 0.01).
   */
  readonly weightDecay?: number;
}

/** What {@linkcode adam} and {@linkcode adamW} remember between steps. */
export interface AdamState<P> {
  /** Steps taken, a scalar. */
  readonly step: I32;
  /** Running means of the gradients, in the form of the parameters. */
  readonly mean: P;
  /** Running means of their squares. */
  readonly meanSquare: P;
}

/** Adam or AdamW with its settings. */
export interface Adam {
  /** The state before the first step. */
  readonly init: <P>(params: P) => AdamState<P>;
  /** One step along gradients that have the form of the parameters. */
  readonly update: <P>(
    grads: P,
    state: AdamState<P>,
    params: P,
  ) => Updated<P, AdamState<P>>;
}

/**
 * Adam (Kingma and Ba, Adam: a method for stochastic optimization, 2015), as in
 * PyTorch: weight decay, if any, is part of the gradient.
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
 * const optimizer = wf.optim.adam({ learningRate: 0.1 });
 * let params = [wf.tensor([1, -2], { dtype: "f64" })];
 * let state = optimizer.init(params);
 * const grads = [wf.tensor([3, -0.1], { dtype: "f64" })];
 * ({ params, state } = optimizer.update(grads, state, params));
 * const [x] = await wf.read(params[0]!);
 * console.log(Math.abs(x[0]! - 0.9) < 1e-8); // true
 * ```
 */
export function adam(options: AdamOptions = {}): Adam {
  return makeAdam("adam", { weightDecay: 0, ...options }, false);
}

/**
 * AdamW (Loshchilov and Hutter, Decoupled weight decay regularization, 2019), as in
 * PyTorch: weight decay shrinks the parameters directly, by the learning rate times
 * `weightDecay` a step, and does not enter the running means.
 *
 * @param options Settings.
 * @returns `init` and `update`.
 * @throws {ParameterError} A setting is out of its range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const optimizer = wf.optim.adamW({ learningRate: 0.1, weightDecay: 0.5 });
 * const params = wf.tensor([2], { dtype: "f64" });
 * const still = wf.tensor([0], { dtype: "f64" });
 * const next = optimizer.update(still, optimizer.init(params), params);
 * console.log(await next.params.toArray()); // [1.9]
 * ```
 */
export function adamW(options: AdamOptions = {}): Adam {
  return makeAdam("adamW", { weightDecay: 0.01, ...options }, true);
}

function makeAdam(
  name: string,
  options: AdamOptions & { readonly weightDecay: number },
  decoupled: boolean,
): Adam {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } =
    options;
  const { weightDecay } = options;
  requireLearningRate(learningRate);
  requireSetting("beta1", beta1, beta1 >= 0 && beta1 < 1, "[0, 1)");
  requireSetting("beta2", beta2, beta2 >= 0 && beta2 < 1, "[0, 1)");
  requireSetting("epsilon", epsilon, epsilon > 0, "a positive number");
  requireSetting("weightDecay", weightDecay, weightDecay >= 0, "at least 0");

  const moved = (leaf: Leaf, mean: Leaf, meanSquare: Leaf, step: I32): Leaf => {
    const steps = castTo(step, leaf.dtype);
    const size = add(
      sqrt(divide(meanSquare, weightOfPast(steps, beta2))),
      epsilon,
    );
    const direction = divide(divide(mean, weightOfPast(steps, beta1)), size);
    const shrunk = decoupled && weightDecay > 0
      ? subtract(leaf, multiply(multiply(leaf, learningRate), weightDecay))
      : leaf;
    return subtract(shrunk, multiply(direction, learningRate));
  };

  return {
    init: (params) => {
      // Two of each: a step that may write over its state must own all of it.
      const zeros = () =>
        asTree(params, parameterLeaves(name, params).map(zerosLike));
      return {
        step: constant(0, "i32"),
        mean: zeros(),
        meanSquare: zeros(),
      };
    },
    update: (grads, state, params) => {
      const leaves = parameterLeaves(name, params);
      const slopes = matchingLeaves(name, "gradients", grads, leaves).map(
        (gradient, k): Leaf =>
          decoupled || weightDecay === 0
            ? gradient
            : add(gradient, multiply(leaves[k]!, weightDecay)),
      );
      const step = add(state.step, 1);
      const mean = matchingLeaves(name, "state", state.mean, leaves)
        .map((old, k) => blend(old, slopes[k]!, beta1));
      const meanSquare = matchingLeaves(name, "state", state.meanSquare, leaves)
        .map((old, k) => blend(old, square(slopes[k]!), beta2));
      return {
        params: asTree(
          params,
          leaves.map((leaf, k) => moved(leaf, mean[k]!, meanSquare[k]!, step)),
        ),
        state: {
          step,
          mean: asTree(params, mean),
          meanSquare: asTree(params, meanSquare),
        },
      };
    },
  };
}

function blend(old: Leaf, fresh: Leaf, memory: number): Leaf {
  return add(multiply(old, memory), multiply(fresh, 1 - memory));
}

/** `1 - memory^steps`, without the cancellation that f32 would suffer. */
function weightOfPast(steps: Leaf, memory: number): Leaf {
  return negative(expm1(multiply(steps, Math.log(memory))));
}
