/**
 * Buffers in WGSL: how they are declared depends on how the text reads and
 * writes them, so that accesses are functions, which are written at the end.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import { isPacked, valueType, widen, type Width } from "./types.ts";

/** What is known of a buffer. */
export interface Buffer {
  /** Its dtype. */
  readonly dtype: DType;
}

/** How a text reads and writes one buffer. Indices count elements, as i32. */
export class BufferAccess {
  /** Dtype of the elements. */
  readonly dtype: DType;
  readonly #name: string;
  readonly #binding: number;
  readonly #used = new Set<string>();

  /**
   * @param buffer The buffer.
   * @param name Its name.
   * @param binding Its binding.
   */
  constructor(buffer: Buffer, name: string, binding: number) {
    this.dtype = buffer.dtype;
    this.#name = name;
    this.#binding = binding;
  }

  /** Whether its elements are f16. */
  get isF16(): boolean {
    return this.dtype === "f16";
  }

  /**
   * Elements at an index.
   *
   * @param index The element; a multiple of 4 where `width` is 4.
   * @param width How many elements, one after the other.
   * @returns Their value.
   */
  load(index: string, width: Width): string {
    return `${this.#use("load", width)}(${index})`;
  }

  /**
   * The bytes of elements that take one each, as they lie in memory.
   *
   * @param index The first element; a multiple of 4 for each word.
   * @param width How many words of four elements.
   * @returns One u32, or four.
   */
  words(index: string, width: Width): string {
    return `${this.#use("words", width)}(${index})`;
  }

  /**
   * Writes elements. Single bytes are written without a race.
   *
   * @param index The element; a multiple of 4 where `width` is 4.
   * @param value Their value.
   * @param width How many elements, one after the other.
   * @returns A statement.
   */
  store(index: string, value: string, width: Width): string {
    return `${this.#use("store", width)}(${index}, ${value});`;
  }

  /**
   * The declarations of the buffer and of the functions that were asked for.
   *
   * @returns Lines of text; the declaration comes also where nothing was asked
   * for, as bindings are counted.
   */
  declarations(): string[] {
    const lines = [
      `@group(0) @binding(${this.#binding}) ` +
      `var<storage, read_write> ${this.#name}: array<${this.#element()}>;`,
    ];
    for (const name of this.#used) {
      const width = name.endsWith("_4") ? 4 : 1;
      const type = valueType(this.dtype, width);
      if (name.startsWith("words")) {
        const value = width === 4
          ? `${this.#name}[u32(i) >> 4u]`
          : this.#word();
        lines.push(
          `fn ${name}(i: i32) -> ${widen("u32", width)} { return ${value}; }`,
        );
      } else if (name.includes("load")) {
        lines.push(
          `fn ${name}(i: i32) -> ${type} { return ${this.#read(width)}; }`,
        );
      } else {
        lines.push(
          `fn ${name}(i: i32, v: ${type}) { ${this.#write(width)} }`,
        );
      }
    }
    return lines;
  }

  #use(verb: "load" | "store" | "words", width: Width): string {
    const name = `${verb}_${this.#name}${width === 4 ? "_4" : ""}`;
    this.#used.add(name);
    return name;
  }

  #has(verb: "load" | "store" | "words", width: Width): boolean {
    return this.#used.has(`${verb}_${this.#name}${width === 4 ? "_4" : ""}`);
  }

  /** Whether the buffer is declared as vectors. */
  get #isWide(): boolean {
    return !isPacked(this.dtype) &&
      (this.#has("load", 4) || this.#has("store", 4));
  }

  /** Whether words are written byte by byte. */
  get #isAtomic(): boolean {
    return isPacked(this.dtype) && this.#has("store", 1);
  }

  #element(): string {
    if (isPacked(this.dtype)) {
      return this.#isAtomic
        ? "atomic<u32>"
        : widen("u32", this.#has("words", 4) ? 4 : 1);
    }
    return widen(this.dtype, this.#isWide ? 4 : 1);
  }

  /** The reference of element `i`, or of the four from `i` on. */
  #place(width: Width): string {
    if (width === 4) return `${this.#name}[u32(i) >> 2u]`;
    return this.#isWide
      ? `${this.#name}[u32(i) >> 2u][u32(i) & 3u]`
      : `${this.#name}[i]`;
  }

  /** The word that byte `i` is in. */
  #word(): string {
    if (this.#has("words", 4)) {
      return `${this.#name}[u32(i) >> 4u][(u32(i) >> 2u) & 3u]`;
    }
    const place = `${this.#name}[u32(i) >> 2u]`;
    return this.#isAtomic ? `atomicLoad(&${place})` : place;
  }

  #read(width: Width): string {
    const { dtype } = this;
    if (!isPacked(dtype)) {
      const place = this.#place(width);
      return dtype === "f16" ? `${widen("f32", width)}(${place})` : place;
    }
    const word = this.#word();
    if (width === 4) {
      if (dtype === "i8") return `unpack4xI8(${word})`;
      const bytes = `unpack4xU8(${word})`;
      return dtype === "bool" ? `${bytes} != vec4<u32>(0u)` : bytes;
    }
    const shift = "(u32(i) & 3u) * 8u";
    if (dtype === "i8") {
      return `extractBits(bitcast<i32>(${word}), ${shift}, 8u)`;
    }
    const byte = `extractBits(${word}, ${shift}, 8u)`;
    return dtype === "bool" ? `${byte} != 0u` : byte;
  }

  #write(width: Width): string {
    const { dtype } = this;
    if (!isPacked(dtype)) {
      const value = dtype === "f16" ? `${widen("f16", width)}(v)` : "v";
      return `${this.#place(width)} = ${value};`;
    }
    const place = `${this.#name}[u32(i) >> 2u]`;
    const bits = dtype === "i8"
      ? `bitcast<${widen("u32", width)}>(v)`
      : dtype === "u8"
      ? "v"
      : `${widen("u32", width)}(v)`;
    if (width === 4) {
      const word = `pack4xU8(${bits})`;
      return this.#isAtomic
        ? `atomicStore(&${place}, ${word});`
        : `${place} = ${word};`;
    }
    // Bytes of one word belong to several invocations: each changes its own.
    return `let at = (u32(i) & 3u) * 8u; ` +
      `atomicAnd(&${place}, ~(255u << at)); ` +
      `atomicOr(&${place}, (${bits} & 255u) << at);`;
  }
}
