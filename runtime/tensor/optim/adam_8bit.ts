/**
 * AdamW whose running means take 8 bits a number.
 *
 * @module
 */

import { castTo, constant } from "../node.ts";
import {
  add,
  cast,
  divide,
  equal,
  expm1,
  isFinite,
  less,
  logicalAnd,
  multiply,
  negative,
  sqrt,
  square,
  subtract,
  where,
} from "../elementwise.ts";
import { full, zeros } from "../creation.ts";
import { flatten, reshape } from "../movement.ts";
import {
  dequantizeBlockwise8Bit,
  dynamicMap,
  quantizeBlockwise8Bit,
} from "../network/quantize_8bit.ts";
import type { F32, I32, Tensor } from "../tensor.ts";
import type { AdamOptions } from "./adam.ts";
import {
  asTree,
  type Leaf,
  matchingLeaves,
  parameterLeaves,
  requireLearningRate,
  requireSetting,
} from "./leaves.ts";
import type { Updated } from "./sgd.ts";

/** Elements that share a scale. */
const BLOCK = 256;

/** Parameters with fewer elements keep running means in f32. */
const FEWEST = 4096;

/** The code of 0 among signed ones. */
const ZERO = dynamicMap(true).indexOf(0);

/** Running numbers in 8 bits. */
export interface PackedMoment {
  /** One code a number. */
  readonly codes: Tensor<"u8">;
  /** Largest size in each block of 256. */
  readonly absmax: F32;
}

/** Running means of a gradient and of its square, flat: packed, or f32 where there are few. */
export type Moments =
  | { readonly mean: PackedMoment; readonly meanSquare: PackedMoment }
  | { readonly mean: F32; readonly meanSquare: F32 };

/** What {@linkcode adamW8bit} remembers between steps. */
export interface Adam8bitState {
  /** Steps taken, a scalar. */
  readonly step: I32;
  /** One a parameter, in the order of the tree. */
  readonly moments: readonly Moments[];
}

/** AdamW in 8 bits with its settings. */
export interface Adam8bit {
  /** The state before the first step. */
  readonly init: <P>(params: P) => Adam8bitState;
  /** One step along gradients that have the form of the parameters. */
  readonly update: <P>(
    grads: P,
    state: Adam8bitState,
    params: P,
  ) => Updated<P, Adam8bitState>;
}

/**
 * AdamW with running means in 8 bits, block by block, as in bitsandbytes ("8-bit
 * Optimizers via Block-wise Quantization", Dettmers and others, 2021, arXiv
 * 2110.02861): a quarter of the memory of {@linkcode adamW}'s state. Steps are
 * computed in f32. Means are signed and never change their sign by rounding;
 * parameters of fewer than 4096 elements keep f32. Weight decay comes after the
 * step. Where a gradient is not finite, the parameter stays as it is and the
 * running means of the element begin anew.
 *
 * @param options Settings; weight decay is 0.01 by default.
 * @returns `init` and `update`.
 * @throws {ParameterError} A setting is out of its range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const optimizer = wf.optim.adamW8bit({ learningRate: 0.1, weightDecay: 0 });
 * const params = wf.zeros([4096]);
 * const next = optimizer.update(wf.ones([4096]), optimizer.init(params), params);
 * console.log(await wf.slice(next.params, 0).item()); // -0.1
 * ```
 */
