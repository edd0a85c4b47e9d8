/**
 * What a model answered, read strictly.
 *
 * The form is that of "RETuning" (arXiv 2510.21604):
 * `<think>…</think><score>[a, b]</score><pct_change>x.xxxx</pct_change><answer>up</answer>`.
 * The answer is what the last `<answer>` behind the last `</think>` holds. What
 * departs from the form is told, part by part; only what a stated rule covers is
 * repaired, and nothing is guessed.
 *
 * @module
 */

import { z } from "zod";
import { EVIDENCE_ANSWERS, type EvidenceAnswer } from "./answers.ts";

/** What can be wrong with a response. */
export const EVIDENCE_PROBLEMS = [
  "empty",
  "tooLong",
  "thinkMissing",
  "scoreMissing",
  "scoreUnreadable",
  "scoreOutOfRange",
  "changeMissing",
  "changeUnreadable",
  "changeOutOfRange",
  "answerMissing",
  "answerUnknown",
] as const;

/** Something that is wrong with a response. */
export type EvidenceProblem = (typeof EVIDENCE_PROBLEMS)[number];

/**
 * The rules by which a response is repaired: "answerCase" (`UP`), "answerMarks"
 * (marks and quotes around the word), "changePercent" (`3.5%`), "changeDigits" (not
 * four decimals, or a plus), "scoreBrackets" (`8.5, 6.5`), "severalTags" (the last
 * one counts), "order" (tags in another order), "textAround" (text before, between or
 * behind the tags), "thinkBegin" (the begin of the thoughts was given with the prompt).
 */
export const EVIDENCE_REPAIRS = [
  "answerCase",
  "answerMarks",
  "changePercent",
  "changeDigits",
  "scoreBrackets",
  "severalTags",
  "order",
  "textAround",
  "thinkBegin",
] as const;

/** A rule by which a response was repaired. */
export type EvidenceRepair = (typeof EVIDENCE_REPAIRS)[number];

/** A response, read. */
export interface ParsedEvidence {
  /** Mean score of what speaks for a rise, 0 to 10; null where it is not there. */
  readonly up: number | null;
  /** Mean score of what speaks for a fall, 0 to 10; null where it is not there. */
  readonly down: number | null;
  /** The change that is expected, as a part of the price; null where it is not there. */
  readonly change: number | null;
  /** The answer; null where it is not there, and then it is no vote. */
  readonly answer: EvidenceAnswer | null;
  /** The thoughts; empty where there are none. */
  readonly thoughts: string;
  /** Whether it has the form to the letter. */
  readonly isStrict: boolean;
  /** What is wrong and was not repaired. */
  readonly problems: EvidenceProblem[];
  /** Rules by which it was repaired. */
  readonly repairs: EvidenceRepair[];
}

/** Characters of a response at most; longer ones are not read. */
const MAX_CHARACTERS = 1_000_000;
/** Characters of a value between tags at most. */
const MAX_VALUE = 64;

/** A number as the form has it, without signs of rounding or exponents. */
const NUMBER = /^\d{1,3}(\.\d{1,9})?$/;
const STRICT_CHANGE = /^-?[01]\.\d{4}$/;
const LOOSE_CHANGE = /^([+-]?)(\d{1,4}(?:\.\d{1,12})?)(\s?%)?$/;

/** What stands between the last pair of a tag. */
interface Tagged {
  readonly value: string;
  /** Where the begin tag stands. */
  readonly from: number;
  /** Behind the end tag. */
  readonly to: number;
  readonly isOnly: boolean;
}

function lastTagged(text: string, tag: string): Tagged | undefined {
  const [begin, end] = [`<${tag}>`, `</${tag}>`];
  const close = text.lastIndexOf(end);
  if (close < 0) return undefined;
  const from = text.lastIndexOf(begin, close - 1);
  // Another end before the begin would pair with it
  if (from < 0 || from + begin.length > close) return undefined;
  return {
    value: text.slice(from + begin.length, close),
    from,
    to: close + end.length,
    isOnly: text.indexOf(begin) === from && text.indexOf(end) === close,
  };
}

