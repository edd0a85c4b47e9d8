/**
 * What a port is: what may pass between ops, and how a value of that kind is
 * checked, digested, saved, loaded and described. The flow knows nothing else
 * about values, so a new kind of value is a new port and no change to the flow.
 *
 * @module
 */

import type { $ZodType, output as ZodOutput } from "zod/v4/core";
import type { Digest } from "../core/hash.ts";
import type { Bindings } from "./bindings.ts";

/** The kinds of value that ports tell apart before a value exists. */
export type PortKind =
  | "tensor"
  | "frame"
  | "series"
  | "text"
  | "file"
  | "value"
  | "list"
  | "record";

/**
 * What is known of a value before it exists. A kind of `"value"` stands for
 * anything: it fits every port until the value itself is there.
 */
export interface Outline {
  /** What kind of port made it. */
  readonly kind: PortKind;
  /** The dtypes that a tensor or series may have; absent when unknown. */
  readonly dtypes?: readonly string[];
  /**
   * Axis sizes of a tensor: `undefined` for one that is not known yet. The
   * whole shape is absent when even the number of axes is unknown.
   */
  readonly shape?: readonly (number | undefined)[];
  /** The columns of a frame, as far as known, with their dtypes. */
  readonly columns?: Readonly<Record<string, string>>;
  /** The elements of a list, in order; absent when unknown. */
  readonly items?: readonly Outline[];
  /** What every element of a list or entry of a record looks like. */
  readonly each?: Outline;
  /** The entries of a record; absent when unknown. */
  readonly entries?: Readonly<Record<string, Outline>>;
  /** True when the value may be absent. */
  readonly isOptional?: boolean;
}

/** Where a check happens: what error messages name, and what the call fixed. */
export interface CheckPlace {
  /** Names of the ops from the outermost to the one being checked. */
  readonly path: readonly string[];
  /** The name of the port, with the place inside it, for example `xs[2]`. */
  readonly port: string;
  /** The sizes and dtypes of this op call. */
  readonly bindings: Bindings;
}

/** File formats that parts are saved in; also their file extensions. */
export type PartFormat = "safetensors" | "arrow" | "json";

/** One file of a saved value. */
export interface Part {
  /** Its name, unique within the value. */
  readonly name: string;
  /** The format of the bytes. */
  readonly format: PartFormat;
  /** The bytes in order; a list, so that big arrays need not be copied. */
  readonly chunks: readonly Uint8Array[];
}

/** A value on its way to a store: its skeleton as JSON text, and its parts. */
export interface SavedValue {
  /**
   * Canonical JSON of the value, in which tensors and frames are references
   * to parts. Absent when the one part of format `json` is the skeleton.
   */
  readonly skeleton?: string;
  /** The files that hold the data. */
  readonly parts: readonly Part[];
}

/** A saved part that came back from a store: its bytes in one piece. */
export interface LoadedPart {
  /** Its name, unique within the value. */
  readonly name: string;
  /** The format of the bytes. */
  readonly format: PartFormat;
  /** The bytes. */
  readonly bytes: Uint8Array;
}

/** A value on its way back from a store. */
export interface LoadedValue {
  /** As in {@linkcode SavedValue}. */
  readonly skeleton?: string;
  /** The files that hold the data. */
  readonly parts: readonly LoadedPart[];
}

/** The first place where two values differ. */
export interface Difference {
  /** The place inside the value, for example `[12, 0]` or `close[12]`. */
  readonly at: string;
  /** What the first value has there. */
  readonly left: string;
  /** What the second value has there. */
  readonly right: string;
}

/** Something in memory, told apart by identity, with its size in bytes. */
export type Holding = readonly [thing: object, bytes: number];

