/**
 * A few responses as they are, for a reader.
 *
 * @module
 */

import { z } from "zod";
import {
  EVIDENCE_ANSWER,
  EVIDENCE_ANSWERS,
  EVIDENCE_ITEM,
  EVIDENCE_PROBLEMS,
  EVIDENCE_REPAIRS,
  EVIDENCE_TRUTH,
  type EvidenceItem,
  type EvidenceTruth,
  type ParsedEvidence,
  parseEvidence,
} from "../../ops/evidence/mod.ts";
import { DataError } from "../../runtime/core/errors.ts";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";

/** A response beside what was asked and what happened. */
export interface ShownResponse {
  /** What the item is called. */
  readonly id: string;
  /** The day that had ended. */
  readonly day: string;
  /** What was asked, the first 20,000 characters of it. */
  readonly prompt: string;
  /** What the model wrote, anything, the first 20,000 characters of it. */
  readonly response: string;
  /** What was read from it; its thoughts stand in the response. */
  readonly read: Omit<ParsedEvidence, "thoughts">;
  /** What has happened. */
  readonly truth: EvidenceTruth;
}

/** Schema of {@linkcode ShownResponse}. */
export const SHOWN_RESPONSE: z.ZodType<ShownResponse> = z.object({
  id: z.string(),
  day: z.string(),
  prompt: z.string(),
  response: z.string(),
  read: z.object({
    up: z.number().nullable(),
    down: z.number().nullable(),
    change: z.number().nullable(),
    answer: EVIDENCE_ANSWER.nullable(),
    isStrict: z.boolean(),
    problems: z.array(z.enum(EVIDENCE_PROBLEMS)),
    repairs: z.array(z.enum(EVIDENCE_REPAIRS)),
  }),
  truth: EVIDENCE_TRUTH,
});

/** Characters of a prompt or a response that are shown. */
const MOST_CHARACTERS = 20_000;

/**
 * The first response to the first item of each class that occurs.
 *
 * Inputs: `items` whose truth is known; `prompts`, one an item; `texts`, `samples`
 * responses to each. Params: `samples`. Output: `shown`.
 *
 * @throws {DataError} When there are not so many prompts and responses.
 */
export const shownResponses: Op<
  { items: EvidenceItem[]; prompts: string[]; texts: string[] },
  { samples: number },
  { shown: ShownResponse[] }
> = op({
  name: "retuning/shownResponses",
  version: "1",
  doc: "The first response to the first item of each class",
  inputs: {
    items: port.value(z.array(EVIDENCE_ITEM)),
    prompts: port.value(z.array(z.string())),
    texts: port.value(z.array(z.string())),
  },
  params: z.object({ samples: z.int().min(1) }),
  outputs: { shown: port.value(z.array(SHOWN_RESPONSE)) },
  run: ({ items, prompts, texts }, { samples }) => {
    const isEven = prompts.length === items.length &&
      texts.length === samples * items.length;
    if (!isEven) {
      throw new DataError("Cannot show responses to items", {
        expected:
          `a prompt and ${samples} responses for each of ${items.length}`,
        actual: `${prompts.length} prompts and ${texts.length} responses`,
      });
    }
    const firsts = EVIDENCE_ANSWERS.map((answer) =>
      items.findIndex(({ truth }) => truth?.answer === answer)
    );
    return {
      shown: firsts.filter((item) => item >= 0).map((item) => {
        const { id, sources, truth } = items[item]!;
        const response = texts[item * samples]!;
        const { thoughts: _, ...read } = parseEvidence(response);
        return {
          id,
          day: sources.day,
          prompt: prompts[item]!.slice(0, MOST_CHARACTERS),
          response: response.slice(0, MOST_CHARACTERS),
          read,
          truth: truth!,
        };
      }),
    };
  },
});
