/**
 * What may be answered.
 *
 * @module
 */

import { z } from "zod";

/** What the price does next; the position is the class, as in all families. */
export const EVIDENCE_ANSWERS: readonly ["down", "hold", "up"] = [
  "down",
  "hold",
  "up",
];

/** One of the three answers. */
export type EvidenceAnswer = (typeof EVIDENCE_ANSWERS)[number];

/** Schema of an answer. */
export const EVIDENCE_ANSWER: z.ZodType<EvidenceAnswer> = z.enum(
  EVIDENCE_ANSWERS,
);

/** The change of a price from which it is no hold any more: 3 %. */
export const OVERNIGHT_THRESHOLD = 0.03;

/** Changes so near to the threshold are taken as rounded, and hold. */
const ROUNDING = 1e-10;

/**
 * The answer that a change of the price is.
 *
 * @param change The change, as a part of the price before.
 * @param threshold What must be exceeded; both ends are "hold". 3 % by default.
 * @returns The answer.
 *
 * @example
 * ```ts
 * import { answerOfChange } from "@weft/weft/ops/evidence";
 *
 * console.log(answerOfChange(0.031), answerOfChange(-0.03)); // up hold
 * ```
 */
export function answerOfChange(
  change: number,
  threshold: number = OVERNIGHT_THRESHOLD,
): EvidenceAnswer {
  if (change > threshold + ROUNDING) return "up";
  return change < -threshold - ROUNDING ? "down" : "hold";
}
