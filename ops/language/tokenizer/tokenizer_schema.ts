/**
 * Which values are tokenizers, for the ports of ops.
 *
 * @module
 */

import { z } from "zod";
import type { TokenizerData } from "./tokenizer_data.ts";

const ID = z.int().nonnegative();

const STRUCTURE = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("hub"),
    tokenizer: z.string(),
    config: z.string(),
  }),
  z.object({
    kind: z.literal("pieces"),
    pieces: z.array(z.string()),
    scores: z.array(z.number()),
    types: z.array(z.enum(["normal", "unknown", "control", "user", "byte"])),
    addSpacePrefix: z.boolean(),
    beginId: ID.nullable(),
    endId: ID.nullable(),
    addBegin: z.boolean(),
    chatTemplate: z.string().nullable(),
  }),
]);

/**
 * Tokenizers as data. A value that passes stays the object that it was, so that
 * its tokenizer is made once; whether its parts fit is checked where it is made.
 */
export const TOKENIZER_DATA: z.ZodType<TokenizerData> = z.custom<TokenizerData>(
  (value) => STRUCTURE.safeParse(value).success,
  { error: 'It must be a tokenizer as data: of kind "hub" or "pieces"' },
);
