/**
 * Logits of a classifier, one chunk of classes after the other: a loop, so that
 * only one chunk exists at a time whatever else the graph holds.
 *
 * @module
 */

import type { DType, FloatDType } from "../../device/dtypes.ts";
import { matmul } from "../contraction.ts";
import { arange, full, zeros } from "../creation.ts";
import {
  absolute,
  add,
  divide,
  equal,
  exp,
  isFinite,
  less,
  log,
  maximum,
  multiply,
  square,
  stopGradient,
  subtract,
  tanh,
  where,
} from "../elementwise.ts";
import {
  concat,
  expandDims,
  pad,
  reshape,
  slice,
  transpose,
} from "../movement.ts";
import { castTo, expandTo } from "../node.ts";
import { max, sum } from "../reductions.ts";
import { scan } from "../scan.ts";
import type { I32, Tensor } from "../tensor.ts";
import { mapTree } from "../tree.ts";
import { tied } from "./tied.ts";

/** A tensor that has gradients. */
export type AnyFloat = Tensor<FloatDType>;

/** Logits of one chunk; with their exponentials they take 16 MB in f32. */
const CHUNK_LOGITS = 2 ** 21;
/** Chunks are whole tiles, and at least one. */
const TILE = 128;

let chunkLogits = CHUNK_LOGITS;
let tile = TILE;

/**
 * Runs code with another size of chunks and tiles, for tests.
 *
 * @param logits Logits of one chunk, at most.
 * @param classes Classes and rows of a tile.
 * @param body The code; synchronous.
 * @returns What it returns.
 */
export function withChunks<T>(
  logits: number,
  classes: number,
  body: () => T,
): T {
  const before = [chunkLogits, tile] as const;
  [chunkLogits, tile] = [logits, classes];
  try {
    return body();
  } finally {
    [chunkLogits, tile] = before;
  }
}

/** Weights `[classes, size]` and a bias `[classes]`. */
export interface Classifier {
  /** One row a class. */
  readonly weights: AnyFloat;
  /** What is added to the logits. */
  readonly bias: AnyFloat | undefined;
}

/** How logits are computed. */
export interface LogitRule {
  /** The dtype that is computed in. */
  readonly dtype: FloatDType;
  /** Logits are squashed to less than this. */
  readonly softcap: number | undefined;
  /** Tiles of gradients that stay below are 0. */
  readonly filterBelow: number;
}

/** Some of the classes, or several chunks along a leading axis. */
interface Chunk {
  readonly weights: AnyFloat;
  readonly bias?: AnyFloat;
  /** Number of the first class, `[]`. */
  readonly first: I32;
}

/** Chunks of equal length, then what is left over. */
function chunksOf({ weights, bias }: Classifier, rows: number): Chunk[] {
  const [classes, size] = weights.shape as [number, number];
  const most = Math.floor(chunkLogits / Math.max(1, rows));
  const length = Math.min(classes, Math.max(tile, most - most % tile));
  const count = Math.floor(classes / length);
  const made: Chunk[] = [];
  for (
    const [from, steps, each] of [
      [0, count, length],
      [count * length, 1, classes - count * length],
    ] as const
  ) {
    if (each === 0) continue;
    const to = from + steps * each;
    const part = reshape(slice(weights, [from, to]), [steps, each, size]);
    const first = add(
      multiply(arange(steps, undefined, 1, { dtype: "i32" }), each),
      from,
    );
    made.push({
      weights: part,
      ...(bias === undefined
        ? {}
        : { bias: reshape(slice(bias, [from, to]), [steps, each]) }),
      first,
    });
  }
  return made;
}

/** Walks all chunks in order; results are stacked where chunks are. */
function walk<C, Y>(
  step: (carry: C, chunk: Chunk) => readonly [C, Y],
  start: C,
  all: readonly Chunk[],
): [C, Y[]] {
  if (all.length === 1 && all[0]!.first.size === 1) {
    const [carry, y] = step(start, mapTree(all[0]!, (x) => slice(x, 0)));
    return [carry, [mapTree(y, (x) => expandDims(x, 0))]];
  }
  let carry = start;
  const made = all.map((chunks) => {
    const [next, y] = scan(step, carry, chunks);
    carry = next;
    return y;
  });
  return [carry, made];
}

