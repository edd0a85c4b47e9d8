/**
 * The header of a GGUF file: metadata, and where which tensor lies.
 *
 * Versions 2 and 3 are read, little-endian. A file is untrusted: no count,
 * length, dimension or offset is believed before the file has been seen to be
 * large enough for it, so that what is allocated is bounded by the header's own
 * bytes, and these by {@linkcode MAX_GGUF_HEADER_BYTES}.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import { GgufCursor, MAX_GGUF_HEADER_BYTES, WindowEnd } from "./cursor.ts";
import { type GgufValue, GgufValueReader } from "./metadata.ts";
import { GGML_TYPES, type GgmlType } from "./types.ts";

/** Where one tensor lies in a file, and what it is. */
export interface GgufTensor {
  /** Its name. */
  readonly name: string;
  /** Its type. */
  readonly type: GgmlType;
  /**
   * Its axis sizes, the outermost first as elsewhere in Weft: the reverse of the
   * order in the file.
   */
  readonly shape: readonly number[];
  /** First byte, counted from the start of the file. */
  readonly start: number;
  /** End, exclusive. */
  readonly end: number;
}

/** The header of a file. */
export interface GgufHeader {
  /** Version of the format: 2 or 3. */
  readonly version: number;
  /** The metadata, in the order of the file. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** The tensors, in the order of their bytes. */
  readonly tensors: readonly GgufTensor[];
  /** Every tensor begins at a multiple of it. */
  readonly alignment: number;
}

const MAGIC = 0x46554747;
const MAX_ENTRIES = 1 << 16;
const MAX_TENSORS = 1 << 17;
const MAX_KEY_BYTES = (1 << 16) - 1;
const MAX_NAME_BYTES = 1024;
const MAX_AXES = 4;
const MAX_ALIGNMENT = 1 << 20;
const DEFAULT_ALIGNMENT = 32;
const FIRST_WINDOW_BYTES = 1 << 20;
const WINDOW_GROWTH = 4;

/** A key, a type and the smallest value. */
const MIN_ENTRY_BYTES = 8 + 1 + 4 + 1;
/** A name, the number of axes, a type and an offset. */
const MIN_TENSOR_BYTES = 8 + 1 + 4 + 4 + 8;

/**
 * Reads the header of a file, and as little more of it as can be.
 *
 * @param source The file.
 * @param signal Cancels.
 * @returns The header.
 * @throws {DataError} When it is cut off, longer than
 * {@linkcode MAX_GGUF_HEADER_BYTES}, or holds what cannot be.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function readGgufHeader(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<GgufHeader> {
  const bound = Math.min(source.size, MAX_GGUF_HEADER_BYTES);
  let window = await source.read(
    0,
    Math.min(bound, FIRST_WINDOW_BYTES),
    signal,
  );
  while (true) {
    try {
      return parse(new GgufCursor(window, source.size, source.name));
    } catch (error) {
      if (!(error instanceof WindowEnd)) throw error;
      const wanted = Math.max(error.needed, window.length * WINDOW_GROWTH);
      const grown = new Uint8Array(Math.min(bound, wanted));
      grown.set(window);
      grown.set(
        await source.read(
          window.length,
          grown.length - window.length,
          signal,
        ),
        window.length,
      );
      window = grown;
    }
  }
}

function parse(cursor: GgufCursor): GgufHeader {
  const version = readVersion(cursor);
  const tensorCount = cursor.count("the number of tensors", MAX_TENSORS);
  const entryCount = cursor.count("the number of metadata", MAX_ENTRIES);
  cursor.need(
    entryCount * MIN_ENTRY_BYTES + tensorCount * MIN_TENSOR_BYTES,
    "the header",
  );
  const metadata = new Map<string, GgufValue>();
  const values = new GgufValueReader(cursor);
  for (let i = 0; i < entryCount; i++) {
    const key = cursor.key("the name of a metadatum", MAX_KEY_BYTES);
    if (metadata.has(key)) {
      throw cursor.refuse("it has a metadatum twice", preview(key));
    }
    metadata.set(key, values.read());
  }
  const alignment = alignmentOf(cursor, metadata);
  const infos = readTensors(cursor, tensorCount, alignment);
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = infos
    .map((info) => ({
      ...info,
      start: dataStart + info.start,
      end: dataStart + info.end,
    }))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  checkRanges(cursor, tensors);
  return { version, metadata, tensors, alignment };
}

function readVersion(cursor: GgufCursor): number {
  const magic = cursor.u32();
  if (magic !== MAGIC) {
    throw cursor.refuse(
      'it does not begin with "GGUF"',
      `0x${magic.toString(16).padStart(8, "0")}`,
    );
  }
  const version = cursor.u32();
  if (version === 2 || version === 3) return version;
  if ((version & 0xffff) === 0 && version !== 0) {
    throw cursor.refuse(
      "it is big-endian",
      `version 0x${version.toString(16)}`,
    );
  }
  throw cursor.refuse("only versions 2 and 3 are known", String(version));
}

function alignmentOf(
  cursor: GgufCursor,
  metadata: ReadonlyMap<string, GgufValue>,
): number {
  const value = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  const isPower = typeof value === "number" && Number.isInteger(value) &&
    value > 0 && value <= MAX_ALIGNMENT && (value & (value - 1)) === 0;
  if (isPower) return value;
  throw cursor.refuse(
    `its alignment is no power of two up to ${MAX_ALIGNMENT}`,
    preview(String(value)),
  );
}

/** Reads the tensors with their ranges counted from the start of the data. */
function readTensors(
  cursor: GgufCursor,
  count: number,
  alignment: number,
): GgufTensor[] {
  const names = new Set<string>();
  const tensors: GgufTensor[] = [];
  for (let i = 0; i < count; i++) {
    const tensor = readTensor(cursor);
    if (names.has(tensor.name)) {
      throw cursor.refuse("it has a tensor twice", preview(tensor.name));
    }
    if (tensor.start % alignment !== 0) {
      throw cursor.refuse(
        `tensor "${
          preview(tensor.name)
        }" does not begin at a multiple of ${alignment}`,
        `byte ${tensor.start} of the data`,
      );
    }
    names.add(tensor.name);
    tensors.push(tensor);
  }
  return tensors;
}