/** How values of one port are digested, saved, loaded, described, compared. */
export interface Codec<T> {
  /**
   * The content digest: equal data have equal digests. Computes lazy tensors
   * and reads files.
   *
   * @param value A checked value.
   * @returns The digest, at once where nothing must be awaited.
   * @throws {UnhashableValueError} When something inside cannot be hashed; the
   * message names the path inside the value.
   */
  digest(value: T): Digest | Promise<Digest>;
  /**
   * The version: what a derivation key takes for this value without computing
   * or reading anything. The content digest where data exist, the hash of the
   * pending graph for lazy tensors.
   *
   * @param value A checked value.
   * @returns The version, or `undefined` when it takes {@linkcode Codec.digest}
   * to know it (files, whose content must be read).
   */
  version(value: T): Digest | undefined;
  /**
   * Writes the value as files that other programs read.
   *
   * @param value A checked value.
   * @returns Its skeleton and parts.
   */
  save(value: T): Promise<SavedValue>;
  /**
   * Reads a value back. What comes from a store is untrusted: whatever does
   * not parse is a `DataError`, never a wrong value. The caller checks the
   * result against the port.
   *
   * @param saved The skeleton and parts.
   * @returns The value.
   */
  load(saved: LoadedValue): Promise<T>;
  /**
   * One short line for people: `f64 tensor [3, 4]`, `frame 20 rows × 5 columns`.
   *
   * @param value A checked value.
   * @returns The line.
   */
  describe(value: T): string;
  /**
   * Bytes that the value takes, or would take once computed, in memory.
   *
   * @param value A checked value.
   * @returns The size; an estimate for plain data.
   */
  byteSize(value: T): number;
  /**
   * What a value keeps alive in memory. A lazy tensor keeps the data that it
   * will be computed from, which other values may keep alive too.
   *
   * @param value A checked value.
   * @returns Things with their bytes; what two values share is one thing.
   */
  holdings(value: T): readonly Holding[];
  /**
   * Whether something in the value has not been computed yet.
   *
   * @param value A checked value.
   * @returns True when a tensor in it is lazy.
   */
  isPending(value: T): boolean;
  /**
   * Looks for NaN; computes lazy tensors.
   *
   * @param value A checked value.
   * @returns The place of the first NaN, for example `[2, 0]` or `close[3]`, or
   * `undefined` when there is none. A null in a frame is no NaN.
   */
  findNaN(value: T): Promise<string | undefined>;
  /**
   * The number of rows in time of a value, for causality checks.
   *
   * @param value A checked value.
   * @returns The length of the leading axis, or `undefined` for a value that
   * has no rows (a text, a scalar).
   */
  rows(value: T): number | undefined;
  /**
   * The first rows of a value; the value itself when it has no rows.
   *
   * @param value A checked value.
   * @param count How many rows to keep.
   * @returns The shorter value.
   */
  truncate(value: T, count: number): T;
  /**
   * Compares two values to the bit, except that NaN equals NaN.
   *
   * @param left One value.
   * @param right The other.
   * @returns The first difference, or `undefined` when they are equal.
   */
  compare(left: T, right: T): Promise<Difference | undefined>;
}

/**
 * What may pass into or out of an op. Made by the builders of `port`.
 *
 * `T` is the type of the values.
 */
export interface Port<T> {
  /** What is known of every value before it exists. */
  readonly kind: PortKind;
  /** What the value means, with its unit; empty when not given. */
  readonly doc: string;
  /** The port in words, for messages and docs: `tensor f32 | f64 [n, d]`. */
  readonly summary: string;
  /** True when the value may be left out. */
  readonly isOptional: boolean;
  /** How values are digested, saved, loaded, described and compared. */
  readonly codec: Codec<T>;
  /**
   * Checks a value in constant time where its size can be large (tensors,
   * frames), and fixes the dimensions that it tells.
   *
   * @param value What came.
   * @param place What to name in errors, and the sizes of this call.
   * @returns The value, with the defaults that a schema fills in.
   * @throws {PortError} With op, port, expected and actual, and the dimension.
   */
  check(value: unknown, place: CheckPlace): T;
  /**
   * What is known of this port's values in a call whose inputs were checked.
   *
   * @param bindings The sizes and dtypes of the call.
   * @returns The outline.
   */
  outline(bindings: Bindings): Outline;
  /**
   * Checks what is known of a value before it exists, and fixes the dimensions
   * that it tells.
   *
   * @param outline What is known.
   * @param place What to name in errors, and the sizes of this call.
   * @throws {PortError} When no value with this outline can ever fit.
   */
  checkOutline(outline: Outline, place: CheckPlace): void;
}

/** A port whose value may be left out. */
export interface OptionalPort<T> extends Port<T | undefined> {
  /** Always true. */
  readonly isOptional: true;
}

/** A port, or a bare zod schema, which stands for a port of plain data. */
export type PortLike = Port<unknown> | $ZodType;

/** Named ports: the inputs or outputs of an op. */
export type PortRecord = Readonly<Record<string, PortLike>>;

/** The type of the values that pass through a port or a bare zod schema. */
export type PortValue<P> = P extends Port<infer T> ? T
  : P extends $ZodType ? ZodOutput<P>
  : never;

/** An intersection of object types as one object type, for people to read. */
export type Flattened<T> = { [K in keyof T]: T[K] };

/** Whether a type of values takes `undefined`, other than `unknown`. */
export type MayBeAbsent<T> = unknown extends T ? false
  : undefined extends T ? true
  : false;

/** The names of the ports whose values may not be left out. */
export type RequiredPorts<P> = {
  [K in keyof P]: MayBeAbsent<PortValue<P[K]>> extends true ? never : K;
}[keyof P];

/**
 * The type of the values of named ports; a port that may be left out gives an
 * optional key.
 */
export type PortValues<P> = Flattened<
  & { [K in RequiredPorts<P>]: PortValue<P[K]> }
  & { [K in Exclude<keyof P, RequiredPorts<P>>]?: PortValue<P[K]> }
>;
