/**
 * Responses in the form of the paper, written by rule from scored evidence.
 *
 * @module
 */

import type { EvidenceAnswer } from "./answers.ts";
import { percent, shortNumber } from "./prompt_sections.ts";
import {
  type ScoredEvidence,
  scoreFactors,
  type StructuredScore,
  type StructuredScorer,
} from "./structured_scorer.ts";
import type { EvidenceFactors } from "./factors.ts";

/** Pieces of evidence that are told on each side. */
const MOST_EVIDENCE = 4;

/** The parts of a response. */
export interface ResponseParts {
  /** The thoughts. */
  readonly thoughts: string;
  /** Mean score for up. */
  readonly up: number;
  /** Mean score for down. */
  readonly down: number;
  /** The expected change, as a part. */
  readonly change: number;
  /** The answer. */
  readonly answer: EvidenceAnswer;
}

/**
 * A response to the letter of the form.
 *
 * @param parts Its parts.
 * @returns The text; `parseEvidence` reads the same parts from it, rounded.
 *
 * @example
 * ```ts
 * import { formatResponse } from "@weft/weft/ops/evidence";
 *
 * const text = formatResponse({ thoughts: "…", up: 8.5, down: 6.5, change: 0.035, answer: "up" });
 * console.log(text.split("\n")[1]); // <score>[8.5, 6.5]</score>
 * ```
 */
export function formatResponse(
  { answer, change, down, thoughts, up }: ResponseParts,
): string {
  return [
    `<think>${thoughts.replace(/[<>]/g, "")}</think>`,
    `<score>[${up.toFixed(1)}, ${down.toFixed(1)}]</score>`,
    `<pct_change>${Math.min(1, Math.max(-1, change)).toFixed(4)}</pct_change>`,
    `<answer>${answer}</answer>`,
  ].join("\n");
}

/**
 * Writes what a scorer thinks as the four steps of the procedure. The doubts are
 * real: the scorer is asked again without its strongest piece of evidence.
 *
 * @param factors The factors of the item.
 * @param scorer The scorer.
 * @param options `judgement`, see `scoreFactors`; `detail`: "full" (default) or
 * "brief", a few words for small contexts.
 * @returns The response and the score that it tells.
 */
export function writeResponse(
  factors: EvidenceFactors,
  scorer: StructuredScorer,
  options: {
    readonly judgement?: readonly number[];
    readonly detail?: "full" | "brief";
  } = {},
): { readonly text: string; readonly score: StructuredScore } {
  const { detail = "full", judgement = [] } = options;
  const score = scoreFactors(factors, scorer, judgement);
  const thoughts = detail === "brief"
    ? briefThoughts(score)
    : fullThoughts(factors, scorer, judgement, score);
  return { text: formatResponse({ ...score, thoughts }), score };
}

function sideLines(
  evidence: readonly ScoredEvidence[],
  side: "up" | "down",
): ScoredEvidence[] {
  return evidence.filter(({ supports }) => supports === side).slice(
    0,
    MOST_EVIDENCE,
  );
}

function told({ name, score, value }: ScoredEvidence): string {
  return `${name} ${shortNumber(value)}: ${score.toFixed(1)}/10`;
}

function briefThoughts({ answer, evidence }: StructuredScore): string {
  const side = (name: "up" | "down") =>
    `${name}: ${
      sideLines(evidence, name).slice(0, 1).map(told).join("") || "nothing"
    }.`;
  return `${side("up")} ${side("down")} So ${answer}.`;
}

function fullThoughts(
  factors: EvidenceFactors,
  scorer: StructuredScorer,
  judgement: readonly number[],
  score: StructuredScore,
): string {
  const { answer, change, down, evidence, up } = score;
  const present = scorer.factors.filter(({ name }) => name in factors);
  const byWeight = [...present].sort((a, b) => strength(b) - strength(a))
    .slice(0, MOST_EVIDENCE).map(({ name }) => name);
  const missing = scorer.factors.length - present.length;
  const lines = [
    "1. Framework.",
    present.length === 0
      ? "None of what I weigh is known here."
      : `What has told most about the outcome is ${byWeight.join(", ")}. ${
        missing === 0 ? "Nothing is" : `${missing} more are`
      } missing. A fact counts by how far it is from what is usual.`,
    "2. Evidence.",
  ];
  for (const side of ["up", "down"] as const) {
    const own = sideLines(evidence, side);
    lines.push(`Supports ${side}:`);
    lines.push(...own.map((one) => `- ${told(one)}`));
    if (own.length === 0) lines.push("- nothing");
  }
  lines.push("3. Reflection.", doubt(factors, scorer, judgement, score));
  lines.push(
    "4. Conclusion.",
    `Up has ${up.toFixed(1)}, down has ${down.toFixed(1)}. I expect ${
      percent(change)
    }, which is ${answer}.`,
  );
  return `\n${lines.join("\n")}\n`;
}

function strength({ weights }: StructuredScorer["factors"][number]): number {
  return Math.abs(weights[2]! - weights[0]!);
}

/** The answer without the strongest piece of evidence. */
function doubt(
  factors: EvidenceFactors,
  scorer: StructuredScorer,
  judgement: readonly number[],
  { answer, evidence }: StructuredScore,
): string {
  const strongest = evidence[0];
  if (strongest === undefined) {
    return "Nothing speaks for a move beyond what is usual.";
  }
  const { [strongest.name]: _, ...others } = factors;
  const without = scoreFactors(others, scorer, judgement).answer;
  return without === answer
    ? `Without ${strongest.name} the answer would still be ${answer}, so it does not hang on one fact.`
    : `Without ${strongest.name} the answer would be ${without}: much hangs on that one fact, and it stands.`;
}
