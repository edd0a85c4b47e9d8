/**
 * Numbers in 8 bits, as GGUF's Q8_0 has them.
 *
 * @module
 */

import { ShapeError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { PackedWeight } from "./weight.ts";

/** Elements that share a scale. */
const BLOCK = 32;

/**
 * Packs a weight: 32 neighbours in a row share a scale of f16, and each is a whole
 * number from -127 to 127; 8.5 bits a number.
 *
 * @param x The numbers, rows of a multiple of 32. Nothing is computed yet.
 * @returns The weight.
 * @throws {ShapeError} When rows are no whole blocks.
 */
export function packQ80(x: wf.Tensor<wf.FloatDType>): PackedWeight {
  const columns = x.shape.at(-1) ?? 0;
  if (columns === 0 || columns % BLOCK !== 0) {
    throw new ShapeError(
      `Cannot pack rows of ${columns} numbers in blocks of ${BLOCK}`,
      { expected: `a multiple of ${BLOCK}`, hint: "Keep this weight as f16" },
    );
  }
  const blocks = wf.reshape(wf.cast(x, "f32"), [
    ...x.shape.slice(0, -1),
    columns / BLOCK,
    BLOCK,
  ]);
  const scale = wf.divide(wf.max(wf.absolute(blocks), { axis: -1 }), 127);
  const unit = wf.divide(
    blocks,
    wf.expandDims(wf.where(wf.equal(scale, 0), 1, scale), -1),
  );
  return {
    format: "q8_0",
    shape: x.shape,
    parts: {
      codes: wf.cast(wf.round(unit), "i8"),
      scales: wf.cast(scale, "f16"),
    },
  };
}
