/**
 * The weights of a model from a file, checked against its config.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { ModelConfig } from "../model/model_config.ts";
import { type ParameterInfo, parametersOf } from "../model/parameters.ts";
import { decodeWeight } from "./decode.ts";
import { isGgufPackedType, packGguf } from "./pack_gguf.ts";
import { separatePairs, transposeBytes } from "./reorder.ts";
import type { Weight } from "./weight.ts";
import type { StoredWeight, WeightFile } from "./weight_file.ts";
import { hubName } from "./weight_names.ts";

/** How weights are held: as the file has them, or as plain numbers. */
export type WeightStorage = "auto" | "f32" | "f16";

/** How weights are read. */
export interface ReadWeightsOptions {
  /** How matrices are held, "auto" by default; vectors are f32 in any case. */
  readonly storage?: WeightStorage | undefined;
  /** Cancels. */
  readonly signal?: AbortSignal | undefined;
  /** Is told the share that is read. */
  readonly onRead?: ((share: number) => void) | undefined;
}

/** Names that an error tells at most. */
const MAX_TOLD = 5;

/**
 * Reads all weights that a config asks for, one after another.
 *
 * @param file The file; it stays open.
 * @param config The model's sizes.
 * @param options `storage`, `signal`, `onRead`.
 * @returns The weights by the names of the hub. Linear layers are
 * `[outputs, inputs]`, rotary pairs lie half a head apart.
 * @throws {DataError} When a weight is missing, unexpected, of another shape or of
 * a format that cannot be decoded; nothing is read before names, shapes and
 * formats were checked.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function readWeights(
  file: WeightFile,
  config: ModelConfig,
  options: ReadWeightsOptions = {},
): Promise<Record<string, Weight>> {
  const { storage = "auto", signal, onRead } = options;
  const plan = planWeights(file, config);
  const total = plan.reduce((sum, { stored }) => sum + stored.byteLength, 0);
  const weights: Record<string, Weight> = {};
  let done = 0;
  for (const { parameter, stored } of plan) {
    const raw = await file.read(stored.name, signal);
    const bytes = inHubOrder(file, config, parameter, stored, raw);
    const weight = weightOf(stored, parameter.shape, bytes);
    weights[parameter.name] = await held(weight, parameter, storage);
    done += stored.byteLength;
    onRead?.(done / total);
  }
  return weights;
}

interface PlannedWeight {
  readonly parameter: ParameterInfo;
  readonly stored: StoredWeight;
}

function planWeights(
  file: WeightFile,
  config: ModelConfig,
): PlannedWeight[] {
  const found = new Map<string, StoredWeight>();
  for (const stored of file.entries.values()) {
    const name = hubName(file.kind, config, stored.name);
    if (name === undefined) continue;
    if (found.has(name)) {
      throw new DataError(
        `Cannot use "${file.name}" as it has the weight "${name}" twice`,
      );
    }
    found.set(name, stored);
  }
  const parameters = parametersOf(config);
  const missing = parameters.filter(({ name, isOptional }) =>
    !isOptional && !found.has(name)
  ).map(({ name }) => name);
  const known = new Set(parameters.map(({ name }) => name));
  const unexpected = [...found.keys()].filter((name) => !known.has(name));
  if (missing.length + unexpected.length > 0) {
    throw new DataError(
      `Cannot use "${file.name}" as its weights are not those of its config`,
      {
        expected:
          `the ${parameters.length} parameters of a ${config.family} model`,
        actual: [told("missing", missing), told("unexpected", unexpected)]
          .filter((line) => line !== "").join("\n"),
      },
    );
  }
  return parameters.flatMap((parameter) => {
    const stored = found.get(parameter.name);
    if (stored === undefined) return [];
    checkStored(file, config, parameter, stored);
    return [{ parameter, stored }];
  });
}

function told(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const rest = names.length - MAX_TOLD;
  const list = names.slice(0, MAX_TOLD).map((name) => name.slice(0, 100));
  return `${what}: ${list.join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}

/** GPT-2's layers are stored with inputs first, but for GGUF. */
function isTransposed(
  file: WeightFile,
  config: ModelConfig,
  { isLinear }: ParameterInfo,
): boolean {
  return isLinear && config.family === "gpt2" && file.kind === "safetensors";
}

