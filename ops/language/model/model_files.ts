/**
 * Where a model is, as a value that is known by what is there.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../../runtime/core/errors.ts";
import { file as fileValue, FileValue } from "../../../runtime/ports/mod.ts";
import type { TokenizerData } from "../tokenizer/tokenizer_data.ts";
import { TOKENIZER_DATA } from "../tokenizer/tokenizer_schema.ts";
import { findModel } from "../weights/model_place.ts";
import { openModel, type OpenModelOptions } from "../weights/open_model.ts";
import { readTokenizer } from "./read_tokenizer.ts";

/** Where a model is. */
export type ModelFiles =
  & {
    /** A tokenizer that takes the place of the one beside the weights. */
    readonly tokenizer: TokenizerData | null;
  }
  & (
    | {
      /** Files on this machine, known by their content. */
      readonly kind: "files";
      /** Name of the file with the weights, or of the index of several. */
      readonly main: string;
      /** The files by name. */
      readonly files: Readonly<Record<string, FileValue>>;
    }
    | {
      /** A repository of the hub at one commit. */
      readonly kind: "hub";
      /** `hf:OWNER/NAME@COMMIT`, with `/FILE` where one was named. */
      readonly spec: string;
    }
  );

const TOKENIZER = TOKENIZER_DATA.nullable();

/** Schema of {@linkcode ModelFiles}. */
export const MODEL_FILES: z.ZodType<ModelFiles> = z.discriminatedUnion(
  "kind",
  [
    z.object({
      kind: z.literal("files"),
      tokenizer: TOKENIZER,
      main: z.string(),
      files: z.record(z.string(), z.instanceof(FileValue)),
    }),
    z.object({
      kind: z.literal("hub"),
      tokenizer: TOKENIZER,
      spec: z.string(),
    }),
  ],
);

/** How the files of a model are found. */
export interface ModelFilesOptions extends OpenModelOptions {
  /** Where the tokenizer is, if not beside the weights: see `readTokenizer`. */
  readonly tokenizer?: string | undefined;
}

/** Texts beside weights that a model is made of. */
const TEXTS = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "chat_template.jinja",
];

/**
 * Finds the files of a model, for `loadModel`. A branch of the hub is pinned to
 * the commit that it is at now; nothing of the weights is fetched yet.
 *
 * @param spec As for `readModel`.
 * @param options Where to look, `tokenizer`.
 * @returns The files.
 * @throws {DataError} When there is no model, or it is behind a URL, where it may
 * change at any time.
 * @throws {CancelledError} When the signal is aborted.
 *
 * @example
 * ```ts ignore
 * import { loadModel, modelFiles } from "@weft/weft/ops/language";
 *
 * const files = await modelFiles("hf:HuggingFaceTB/SmolLM2-135M-Instruct");
 * const { model } = await loadModel({ files }).value();
 * ```
 */
export async function modelFiles(
  spec: string,
  options: ModelFilesOptions = {},
): Promise<ModelFiles> {
  const tokenizer = options.tokenizer === undefined
    ? null
    : await readTokenizer(options.tokenizer, options);
  const { folder, file } = await findModel(spec, options, options.signal);
  if (folder.kind === "hub") {
    const name = `hf:${folder.location}@${folder.revision}`;
    const pinned = file === null ? name : `${name}/${file}`;
    return { kind: "hub", tokenizer, spec: pinned };
  }
  if (folder.kind === "url") {
    throw new DataError(`Cannot tell what "${folder.location}" holds now`, {
      expected: "a path, or a repository of the hub",
      hint: "Fetch the file and give its path, or call readModel in an op",
    });
  }
  const source = await openModel(spec, options);
  await source.close();
  const { location, file: main, files: parts } = source.provenance;
  const names = [
    ...parts,
    ...(source.weights.kind === "safetensors" ? TEXTS : []),
  ];
  const files = await localFiles(location, names);
  return { kind: "files", tokenizer, main, files };
}

async function localFiles(
  folder: string,
  names: readonly string[],
): Promise<Record<string, FileValue>> {
  const files: Record<string, FileValue> = {};
  for (const name of names) {
    const path = join(folder, name);
    const isThere = await stat(path).then((one) => one.isFile(), () => false);
    if (isThere) files[name] = fileValue(path);
  }
  return files;
}
