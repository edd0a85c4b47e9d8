/**
 * How blocks of GGUF files come apart into parts, one array each, so that what is
 * read together lies together.
 *
 * Bits a weight with all parts: q4_0 4.5, q4_1 5, q5_0 5.5, q5_1 6, q8_0 8.5,
 * q4_k 4.625, q5_k 5.625 (files take 4.5 and 5.5, with scales of 6 bits),
 * q6_k 6.5625.
 *
 * @module
 */

import type { BlockFormat } from "./decode_blocks.ts";

/** One part of a block. */
export interface BlockField {
  /** Its name. */
  readonly name: string;
  /** Its dtype. */
  readonly dtype: "u8" | "i8" | "f16";
  /** Its axes within a block. */
  readonly shape: readonly number[];
  /** Its bytes in memory. */
  readonly bytes: number;
  /**
   * Fills the part from blocks.
   *
   * @param target The bytes of the part of all blocks.
   * @param source The bytes of all blocks.
   * @param stride Bytes of a block.
   */
  readonly fill: (
    target: Uint8Array,
    source: Uint8Array,
    stride: number,
  ) => void;
}

/** A format of blocks. */
export interface BlockLayout {
  /** Elements of a block. */
  readonly elements: number;
  /** Bytes of a block in a file. */
  readonly bytes: number;
  /** The parts. */
  readonly fields: readonly BlockField[];
}

/** A part that is copied as it is. */
function copied(
  name: string,
  offset: number,
  shape: readonly number[],
  dtype: "u8" | "i8" | "f16" = "u8",
): BlockField {
  const count = shape.reduce((product, length) => product * length, 1);
  const bytes = dtype === "f16" ? 2 * count : count;
  // All blocks, parts and places are of whole pairs of bytes.
  const fill: BlockField["fill"] = (target, source, stride) => {
    const [into, all] = [pairsOf(target), pairsOf(source)];
    const [count, step] = [bytes / 2, stride / 2];
    for (let to = 0, from = offset / 2; to < into.length; from += step) {
      for (let at = 0; at < count; at++) into[to++] = all[from + at]!;
    }
  };
  return { name, dtype, shape, bytes, fill };
}

function pairsOf(bytes: Uint8Array): Uint16Array {
  const own = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(own.buffer, own.byteOffset, own.length / 2);
}

const scale = (name: string, offset: number) => copied(name, offset, [], "f16");

/**
 * The fifth bits of 32 codes: bit b of byte n is that of element 4b + n, so that
 * they come apart as all bit fields do. In files it is that of element b + 8n.
 */
function fifthBits(offset: number): BlockField {
  return {
    name: "highBits",
    dtype: "u8",
    shape: [4],
    bytes: 4,
    fill: (target, source, stride) => {
      for (let to = 0, from = offset; to < target.length; from += stride) {
        for (let element = 0; element < 32; element++) {
          const byte = source[from + (element >> 3)]!;
          const bit = (byte >> (element & 7)) & 1;
          target[to + (element & 3)]! |= bit << (element >> 2);
        }
        to += 4;
      }
    },
  };
}

/**
 * Eight numbers of six bits, of twelve bytes at `offset`: the first four in the
 * low bits of bytes `first` to `first + 3`, the rest in a half of the last four
 * bytes and the high bits of the former.
 */
function sixBits(name: string, offset: number, isLow: boolean): BlockField {
  const first = isLow ? 0 : 4;
  return {
    name,
    dtype: "u8",
    shape: [8],
    bytes: 8,
    fill: (target, source, stride) => {
      for (let to = 0, from = offset; to < target.length; from += stride) {
        for (let index = 0; index < 4; index++) {
          const byte = source[from + first + index]!;
          const rest = source[from + 8 + index]!;
          target[to + index] = byte & 0x3f;
          target[to + 4 + index] = (isLow ? rest & 0x0f : rest >> 4) |
            ((byte >> 2) & 0x30);
        }
        to += 8;
      }
    },
  };
}

/**
 * The layouts. Axes of codes within a block are those along which bit fields come
 * apart.
 */
export const BLOCK_LAYOUTS: Readonly<Record<BlockFormat, BlockLayout>> = {
  q4_0: {
    elements: 32,
    bytes: 18,
    fields: [scale("scales", 0), copied("codes", 2, [16])],
  },
  q4_1: {
    elements: 32,
    bytes: 20,
    fields: [
      scale("scales", 0),
      scale("offsets", 2),
      copied("codes", 4, [16]),
    ],
  },
  q5_0: {
    elements: 32,
    bytes: 22,
    fields: [scale("scales", 0), fifthBits(2), copied("codes", 6, [16])],
  },
  q5_1: {
    elements: 32,
    bytes: 24,
    fields: [
      scale("scales", 0),
      scale("offsets", 2),
      fifthBits(4),
      copied("codes", 8, [16]),
    ],
  },
  q8_0: {
    elements: 32,
    bytes: 34,
    fields: [scale("scales", 0), copied("codes", 2, [32], "i8")],
  },
  q4_k: {
    elements: 256,
    bytes: 144,
    fields: [
      scale("scales", 0),
      scale("offsets", 2),
      sixBits("subScales", 4, true),
      sixBits("subOffsets", 4, false),
      copied("codes", 16, [4, 32]),
    ],
  },
  q5_k: {
    elements: 256,
    bytes: 176,
    fields: [
      scale("scales", 0),
      scale("offsets", 2),
      sixBits("subScales", 4, true),
      sixBits("subOffsets", 4, false),
      copied("highBits", 16, [32]),
      copied("codes", 48, [4, 32]),
    ],
  },
  q6_k: {
    elements: 256,
    bytes: 210,
    fields: [
      copied("codes", 0, [2, 64]),
      copied("highBits", 128, [2, 32]),
      copied("subScales", 192, [16], "i8"),
      scale("scales", 208),
    ],
  },
};
