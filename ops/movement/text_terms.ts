/**
 * Terms of a text: what a bag of words counts.
 *
 * @module
 */

import { pacer } from "../pace.ts";

/** Runs of two or more letters, digits and underscores, in any script. */
const WORD = /[\p{L}\p{N}_]{2,}/gu;

/**
 * The words of a text in lower case, and their runs of up to `longest` words
 * joined by spaces, as scikit-learn's vectorisers take them by default.
 *
 * @param text The text.
 * @param longest Most words of a term, at least 1.
 * @returns The terms, words first, each as often as it occurs.
 *
 * @example
 * ```ts
 * import { termsOf } from "@weft/weft/ops/movement";
 *
 * console.log(termsOf("We beat. We raise guidance", 2));
 * // ["we", "beat", "we", "raise", "guidance", "we beat", "beat we", "we raise", "raise guidance"]
 * ```
 */
export function termsOf(text: string, longest: number): string[] {
  const words: string[] = text.toLowerCase().match(WORD) ?? [];
  const terms = [...words];
  for (let length = 2; length <= longest; length++) {
    for (let start = 0; start + length <= words.length; start++) {
      terms.push(words.slice(start, start + length).join(" "));
    }
  }
  return terms;
}

/** How often each term of a text occurs. */
export type TermCounts = ReadonlyMap<string, number>;

function countTerms(text: string, longest: number): TermCounts {
  const counts = new Map<string, number>();
  for (const term of termsOf(text, longest)) {
    counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return counts;
}

/**
 * Counts the terms of texts.
 *
 * @param texts The texts.
 * @param longest Most words of a term.
 * @param signal Stops it.
 * @returns The counts of each text.
 */
export async function countTexts(
  texts: readonly string[],
  longest: number,
  signal?: AbortSignal,
): Promise<TermCounts[]> {
  const pace = pacer(signal);
  const counted: TermCounts[] = [];
  for (const text of texts) {
    await pace();
    counted.push(countTerms(text, longest));
  }
  return counted;
}
