/**
 * Numbers of a few bits in bytes.
 *
 * @module
 */

import * as wf from "../../../runtime/tensor/mod.ts";

/**
 * Takes bytes apart. The lowest bits of all bytes of the last axis come first,
 * then the next ones, so that neighbours in the result lie in neighbouring
 * bytes and are shifted alike.
 *
 * @param bytes `[..., n]`.
 * @param bits Bits of a number: 1, 2 or 4.
 * @returns `[..., n · 8 / bits]`.
 */
export function bitFields(
  bytes: wf.Tensor<"u8">,
  bits: 1 | 2 | 4,
): wf.Tensor<"u8"> {
  const [count, lead] = [bytes.shape.at(-1)!, bytes.shape.slice(0, -1)];
  const fields = 8 / bits;
  const shifts = wf.reshape(wf.arange(0, 8, bits, { dtype: "u8" }), [
    fields,
    1,
  ]);
  const moved = wf.bitwiseRightShift(wf.expandDims(bytes, -2), shifts);
  return wf.reshape(
    wf.bitwiseAnd(moved, 2 ** bits - 1),
    [...lead, fields * count],
  );
}
