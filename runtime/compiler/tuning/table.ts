/**
 * Tables of measured choices, as they lie in files.
 *
 * @module
 */

import { DataError } from "../../core/errors.ts";
import { digestText } from "../../core/hash.ts";
import { shapeClass } from "./shape_class.ts";
import type { Choosable, Tuning } from "./tuning.ts";

/** Says what kind of file it is. */
const FORMAT = "weft-tuning";
/** Files of other versions are not read. */
const VERSION = 1;
/** Entries of a table at most. */
const MAX_ENTRIES = 10_000;
/** Characters of a name or a choice at most. */
const MAX_TEXT = 256;

/** Choices by device and class of shapes. */
type Choices = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** A choice that was measured. */
export interface TuningEntry {
  /** The device. */
  readonly device: string;
  /** The class of shapes. */
  readonly shape: string;
  /** The choice; undefined where the rule is as good. */
  readonly choice: string | undefined;
}

/** Measured choices, by device and class of shapes. */
export class TuningTable implements Tuning {
  /** Digest of all choices; empty where there are none. */
  readonly key: string;
  readonly #choices: Choices;

  private constructor(choices: Choices) {
    this.#choices = choices;
    this.key = choices.size === 0 ? "" : digestText(this.text());
  }

  /** A table without choices. */
  static readonly EMPTY: TuningTable = new TuningTable(new Map());

  /**
   * Reads a table.
   *
   * @param text What {@linkcode TuningTable.text} gave.
   * @param name Where it is from, for messages.
   * @returns The table.
   * @throws {DataError} When it is no such text.
   */
  static parse(text: string, name: string): TuningTable {
    const refuse = (actual: string, cause?: unknown): DataError =>
      new DataError(`Cannot read "${name}" as a table of tuned kernels`, {
        expected:
          `{ "format": "${FORMAT}", "version": ${VERSION}, "devices": { … } }`,
        actual,
        hint: "Move it away, then run `deno task tune` to make a new one",
        ...(cause === undefined ? {} : { cause }),
      });
    let file: unknown;
    try {
      file = JSON.parse(text);
    } catch (error) {
      throw refuse("text that is no JSON", error);
    }
    if (!isRecord(file) || file["format"] !== FORMAT) {
      throw refuse("JSON of another kind");
    }
    if (file["version"] !== VERSION) {
      throw refuse(`version ${JSON.stringify(file["version"])}`);
    }
    const { devices } = file;
    if (!isRecord(devices)) throw refuse("no devices");
    const choices = new Map<string, Map<string, string>>();
    let entries = 0;
    for (const [device, shapes] of Object.entries(devices)) {
      if (!isRecord(shapes)) throw refuse(`no choices for "${device}"`);
      const own = new Map<string, string>();
      for (const [shape, choice] of Object.entries(shapes)) {
        if (typeof choice !== "string") {
          throw refuse(`a choice for "${shape}" that is no text`);
        }
        const longest = Math.max(device.length, shape.length, choice.length);
        if (longest > MAX_TEXT) throw refuse(`${longest} characters in a text`);
        if (++entries > MAX_ENTRIES) {
          throw refuse(`more than ${MAX_ENTRIES} choices`);
        }
        own.set(shape, choice);
      }
      if (own.size > 0) choices.set(device, own);
    }
    return new TuningTable(choices);
  }

  /**
   * Chooses; see {@linkcode Tuning.choiceFor}.
   *
   * @param contraction The contraction.
   * @returns The choice that was measured for its class.
   */
  choiceFor(
    { device, inHalf, kernel }: Choosable,
  ): string | undefined {
    return this.#choices.get(device)?.get(shapeClass(kernel, inHalf));
  }

  /**
   * The table with more choices; those for the same class are replaced.
   *
   * @param entries The choices.
   * @returns A new table.
   */
  with(entries: readonly TuningEntry[]): TuningTable {
    const choices = new Map(
      [...this.#choices].map(([device, own]) => [device, new Map(own)]),
    );
    for (const { choice, device, shape } of entries) {
      const own = choices.get(device) ?? new Map<string, string>();
      if (choice === undefined) own.delete(shape);
      else own.set(shape, choice);
      if (own.size > 0) choices.set(device, own);
      else choices.delete(device);
    }
    return new TuningTable(choices);
  }

  /**
   * The table as text, the same for equal tables.
   *
   * @returns JSON.
   */
  text(): string {
    const devices = sorted(this.#choices, (own) => sorted(own, (one) => one));
    const file = { format: FORMAT, version: VERSION, devices };
    return `${JSON.stringify(file, null, 2)}\n`;
  }
}

/** A map as a record, by its keys in order. */
function sorted<T, R>(
  map: ReadonlyMap<string, T>,
  form: (value: T) => R,
): Record<string, R> {
  const keys = [...map.keys()].sort();
  return Object.fromEntries(keys.map((key) => [key, form(map.get(key)!)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
