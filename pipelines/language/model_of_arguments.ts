/**
 * The model that a command line names.
 *
 * @module
 */

import { loadAdapter } from "../../ops/language/adapter/adapter_files.ts";
import { attachAdapter } from "../../ops/language/adapter/attach_adapter.ts";
import type { LanguageModel } from "../../ops/language/model/language_model.ts";
import { readModel } from "../../ops/language/model/read_model.ts";
import { DataError } from "../../runtime/core/errors.ts";
import { fetchNotes } from "./fetch_notes.ts";
import { SMALL_MODEL } from "../../ops/language/model/small_model.ts";
import type { GenerationArguments } from "./generation_arguments.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Reads the model with its tokenizer and its adapter.
 *
 * @param values The options of the command line.
 * @param terminal Where it is told what is read.
 * @param signal Cancels.
 * @returns The model.
 * @throws {DataError} When a file is missing or damaged, or there is no tokenizer.
 */
export async function modelOfArguments(
  values: GenerationArguments,
  terminal: Pick<Terminal, "note">,
  signal?: AbortSignal,
): Promise<LanguageModel> {
  const { adapter, model: place = SMALL_MODEL, tokenizer } = values;
  terminal.note(
    place === SMALL_MODEL
      ? "Reading the small model that comes with Weft; --model names another"
      : `Reading ${place}`,
  );
  const model = await readModel(place, {
    tokenizer,
    signal,
    onProgress: fetchNotes(terminal),
  });
  if (model.tokenizer === null) {
    throw new DataError(
      `Cannot read text with "${place}" as it has no tokenizer`,
      {
        expected: "a tokenizer beside the weights, or one of its own",
        hint: "Name its file with --tokenizer PATH",
      },
    );
  }
  if (adapter === undefined) return model;
  terminal.note(`Reading the adapter ${adapter}`);
  return attachAdapter(model, await loadAdapter(adapter));
}
