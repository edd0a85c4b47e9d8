/**
 * Answers in words, as classes.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import { type Tensor, tensor } from "../../runtime/tensor/mod.ts";
import { UNLABELLED } from "../labels.ts";
import { answerWords } from "./movement_words.ts";

/**
 * The class that a text answers: the last of the words in it, in any case.
 *
 * @param text What a model wrote.
 * @param hold Whether Hold is an answer; false by default.
 * @returns The class, or `null` where no word is in it.
 *
 * @example
 * ```ts
 * import { parseAnswer } from "@weft/weft/ops/movement";
 *
 * console.log(parseAnswer("Not short: I would go LONG.")); // 1
 * console.log(parseAnswer("It will be shorter."), parseAnswer("Hold", true)); // null 1
 * ```
 */
export function parseAnswer(text: string, hold = false): number | null {
  const words = answerWords(hold);
  const found = [
    ...text.matchAll(new RegExp(`\\b(${words.join("|")})\\b`, "gi")),
  ]
    .at(-1);
  if (found === undefined) return null;
  const word = found[1]!.toLowerCase();
  return words.findIndex((own) => own.toLowerCase() === word);
}

/**
 * Answers in words as classes, see {@linkcode parseAnswer}.
 *
 * Input: `answers`, what a model wrote. Param: `hold` (default false). Outputs:
 * `classes`, i32 `["n"]`, -1 for an answer without a class, which counts as wrong;
 * `invalid`, how many these are.
 *
 * @example
 * ```ts
 * import { parseAnswers } from "@weft/weft/ops/movement";
 *
 * const { classes, invalid } = await parseAnswers.run({ answers: [" Long", "?"] });
 * console.log(await classes.toArray(), invalid); // [1, -1] 1
 * ```
 */
export const parseAnswers: Op<
  { answers: string[] },
  { hold?: boolean | undefined },
  { classes: Tensor<"i32">; invalid: number }
> = op({
  name: "movement/parseAnswers",
  version: "1",
  doc: "Answers in words as classes",
  inputs: { answers: port.value(z.array(z.string())) },
  params: z.object({ hold: z.boolean().default(false) }),
  outputs: {
    classes: port.tensor("i32", ["n"], { doc: "-1 where no class is named" }),
    invalid: port.value(z.int()),
  },
  run: ({ answers }, { hold }) => {
    const classes = Int32Array.from(
      answers,
      (text) => parseAnswer(text, hold) ?? UNLABELLED,
    );
    return {
      classes: tensor(classes),
      invalid: classes.filter((one) => one === UNLABELLED).length,
    };
  },
});
