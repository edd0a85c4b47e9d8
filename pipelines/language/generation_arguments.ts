/**
 * Options that all commands share which generate text.
 *
 * @module
 */

import { z } from "zod";
import type { TextOptions } from "../../ops/language/generation/stream_text.ts";

/** How they are explained. */
export const GENERATION_USAGE =
  `  --model PLACE       file or folder (safetensors, GGUF, llama2.c), or
                      hf:OWNER/NAME[@REVISION][/FILE] on the Hugging Face hub;
                      by default the small model that comes with Weft
  --tokenizer PATH    file of the tokenizer, where the model has none of its
                      own: tokenizer.json, a GGUF file, llama2.c's tok*.bin
  --adapter DIR       folder of a LoRA adapter in PEFT's format
  --max-tokens N      tokens of an answer at most (default 128; 512 in a chat)
  --temperature T     0 takes the most probable token, above it tokens are drawn
                      (default 0; 0.7 in a chat)
  --top-k N, --top-p P, --min-p P
                      draws among the N most probable tokens only, among those
                      of mass P, among those P times as probable as the first
  --repetition-penalty R
                      above 1 makes tokens that occurred less probable
  --seed NUMBER       seed of the draws (default 0)
  --stop TEXT         ends an answer before this text; may be given again
  --device NAME       preferred device: wasm, webgpu or reference
  --help              this text`;

const number = z.coerce.number();
const share = number.pipe(z.number().min(0).max(1));
const count = number.pipe(z.int().min(1));

/** The values, checked. */
export const GENERATION_SHAPE = {
  model: z.string().optional(),
  tokenizer: z.string().optional(),
  adapter: z.string().optional(),
  maxTokens: count.optional(),
  temperature: number.pipe(z.number().min(0)).optional(),
  topK: count.optional(),
  topP: share.optional(),
  minP: share.optional(),
  repetitionPenalty: number.pipe(z.number().positive()).optional(),
  seed: number.pipe(z.int().min(0)).optional(),
  stop: z.array(z.string().min(1)).optional(),
  device: z.string().optional(),
  help: z.boolean().default(false),
};

const GENERATION = z.object(GENERATION_SHAPE);

/** The options after they were read. */
export type GenerationArguments = z.output<typeof GENERATION>;

/**
 * The part of the options that says how text is generated.
 *
 * @param values The options.
 * @returns What `streamText` takes.
 */
export function textOptions(
  { maxTokens, minP, repetitionPenalty, seed, stop, temperature, topK, topP }:
    GenerationArguments,
): TextOptions {
  return {
    maxTokens,
    minP,
    repetitionPenalty,
    seed,
    stop,
    temperature,
    topK,
    topP,
  };
}
