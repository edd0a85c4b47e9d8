/**
 * The types of tensors in GGUF files and how many bytes they take.
 *
 * @module
 */

/** How a type lays out its elements. */
export interface GgmlType {
  /** Its name in ggml, in lower case. */
  readonly name: GgmlTypeName;
  /** Elements of a block; 1 where elements stand alone. */
  readonly blockElements: number;
  /** Bytes of a block. */
  readonly blockBytes: number;
}

/** Names of the types, in lower case. */
export type GgmlTypeName =
  | "f64"
  | "f32"
  | "f16"
  | "bf16"
  | "i64"
  | "i32"
  | "i16"
  | "i8"
  | "q4_0"
  | "q4_1"
  | "q5_0"
  | "q5_1"
  | "q8_0"
  | "q2_k"
  | "q3_k"
  | "q4_k"
  | "q5_k"
  | "q6_k"
  | "iq2_xxs"
  | "iq2_xs"
  | "iq3_xxs"
  | "iq1_s"
  | "iq4_nl"
  | "iq3_s"
  | "iq2_s"
  | "iq4_xs"
  | "iq1_m"
  | "tq1_0"
  | "tq2_0"
  | "mxfp4"
  | "nvfp4";

const type = (
  name: GgmlTypeName,
  blockElements: number,
  blockBytes: number,
): GgmlType => ({ name, blockElements, blockBytes });

/**
 * The types by the number that files give them. Left out are those that exist
 * in memory only (Q8_1, Q8_K) and those that ggml has given up.
 */
export const GGML_TYPES: ReadonlyMap<number, GgmlType> = new Map([
  [0, type("f32", 1, 4)],
  [1, type("f16", 1, 2)],
  [2, type("q4_0", 32, 18)],
  [3, type("q4_1", 32, 20)],
  [6, type("q5_0", 32, 22)],
  [7, type("q5_1", 32, 24)],
  [8, type("q8_0", 32, 34)],
  [10, type("q2_k", 256, 84)],
  [11, type("q3_k", 256, 110)],
  [12, type("q4_k", 256, 144)],
  [13, type("q5_k", 256, 176)],
  [14, type("q6_k", 256, 210)],
  [16, type("iq2_xxs", 256, 66)],
  [17, type("iq2_xs", 256, 74)],
  [18, type("iq3_xxs", 256, 98)],
  [19, type("iq1_s", 256, 50)],
  [20, type("iq4_nl", 32, 18)],
  [21, type("iq3_s", 256, 110)],
  [22, type("iq2_s", 256, 82)],
  [23, type("iq4_xs", 256, 136)],
  [24, type("i8", 1, 1)],
  [25, type("i16", 1, 2)],
  [26, type("i32", 1, 4)],
  [27, type("i64", 1, 8)],
  [28, type("f64", 1, 8)],
  [29, type("iq1_m", 256, 56)],
  [30, type("bf16", 1, 2)],
  [34, type("tq1_0", 256, 54)],
  [35, type("tq2_0", 256, 66)],
  [39, type("mxfp4", 32, 17)],
  [40, type("nvfp4", 64, 36)],
]);
