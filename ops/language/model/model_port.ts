/**
 * The port that models pass.
 *
 * @module
 */

import { type Port, port } from "../../../runtime/ports/mod.ts";
import type { LanguageModel } from "./language_model.ts";
import { LANGUAGE_MODEL } from "./model_schema.ts";

/**
 * Makes a port for models: config, weights, tokenizer and adapter. Two models are
 * the same where all of their data are.
 *
 * @param options `doc`: what the model is for.
 * @returns The port.
 *
 * @example
 * ```ts
 * import { modelPort } from "@weft/weft/ops/language";
 *
 * console.log(modelPort({ doc: "Scores headlines" }).kind); // value
 * ```
 */
export function modelPort(
  options: { readonly doc?: string } = {},
): Port<LanguageModel> {
  return port.value(LANGUAGE_MODEL, options);
}
