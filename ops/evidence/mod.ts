/**
 * Evidence for and against a rise, scored, argued and answered: the procedure of
 * "RETuning: Upgrading Inference-Time Scaling for Stock Movement Prediction with
 * Large Language Models" (Lin and others, 2025, arXiv 2510.21604).
 *
 * @example
 * ```ts
 * import { parseEvidence, vote } from "@weft/weft/ops/evidence";
 *
 * const responses = ["up", "hold", "up"].map((answer) =>
 *   parseEvidence(
 *     "<think>…</think><score>[7, 3]</score>" +
 *       `<pct_change>0.0400</pct_change><answer>${answer}</answer>`,
 *   )
 * );
 * console.log(vote(responses)); // up
 * ```
 *
 * @module
 */

export * from "./answer_report.ts";
export * from "./answers.ts";
export * from "./difficulty.ts";
export * from "./label_overnight.ts";
export * from "./parse_evidence.ts";
export * from "./reward.ts";
export * from "./sum_counts.ts";
export * from "./votes.ts";
export * from "./prompt.ts";
export * from "./shown_sources.ts";
export * from "./sources.ts";
export * from "./check_causal_items.ts";
export * from "./cold_start.ts";
export * from "./factors.ts";
export * from "./fit_scorer.ts";
export * from "./lexicon.ts";
export * from "./simulate_evidence.ts";
export * from "./structured_forecast.ts";
export * from "./structured_scorer.ts";
export * from "./write_response.ts";
export * from "./evidence_of_events.ts";
export * from "./read_evidence.ts";
export * from "./simulated_items.ts";
