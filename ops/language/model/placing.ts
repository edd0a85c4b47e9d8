/**
 * Where tokens stand, and which of them see one another.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";
import type { AttentionOptions } from "../../../runtime/tensor/mod.ts";
import type { ForwardInput } from "./forward_input.ts";

/** Positions of tokens and what they attend to. */
export interface Placing {
  /** `[batch or 1, n]`; what fills up on the left is at 0. */
  readonly positions: wf.I32;
  /** The slot that the first token takes; undefined where it is the first one. */
  readonly start: wf.I32 | undefined;
  /** What attention is given where keys are those of the new tokens alone. */
  readonly own: AttentionOptions;
  /**
   * What attention is given where keys are those of a cache.
   *
   * @param capacity Slots of the cache.
   * @returns The options.
   */
  readonly cached: (capacity: number) => AttentionOptions;
}

function count(length: number): wf.I32 {
  return wf.arange(length, undefined, 1, { dtype: "i32" });
}

/**
 * Places tokens.
 *
 * @param input The tokens.
 * @returns Positions and masks.
 */
export function placeTokens(input: ForwardInput): Placing {
  const { tokens, start, padding, segments } = input;
  const length = tokens.shape[1]!;
  const slots = start === undefined
    ? count(length)
    : wf.add(count(length), start);
  return {
    positions: positionsOf(slots, padding, segments),
    start,
    own: {
      isCausal: true,
      ...(padding === undefined ? {} : { keyStarts: padding }),
      ...(segments === undefined ? {} : { mask: sameSegment(segments) }),
    },
    cached: (capacity) => {
      const starts = padding === undefined ? {} : { keyStarts: padding };
      if (length === 1) return { keyLengths: wf.add(slots, 1), ...starts };
      const isEarlier = wf.lessEqual(
        count(capacity),
        wf.expandDims(slots, -1),
      );
      return { mask: isEarlier, ...starts };
    },
  };
}

function positionsOf(
  slots: wf.I32,
  padding: wf.I32 | undefined,
  segments: wf.I32 | undefined,
): wf.I32 {
  if (segments !== undefined) return positionsInSegments(segments);
  const rows = wf.expandDims(slots, 0);
  return padding === undefined
    ? rows
    : wf.maximum(wf.subtract(rows, wf.expandDims(padding, -1)), 0);
}

/** Which pairs of tokens belong together, `[batch, 1, n, n]`. */
function sameSegment(segments: wf.I32): wf.Tensor<"bool"> {
  const same = wf.equal(
    wf.expandDims(segments, -1),
    wf.expandDims(segments, -2),
  );
  return wf.expandDims(same, 1);
}

/** How many earlier tokens belong to the same sequence. */
function positionsInSegments(segments: wf.I32): wf.I32 {
  const length = segments.shape[1]!;
  const isEarlier = wf.less(count(length), wf.expandDims(count(length), -1));
  const same = wf.squeeze(sameSegment(segments), 1);
  return wf.sum(wf.logicalAnd(same, isEarlier), { axis: -1 });
}
