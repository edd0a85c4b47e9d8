/**
 * Responses to prompts as answers: read, counted and put to the vote.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type F64, type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import {
  EVIDENCE_ANSWER,
  EVIDENCE_ANSWERS,
  type EvidenceAnswer,
} from "./answers.ts";
import {
  countEvidence,
  EVIDENCE_COUNTS,
  type EvidenceCounts,
  parseEvidence,
} from "./parse_evidence.ts";
import { type Ballot, vote, voteLogits, type VoteRule } from "./votes.ts";

/** Params of {@linkcode readEvidence}. */
export interface ReadEvidenceParams {
  /** Responses to each prompt; 1 by default. */
  readonly samples?: number | undefined;
  /** How votes are counted; "majority" by default. */
  readonly rule?: VoteRule | undefined;
}

const BALLOT: z.ZodType<Ballot> = z.object({
  answer: EVIDENCE_ANSWER.nullable(),
  up: z.number().nullable(),
  down: z.number().nullable(),
});

/**
 * Reads responses strictly and lets those to the same prompt vote. Responses without
 * an answer do not vote; of equal numbers of votes the answer that came first wins.
 *
 * Inputs: `texts`, the responses to the first prompt first; `fallback`, an answer for
 * each prompt to whose responses there is none (the paper falls back to a rule's).
 * Params: `samples` (1) responses a prompt; `rule` ("majority"). Outputs: `answers`,
 * i32 `["t"]`, -1 where there is none; `logits` of down, hold and up from the votes,
 * f64 `["t", "k"]`; `ballots` of each prompt; `counts` of what was wrong and repaired.
 *
 * @throws {DataError} When responses cannot be dealt evenly.
 *
 * @example
 * ```ts
 * import { formatResponse, readEvidence } from "@weft/weft/ops/evidence";
 *
 * const parts = { thoughts: "…", up: 7, down: 3, change: 0.04 };
 * const text = formatResponse({ ...parts, answer: "up" });
 * const { answers, counts } = await readEvidence.run({ texts: [text, text, "?"] }, {
 *   samples: 3,
 * });
 * console.log(await answers.toArray(), counts.unanswered); // [2] 1
 * ```
 */
export const readEvidence: Op<
  { texts: string[]; fallback?: EvidenceAnswer[] | undefined },
  ReadEvidenceParams,
  {
    answers: Tensor<"i32">;
    logits: F64;
    ballots: Ballot[][];
    counts: EvidenceCounts;
  }
> = op({
  name: "evidence/readEvidence",
  version: "1",
  doc: "Reads responses strictly and lets those to one prompt vote",
  inputs: {
    texts: port.value(z.array(z.string())),
    fallback: port.optional(z.array(EVIDENCE_ANSWER)),
  },
  params: z.object({
    samples: z.int().min(1).default(1),
    rule: z.enum(["majority", "score"]).default("majority"),
  }),
  outputs: {
    answers: port.tensor("i32", ["t"], {
      doc: "0 down, 1 hold, 2 up, -1 no answer",
    }),
    logits: port.tensor("f64", ["t", "k"]),
    ballots: port.value(z.array(z.array(BALLOT))),
    counts: port.value(EVIDENCE_COUNTS),
  },
  run: ({ fallback = [], texts }, { rule, samples }) => {
    if (texts.length % samples !== 0) {
      throw new DataError(
        `Cannot deal ${texts.length} responses to prompts by ${samples}`,
        { expected: `a multiple of ${samples}` },
      );
    }
    const parsed = texts.map(parseEvidence);
    const prompts = texts.length / samples;
    const ballots = Array.from(
      { length: prompts },
      (_, prompt) =>
        parsed.slice(prompt * samples, (prompt + 1) * samples).map(
          ({ answer, down, up }) => ({ answer, down, up }),
        ),
    );
    const winners = ballots.map((own, prompt) =>
      vote(own, rule, fallback[prompt] ?? null)
    );
    const logits = ballots.flatMap((own) => voteLogits(own, rule));
    return {
      answers: tensor(
        Int32Array.from(
          winners,
          (answer) => answer === null ? -1 : EVIDENCE_ANSWERS.indexOf(answer),
        ),
      ),
      logits: tensor(Float64Array.from(logits), {
        shape: [prompts, EVIDENCE_ANSWERS.length],
      }),
      ballots,
      counts: countEvidence(parsed),
    };
  },
});
