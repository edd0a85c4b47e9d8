/**
 * One answer out of many: what more samples at inference are good for.
 *
 * @module
 */

import { ParameterError } from "../../runtime/core/errors.ts";
import { EVIDENCE_ANSWERS, type EvidenceAnswer } from "./answers.ts";
import type { ParsedEvidence } from "./parse_evidence.ts";

/** What of a response votes. */
export type Ballot = Pick<ParsedEvidence, "answer" | "up" | "down">;

/**
 * How votes are counted: "majority" gives each answer one vote. "score" (ours)
 * gives an up its score for a rise and a down its score for a fall, as parts of 10,
 * and a hold what is left when the two scores differ: `1 - |up - down| / 10`; a
 * response without scores has half a vote.
 */
export type VoteRule = "majority" | "score";

/**
 * What a ballot's answer weighs.
 *
 * @param ballot The ballot; has an answer.
 * @param rule How votes are counted.
 * @returns The weight.
 */
function weightOf({ answer, up, down }: Ballot, rule: VoteRule): number {
  if (rule === "majority") return 1;
  if (up === null || down === null) return 0.5;
  if (answer === "hold") return 1 - Math.abs(up - down) / 10;
  return (answer === "up" ? up : down) / 10;
}

/**
 * Votes. Ballots without an answer do not count; of answers with equally many votes
 * the one that came first wins.
 *
 * @param ballots The ballots, in the order in which they came.
 * @param rule How votes are counted; "majority" by default.
 * @param fallback The answer where no ballot has one; null by default.
 * @returns The answer.
 *
 * @example
 * ```ts
 * import { vote } from "@weft/weft/ops/evidence";
 *
 * const ballots = [
 *   { answer: "up", up: 9, down: 2 },
 *   { answer: "hold", up: 8, down: 1 },
 *   { answer: "hold", up: 9, down: 2 },
 *   { answer: null, up: null, down: null },
 * ] as const;
 * console.log(vote(ballots), vote(ballots, "score")); // hold up
 * ```
 */
export function vote(
  ballots: readonly Ballot[],
  rule: VoteRule = "majority",
  fallback: EvidenceAnswer | null = null,
): EvidenceAnswer | null {
  const votes = new Map<EvidenceAnswer, number>();
  for (const ballot of ballots) {
    if (ballot.answer === null) continue;
    const before = votes.get(ballot.answer) ?? 0;
    votes.set(ballot.answer, before + weightOf(ballot, rule));
  }
  let winner: EvidenceAnswer | null = null;
  let most = -Infinity;
  // A map keeps the order in which answers came first
  for (const [answer, sum] of votes) {
    if (sum <= most) continue;
    winner = answer;
    most = sum;
  }
  return winner ?? fallback;
}

/**
 * Parts of the votes as logarithms of probabilities, each answer's votes raised by
 * one (Laplace), so that a vote can be fused with other experts.
 *
 * @param ballots The ballots.
 * @param rule How votes are counted; "majority" by default.
 * @returns Log-probabilities of down, hold and up.
 */
export function voteLogits(
  ballots: readonly Ballot[],
  rule: VoteRule = "majority",
): [number, number, number] {
  const [down, hold, up] = EVIDENCE_ANSWERS.map((answer) =>
    1 + ballots.reduce(
      (sum, ballot) =>
        sum + (ballot.answer === answer ? weightOf(ballot, rule) : 0),
      0,
    )
  ) as [number, number, number];
  const total = down + hold + up;
  return [down, hold, up].map((one) => Math.log(one / total)) as [
    number,
    number,
    number,
  ];
}

/**
 * The winners of votes with fewer ballots than there are: the ballots of each item
 * are dealt into groups of `size`, each of which votes; what is left over is not used.
 *
 * @param ballots The ballots of each item, equally many.
 * @param size Ballots of a vote.
 * @param rule How votes are counted; "majority" by default.
 * @param fallback The answer of each item where no ballot has one; none by default.
 * @returns For each group the winners of all items.
 * @throws {ParameterError} When there are not so many ballots.
 */
export function voteInGroups(
  ballots: readonly (readonly Ballot[])[],
  size: number,
  rule: VoteRule = "majority",
  fallback: readonly (EvidenceAnswer | null)[] = [],
): (EvidenceAnswer | null)[][] {
  const least = ballots.reduce(
    (min, { length }) => Math.min(min, length),
    Infinity,
  );
  if (!(Number.isInteger(size) && size >= 1 && size <= least)) {
    throw new ParameterError(`Cannot vote with ${size} ballots`, {
      expected: `a whole number from 1 to ${least}`,
    });
  }
  const groups = Math.floor(least / size);
  return Array.from(
    { length: groups },
    (_, group) =>
      ballots.map((own, item) =>
        vote(
          own.slice(group * size, (group + 1) * size),
          rule,
          fallback[item] ?? null,
        )
      ),
  );
}
