/**
 * Weights as they are held in memory: plain numbers, or packed codes with scales.
 *
 * @module
 */

import type { FloatDType, Shape, Tensor } from "../../../runtime/tensor/mod.ts";

/** How packed weights are laid out. */
export type PackedFormat =
  | "bf16"
  | "nf4"
  | "q4_0"
  | "q4_1"
  | "q5_0"
  | "q5_1"
  | "q8_0"
  | "q4_k"
  | "q5_k"
  | "q6_k";

/** Numbers that are held as they are. */
export interface PlainWeight {
  /** That nothing is packed. */
  readonly format: "plain";
  /** The numbers. */
  readonly value: Tensor<FloatDType>;
}

/** Numbers that are decoded where they are used, and never stored decoded. */
export interface PackedWeight {
  /** The layout. */
  readonly format: PackedFormat;
  /** Shape of the numbers; a linear layer's are `[outputs, inputs]`. */
  readonly shape: Shape;
  /** Codes, scales and what else the format needs, by name. */
  readonly parts: Readonly<Record<string, Tensor>>;
}

/** A matrix or vector of a model. */
export type Weight = PlainWeight | PackedWeight;
