/**
 * What every tokenizer does.
 *
 * @module
 */

/** One message of a chat. */
export interface ChatMessage {
  /** Who speaks: "system", "user", "assistant" or what the template knows. */
  readonly role: string;
  /** What is said. */
  readonly content: string;
}

/** Turns text into tokens and back. */
export interface Tokenizer {
  /** Number of tokens. */
  readonly size: number;
  /** Token that begins a sequence; null where there is none. */
  readonly beginId: number | null;
  /** Tokens that end a sequence or a turn; may be empty. */
  readonly endIds: readonly number[];
  /** Token that fills up shorter sequences; the first of `endIds`, or 0, where there is none. */
  readonly padId: number;
  /** Tokens of a text. `addSpecialTokens` (true): add what the model expects around it; `parseSpecial` (true): read special tokens in the text as such. */
  encode(
    text: string,
    options?: {
      readonly addSpecialTokens?: boolean;
      readonly parseSpecial?: boolean;
    },
  ): Int32Array<ArrayBuffer>;
  /** Text of tokens. `skipSpecialTokens` (true) leaves out special ones. Bytes that are no text become U+FFFD. */
  decode(
    ids: ArrayLike<number>,
    options?: { readonly skipSpecialTokens?: boolean },
  ): string;
  /**
   * A decoder that is given one token after another and never gives half a
   * character. All that it gives is what `decode` gives for the same tokens; to
   * go on behind a prompt, give it the prompt's tokens first and drop their text,
   * as the first token of a text may lose a space.
   */
  stream(options?: { readonly skipSpecialTokens?: boolean }): TokenStream;
  /** The text of a chat by the model's template, to be encoded without special tokens added. `addGenerationPrompt` (true) begins the answer. */
  renderChat(
    messages: readonly ChatMessage[],
    options?: { readonly addGenerationPrompt?: boolean },
  ): string;
  /** The token whose text this is exactly, if there is one. */
  idOf(token: string): number | undefined;
  /** The token as it stands in the vocabulary. */
  tokenOf(id: number): string;
}

/** Text that grows token by token. */
export interface TokenStream {
  /** Adds a token; gives the text that is sure now, maybe none. */
  push(id: number): string;
  /** Ends the text; gives what was held back. */
  flush(): string;
}
