/**
 * A growing array of bytes with WebAssembly's encodings of numbers.
 *
 * @module
 */

/** Bytes that are written one after another. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #length = 0;

  /**
   * @param capacity Bytes to make room for at first.
   */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Number of bytes that were written. */
  get length(): number {
    return this.#length;
  }

  /** What was written; valid until the next write. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): number {
    const from = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length);
      grown.set(this.#bytes.subarray(0, from));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return from;
  }

  /**
   * Writes a byte.
   *
   * @param value From 0 to 255.
   */
  byte(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  /**
   * Writes a whole number without sign (LEB128).
   *
   * @param value From 0 to 2³² - 1.
   */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /**
   * Writes a signed 32-bit number (LEB128).
   *
   * @param value The number; wrapped to 32 bits.
   */
  signed(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /**
   * Writes a signed 64-bit number (LEB128).
   *
   * @param value The number; wrapped to 64 bits.
   */
  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  /**
   * Writes a 32-bit float.
   *
   * @param value The number.
   */
  float32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setFloat32(at, value, true);
  }

  /**
   * Writes a 64-bit float.
   *
   * @param value The number.
   */
  float64(value: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
  }

  /**
   * Writes a name: its length, then its letters, which must be ASCII.
   *
   * @param text The name.
   */
  name(text: string): void {
    this.unsigned(text.length);
    for (let k = 0; k < text.length; k++) this.byte(text.charCodeAt(k));
  }

  /**
   * Writes bytes as they are.
   *
   * @param bytes The bytes.
   */
  append(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /**
   * Writes the number of bytes of a part, then the part.
   *
   * @param part The part.
   */
  sized(part: ByteWriter): void {
    this.unsigned(part.length);
    this.append(part.bytes);
  }
}
