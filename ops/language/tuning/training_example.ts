/**
 * Which values are examples, for the ports of ops and for files.
 *
 * @module
 */

import { z } from "zod";
import type { ChatMessage } from "../tokenizer/tokenizer.ts";
import type { TrainingExample } from "./examples.ts";

const MESSAGE: z.ZodType<ChatMessage> = z.strictObject({
  role: z.string(),
  content: z.string(),
});

/** Schema of {@linkcode TrainingExample}. */
export const TRAINING_EXAMPLE: z.ZodType<TrainingExample> = z.union([
  z.object({ prompt: z.string(), completion: z.string() }),
  z.object({ messages: z.array(MESSAGE).min(1) }),
  z.object({ text: z.string() }),
]);
