/**
 * Writes small GGUF files for tests, also such as cannot be.
 *
 * @module
 */

/** A value with the number that stands for its type. */
export type TypedValue =
  | { readonly type: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 12; readonly value: number }
  | { readonly type: 7; readonly value: boolean }
  | { readonly type: 8; readonly value: string }
  | {
    readonly type: 9;
    /** The number of the type of the items. */
    readonly of: number;
    readonly items: readonly TypedValue[];
  }
  | { readonly type: 10 | 11; readonly value: bigint };

/** A tensor to write. */
export interface TypedTensor {
  /** Its name. */
  readonly name: string;
  /** The number of its type. */
  readonly type: number;
  /** Its sizes in the order of the file: the innermost first. */
  readonly sizes: readonly bigint[];
  /** Its offset in the data. */
  readonly offset: bigint;
}

/** A file to write. */
export interface GgufParts {
  /** 3 by default. */
  readonly version?: number;
  /** Names and values. */
  readonly metadata?: readonly (readonly [string, TypedValue])[];
  /** Tensors. */
  readonly tensors?: readonly TypedTensor[];
  /** The data start at a multiple of it; 32 by default. */
  readonly alignment?: number;
  /** What follows the header. */
  readonly data?: Uint8Array;
}

/**
 * Writes a file.
 *
 * @param parts What stands in it; nothing is checked.
 * @returns The bytes.
 */
export function encodeGguf(parts: GgufParts): Uint8Array<ArrayBuffer> {
  const { version = 3, metadata = [], tensors = [], alignment = 32 } = parts;
  const writer = new Writer();
  writer.bytes(new TextEncoder().encode("GGUF"));
  writer.number(4, (view) => view.setUint32(0, version, true));
  writer.count(tensors.length);
  writer.count(metadata.length);
  for (const [key, typed] of metadata) {
    writer.text(key);
    writer.number(4, (view) => view.setUint32(0, typed.type, true));
    writer.value(typed);
  }
  for (const { name, type, sizes, offset } of tensors) {
    writer.text(name);
    writer.number(4, (view) => view.setUint32(0, sizes.length, true));
    for (const size of sizes) {
      writer.number(8, (view) => view.setBigUint64(0, size, true));
    }
    writer.number(4, (view) => view.setUint32(0, type, true));
    writer.number(8, (view) => view.setBigUint64(0, offset, true));
  }
  while (writer.length % alignment !== 0) writer.bytes(new Uint8Array(1));
  writer.bytes(parts.data ?? new Uint8Array());
  return writer.done();
}

class Writer {
  readonly #chunks: Uint8Array[] = [];
  length = 0;

  bytes(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  number(bytes: number, set: (view: DataView) => void): void {
    const chunk = new Uint8Array(bytes);
    set(new DataView(chunk.buffer));
    this.bytes(chunk);
  }

  count(value: number): void {
    this.number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.count(bytes.length);
    this.bytes(bytes);
  }

  value(typed: TypedValue): void {
    switch (typed.type) {
      case 0:
        return this.number(1, (view) => view.setUint8(0, typed.value));
      case 1:
        return this.number(1, (view) => view.setInt8(0, typed.value));
      case 2:
        return this.number(2, (view) => view.setUint16(0, typed.value, true));
      case 3:
        return this.number(2, (view) => view.setInt16(0, typed.value, true));
      case 4:
        return this.number(4, (view) => view.setUint32(0, typed.value, true));
      case 5:
        return this.number(4, (view) => view.setInt32(0, typed.value, true));
      case 6:
        return this.number(4, (view) => view.setFloat32(0, typed.value, true));
      case 12:
        return this.number(8, (view) => view.setFloat64(0, typed.value, true));
      case 7:
        return this.number(1, (view) => view.setUint8(0, Number(typed.value)));
      case 8:
        return this.text(typed.value);
      case 10:
        return this.number(
          8,
          (view) => view.setBigUint64(0, typed.value, true),
        );
      case 11:
        return this.number(8, (view) => view.setBigInt64(0, typed.value, true));
      case 9:
        this.number(4, (view) => view.setUint32(0, typed.of, true));
        this.count(typed.items.length);
        for (const item of typed.items) this.value(item);
    }
  }

  done(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  }
}
