/**
 * Examples to learn from, and the tokens that they become.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { ChatMessage, Tokenizer } from "../tokenizer/tokenizer.ts";

/** An answer to a prompt; the answer is learnt. */
export interface CompletionExample {
  /** What is given. */
  readonly prompt: string;
  /** What is learnt, an end token behind it. */
  readonly completion: string;
}

/** A chat; what the assistant says is learnt. */
export interface ChatExample {
  /** The messages, in order. */
  readonly messages: readonly ChatMessage[];
}

/** A text, all of which is learnt; long ones become several rows. */
export interface TextExample {
  /** The text. */
  readonly text: string;
}

/** Something to learn from. */
export type TrainingExample = CompletionExample | ChatExample | TextExample;

/** Marks tokens that are not learnt. */
export const IGNORED = -100;

/** An example as tokens. */
export interface EncodedExample {
  /** The tokens. */
  readonly tokens: Int32Array;
  /** The same tokens where they are learnt, {@linkcode IGNORED} elsewhere. */
  readonly labels: Int32Array;
}

/**
 * Tokens of an example.
 *
 * @param tokenizer The tokenizer of the model.
 * @param example The example.
 * @returns Tokens and what of them is learnt.
 * @throws {DataError} When nothing would be learnt, or a chat template gives a
 * text that does not grow with the messages.
 */
export function encodeExample(
  tokenizer: Tokenizer,
  example: TrainingExample,
): EncodedExample {
  const pieces = "text" in example
    ? [
      { tokens: tokenizer.encode(example.text), isLearnt: true },
      end(tokenizer),
    ]
    : "prompt" in example
    ? completionPieces(tokenizer, example)
    : chatPieces(tokenizer, example);
  const tokens = pieces.flatMap((piece) => [...piece.tokens]);
  const labels = pieces.flatMap((piece) =>
    piece.isLearnt ? [...piece.tokens] : Array.from(piece.tokens, () => IGNORED)
  );
  // Nothing stands before the first token that it could be guessed from.
  if (labels.every((label, index) => index === 0 || label === IGNORED)) {
    throw new DataError("Cannot learn from an example without an answer", {
      expected: "a completion, a message of the assistant, or a text",
      actual: JSON.stringify(example).slice(0, 200),
    });
  }
  return { tokens: Int32Array.from(tokens), labels: Int32Array.from(labels) };
}

interface Piece {
  readonly tokens: Iterable<number>;
  readonly isLearnt: boolean;
}

function end(tokenizer: Tokenizer): Piece {
  return { tokens: tokenizer.endIds.slice(0, 1), isLearnt: true };
}

function completionPieces(
  tokenizer: Tokenizer,
  { prompt, completion }: CompletionExample,
): Piece[] {
  const answer = tokenizer.encode(completion, { addSpecialTokens: false });
  if (answer.length === 0) return [];
  return [
    { tokens: tokenizer.encode(prompt), isLearnt: false },
    { tokens: answer, isLearnt: true },
    end(tokenizer),
  ];
}

/** What the template puts around answers is given; an answer is learnt up to the end of its turn. */
function chatPieces(tokenizer: Tokenizer, { messages }: ChatExample): Piece[] {
  const pieces: Piece[] = [];
  let done = "";
  const push = (text: string, isLearnt: boolean) => {
    if (!text.startsWith(done)) {
      throw new DataError(
        "Cannot tell answers from the rest of a chat, as its template changes what came before",
        { hint: 'Give "prompt" and "completion" instead' },
      );
    }
    const tokens = tokenizer.encode(text.slice(done.length), {
      addSpecialTokens: false,
    });
    pieces.push({ tokens, isLearnt });
    done = text;
  };
  messages.forEach(({ role }, index) => {
    if (role !== "assistant") return;
    push(
      tokenizer.renderChat(messages.slice(0, index), {
        addGenerationPrompt: true,
      }),
      false,
    );
    const through = messages.slice(0, index + 1);
    push(tokenizer.renderChat(through, { addGenerationPrompt: false }), true);
  });
  return pieces;
}
