/**
 * The model that a command line names.
 *
 * @module
 */

import { loadAdapter } from "../../ops/language/adapter/adapter_files.ts";
import { attachAdapter } from "../../ops/language/adapter/attach_adapter.ts";
import type { LanguageModel } from "../../ops/language/model/language_model.ts";
import { readModel } from "../../ops/language/model/read_model.ts";
import { ParameterError } from "../../runtime/core/errors.ts";
import {
  DEFAULT_MODEL,
  type GenerationArguments,
} from "./generation_arguments.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Reads the model with its tokenizer and its adapter.
 *
 * @param values The options of the command line.
 * @param terminal Where it is told what is read.
 * @param signal Cancels.
 * @returns The model.
 * @throws {DataError} When a file is missing or damaged.
 * @throws {ParameterError} When no model is named.
 */
export async function modelOfArguments(
  values: GenerationArguments,
  terminal: Pick<Terminal, "note">,
  signal?: AbortSignal,
): Promise<LanguageModel> {
  const { adapter, model: place = DEFAULT_MODEL, tokenizer } = values;
  if (place === undefined) {
    throw new ParameterError("Cannot generate without a model", {
      expected: "--model PLACE",
      hint: "For example --model hf:HuggingFaceTB/SmolLM2-135M-Instruct",
    });
  }
  terminal.note(`Reading ${place}`);
  const model = await readModel(place, { tokenizer, signal });
  if (adapter === undefined) return model;
  terminal.note(`Reading the adapter ${adapter}`);
  return attachAdapter(model, await loadAdapter(adapter));
}
