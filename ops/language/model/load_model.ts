/**
 * Models as results of ops.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import type { LanguageModel } from "./language_model.ts";
import { MODEL_FILES, type ModelFiles } from "./model_files.ts";
import { modelPort } from "./model_port.ts";
import { readModel } from "./read_model.ts";

/** How a model is loaded. */
export interface LoadModelParams {
  /**
   * How matrices are held: as the file has them ("auto", the default; packed ones
   * stay packed), or as plain "f32" or "f16".
   */
  readonly storage?: "auto" | "f32" | "f16" | undefined;
}

/**
 * Loads a model: config, weights and tokenizer.
 *
 * Input: `files` from `modelFiles`, known by their content, or by the commit of a
 * repository on the hub. Params: `storage`. Output: `model`. The result is not
 * copied to a store on disk, since it is what the files hold.
 *
 * @throws {DataError} Where the files hold no model that is supported, or are
 * damaged.
 *
 * @example
 * ```ts ignore
 * import { loadModel, modelFiles } from "@weft/weft/ops/language";
 *
 * const files = await modelFiles("models/SmolLM2-135M-Instruct.Q4_1.gguf");
 * const { model } = await loadModel({ files }).value();
 * console.log(model.config.layers); // 30
 * ```
 */
export const loadModel: Op<
  { files: ModelFiles },
  LoadModelParams,
  { model: LanguageModel }
> = op({
  name: "language/loadModel",
  version: "1",
  doc: "A language model from its files",
  kind: "io",
  stored: false,
  inputs: { files: port.value(MODEL_FILES) },
  params: z.object({
    storage: z.enum(["auto", "f32", "f16"]).default("auto"),
  }),
  outputs: { model: modelPort() },
  run: async ({ files }, { storage }, { signal, progress }) => {
    const model = await readModel(specOf(files), {
      storage,
      signal,
      onRead: (share) => progress(share, "reading weights"),
    });
    const { tokenizer } = files;
    return { model: tokenizer === null ? model : { ...model, tokenizer } };
  },
});

function specOf(files: ModelFiles): string {
  return files.kind === "files" ? files.files[files.main]!.path : files.spec;
}
