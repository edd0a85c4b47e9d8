/**
 * The safetensors format: named arrays in one file, that PyTorch, JAX and
 * everything on the Hugging Face hub read.
 *
 * A file is eight bytes with the length of the header (little-endian), the
 * header as JSON (name → dtype, shape, byte range), and the data, row-major and
 * little-endian, without gaps.
 *
 * A file is untrusted input: every size, count and range is checked before
 * anything is allocated by it.
 *
 * @module
 */

import { DataError } from "../core/errors.ts";
import {
  byteLength,
  damaged,
  isSafetensorsDType,
  isSize,
  LENGTH_BYTES,
  METADATA,
  type SafetensorsArray,
  type SafetensorsDType,
} from "./safetensors_types.ts";

export {
  checkSafetensorsBytes,
  encodeSafetensors,
  encodeSafetensorsHeader,
} from "./safetensors_encoder.ts";
export type {
  SafetensorsArray,
  SafetensorsDType,
  SafetensorsInfo,
} from "./safetensors_types.ts";

/** The longest header that is read, in bytes; the reference reader's bound. */
export const MAX_HEADER_BYTES = 100_000_000;

const MAX_AXES = 64;

/** Where one array lies in a file, and what it is. */
export interface SafetensorsEntry {
  /** The name of the array. */
  readonly name: string;
  /** The dtype of its elements. */
  readonly dtype: SafetensorsDType;
  /** Its axis sizes; empty for a scalar. */
  readonly shape: readonly number[];
  /** First byte, counted from the start of the file. */
  readonly start: number;
  /** End, exclusive, counted from the start of the file. */
  readonly end: number;
}

/** The header of a file. */
export interface SafetensorsHeader {
  /** The arrays, in the order of their bytes. */
  readonly entries: readonly SafetensorsEntry[];
  /** The texts that the writer added. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An array with the file's own bytes: a view, so copy it before changing it. */
export interface SafetensorsValue extends SafetensorsArray {
  /** Where it lies in the file. */
  readonly entry: SafetensorsEntry;
}

/**
 * Reads the header of a file of which only the beginning need be in memory.
 *
 * @param start The first bytes of the file: eight, and as many as they tell.
 * @param fileBytes The length of the whole file.
 * @returns The header.
 * @throws {DataError} When the header is cut off, too long, not JSON, or names
 * a dtype, shape or range that cannot be.
 */
export function decodeSafetensorsHeader(
  start: Uint8Array,
  fileBytes: number,
): SafetensorsHeader {
  const headerBytes = safetensorsHeaderBytes(start, fileBytes);
  const dataStart = LENGTH_BYTES + headerBytes;
  if (start.byteLength < dataStart) {
    throw damaged("the header is cut off", `${start.byteLength} bytes`);
  }
  const json = parseHeader(start.subarray(LENGTH_BYTES, dataStart));
  const metadata: Record<string, string> = {};
  const entries: SafetensorsEntry[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name === METADATA) Object.assign(metadata, checkMetadata(value));
    else entries.push(checkEntry(name, value, dataStart, fileBytes));
  }
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let position = dataStart;
  for (const entry of entries) {
    if (entry.start !== position) {
      throw damaged(
        `array "${entry.name}" does not begin where the one before it ends`,
        `byte ${entry.start} instead of ${position}`,
      );
    }
    position = entry.end;
  }
  if (position !== fileBytes) {
    throw damaged(
      "the arrays do not fill the file",
      `${fileBytes} bytes, of which the last array ends at ${position}`,
    );
  }
  return { entries, metadata };
}

/**
 * The length of the header, from the first eight bytes of a file.
 *
 * @param start At least the first eight bytes.
 * @param fileBytes The length of the whole file.
 * @returns The number of bytes of JSON after the first eight.
 * @throws {DataError} When the file cannot hold it, or it is over
 * {@linkcode MAX_HEADER_BYTES}.
 */
export function safetensorsHeaderBytes(
  start: Uint8Array,
  fileBytes: number,
): number {
  if (start.byteLength < LENGTH_BYTES) {
    throw damaged("the file is shorter than 8 bytes", `${fileBytes} bytes`);
  }
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES)
    .getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw damaged(
      `the header is longer than ${MAX_HEADER_BYTES} bytes`,
      `${length} bytes`,
    );
  }
  if (Number(length) > fileBytes - LENGTH_BYTES) {
    throw damaged(
      "the header is longer than the file",
      `a header of ${length} bytes in a file of ${fileBytes}`,
    );
  }
  return Number(length);
}

/**
 * Reads a whole file.
 *
 * @param file The bytes of the file.
 * @returns The arrays by name, as views of `file`, in the order of their bytes.
 * @throws {DataError} As {@linkcode decodeSafetensorsHeader}.
 */
export function decodeSafetensors(
  file: Uint8Array,
): Map<string, SafetensorsValue> {
  const { entries } = decodeSafetensorsHeader(file, file.byteLength);
  return new Map(entries.map((entry) => [entry.name, {
    name: entry.name,
    dtype: entry.dtype,
    shape: entry.shape,
    bytes: file.subarray(entry.start, entry.end),
    entry,
  }]));
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new DataError("Cannot read the header of a safetensors file", {
      expected: "JSON in UTF-8",
      cause: error,
    });
  }
  if (!isObject(json)) {
    throw damaged("the header is not a JSON object", typeof json);
  }
  return json;
}

function checkMetadata(value: unknown): Record<string, string> {
  if (
    !isObject(value) ||
    Object.values(value).some((text) => typeof text !== "string")
  ) {
    throw damaged(`"${METADATA}" is not a map of texts`, typeof value);
  }
  return value as Record<string, string>;
}

function checkEntry(
  name: string,
  value: unknown,
  dataStart: number,
  fileBytes: number,
): SafetensorsEntry {
  const what = `array "${name.slice(0, 100)}"`;
  if (!isObject(value)) throw damaged(`${what} is no object`, typeof value);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isSafetensorsDType(dtype)) {
    throw damaged(`${what} has an unknown dtype`, JSON.stringify(dtype) ?? "");
  }
  if (
    !Array.isArray(shape) || shape.length > MAX_AXES || !shape.every(isSize)
  ) {
    throw damaged(`${what} has a shape that cannot be`, preview(shape));
  }
  if (
    !Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)
  ) {
    throw damaged(`${what} has a byte range that cannot be`, preview(offsets));
  }
  const start = dataStart + Number(offsets[0]);
  const end = dataStart + Number(offsets[1]);
  if (start > end || end > fileBytes) {
    throw damaged(`${what} lies outside the file`, preview(offsets));
  }
  const expected = byteLength(name, dtype, shape);
  if (end - start !== expected) {
    throw damaged(
      `${what} needs ${expected} bytes as ${dtype} [${shape.join(", ")}]`,
      `${end - start} bytes`,
    );
  }
  return { name, dtype, shape, start, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function preview(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 100);
}
