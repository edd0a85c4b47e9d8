/**
 * What became of responses of several runs together.
 *
 * @module
 */

import type { EvidenceCounts } from "./parse_evidence.ts";

function summed<K extends string>(
  tallies: readonly Partial<Record<K, number>>[],
): Partial<Record<K, number>> {
  const sums: Partial<Record<K, number>> = {};
  for (const tally of tallies) {
    for (const name of Object.keys(tally) as K[]) {
      sums[name] = (sums[name] ?? 0) + (tally[name] ?? 0);
    }
  }
  return sums;
}

/**
 * Adds counts up.
 *
 * @param counts Counts, for example of each walk-forward window.
 * @returns The sums.
 *
 * @example
 * ```ts
 * import { countEvidence, parseEvidence, sumEvidenceCounts } from "@weft/weft/ops/evidence";
 *
 * const one = countEvidence([parseEvidence("no idea")]);
 * console.log(sumEvidenceCounts([one, one]).unanswered); // 2
 * ```
 */
export function sumEvidenceCounts(
  counts: readonly EvidenceCounts[],
): EvidenceCounts {
  const sum = (of: (one: EvidenceCounts) => number) =>
    counts.reduce((total, one) => total + of(one), 0);
  return {
    responses: sum(({ responses }) => responses),
    strict: sum(({ strict }) => strict),
    repaired: sum(({ repaired }) => repaired),
    malformed: sum(({ malformed }) => malformed),
    unanswered: sum(({ unanswered }) => unanswered),
    problems: summed(counts.map(({ problems }) => problems)),
    repairs: summed(counts.map(({ repairs }) => repairs)),
  };
}