function readTensor(cursor: GgufCursor): GgufTensor {
  const name = cursor.key("the name of a tensor", MAX_NAME_BYTES);
  const what = `tensor "${preview(name)}"`;
  const axes = cursor.u32();
  if (axes > MAX_AXES) {
    throw cursor.refuse(`${what} has over ${MAX_AXES} axes`, String(axes));
  }
  const shape: number[] = [];
  for (let axis = 0; axis < axes; axis++) {
    shape.unshift(cursor.count(`a size of ${what}`, Number.MAX_SAFE_INTEGER));
  }
  const number = cursor.u32();
  const type = GGML_TYPES.get(number);
  if (type === undefined) {
    throw cursor.refuse(`${what} is of no known type`, `type ${number}`);
  }
  const start = cursor.count(`the offset of ${what}`, Number.MAX_SAFE_INTEGER);
  const end = start + byteLength(cursor, what, shape, type);
  return { name, type, shape, start, end };
}

function byteLength(
  cursor: GgufCursor,
  what: string,
  shape: readonly number[],
  type: GgmlType,
): number {
  if ((shape.at(-1) ?? 1) % type.blockElements !== 0) {
    throw cursor.refuse(
      `rows of ${what} are no whole blocks of ${type.blockElements} elements`,
      `${type.name} [${shape.join(", ")}]`,
    );
  }
  // An empty tensor is empty however long its other axes
  if (shape.includes(0)) return 0;
  const elements = shape.reduce((product, size) => product * size, 1);
  const bytes = (elements / type.blockElements) * type.blockBytes;
  if (elements <= Number.MAX_SAFE_INTEGER && Number.isSafeInteger(bytes)) {
    return bytes;
  }
  throw cursor.refuse(
    `${what} is too large`,
    `${type.name} [${shape.join(", ")}]`,
  );
}

function checkRanges(
  cursor: GgufCursor,
  tensors: readonly GgufTensor[],
): void {
  let position = 0;
  for (const { name, start, end } of tensors) {
    if (start < position) {
      throw cursor.refuse(
        `tensor "${preview(name)}" begins before the one before it ends`,
        `byte ${start} instead of ${position} or later`,
      );
    }
    if (end > cursor.fileBytes) {
      throw cursor.refuse(
        `tensor "${preview(name)}" lies outside the file`,
        `bytes ${start} to ${end} of ${cursor.fileBytes}`,
      );
    }
    position = end;
  }
}

function preview(text: string): string {
  return text.slice(0, 100);
}
