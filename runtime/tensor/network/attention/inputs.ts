/**
 * What attention is given, checked and brought to the shapes it works with.
 *
 * @module
 */

import {
  DTypeError,
  ParameterError,
  ShapeError,
} from "../../../core/errors.ts";
import {
  type FloatDType,
  isFloatDType,
  isIntegerDType,
} from "../../../device/dtypes.ts";
import {
  broadcastShapes,
  formatShape,
  type Shape,
  sizeOf,
} from "../../../device/shapes.ts";
import { tensor } from "../../creation.ts";
import type { Indices } from "../../indexing.ts";
import { expandDims, flatten, reshape } from "../../movement.ts";
import { castTo, expandTo, requireFloat, unify } from "../../node.ts";
import type { I32, Tensor } from "../../tensor.ts";
import { broadcastsTo } from "../shapes.ts";
import type { Attention } from "./cuts.ts";

/** The operation, for errors. */
const NAME = "scaledDotProductAttention";

/** What {@linkcode scaledDotProductAttention} takes beside the tensors. */
export interface AttentionOptions {
  /**
   * Whether a query sees no later keys; false by default. Queries are the last
   * ones of the keys: with fewer queries than keys, as with a cache of keys,
   * the last query sees all keys (PyTorch aligns the first ones instead).
   */
  readonly isCausal?: boolean | undefined;
  /**
   * Booleans that are true where a query may see a key, or numbers that are
   * added to the scores; broadcast to `[..., heads, queries, keys]`. No gradient
   * flows to it.
   */
  readonly mask?: Tensor | undefined;
  /** How many keys are there, from the first, `[...]`; all by default. */
  readonly keyLengths?: Indices | undefined;
  /** The first key that is there, for padding on the left, `[...]`; 0 by default. */
  readonly keyStarts?: Indices | undefined;
  /** What products are multiplied by; `1 / √headSize` by default. */
  readonly scale?: number | undefined;
}

/** Attention in the shapes it works with. */
export interface AttentionInputs {
  /** What is attended. */
  readonly whole: Attention;
  /** Part of the mask of each group; undefined where there is one part. */
  readonly parts: readonly number[] | undefined;
  /** Shape of the result. */
  readonly shape: Shape;
  /** What products are multiplied by. */
  readonly scale: number;
}

/**
 * Checks what attention is given.
 *
 * @param query `[..., heads, queries, headSize]`.
 * @param key `[..., keyHeads, keys, headSize]`.
 * @param value `[..., keyHeads, keys, valueSize]`.
 * @param options Masks and scale.
 * @returns The same, with its leading axes flattened.
 * @throws {DTypeError} When dtypes differ or are no floats.
 * @throws {ParameterError} When the scale is no finite number.
 * @throws {ShapeError} When shapes do not fit.
 */
export function attentionInputs<D extends FloatDType>(
  query: Tensor<D>,
  key: Tensor<D>,
  value: Tensor<D>,
  options: AttentionOptions,
): AttentionInputs {
  const all = [query, key, value];
  for (const one of all) requireFloat(NAME, one);
  // Refuses two dtypes with the error of all other operations.
  if (new Set(all.map(({ dtype }) => dtype)).size > 1) unify(NAME, all);
  const sizes = headSizes(query, key, value);
  const { heads, keyHeads, queries, keys, headSize, valueSize } = sizes;
  const batch = broadcastShapes(NAME, ...all.map((x) => x.shape.slice(0, -3)));
  const groups = sizeOf(batch) * keyHeads;
  const repeats = keyHeads === 0 ? 1 : heads / keyHeads;
  const whole = (x: Tensor<D>, count: number) =>
    expandTo(x, [...batch, count, ...x.shape.slice(-2)]);
  const axes = { batch, heads, keyHeads };
  const { mask, parts } = maskParts(options.mask, axes, queries, keys);
  const headAxis = all.some(({ ndim }) => ndim > 2) ? [heads] : [];
  const { scale = 1 / Math.sqrt(headSize) } = options;
  if (!Number.isFinite(scale)) {
    throw new ParameterError(`Cannot scale scores by ${scale}`, {
      expected: "a finite number",
      actual: String(scale),
    });
  }
  return {
    whole: {
      query: reshape(whole(query, heads), [groups, repeats, queries, headSize]),
      key: reshape(whole(key, keyHeads), [groups, keys, headSize]),
      value: reshape(whole(value, keyHeads), [groups, keys, valueSize]),
      mask,
      starts: ofGroups("keyStarts", options.keyStarts, axes),
      lengths: ofGroups("keyLengths", options.keyLengths, axes),
    },
    parts,
    shape: [...batch, ...headAxis, queries, valueSize],
    scale,
  };
}

