/**
 * Cross-entropy of a linear classifier whose logits are never held at once,
 * after "Cut Your Losses in Large-Vocabulary Language Models" (Wijmans and
 * others, 2024, arXiv 2411.09009).
 *
 * @module
 */

import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import type { FloatDType } from "../../device/dtypes.ts";
import { formatShape, sameShape } from "../../device/shapes.ts";
import { zeros } from "../creation.ts";
import { add, multiply, subtract, tanh } from "../elementwise.ts";
import { take } from "../indexing.ts";
import { expandDims, reshape } from "../movement.ts";
import { castTo, requireFloat } from "../node.ts";
import { sum } from "../reductions.ts";
import type { CustomCall } from "../gradients/several.ts";
import type { F64, I32, Tensor } from "../tensor.ts";
import { grad } from "../transforms.ts";
import { checkTargets, type LossOptions, reduceLosses } from "./loss_rows.ts";
import { customGradients } from "./several.ts";
import {
  type AnyFloat,
  gradientsOfChunks,
  type LogitRule,
  type LossFlow,
  multiplySlope,
  softmaxOfChunks,
} from "./vocabulary_chunks.ts";

/** What {@linkcode cutCrossEntropy} takes beside the tensors. */
export interface CutCrossEntropyOptions<D extends FloatDType>
  extends LossOptions {
  /** Added to the logits, `[classes]`; none by default. */
  readonly bias?: Tensor<D> | undefined;
  /** Logits z become `softcap · tanh(z / softcap)`; none by default. */
  readonly softcap?: number | undefined;
  /**
   * Gradients of tiles of 128 rows by 128 classes are taken as 0 where softmax
   * and target differ by less than this everywhere; 0, which keeps all, by
   * default. The error of an element of the gradient of the hidden states is at
   * most this times the sum of the sizes of the weights that were left out.
   */
  readonly filterBelow?: number | undefined;
}

/**
 * `crossEntropy(hidden · classifierᵀ + bias, targets)` with its gradients for
 * hidden states, classifier and bias. Logits are computed in chunks of classes,
 * of about 8 MB: all of them together are never held. Gradients for hidden states
 * follow from the same walk; for classifier and bias logits are computed again.
 * f16 is computed in f32.
 *
 * @param hidden `[..., size]`.
 * @param classifier One row a class, `[classes, size]`, in the dtype of the
 * hidden states or f16.
 * @param targets Classes, whole numbers, `[...]`.
 * @param options `ignoreIndex` (-100), `reduction` ("mean" over the rows that
 * count, NaN where none does), `bias`, `softcap`, `filterBelow` (0).
 * @returns A scalar, or `[...]` without a reduction.
 * @throws {DTypeError} When dtypes differ or are no floats, or targets are no whole
 * numbers.
 * @throws {ParameterError} When options make no sense.
 * @throws {ShapeError} When shapes do not fit.
 * @throws {DataError} On reading: a target is out of range.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const hidden = wf.random.normal(wf.random.key(1), [6, 4]);
 * const classifier = wf.random.normal(wf.random.key(2), [10, 4]);
 * const targets = wf.tensor([1, 9, -100, 0, 3, 5], { dtype: "i32" });
 * const loss = (h: wf.F32, c: wf.F32) => wf.cutCrossEntropy(h, c, targets);
 * const [ofHidden, ofClassifier] = wf.grad(loss, { argnums: [0, 1] })(hidden, classifier);
 * console.log(ofHidden.shape, ofClassifier.shape); // [6, 4] [10, 4]
 * ```
 */
export function cutCrossEntropy<D extends FloatDType>(
  hidden: Tensor<D>,
  classifier: Tensor<D> | Tensor<"f16">,
  targets: Tensor,
  options: CutCrossEntropyOptions<D> = {},
): Tensor<D> {
  const name = "cutCrossEntropy";
  const { bias, softcap, filterBelow = 0, reduction } = options;
  checkInputs(name, hidden, classifier, bias);
  checkOptions(softcap, filterBelow);
  const [classes, size] = classifier.shape as [number, number];
  const shape = hidden.shape.slice(0, -1);
  const own = checkTargets(name, targets, shape, classes, options);
  const rows = hidden.size / size;
  const rule: LogitRule = {
    dtype: hidden.dtype === "f64" ? "f64" : "f32",
    softcap,
    filterBelow,
  };
  const given = bias === undefined ? [] : [bias];
  const apply = customGradients(
    (...inputs) => forward(inputs, rule),
    (call) => gradients(call, rule),
  );
  const [losses] = apply(
    reshape(hidden, [rows, size]),
    reshape(own.classes, [rows]),
    classifier,
    ...given,
  );
  const result = reduceLosses(
    reshape(losses as AnyFloat, shape),
    own.counts,
    reduction,
  );
  return castTo(result, hidden.dtype);
}

type Inputs = readonly [AnyFloat, I32, AnyFloat, AnyFloat | undefined];

/**
 * Losses, logarithms of sums, and the gradients of the latter with respect to
 * the hidden states.
 */
