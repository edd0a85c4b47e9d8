/**
 * Simulated items as an op.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { OVERNIGHT_THRESHOLD } from "./answers.ts";
import {
  simulateEvidence,
  type SimulateEvidenceOptions,
} from "./simulate_evidence.ts";
import { EVIDENCE_ITEM, type EvidenceItem } from "./sources.ts";

const PART = z.number().min(0).max(1).default(0);

/**
 * Items with a planted signal, see `simulateEvidence`.
 *
 * Params: `items` (600), `factorStrength` (0), `textStrength` (0), `sentences` (9),
 * `shuffled` (false), `threshold` (0.03), `seed` (0). Outputs: `items`; `bayesRate`,
 * the accuracy of the best rule that there is.
 *
 * @throws {ParameterError} When strengths are more than 1 together.
 *
 * @example
 * ```ts
 * import { simulatedItems } from "@weft/weft/ops/evidence";
 *
 * const { bayesRate } = await simulatedItems.run({}, { factorStrength: 1 });
 * console.log(bayesRate); // 1
 * ```
 */
export const simulatedItems: Op<
  Record<never, never>,
  SimulateEvidenceOptions,
  { items: EvidenceItem[]; bayesRate: number }
> = op({
  name: "evidence/simulatedItems",
  version: "3",
  doc: "Items with a planted signal and a known Bayes rate",
  inputs: {},
  params: z.object({
    items: z.int().min(1).max(1_000_000).default(600),
    factorStrength: PART,
    textStrength: PART,
    sentences: z.int().min(1).max(100).default(9),
    shuffled: z.boolean().default(false),
    threshold: z.number().positive().default(OVERNIGHT_THRESHOLD),
    seed: z.int().nonnegative().default(0),
  }),
  outputs: {
    items: port.value(z.array(EVIDENCE_ITEM)),
    bayesRate: port.value(z.number()),
  },
  run: async (_, params) => {
    const { bayesRate, items } = await simulateEvidence(params);
    return { items, bayesRate };
  },
});