interface HeadSizes {
  readonly heads: number;
  readonly keyHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly headSize: number;
  readonly valueSize: number;
}

function headSizes(query: Tensor, key: Tensor, value: Tensor): HeadSizes {
  const [queries, headSize] = query.shape.slice(-2);
  const [keys, keySize] = key.shape.slice(-2);
  const [values, valueSize] = value.shape.slice(-2);
  const heads = query.shape.at(-3) ?? 1;
  const keyHeads = key.shape.at(-3) ?? 1;
  const divides = heads === keyHeads ||
    (keyHeads > 0 && heads % keyHeads === 0);
  if (
    queries === undefined || headSize === undefined || headSize === 0 ||
    keys === undefined || valueSize === undefined || !divides ||
    headSize !== keySize || keys !== values ||
    keyHeads !== (value.shape.at(-3) ?? 1)
  ) {
    const shapes = [query, key, value].map(({ shape }) => formatShape(shape));
    throw new ShapeError(
      `Cannot attend: current shapes are ${shapes.join(", ")}`,
      {
        expected:
          "queries [..., heads, queries, size], keys [..., keyHeads, keys, size] and values [..., keyHeads, keys, n], where keyHeads divides heads",
        actual: shapes.join(", "),
        hint: "Use permuteDims to put the heads before the positions",
      },
    );
  }
  return { heads, keyHeads, queries, keys, headSize, valueSize };
}

interface LeadingAxes {
  readonly batch: Shape;
  readonly heads: number;
  readonly keyHeads: number;
}

/** One number for each element of the batch as one for each group. */
function ofGroups(
  name: string,
  given: Indices | undefined,
  { batch, keyHeads }: LeadingAxes,
): I32 | undefined {
  if (given === undefined) return undefined;
  const own = "node" in given ? given : tensor(given, { dtype: "i32" });
  if (!isIntegerDType(own.dtype)) {
    throw new DTypeError(`Cannot use dtype "${own.dtype}" as "${name}"`, {
      expected: "an integer dtype",
      actual: `"${own.dtype}"`,
    });
  }
  if (!broadcastsTo(own.shape, batch)) {
    throw new ShapeError(
      `Cannot use "${name}" of shape ${formatShape(own.shape)}`,
      { expected: `one number for each of ${formatShape(batch)}` },
    );
  }
  const each = expandDims(expandTo(castTo(own, "i32"), batch), -1);
  return flatten(expandTo(each, [...batch, keyHeads]));
}

/** A mask as the parts that groups share. */
function maskParts(
  mask: Tensor | undefined,
  { batch, heads, keyHeads }: LeadingAxes,
  queries: number,
  keys: number,
): { mask: Tensor | undefined; parts: readonly number[] | undefined } {
  if (mask === undefined) return { mask, parts: undefined };
  if (mask.dtype !== "bool" && !isFloatDType(mask.dtype)) {
    throw new DTypeError(`Cannot use dtype "${mask.dtype}" as a mask`, {
      expected: '"bool", or a float dtype of numbers to be added',
      actual: `"${mask.dtype}"`,
      hint: "Compare it first, for example notEqual(mask, 0)",
    });
  }
  const full = [...batch, heads, queries, keys];
  if (!broadcastsTo(mask.shape, full)) {
    throw new ShapeError(
      `Cannot use a mask of shape ${formatShape(mask.shape)}`,
      { expected: `a shape that broadcasts to ${formatShape(full)}` },
    );
  }
  const missing = full.length - mask.ndim;
  const shape = [...new Array<number>(missing).fill(1), ...mask.shape];
  const [ownHeads, rows] = shape.slice(-3) as [number, number];
  const ownBatch = shape.slice(0, -3).every((n) => n === 1)
    ? shape.slice(0, -3)
    : batch;
  const outer = sizeOf(ownBatch);
  const inner = ownHeads === 1 ? 1 : keyHeads;
  const wide = expandTo(reshape(mask, shape), [
    ...ownBatch,
    ownHeads,
    rows,
    keys,
  ]);
  const count = outer * inner;
  const own = reshape(wide, [
    count,
    count === 0 ? 1 : ownHeads / inner,
    rows,
    keys,
  ]);
  if (count <= 1) return { mask: own, parts: undefined };
  const parts = Array.from({ length: sizeOf(batch) * keyHeads }, (_, group) => {
    const [element, head] = [Math.floor(group / keyHeads), group % keyHeads];
    return (outer === 1 ? 0 : element * inner) + (inner === 1 ? 0 : head);
  });
  return { mask: own, parts };
}
