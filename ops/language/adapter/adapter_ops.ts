/**
 * Adapters on models, and in them, as ops.
 *
 * @module
 */

import { z } from "zod";
import { type Op, op } from "../../../runtime/flow/mod.ts";
import { port } from "../../../runtime/ports/mod.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { modelPort } from "../model/model_port.ts";
import { LORA_ADAPTER } from "../model/model_schema.ts";
import { attachAdapter } from "./attach_adapter.ts";
import type { LoraAdapter } from "./lora_adapter.ts";
import { type MergedFormat, mergeIntoBase } from "./merge_adapter.ts";

/**
 * Puts an adapter on a model: it is applied wherever the model runs.
 *
 * Inputs: `model`; `adapter`. Output: `model` with it, in place of one that it has.
 *
 * @throws {DataError} Where the model has no such layers, or sizes differ.
 *
 * @example
 * ```ts ignore
 * import {
 *   adaptModel,
 *   fineTune,
 *   generate,
 *   loadModel,
 *   modelFiles,
 * } from "@weft/weft/ops/language";
 *
 * const files = await modelFiles("hf:HuggingFaceTB/SmolLM2-135M-Instruct");
 * const { model } = loadModel({ files });
 * const { adapter } = fineTune({ model, examples: [{ text: "Sales rose." }] });
 * const tuned = adaptModel({ model, adapter }).model;
 * console.log((await generate({ model: tuned, prompts: ["Sales"] }).value()).texts);
 * ```
 */
export const adaptModel: Op<
  { model: LanguageModel; adapter: LoraAdapter },
  Record<never, never>,
  { model: LanguageModel }
> = op({
  name: "language/adaptModel",
  version: "1",
  doc: "Puts an adapter on a language model",
  inputs: { model: modelPort(), adapter: port.value(LORA_ADAPTER) },
  outputs: { model: modelPort({ doc: "with its adapter" }) },
  run: ({ model, adapter }) => ({ model: attachAdapter(model, adapter) }),
});

/**
 * Adds an adapter to the weights of its base: `W + scale · B · A`, layer by layer.
 * Packed weights are decoded first.
 *
 * Inputs: `model`; `adapter`, by default the one that the model has. Param:
 * `format` of the changed weights: "same" (default), which is refused for packed
 * formats other than NF4 and rounds those to their codes again, "f32", "f16" or
 * "nf4". Output: `model` without adapter.
 *
 * @throws {ParameterError} Where there is no adapter, or weights cannot be packed
 * again as they are.
 * @throws {DataError} Where the adapter does not fit the model.
 *
 * @example
 * ```ts ignore
 * import { fineTune, loadModel, mergeAdapter, modelFiles } from "@weft/weft/ops/language";
 *
 * const files = await modelFiles("hf:HuggingFaceTB/SmolLM2-135M-Instruct");
 * const { model } = loadModel({ files });
 * const { adapter } = fineTune({ model, examples: [{ text: "Sales rose." }] });
 * const { model: merged } = await mergeAdapter({ model, adapter }, { format: "f16" }).value();
 * console.log(merged.adapter); // undefined
 * ```
 */
export const mergeAdapter: Op<
  { model: LanguageModel; adapter?: LoraAdapter | undefined },
  { format?: MergedFormat | undefined },
  { model: LanguageModel }
> = op({
  name: "language/mergeAdapter",
  version: "1",
  doc: "Adds an adapter to the weights of a language model",
  inputs: { model: modelPort(), adapter: port.optional(LORA_ADAPTER) },
  params: z.object({
    format: z.enum(["same", "f32", "f16", "nf4"]).default("same"),
  }),
  outputs: { model: modelPort({ doc: "without adapter" }) },
  run: async ({ model, adapter }, { format }, { progress, signal }) => ({
    model: await mergeIntoBase(
      adapter === undefined ? model : attachAdapter(model, adapter),
      { format, signal, onProgress: progress },
    ),
  }),
});