function forward(inputs: readonly Tensor[], rule: LogitRule): Tensor[] {
  const [hidden, , weights, bias] = inputs as Inputs;
  const { logSums, slopes } = softmaxOfChunks(hidden, { weights, bias }, rule);
  return [subtract(logSums, hitsOf(inputs as Inputs, rule)), logSums, slopes];
}

/** The logits of the targets, `[rows]`. */
function hitsOf(
  [hidden, targets, weights, bias]: Inputs,
  { dtype, softcap }: LogitRule,
): AnyFloat {
  const own = castTo(take(weights, targets), dtype);
  let hit: AnyFloat = sum(multiply(castTo(hidden, dtype), own), { axis: 1 });
  if (bias !== undefined) hit = add(hit, castTo(take(bias, targets), dtype));
  return softcap === undefined
    ? hit
    : multiply(tanh(multiply(hit, 1 / softcap)), softcap);
}

function gradients(
  { inputs, outputs, cotangents }: CustomCall,
  rule: LogitRule,
): (Tensor | undefined)[] {
  const given = inputs as Inputs;
  const [hidden, targets, weights, bias] = given;
  const [, logSums, slopes] = outputs as [AnyFloat, AnyFloat, AnyFloat];
  const none = () => zeros(logSums.shape, { dtype: rule.dtype });
  const [ofLosses = none(), ofSums, ofSlopes] = cotangents as AnyFloat[];
  const ofLogSums = ofSums === undefined ? ofLosses : add(ofLosses, ofSums);
  const flow: LossFlow = { targets, logSums, ofLosses, ofLogSums };
  const made = gradientsOfChunks(hidden, { weights, bias }, rule, flow);
  const hit = hitsOf(given, rule);
  const own = castTo(take(weights, targets), rule.dtype);
  const ofHidden = rule.filterBelow > 0 ? made.hidden : subtract(
    multiply(slopes, expandDims(ofLogSums, 1)),
    multiply(own, expandDims(multiplySlope(ofLosses, hit, rule), 1)),
  );
  let all: (AnyFloat | undefined)[] = [ofHidden, made.weights, made.bias];
  if (ofSlopes !== undefined) {
    const more = gradientsOfSlopes(given, rule, ofSlopes);
    all = all.map((one, k) => one === undefined ? one : add(one, more[k]!));
  }
  const [first, ...rest] = all.map((one, k) =>
    one === undefined ? one : castTo(one, inputs[k === 0 ? 0 : k + 1]!.dtype)
  );
  return [first, undefined, ...rest];
}

/** What gradients of gradients need: logits of all chunks are held. */
function gradientsOfSlopes(
  [hidden, , weights, bias]: Inputs,
  rule: LogitRule,
  flow: AnyFloat,
): readonly (AnyFloat | undefined)[] {
  const product = (h: AnyFloat, w: AnyFloat, b?: AnyFloat): F64 => {
    const { slopes } = softmaxOfChunks(h, { weights: w, bias: b }, rule);
    return sum(multiply(slopes, flow)) as F64;
  };
  return bias === undefined
    ? grad(product, { argnums: [0, 1] })(hidden, weights)
    : grad(product, { argnums: [0, 1, 2] })(hidden, weights, bias);
}

function checkInputs(
  name: string,
  hidden: Tensor,
  classifier: Tensor,
  bias: Tensor | undefined,
): void {
  for (const one of [hidden, classifier, bias]) {
    if (one === undefined) continue;
    requireFloat(name, one);
    // Chunks of a table in f16 are cast one by one.
    const isHalfTable = one === classifier && one.dtype === "f16";
    if (one.dtype !== hidden.dtype && !isHalfTable) {
      throw new DTypeError(
        `Cannot combine dtypes in "${name}": current dtypes are "${hidden.dtype}" and "${one.dtype}"`,
        {
          expected: "operands of one dtype",
          hint: `Use cast, for example cast(x, "${hidden.dtype}")`,
        },
      );
    }
  }
  const size = hidden.shape.at(-1);
  const fits = size !== undefined && size > 0 && classifier.ndim === 2 &&
    classifier.shape[0]! > 0 && classifier.shape[1] === size &&
    (bias === undefined || sameShape(bias.shape, [classifier.shape[0]!]));
  if (!fits) {
    throw new ShapeError(
      `Cannot classify: current shapes are ${formatShape(hidden.shape)} and ${
        formatShape(classifier.shape)
      }`,
      {
        expected:
          "hidden states [..., size], a classifier [classes, size] and a bias [classes]",
        ...(bias === undefined
          ? {}
          : { actual: `a bias of shape ${formatShape(bias.shape)}` }),
      },
    );
  }
}

function checkOptions(softcap: number | undefined, filterBelow: number): void {
  if (softcap !== undefined && !(softcap > 0 && Number.isFinite(softcap))) {
    throw new ParameterError(`Cannot cap logits at ${softcap}`, {
      expected: "a positive number",
      actual: String(softcap),
    });
  }
  if (!(filterBelow >= 0)) {
    throw new ParameterError(`Cannot filter gradients below ${filterBelow}`, {
      expected: "a number that is not negative",
      actual: String(filterBelow),
    });
  }
}