function checkStored(
  file: WeightFile,
  config: ModelConfig,
  parameter: ParameterInfo,
  stored: StoredWeight,
): void {
  const { shape } = parameter;
  const expected = isTransposed(file, config, parameter)
    ? [shape[1]!, shape[0]!]
    : shape;
  const fits = stored.shape.length === expected.length &&
    stored.shape.every((length, axis) => length === expected[axis]);
  if (!fits) {
    throw new DataError(
      `Cannot use the weight "${stored.name}" of "${file.name}": current shape is [${stored.shape}]`,
      { expected: `[${expected}], as the config says` },
    );
  }
  if (!isReadable(stored.format)) {
    throw new DataError(
      `Cannot use the weight "${stored.name}" of "${file.name}": current format is ${stored.format}`,
      {
        expected:
          "f32, f16, bf16, f64, q4_0, q4_1, q5_0, q5_1, q8_0, q4_k, q5_k or q6_k",
        hint: "Use a file of another quantisation, for example Q4_K_M or Q8_0",
      },
    );
  }
}

function isReadable(format: string): boolean {
  return ["f64", "f32", "f16"].includes(format) || isGgufPackedType(format);
}

function inHubOrder(
  file: WeightFile,
  config: ModelConfig,
  parameter: ParameterInfo,
  stored: StoredWeight,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (isTransposed(file, config, parameter)) {
    const [rows, columns] = stored.shape as [number, number];
    return transposeBytes(bytes, rows, columns);
  }
  const part = /\.self_attn\.([qk])_proj\./.exec(parameter.name)?.[1];
  if (config.family !== "llama" || part === undefined || !hasPairs(file)) {
    return bytes;
  }
  const heads = part === "q" ? config.heads : config.keyValueHeads;
  return separatePairs(bytes, heads, config.headSize);
}

/** Whether rotary pairs lie side by side in a file. */
function hasPairs(file: WeightFile): boolean {
  return file.kind === "llama2c" ||
    (file.kind === "gguf" &&
      file.metadata.get("general.architecture") === "llama");
}

function weightOf(
  { format, name }: StoredWeight,
  shape: wf.Shape,
  bytes: Uint8Array<ArrayBuffer>,
): Weight {
  const { buffer, byteOffset, length } = bytes;
  const plain = (value: wf.Tensor<wf.FloatDType>): Weight => ({
    format: "plain",
    value,
  });
  switch (format) {
    case "f64":
      return plain(wf.tensor(new Float64Array(buffer, byteOffset, length / 8), {
        dtype: "f32",
        shape,
      }));
    case "f32":
      return plain(
        wf.tensor(new Float32Array(buffer, byteOffset, length / 4), { shape }),
      );
    case "f16":
      return plain(
        wf.tensor(new Float16Array(buffer, byteOffset, length / 2), { shape }),
      );
    default:
      if (isGgufPackedType(format)) return packGguf(format, bytes, shape);
      throw new DataError(
        `Cannot use the weight "${name}": current format is ${format}`,
      );
  }
}

async function held(
  weight: Weight,
  { shape }: ParameterInfo,
  storage: WeightStorage,
): Promise<Weight> {
  const isVector = shape.length === 1;
  if (storage === "auto" && !isVector) return weight;
  const dtype = isVector || storage === "auto" ? "f32" : storage;
  if (weight.format === "plain" && weight.value.dtype === dtype) return weight;
  const value = decodeWeight(weight, dtype);
  await wf.realize(value);
  return { format: "plain", value };
}