/** Logits of a chunk, `[rows, classes]`. */
function logitsOf(hidden: AnyFloat, chunk: Chunk, rule: LogitRule): AnyFloat {
  const weights = castTo(chunk.weights, rule.dtype);
  const product = matmul(castTo(hidden, rule.dtype), transpose(weights));
  const raw = chunk.bias === undefined
    ? product
    : add(product, castTo(chunk.bias, rule.dtype));
  const { softcap } = rule;
  return softcap === undefined
    ? raw
    : multiply(tanh(multiply(raw, 1 / softcap)), softcap);
}

/** What a softmax over all classes gives, without its elements. */
export interface SoftmaxSums {
  /** Logarithms of the sums of the exponentials of all logits, `[rows]`. */
  readonly logSums: AnyFloat;
  /**
   * Gradients of `logSums` with respect to the hidden states: rows of weights,
   * weighted by the softmax, `[rows, size]`.
   */
  readonly slopes: AnyFloat;
}

/** Sums of exponentials, which are divided by that of the highest logit so far. */
interface RunningSums {
  /** `[rows, 1]`. */
  readonly highest: AnyFloat;
  /** `[rows, 1]`. */
  readonly total: AnyFloat;
  /** Times the rows of weights, `[rows, size]`. */
  readonly weighted: AnyFloat;
}

/**
 * Sums over all classes, in one walk. Where nothing asks for `slopes`, they cost
 * nothing.
 *
 * @param hidden `[rows, size]`.
 * @param classifier The classifier.
 * @param rule How logits are computed.
 * @returns The sums.
 */
export function softmaxOfChunks(
  hidden: AnyFloat,
  classifier: Classifier,
  rule: LogitRule,
): SoftmaxSums {
  const { dtype } = rule;
  const row = { axis: 1, keepDims: true } as const;
  const column = [hidden.shape[0]!, 1];
  const start: RunningSums = {
    highest: full(column, -Infinity, { dtype }),
    total: zeros(column, { dtype }),
    weighted: zeros(hidden.shape, { dtype }),
  };
  const [end] = walk<RunningSums, readonly Tensor[]>(
    (before, chunk) => {
      const logits = logitsOf(hidden, chunk, rule);
      const highest = stopGradient(
        maximum(before.highest, max(logits, row) as AnyFloat),
      );
      const shift = finite(highest);
      const past = exp(subtract(before.highest, shift));
      const parts = exp(subtract(logits, shift));
      const slopes = multiplySlope(parts, logits, rule);
      const sums = matmul(slopes, castTo(chunk.weights, dtype));
      return [{
        highest,
        total: add(multiply(before.total, past), sum(parts, row) as AnyFloat),
        weighted: add(multiply(before.weighted, past), sums),
      }, []];
    },
    start,
    chunksOf(classifier, hidden.shape[0]!),
  );
  const logSums = add(log(end.total), finite(end.highest));
  return {
    logSums: reshape(logSums, [hidden.shape[0]!]),
    slopes: divide(end.weighted, end.total),
  };
}

/** An infinite maximum would give NaN when subtracted from itself. */
function finite(highest: AnyFloat): AnyFloat {
  return where(isFinite(highest), highest, 0);
}

/**
 * Times the slope of logits with respect to what they were before they were
 * squashed.
 *
 * @param x What is multiplied.
 * @param logits The squashed logits.
 * @param rule How they were computed.
 * @returns The product.
 */
export function multiplySlope(
  x: AnyFloat,
  logits: AnyFloat,
  { softcap }: LogitRule,
): AnyFloat {
  if (softcap === undefined) return x;
  return multiply(x, subtract(1, square(multiply(logits, 1 / softcap))));
}

