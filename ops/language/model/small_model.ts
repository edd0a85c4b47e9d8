/**
 * The small model that comes with Weft.
 *
 * @module
 */

/**
 * Where the small model is, for `readModel` and `modelFiles`: a Llama of 2.8
 * million parameters (f16, 5.5 MB) with a context of 1,024 tokens, that Weft
 * itself trained on sentences made from templates over public figures. It shows
 * that everything works with no network, and knows nothing of the world or of
 * markets; its card stands beside it.
 *
 * @example
 * ```ts
 * import { generateTexts, readModel, SMALL_MODEL } from "@weft/weft/ops/language";
 *
 * const model = await readModel(SMALL_MODEL);
 * const question = [{ role: "user", content: "What is the capital of Texas?" }];
 * const [answer] = await generateTexts(model, [question], { temperature: 0 });
 * console.log(answer!.text); // Austin.
 * ```
 */
export const SMALL_MODEL: string =
  new URL("../../../fixtures/models/small/", import.meta.url).href;