export function adamW8bit(options: AdamOptions = {}): Adam8bit {
  const name = "adamW8bit";
  const {
    learningRate = 1e-3,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0.01,
  } = options;
  requireLearningRate(learningRate);
  requireSetting("beta1", beta1, beta1 >= 0 && beta1 < 1, "[0, 1)");
  requireSetting("beta2", beta2, beta2 >= 0 && beta2 < 1, "[0, 1)");
  requireSetting("epsilon", epsilon, epsilon > 0, "a positive number");
  requireSetting("weightDecay", weightDecay, weightDecay >= 0, "at least 0");
  const rate = typeof learningRate === "number"
    ? learningRate
    : castTo(learningRate, "f32");

  const moved = (
    leaf: Leaf,
    gradient: Leaf,
    old: Moments,
    step: I32,
  ): [Leaf, Moments] => {
    const slope = flatten(castTo(gradient, "f32"));
    const fine = isFinite(slope);
    const kept = (past: F32, fresh: F32, memory: number): F32 =>
      where(
        fine,
        add(multiply(past, memory), multiply(fresh, 1 - memory)),
        0,
      );
    const { mean: pastMean, meanSquare: pastSquare } = unpacked(old, leaf.size);
    const mean = kept(pastMean, slope, beta1);
    const meanSquare = kept(pastSquare, square(slope), beta2);
    const steps = castTo(step, "f32");
    const correction = sqrt(weightOfPast(steps, beta2));
    const size = add(sqrt(meanSquare), multiply(correction, epsilon));
    const scale = multiply(
      divide(correction, weightOfPast(steps, beta1)),
      rate,
    );
    const flat = flatten(castTo(leaf, "f32"));
    const next = subtract(flat, multiply(divide(mean, size), scale));
    const shrunk = weightDecay > 0
      ? subtract(next, multiply(multiply(next, rate), weightDecay))
      : next;
    return [
      castTo(reshape(where(fine, shrunk, flat), leaf.shape), leaf.dtype),
      isPacked(old) ? packed(mean, meanSquare) : { mean, meanSquare },
    ];
  };

  return {
    init: (params) => ({
      step: constant(0, "i32"),
      moments: parameterLeaves(name, params).map(({ size }) => start(size)),
    }),
    update: (grads, state, params) => {
      const leaves = parameterLeaves(name, params);
      const slopes = matchingLeaves(name, "gradients", grads, leaves);
      requireSetting(
        "moments",
        state.moments.length,
        state.moments.length === leaves.length,
        `those of ${leaves.length} parameters`,
      );
      const step = add(state.step, 1);
      const made = leaves.map((leaf, k) =>
        moved(leaf, slopes[k]!, state.moments[k]!, step)
      );
      return {
        params: asTree(params, made.map(([leaf]) => leaf)),
        state: { step, moments: made.map(([, moments]) => moments) },
      };
    },
  };
}

type PackedMoments = Extract<Moments, { readonly mean: PackedMoment }>;

function isPacked(moments: Moments): moments is PackedMoments {
  return "codes" in moments.mean;
}

function start(size: number): Moments {
  if (size < FEWEST) {
    return { mean: zeros([size]), meanSquare: zeros([size]) };
  }
  const blocks = Math.ceil(size / BLOCK);
  const none = (): PackedMoment => ({
    codes: full([size], 0, { dtype: "u8" }),
    absmax: zeros([blocks]),
  });
  return { mean: none(), meanSquare: none() };
}

function unpacked(
  moments: Moments,
  size: number,
): { readonly mean: F32; readonly meanSquare: F32 } {
  if (!isPacked(moments)) return moments;
  const shared = { shape: [size], blockSize: BLOCK };
  return {
    mean: dequantizeBlockwise8Bit({
      ...moments.mean,
      ...shared,
      signed: true,
    }),
    meanSquare: dequantizeBlockwise8Bit({
      ...moments.meanSquare,
      ...shared,
      signed: false,
    }),
  };
}

function packed(mean: F32, meanSquare: F32): Moments {
  const first = quantizeBlockwise8Bit(mean);
  const second = quantizeBlockwise8Bit(meanSquare, { signed: false });
  // Only a small negative mean can lose its sign, to 0.
  const lost = logicalAnd(less(mean, 0), equal(first.codes, ZERO));
  return {
    mean: {
      codes: where(lost, cast(full([], ZERO - 1), "u8"), first.codes),
      absmax: first.absmax,
    },
    meanSquare: { codes: second.codes, absmax: second.absmax },
  };
}

/** `1 - memory^steps`, without the cancellation that f32 would suffer. */
function weightOfPast(steps: F32, memory: number): F32 {
  return negative(expm1(multiply(steps, Math.log(memory))));
}
