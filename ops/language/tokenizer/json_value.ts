/**
 * JSON from untrusted files, read with care.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";

/** What JSON may hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | JsonObject;

/** An object of JSON. */
export interface JsonObject {
  /** Its members. */
  readonly [key: string]: Json;
}

/** Most characters of a file; the largest published ones have 34 million. */
const MAX_JSON_LENGTH = 1 << 28;

/** Deepest nesting that is read. */
const MAX_JSON_DEPTH = 32;

/**
 * Tells objects from all else.
 *
 * @param value What JSON held.
 * @returns Whether it is an object, and no list.
 */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Tells lists from all else.
 *
 * @param value What JSON held.
 * @returns Whether it is a list.
 */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * Reads a file that must hold one object.
 *
 * @param text The text of the file.
 * @param name Its name, for errors.
 * @returns The object.
 * @throws {DataError} Where it is too long, no JSON, no object, or nested too deep.
 */
export function parseObject(text: string, name: string): JsonObject {
  if (text.length > MAX_JSON_LENGTH) {
    throw new DataError(
      `Cannot read "${name}" as it has ${text.length} characters`,
      { expected: `at most ${MAX_JSON_LENGTH}` },
    );
  }
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`Cannot read "${name}" as JSON`, {
      cause,
      hint: "Fetch the file again",
    });
  }
  if (!isObject(value)) {
    throw new DataError(`Cannot read "${name}" as it holds no object`, {
      actual: value === null ? "null" : isList(value) ? "a list" : typeof value,
    });
  }
  if (!isShallow(value, MAX_JSON_DEPTH)) {
    throw new DataError(
      `Cannot read "${name}" as it is nested over ${MAX_JSON_DEPTH} deep`,
    );
  }
  return value;
}

function isShallow(value: Json, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  const members = isList(value) ? value : Object.values(value);
  return members.every((member) => isShallow(member, depth - 1));
}
