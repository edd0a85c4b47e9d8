/**
 * Weights in the flat files of llama2.c: seven sizes as i32, then all arrays as
 * f32 in a fixed order, those of all layers together.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import type { ByteSource } from "../../../runtime/formats/byte_source.ts";
import { type PlacedWeight, storedWeights } from "./stored_weights.ts";
import type { Llama2cHeader, Llama2cWeights } from "./weight_file.ts";

const HEADER_NUMBERS = 7;
const ITEM_BYTES = 4;

/**
 * Opens a file. The names are those of the hub; the pairs of elements that
 * rotary embeddings turn lie side by side.
 *
 * @param source The file; it is closed with the weights.
 * @param signal Cancels.
 * @returns The weights.
 * @throws {DataError} When the sizes cannot be, or the file is not as long as
 * they say.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function openLlama2c(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<Llama2cWeights> {
  const length = Math.min(source.size, HEADER_NUMBERS * ITEM_BYTES);
  const header = decodeHeader(
    await source.read(0, length, signal),
    source.name,
  );
  const blocks = layout(header);
  const numbers = blocks.reduce(
    (sum, { count, shape }) => sum + count * sizeOf(shape),
    0,
  );
  const bytes = (HEADER_NUMBERS + numbers) * ITEM_BYTES;
  if (bytes !== source.size) {
    throw refuse(source.name, {
      expected: `${bytes} bytes for ${JSON.stringify(header)}`,
      actual: `${source.size} bytes`,
    });
  }
  const placed = place(source, blocks);
  return {
    kind: "llama2c",
    header,
    ...storedWeights(source.name, placed, [source]),
  };
}

/** Arrays of one shape that follow one another. */
interface Block {
  /** The name of the one with a number; none for what is not read. */
  readonly name?: (index: number) => string;
  readonly count: number;
  readonly shape: readonly number[];
}

function decodeHeader(bytes: Uint8Array, name: string): Llama2cHeader {
  if (bytes.length < HEADER_NUMBERS * ITEM_BYTES) {
    throw refuse(name, {
      expected: "seven sizes at its beginning",
      actual: `${bytes.length} bytes`,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = (i: number) => view.getInt32(i * ITEM_BYTES, true);
  const header: Llama2cHeader = {
    hiddenSize: size(0),
    intermediateSize: size(1),
    layers: size(2),
    heads: size(3),
    keyValueHeads: size(4),
    // The sign tells whether a classifier of its own follows
    vocabularySize: Math.abs(size(5)),
    contextLength: size(6),
    tiedEmbeddings: size(5) > 0,
  };
  const { hiddenSize, heads, keyValueHeads } = header;
  const sizes = Object.values(header).filter((value) => value !== false);
  const canBe = sizes.every((value) => value === true || value > 0) &&
    hiddenSize % (2 * heads) === 0 && heads % keyValueHeads === 0;
  if (canBe) return header;
  // Such a file has no mark: what makes no sense is most likely something else.
  throw new DataError(`Cannot tell what kind of model "${name}" is`, {
    expected:
      "GGUF, safetensors, or weights of llama2.c, which begin with seven sizes",
    actual: `sizes that cannot be: ${Object.values(header).join(", ")}`,
  });
}

function layout(header: Llama2cHeader): Block[] {
  const { hiddenSize, intermediateSize, layers, vocabularySize } = header;
  const headSize = hiddenSize / header.heads;
  const keyValueSize = headSize * header.keyValueHeads;
  const inLayers = (part: string, ...shape: readonly number[]): Block => ({
    name: (layer) => `model.layers.${layer}.${part}.weight`,
    count: layers,
    shape,
  });
  const alone = (name: string, ...shape: readonly number[]): Block => ({
    name: () => `${name}.weight`,
    count: 1,
    shape,
  });
  return [
    alone("model.embed_tokens", vocabularySize, hiddenSize),
    inLayers("input_layernorm", hiddenSize),
    inLayers("self_attn.q_proj", hiddenSize, hiddenSize),
    inLayers("self_attn.k_proj", keyValueSize, hiddenSize),
    inLayers("self_attn.v_proj", keyValueSize, hiddenSize),
    inLayers("self_attn.o_proj", hiddenSize, hiddenSize),
    inLayers("post_attention_layernorm", hiddenSize),
    inLayers("mlp.gate_proj", intermediateSize, hiddenSize),
    inLayers("mlp.down_proj", hiddenSize, intermediateSize),
    inLayers("mlp.up_proj", intermediateSize, hiddenSize),
    alone("model.norm", hiddenSize),
    // Tables of cosines and sines, which are computed anew
    { count: 1, shape: [header.contextLength, headSize] },
    ...(header.tiedEmbeddings
      ? []
      : [alone("lm_head", vocabularySize, hiddenSize)]),
  ];
}

function place(source: ByteSource, blocks: readonly Block[]): PlacedWeight[] {
  const placed: PlacedWeight[] = [];
  let start = HEADER_NUMBERS * ITEM_BYTES;
  for (const { name, count, shape } of blocks) {
    const byteLength = sizeOf(shape) * ITEM_BYTES;
    if (name !== undefined) {
      for (let i = 0; i < count; i++) {
        placed.push({
          name: name(i),
          shape,
          format: "f32",
          byteLength,
          source,
          start: start + i * byteLength,
        });
      }
    }
    start += count * byteLength;
  }
  return placed;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function refuse(
  name: string,
  details: { readonly expected: string; readonly actual: string },
): DataError {
  return new DataError(`Cannot read "${name}" as weights of llama2.c`, details);
}
