/**
 * `adapter_model.safetensors`, as PEFT writes it.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsArray,
  type SafetensorsValue,
} from "../../../runtime/formats/safetensors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { adapterScale } from "./add_adapter.ts";
import { floatBytes, floatsFrom, type StoredFloat } from "./float_bytes.ts";
import type { LoraAdapter, LoraConfig, LoraFactors } from "./lora_adapter.ts";

/** What PEFT puts before the name of a layer. */
const PREFIX = "base_model.model.";

/** What it puts behind. */
const SUFFIXES = { a: ".lora_A.weight", b: ".lora_B.weight" } as const;

/**
 * Writes the factors of an adapter.
 *
 * @param adapter The adapter.
 * @param dtype How numbers are stored.
 * @returns The bytes of the file, in order.
 */
export async function encodePeftTensors(
  adapter: LoraAdapter,
  dtype: StoredFloat,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const layers = Object.entries(adapter.layers);
  const factors = layers.flatMap(([, { a, b }]) => [a, b]);
  const values = await wf.read(...factors.map((one) => wf.cast(one, "f32")));
  const arrays = layers.flatMap(([name], index): SafetensorsArray[] =>
    [SUFFIXES.a, SUFFIXES.b].map((suffix, k) => ({
      name: `${PREFIX}${name}${suffix}`,
      shape: factors[2 * index + k]!.shape,
      ...floatBytes(values[2 * index + k]!, dtype),
    }))
  );
  return encodeSafetensors(arrays, { format: "pt" });
}

/**
 * Reads the factors of an adapter.
 *
 * @param file The bytes of the file.
 * @param config The settings beside it.
 * @returns The adapter, f32.
 * @throws {DataError} When a tensor is none of a LoRA, has no partner, or its
 * shape does not fit the rank.
 */
export function decodePeftTensors(
  file: Uint8Array,
  config: LoraConfig,
): LoraAdapter {
  const pairs = new Map<
    string,
    { a?: SafetensorsValue; b?: SafetensorsValue }
  >();
  for (const [key, value] of decodeSafetensors(file)) {
    const { layer, part } = placeOf(key);
    const pair = pairs.get(layer) ?? {};
    pair[part] = value;
    pairs.set(layer, pair);
  }
  if (pairs.size === 0) {
    throw new DataError("Cannot use an adapter without any factors");
  }
  const scale = adapterScale(config);
  const layers = Array.from(pairs, ([layer, { a, b }]) => {
    if (a === undefined || b === undefined) {
      const missing = a === undefined ? SUFFIXES.a : SUFFIXES.b;
      throw new DataError(
        `Cannot use an adapter without "${PREFIX}${layer}${missing}"`,
        { hint: "The file is damaged or was cut off" },
      );
    }
    checkRank(a, a.shape[0], config.rank);
    checkRank(b, b.shape[1], config.rank);
    const factors: LoraFactors = { a: factorOf(a), b: factorOf(b), scale };
    return [layer, factors] as const;
  });
  return { layers: Object.fromEntries(layers), config };
}

function placeOf(key: string): { layer: string; part: "a" | "b" } {
  for (const part of ["a", "b"] as const) {
    const suffix = SUFFIXES[part];
    if (key.startsWith(PREFIX) && key.endsWith(suffix)) {
      return { layer: key.slice(PREFIX.length, -suffix.length), part };
    }
  }
  throw new DataError(`Cannot use the tensor "${key.slice(0, 200)}"`, {
    expected: `factors of linear layers, "${PREFIX}…${SUFFIXES.a}" and ` +
      `"${PREFIX}…${SUFFIXES.b}"`,
    hint:
      "Adapters of embeddings, DoRA and modules that are saved whole are not known here",
  });
}

function checkRank(
  value: SafetensorsValue,
  own: number | undefined,
  rank: number,
): void {
  if (value.shape.length === 2 && own === rank) return;
  throw new DataError(`Cannot use the tensor "${value.name}"`, {
    expected: `two axes, one of them of the rank ${rank}`,
    actual: `shape [${value.shape.join(", ")}]`,
  });
}

function factorOf({ name, dtype, shape, bytes }: SafetensorsValue): wf.F32 {
  const values = floatsFrom(dtype, bytes);
  if (!values.every(Number.isFinite)) {
    throw new DataError(`Cannot use the tensor "${name}" as it is not finite`);
  }
  return wf.tensor(values, { shape });
}
