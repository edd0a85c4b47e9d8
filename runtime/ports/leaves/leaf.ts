/**
 * A leaf: a kind of object that is not plain data and that a codec must know
 * to digest, save and load (tensors, frames, series, files).
 *
 * @module
 */

import type { Digest } from "../../core/hash.ts";
import type { SafetensorsArray } from "../../formats/safetensors.ts";
import type { Difference, Holding, Part } from "../port.ts";

/** What a leaf adds to a saved value. */
export interface SavedLeaf {
  /** An array of the value's one safetensors part, under the leaf's name. */
  readonly array?: SafetensorsArray;
  /** A part of its own, under the leaf's name. */
  readonly part?: Part;
}

/** Where a leaf finds what it saved. */
export interface LeafSource {
  /**
   * An array of the safetensors part.
   *
   * @param name The leaf's name.
   * @returns The array.
   * @throws {DataError} When there is none.
   */
  array(name: string): SafetensorsArray;
  /**
   * The bytes of a part.
   *
   * @param name The leaf's name.
   * @returns The bytes.
   * @throws {DataError} When there is none.
   */
  bytes(name: string): Uint8Array;
}

/** How one kind of object is digested, saved, loaded, described, compared. */
export interface Leaf<T extends object> {
  /** The kind; unique among leaves. */
  readonly kind: string;
  /** Whether an object is of this kind; cheap, loads nothing. */
  is(value: object): value is T;
  /** As {@linkcode Codec.digest}. */
  digest(value: T): Digest | Promise<Digest>;
  /** As {@linkcode Codec.version}. */
  version(value: T): Digest | undefined;
  /** As {@linkcode Codec.describe}. */
  describe(value: T): string;
  /** As {@linkcode Codec.byteSize}. */
  byteSize(value: T): number;
  /** As {@linkcode Codec.holdings}. */
  holdings(value: T): readonly Holding[];
  /** As {@linkcode Codec.isPending}. */
  isPending(value: T): boolean;
  /** As {@linkcode Codec.findNaN}; `at` is the place of the leaf. */
  findNaN(value: T, at: string): Promise<string | undefined>;
  /** As {@linkcode Codec.rows}. */
  rows(value: T): number | undefined;
  /** As {@linkcode Codec.truncate}. */
  truncate(value: T, count: number): T;
  /** The first difference of two leaves; `at` is the place of the leaf. */
  compare(left: T, right: T, at: string): Promise<Difference | undefined>;
  /**
   * What stands for the value in the skeleton, chosen by the leaf.
   *
   * @param value The value.
   * @param name A name that no other leaf of the saved value has.
   * @returns The text from which {@linkcode Leaf.load} finds the value again.
   */
  reference(value: T, name: string): string | Promise<string>;
  /** What the value adds to the parts. */
  save(value: T, name: string): Promise<SavedLeaf>;
  /**
   * Reads the value back.
   *
   * @param reference What {@linkcode Leaf.reference} gave.
   * @param source The parts.
   * @returns The value.
   * @throws {DataError} When the parts are not what was saved.
   */
  load(reference: string, source: LeafSource): T | Promise<T>;
}