class Reading {
  readonly problems = new Set<EvidenceProblem>();
  readonly repairs = new Set<EvidenceRepair>();

  answer(value: string): EvidenceAnswer | null {
    const trimmed = value.trim();
    const bare = trimmed.length > MAX_VALUE
      ? trimmed
      : trimmed.replace(/^["'`*([]+|["'`*)\].!,;:]+$/g, "").trim();
    const found = EVIDENCE_ANSWERS.find((one) => one === bare.toLowerCase());
    if (found === undefined) {
      this.problems.add("answerUnknown");
      return null;
    }
    if (bare !== trimmed) this.repairs.add("answerMarks");
    if (found !== bare) this.repairs.add("answerCase");
    return found;
  }

  change(value: string): number | null {
    const trimmed = value.trim();
    const match = trimmed.length > MAX_VALUE
      ? null
      : LOOSE_CHANGE.exec(trimmed);
    if (match === null) {
      this.problems.add("changeUnreadable");
      return null;
    }
    const [, sign, digits, percent] = match;
    const size = Number(digits) / (percent === undefined ? 1 : 100);
    if (size > 1) {
      this.problems.add("changeOutOfRange");
      return null;
    }
    if (percent !== undefined) this.repairs.add("changePercent");
    else if (!STRICT_CHANGE.test(trimmed)) this.repairs.add("changeDigits");
    return sign === "-" && size > 0 ? -size : size;
  }

  scores(value: string): readonly [number, number] | null {
    const trimmed = value.trim();
    const isBracketed = trimmed.startsWith("[") && trimmed.endsWith("]");
    const inner = isBracketed ? trimmed.slice(1, -1) : trimmed;
    const parts = inner.length > MAX_VALUE
      ? []
      : inner.split(",").map((part) => part.trim());
    if (parts.length !== 2 || !parts.every((part) => NUMBER.test(part))) {
      this.problems.add("scoreUnreadable");
      return null;
    }
    const [up, down] = [Number(parts[0]), Number(parts[1])];
    if (up > 10 || down > 10) {
      this.problems.add("scoreOutOfRange");
      return null;
    }
    if (!isBracketed) this.repairs.add("scoreBrackets");
    return [up, down];
  }
}

/**
 * Reads a response.
 *
 * @param text The response; anything.
 * @returns What it says, what is wrong with it, and what was repaired.
 *
 * @example
 * ```ts
 * import { parseEvidence } from "@weft/weft/ops/evidence";
 *
 * const { answer, isStrict, up } = parseEvidence(
 *   "<think>…</think><score>[8.5, 6.5]</score>" +
 *     "<pct_change>0.0350</pct_change><answer>up</answer>",
 * );
 * console.log(answer, up, isStrict); // up 8.5 true
 * ```
 */
export function parseEvidence(text: string): ParsedEvidence {
  const reading = new Reading();
  const { problems, repairs } = reading;
  const made = {
    up: null,
    down: null,
    change: null,
    answer: null,
    thoughts: "",
    isStrict: false,
  };
  if (text.length > MAX_CHARACTERS || text.trim() === "") {
    const problem = text.length > MAX_CHARACTERS ? "tooLong" : "empty";
    return { ...made, problems: [problem], repairs: [] };
  }
  const thought = thoughtsOf(text, reading);
  const rest = text.slice(thought.to);
  const [score, change, answer] = ["score", "pct_change", "answer"].map((tag) =>
    lastTagged(rest, tag)
  );
  if (score === undefined) problems.add("scoreMissing");
  if (change === undefined) problems.add("changeMissing");
  if (answer === undefined) problems.add("answerMissing");
  const scores = score === undefined ? null : reading.scores(score.value);
  const found = [score, change, answer].filter((one) => one !== undefined);
  if (found.some(({ isOnly }) => !isOnly)) repairs.add("severalTags");
  const inTurn = found.every((one, k) =>
    k === 0 || found[k - 1]!.to <= one.from
  );
  if (!inTurn) repairs.add("order");
  if (inTurn && hasTextAround(rest, found)) repairs.add("textAround");
  const values = {
    up: scores?.[0] ?? null,
    down: scores?.[1] ?? null,
    change: change === undefined ? null : reading.change(change.value),
    answer: answer === undefined ? null : reading.answer(answer.value),
  };
  return {
    ...made,
    ...values,
    thoughts: thought.value,
    isStrict: problems.size === 0 && repairs.size === 0,
    problems: [...problems],
    repairs: [...repairs],
  };
}

/** The thoughts, and where they end: 0 where there are none. */
function thoughtsOf(
  text: string,
  { problems, repairs }: Reading,
): { readonly value: string; readonly to: number } {
  const [begin, end] = ["<think>", "</think>"];
  const close = text.lastIndexOf(end);
  if (close < 0) {
    problems.add("thinkMissing");
    return { value: "", to: 0 };
  }
  const from = text.indexOf(begin);
  const to = close + end.length;
  if (from < 0 || from > close) {
    repairs.add("thinkBegin");
    return { value: text.slice(0, close).trim(), to };
  }
  if (text.slice(0, from).trim() !== "") repairs.add("textAround");
  const isOnly = text.lastIndexOf(begin) === from &&
    text.indexOf(end) === close;
  if (!isOnly) repairs.add("severalTags");
  return { value: text.slice(from + begin.length, close).trim(), to };
}

function hasTextAround(text: string, found: readonly Tagged[]): boolean {
  let at = 0;
  for (const { from, to } of found) {
    if (text.slice(at, from).trim() !== "") return true;
    at = to;
  }
  return text.slice(at).trim() !== "";
}

/** How many responses have the form, were repaired or are malformed, and why. */
export interface EvidenceCounts {
  /** All responses. */
  readonly responses: number;
  /** Those that have the form to the letter. */
  readonly strict: number;
  /** Those from which all parts could be read by repair only. */
  readonly repaired: number;
  /** Those in which something is wrong. */
  readonly malformed: number;
  /** Those without an answer, which do not vote. */
  readonly unanswered: number;
  /** How often each thing is wrong; what never is has no entry. */
  readonly problems: Partial<Record<EvidenceProblem, number>>;
  /** How often each rule was used. */
  readonly repairs: Partial<Record<EvidenceRepair, number>>;
}

/** Schema of {@linkcode EvidenceCounts}. */
export const EVIDENCE_COUNTS: z.ZodType<EvidenceCounts> = z.object({
  responses: z.number(),
  strict: z.number(),
  repaired: z.number(),
  malformed: z.number(),
  unanswered: z.number(),
  problems: z.partialRecord(z.enum(EVIDENCE_PROBLEMS), z.number()),
  repairs: z.partialRecord(z.enum(EVIDENCE_REPAIRS), z.number()),
});

/**
 * Counts what became of responses.
 *
 * @param parsed The responses, read.
 * @returns The counts.
 */
export function countEvidence(
  parsed: readonly ParsedEvidence[],
): EvidenceCounts {
  const tally = <K extends string>(
    names: readonly K[],
    pick: (one: ParsedEvidence) => readonly K[],
  ): Partial<Record<K, number>> => {
    const counts: Partial<Record<K, number>> = {};
    for (const name of names) {
      const count = parsed.filter((one) => pick(one).includes(name)).length;
      if (count > 0) counts[name] = count;
    }
    return counts;
  };
  const count = (isOne: (one: ParsedEvidence) => boolean) =>
    parsed.filter(isOne).length;
  return {
    responses: parsed.length,
    strict: count(({ isStrict }) => isStrict),
    repaired: count(({ isStrict, problems }) =>
      !isStrict && problems.length === 0
    ),
    malformed: count(({ problems }) => problems.length > 0),
    unanswered: count(({ answer }) => answer === null),
    problems: tally(EVIDENCE_PROBLEMS, ({ problems }) => problems),
    repairs: tally(EVIDENCE_REPAIRS, ({ repairs }) => repairs),
  };
}
