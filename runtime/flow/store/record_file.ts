/**
 * Records as files: JSON with its own checksum, so that a flipped byte anywhere
 * in it is noticed.
 *
 * @module
 */

import { z } from "zod";
import { type Digest, digestBytes } from "../../core/hash.ts";
import { decodePlainJson, encodePlainJson } from "../../formats/plain_json.ts";
import type { Provenance, StoreRecord } from "./store.ts";

/** The longest record that is read, in bytes. */
export const MAX_RECORD_BYTES = 16_000_000;

/** The version of the layout of records and folders. */
export const LAYOUT = 1;

const BEFORE_DIGEST = '{"sha256":"';
const BEFORE_BODY = '","body":';
const AFTER_BODY = "}\n";
const BODY_START = BEFORE_DIGEST.length + 64 + BEFORE_BODY.length;

/** One file that holds data of an output. */
export interface StoredPart {
  /** Its name within the output. */
  readonly name: string;
  /** The format; also the file's extension. */
  readonly format: "safetensors" | "arrow" | "json";
  /** The SHA-256 of the file; also its name. */
  readonly sha256: Digest;
  /** The length of the file. */
  readonly bytes: number;
}

/** An output as it lies on disk. */
export interface OutputOnDisk {
  /** Content digest of the value. */
  readonly digest?: Digest | undefined;
  /** Bytes of the value in memory. */
  readonly byteSize: number;
  /** The value's skeleton, when it is no part of its own. */
  readonly skeleton?: string | undefined;
  /** The files; absent when only the digest is kept. */
  readonly parts?: readonly StoredPart[] | undefined;
}

/** A record as it lies on disk. */
export interface RecordOnDisk extends Omit<StoreRecord, "outputs" | "device"> {
  /** The outputs by name. */
  readonly outputs: Readonly<Record<string, OutputOnDisk>>;
  /** The device that was chosen for it. */
  readonly device?: string | undefined;
}

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.number().int().nonnegative();

// Loose, as the flow adds what it wants to know again
const provenance: z.ZodType<Provenance> = z.looseObject({
  op: z.string(),
  version: z.string(),
  params: z.unknown(),
  inputs: z.record(z.string(), z.string()),
  weft: z.string(),
  milliseconds: z.number(),
  seed: z.number().exactOptional(),
});

const recordSchema = z.object({
  layout: z.literal(LAYOUT),
  key: digest,
  device: z.string().optional(),
  savedAt: z.string(),
  provenance,
  outputs: z.record(
    z.string(),
    z.object({
      digest: digest.optional(),
      byteSize: size,
      skeleton: z.string().optional(),
      parts: z.array(z.object({
        name: z.string(),
        format: z.enum(["safetensors", "arrow", "json"]),
        sha256: digest,
        bytes: size,
      })).optional(),
    }),
  ),
});

/**
 * Writes plain data with its checksum.
 *
 * @param body The data.
 * @returns The bytes of the file.
 */
export function seal(body: unknown): Uint8Array {
  const text = new TextEncoder().encode(encodePlainJson(body));
  const sha256 = digestBytes(text);
  const head = new TextEncoder().encode(BEFORE_DIGEST + sha256 + BEFORE_BODY);
  const bytes = new Uint8Array(head.length + text.length + AFTER_BODY.length);
  bytes.set(head);
  bytes.set(text, head.length);
  bytes.set(new TextEncoder().encode(AFTER_BODY), head.length + text.length);
  return bytes;
}

/**
 * Reads what {@linkcode seal} wrote.
 *
 * @param bytes The bytes of the file.
 * @returns The data, or a text that says what is wrong.
 */
export function unseal(bytes: Uint8Array): { body: unknown } | string {
  const text = (start: number, end: number) =>
    String.fromCharCode(...bytes.subarray(start, end));
  const digestEnd = BEFORE_DIGEST.length + 64;
  const bodyEnd = bytes.length - AFTER_BODY.length;
  if (
    bodyEnd < BODY_START ||
    text(0, BEFORE_DIGEST.length) !== BEFORE_DIGEST ||
    text(digestEnd, BODY_START) !== BEFORE_BODY ||
    text(bodyEnd, bytes.length) !== AFTER_BODY
  ) return "it is not framed as a record";
  const body = bytes.subarray(BODY_START, bodyEnd);
  if (text(BEFORE_DIGEST.length, digestEnd) !== digestBytes(body)) {
    return "its content does not have its checksum";
  }
  try {
    return { body: decodePlainJson(new TextDecoder().decode(body)) };
  } catch (error) {
    return `it cannot be read: ${error}`;
  }
}

/**
 * Writes a record.
 *
 * @param record The record.
 * @returns The bytes of its file.
 */
export function encodeRecord(record: RecordOnDisk): Uint8Array {
  return seal({ layout: LAYOUT, ...record });
}

/**
 * Reads a record.
 *
 * @param bytes The bytes of its file.
 * @param key The key that it must have.
 * @returns The record, or a text that says what is wrong.
 */
export function decodeRecord(
  bytes: Uint8Array,
  key: Digest,
): RecordOnDisk | string {
  const opened = unseal(bytes);
  if (typeof opened === "string") return opened;
  const parsed = recordSchema.safeParse(opened.body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `it is no record: ${issue?.path.join(".")}: ${issue?.message}`;
  }
  if (parsed.data.key !== key) return "it is the record of another key";
  return parsed.data;
}
