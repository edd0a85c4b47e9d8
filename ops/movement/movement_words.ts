/**
 * The words that a model answers with, and how often they are written in other
 * ways.
 *
 * @module
 */

/** Answers to a question of two classes; the position is the class index. */
export const LONG_SHORT: readonly ["Short", "Long"] = ["Short", "Long"];

/** Answers with the paper's extension; the position is the class index. */
export const LONG_HOLD_SHORT: readonly ["Short", "Hold", "Long"] = [
  "Short",
  "Hold",
  "Long",
];

/**
 * The words of a question.
 *
 * @param hold Whether there is a class between.
 * @returns A word for each class.
 */
export function answerWords(hold: boolean): readonly string[] {
  return hold ? LONG_HOLD_SHORT : LONG_SHORT;
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}

/** Ways to write the words, and the class of each. */
export interface AnswerForms {
  /** What may stand behind the prompt. */
  readonly forms: readonly string[];
  /** The class of each form. */
  readonly classes: readonly number[];
}

/**
 * Ways to write an answer behind a prompt that ends with `:`, with and without a
 * space: as it is, capitalised, in lower and in upper case, each way once. As no
 * form is the beginning of another, their probabilities add up.
 *
 * @param words A word for each class.
 * @returns The forms, class by class.
 *
 * @example
 * ```ts
 * import { answerForms, LONG_SHORT } from "@weft/weft/ops/movement";
 *
 * const { classes, forms } = answerForms(LONG_SHORT);
 * console.log(forms[0], classes.length); // " Short" 12
 * ```
 */
export function answerForms(words: readonly string[]): AnswerForms {
  const ways = words.map((word) =>
    [
      ...new Set([
        word,
        capitalized(word),
        word.toLowerCase(),
        word.toUpperCase(),
      ]),
    ]
      .flatMap((way) => [` ${way}`, way])
  );
  return {
    forms: ways.flat(),
    classes: ways.flatMap((own, index) => own.map(() => index)),
  };
}
