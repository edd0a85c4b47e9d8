/**
 * Reads the header of a GGUF file from the part of the file that is in memory.
 *
 * @module
 */

import { DataError } from "../../core/errors.ts";

/** The longest header that is read, in bytes: ten times those of real models. */
export const MAX_GGUF_HEADER_BYTES = 1 << 27;

/** The header goes on behind what is in memory. */
export class WindowEnd extends Error {
  /** How many bytes from the start of the file are needed at least. */
  readonly needed: number;

  /**
   * Tells how far to read.
   *
   * @param needed How many bytes from the start of the file are needed at least.
   */
  constructor(needed: number) {
    super(`${needed} bytes are needed`);
    this.needed = needed;
  }
}

/** Where the header is read; nothing is taken that the file cannot hold. */
export class GgufCursor {
  /** What errors call the file. */
  readonly name: string;
  /** The byte that is read next. */
  position = 0;
  readonly #window: Uint8Array;
  readonly #view: DataView;
  /** The length of the whole file. */
  readonly fileBytes: number;
  readonly #keyDecoder = new TextDecoder("utf-8", {
    fatal: true,
    ignoreBOM: true,
  });
  // Tokens of a vocabulary may be halves of characters, or the mark itself
  readonly #textDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /**
   * Begins at the first byte.
   *
   * @param window The first bytes of the file.
   * @param fileBytes The length of the whole file.
   * @param name What errors call it.
   */
  constructor(window: Uint8Array, fileBytes: number, name: string) {
    this.name = name;
    this.#window = window;
    this.#view = new DataView(
      window.buffer,
      window.byteOffset,
      window.byteLength,
    );
    this.fileBytes = fileBytes;
  }

  /**
   * Makes sure that some bytes more can be read.
   *
   * @param bytes How many.
   * @param what What they are, for the error.
   * @throws {DataError} When the file ends before, or the header is too long.
   * @throws {WindowEnd} When they are not in memory.
   */
  need(bytes: number, what: string): void {
    const end = this.position + bytes;
    if (end > this.fileBytes) {
      throw this.refuse(
        `it ends before ${what} does`,
        `${this.fileBytes} bytes, of which ${what} would take up to ${end}`,
      );
    }
    if (end > MAX_GGUF_HEADER_BYTES) {
      throw this.refuse(
        `its header is longer than ${MAX_GGUF_HEADER_BYTES} bytes`,
        `${what} that ends at byte ${end}`,
      );
    }
    if (end > this.#window.length) throw new WindowEnd(end);
  }

  /** Reads 8 bits without sign. */
  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** Reads 8 bits. */
  i8(): number {
    return this.#view.getInt8(this.#advance(1));
  }

  /** Reads 16 bits without sign. */
  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  /** Reads 16 bits. */
  i16(): number {
    return this.#view.getInt16(this.#advance(2), true);
  }

  /** Reads 32 bits without sign. */
  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Reads 32 bits. */
  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** Reads a number of 32 bits. */
  f32(): number {
    return this.#view.getFloat32(this.#advance(4), true);
  }

  /** Reads 64 bits without sign. */
  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  /** Reads 64 bits. */
  i64(): bigint {
    return this.#view.getBigInt64(this.#advance(8), true);
  }

  /** Reads a number of 64 bits. */
  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** Reads a truth value. */
  bool(): boolean {
    const value = this.u8();
    if (value > 1) {
      throw this.refuse("a truth value is neither 0 nor 1", String(value));
    }
    return value === 1;
  }

  /**
   * Reads a count or size.
   *
   * @param what What is counted, for the error.
   * @param max The largest that can be.
   * @returns It.
   * @throws {DataError} When it is larger.
   */
  count(what: string, max: number): number {
    const value = this.u64();
    if (value > BigInt(max)) {
      throw this.refuse(`${what} cannot be over ${max}`, String(value));
    }
    return Number(value);
  }

  /**
   * Copies some bytes.
   *
   * @param bytes How many.
   * @param what What they are, for the error.
   * @returns They, in memory of their own.
   */
  copy(bytes: number, what: string): Uint8Array<ArrayBuffer> {
    this.need(bytes, what);
    const start = this.position;
    this.position += bytes;
    return this.#window.slice(start, this.position) as Uint8Array<ArrayBuffer>;
  }

  /**
   * Reads a name.
   *
   * @param what Whose, for the error.
   * @param maxBytes The most bytes that it may have.
   * @returns It.
   * @throws {DataError} When it is empty, longer, or not UTF-8.
   */
  key(what: string, maxBytes: number): string {
    const bytes = this.#textBytes(what, maxBytes);
    if (bytes.length === 0) throw this.refuse(`${what} is empty`, "nothing");
    try {
      return this.#keyDecoder.decode(bytes);
    } catch {
      throw this.refuse(`${what} is not UTF-8`, `${bytes.length} bytes`);
    }
  }

  /**
   * Reads a text; bytes that are no UTF-8 become U+FFFD.
   *
   * @param what Which, for the error.
   * @returns It.
   */
  text(what: string): string {
    return this.#textDecoder.decode(
      this.#textBytes(what, MAX_GGUF_HEADER_BYTES),
    );
  }

  /**
   * The error for a file that cannot be.
   *
   * @param why What cannot be.
   * @param actual What was found.
   * @returns The error.
   */
  refuse(why: string, actual: string): DataError {
    return new DataError(`Cannot read "${this.name}" as GGUF as ${why}`, {
      actual,
      hint: "The file is damaged or was cut off; fetch or write it again",
    });
  }

  #textBytes(what: string, maxBytes: number): Uint8Array {
    const bytes = this.count(`the length of ${what}`, maxBytes);
    this.need(bytes, what);
    const start = this.position;
    this.position += bytes;
    return this.#window.subarray(start, this.position);
  }

  #advance(bytes: number): number {
    this.need(bytes, "a number");
    const start = this.position;
    this.position += bytes;
    return start;
  }
}