/** What the gradients follow from, one a row. */
export interface LossFlow {
  /** Classes. */
  readonly targets: I32;
  /** Logarithms of sums. */
  readonly logSums: AnyFloat;
  /** With respect to the losses: the share of the target. */
  readonly ofLosses: AnyFloat;
  /** With respect to the logarithms of sums, through the losses too. */
  readonly ofLogSums: AnyFloat;
}

/** Gradients, in the dtype of the rule. */
export interface ClassifierGradients {
  /** `[rows, size]`. */
  readonly hidden: AnyFloat;
  /** `[classes, size]`. */
  readonly weights: AnyFloat;
  /** `[classes]`. */
  readonly bias: AnyFloat | undefined;
}

/** Gradients of one chunk, or stacked ones. */
interface ChunkGradients {
  readonly weights: AnyFloat;
  readonly bias?: AnyFloat;
}

/**
 * Gradients for hidden states and classifier; logits are computed again.
 *
 * @param hidden `[rows, size]`.
 * @param classifier The classifier.
 * @param rule How logits are computed.
 * @param flow What the gradients follow from.
 * @returns The gradients.
 */
export function gradientsOfChunks(
  hidden: AnyFloat,
  classifier: Classifier,
  rule: LogitRule,
  flow: LossFlow,
): ClassifierGradients {
  const [ofHidden, parts] = walk<AnyFloat, ChunkGradients>(
    (sums, chunk) => {
      const gradient = gradientOfLogits(hidden, chunk, rule, flow);
      const weights = castTo(chunk.weights, rule.dtype);
      const own: ChunkGradients = {
        weights: matmul(transpose(gradient), castTo(hidden, rule.dtype)),
        ...(chunk.bias === undefined
          ? {}
          : { bias: sum(gradient, { axis: 0 }) as AnyFloat }),
      };
      return [add(sums, matmul(gradient, weights)), own];
    },
    zeros(hidden.shape, { dtype: rule.dtype }),
    chunksOf(classifier, hidden.shape[0]!),
  );
  const joined = (list: readonly AnyFloat[]) =>
    concat(list.map((one) => reshape(one, [-1, ...one.shape.slice(2)])));
  return {
    hidden: ofHidden,
    weights: joined(parts.map((part) => part.weights)),
    bias: classifier.bias === undefined
      ? undefined
      : joined(parts.map((part) => part.bias!)),
  };
}

/** With respect to the product of hidden states and weights, and the bias. */
function gradientOfLogits(
  hidden: AnyFloat,
  chunk: Chunk,
  rule: LogitRule,
  flow: LossFlow,
): AnyFloat {
  const logits = logitsOf(hidden, chunk, rule);
  const column = <D extends DType>(x: Tensor<D>) =>
    expandDims(tied(x, chunk.first), 1);
  const share = exp(subtract(logits, column(flow.logSums)));
  const classes = add(
    arange(logits.shape[1]!, undefined, 1, { dtype: "i32" }),
    chunk.first,
  );
  const hit = equal(column(flow.targets), classes);
  const all = multiply(share, column(flow.ofLogSums));
  let gradient = where(hit, subtract(all, column(flow.ofLosses)), all);
  if (rule.filterBelow > 0) {
    const difference = absolute(where(hit, subtract(share, 1), share));
    const small = tilesBelow(difference, rule.filterBelow);
    gradient = where(small, 0, gradient);
  }
  return multiplySlope(gradient, logits, rule);
}

/** Whether all elements of the tile that an element is in are below a limit. */
function tilesBelow(x: AnyFloat, limit: number): Tensor<"bool"> {
  const [rows, columns] = x.shape as [number, number];
  const [down, across] = [Math.ceil(rows / tile), Math.ceil(columns / tile)];
  const whole = pad(x, [[0, down * tile - rows], [0, across * tile - columns]]);
  const tiles = reshape(whole, [down, tile, across, tile]);
  const below = less(max(tiles, { axis: [1, 3], keepDims: true }), limit);
  const each = reshape(
    expandTo(below, tiles.shape),
    [down * tile, across * tile],
  );
  return slice(each, [0, rows], [0, columns]);
}
