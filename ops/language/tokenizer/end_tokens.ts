/**
 * Tokens that are known to end a turn or a text, whatever a model's files say.
 *
 * @module
 */

/** Their texts, as the families of chat models spell them. */
export const END_TOKENS: ReadonlySet<string> = new Set([
  "<|im_end|>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|end|>",
  "<|end_of_text|>",
  "<|endoftext|>",
  "<|return|>",
  "<end_of_turn>",
  "<turn|>",
  "<EOT>",
  "<|EOT|>",
  "<｜end▁of▁sentence｜>",
]);
