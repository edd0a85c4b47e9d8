/**
 * Processors that narrow or widen the choice: temperature, top-k, top-p, min-p.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import {
  type CompiledProcessor,
  compiledProcessor,
} from "./logits_processor.ts";

/** A number, or a scalar that stands for one in a compiled function. */
export type Scalar = wf.Operand<"f32">;

/**
 * Divides logits by a temperature.
 *
 * @param value The temperature; below 1 sharpens the choice.
 * @returns The processor.
 * @throws {ParameterError} When the number is not positive.
 */
export function temperature(value: Scalar): CompiledProcessor {
  requireRange("temperature", value, (x) => x > 0, "a positive number");
  return compiledProcessor((logits) => wf.divide(logits, value));
}

/**
 * Keeps the most probable tokens, and what is as probable as the last of them.
 *
 * @param count How many; all where the vocabulary is smaller.
 * @returns The processor.
 * @throws {ParameterError} When the number is not whole and positive.
 */
export function topK(count: number): CompiledProcessor {
  requireRange(
    "topK",
    count,
    (x) => Number.isInteger(x) && x >= 1,
    "a whole number from 1",
  );
  return compiledProcessor((logits) => {
    const size = logits.shape.at(-1)!;
    if (count >= size) return logits;
    const { values } = wf.topK(logits, count);
    return keepFrom(logits, wf.min(values, { axis: -1, keepDims: true }));
  });
}

/**
 * Keeps the smallest set of most probable tokens whose probability reaches a
 * mass, and what is as probable as the last of them (nucleus sampling, Holtzman
 * et al. 2020).
 *
 * @param mass From 0, which keeps the most probable token, to 1.
 * @returns The processor.
 * @throws {ParameterError} When the number is out of its range.
 */
export function topP(mass: Scalar): CompiledProcessor {
  requireRange("topP", mass, isShare, "a number from 0 to 1");
  return compiledProcessor((logits) => {
    const sorted = wf.sort(logits);
    const sums = wf.cumulativeSum(wf.softmax(sorted), { axis: -1 });
    const isKept = wf.greater(sums, wf.subtract(1, mass));
    const lowest = wf.min(wf.where(isKept, sorted, Infinity), {
      axis: -1,
      keepDims: true,
    });
    // The most probable token stays, whatever the rounding of the sums.
    const highest = wf.max(logits, { axis: -1, keepDims: true });
    return keepFrom(logits, wf.minimum(lowest, highest));
  });
}

/**
 * Keeps the tokens that are at least a share as probable as the most probable
 * one (min-p, Nguyen et al. 2024).
 *
 * @param share From 0 to 1.
 * @returns The processor.
 * @throws {ParameterError} When the number is out of its range.
 */
export function minP(share: Scalar): CompiledProcessor {
  requireRange("minP", share, isShare, "a number from 0 to 1");
  return compiledProcessor((logits) => {
    const probabilities = wf.softmax(logits);
    const highest = wf.max(probabilities, { axis: -1, keepDims: true });
    const isKept = wf.greaterEqual(probabilities, wf.multiply(highest, share));
    return wf.where(isKept, logits, -Infinity);
  });
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

function keepFrom(logits: wf.F32, lowest: wf.F32): wf.F32 {
  return wf.where(wf.greaterEqual(logits, lowest), logits, -Infinity);
}

/** Numbers are checked; those of compiled functions were before. */
function requireRange(
  name: string,
  value: Scalar,
  isFine: (value: number) => boolean,
  expected: string,
): void {
  if (typeof value !== "number" || isFine(value)) return;
  throw new ParameterError(
    `Cannot use "${name}": current value is ${value}`,
    { expected, actual: String(value) },
  );
}
