/**
 * Examples in rows of one length, so that one program serves them all.
 *
 * @module
 */

import { DataError, ParameterError } from "../../../runtime/core/errors.ts";
import { type EncodedExample, IGNORED } from "./examples.ts";

/** What becomes of examples that are longer than a row. */
export type Overlong = "cut" | "skip" | "error";

/** How rows are made. */
export interface RowOptions {
  /** Tokens of a row. */
  readonly length: number;
  /** Whether short examples share a row; each sees only itself. */
  readonly packing: boolean;
  /** What becomes of longer ones: beginnings of prompts are cut off by default; texts become several rows. */
  readonly overlong: Overlong;
  /** The token that fills rows up. */
  readonly padId: number;
}

/** A row. */
export interface Row {
  /** `[length]`. */
  readonly tokens: Int32Array;
  /** The token behind each one where it is learnt, -100 elsewhere, `[length]`. */
  readonly targets: Int32Array;
  /** Which example each token belongs to, `[length]`. */
  readonly segments: Int32Array;
  /** Tokens that are learnt. */
  readonly learnt: number;
  /** Tokens that are not filling. */
  readonly used: number;
}

/** What became of the examples. */
export interface RowSummary {
  /** Examples that are in the rows, whole or cut. */
  readonly examples: number;
  /** Examples that lost tokens. */
  readonly cut: number;
  /** Examples that were left out as they are too long. */
  readonly skipped: number;
  /** Rows. */
  readonly rows: number;
  /** Tokens that are not filling. */
  readonly tokens: number;
  /** Tokens that are learnt. */
  readonly learnt: number;
}

/** Rows that have room are looked through from the last; more are not kept open. */
const OPEN_ROWS = 256;

/**
 * Puts examples into rows, the longest first where rows are shared.
 *
 * @param examples The examples.
 * @param options Length, packing, what becomes of long ones.
 * @returns Rows and what became of the examples.
 * @throws {DataError} When nothing is left, or an example is too long and that is
 * an error.
 * @throws {ParameterError} When the length is none.
 */
export function makeRows(
  examples: readonly EncodedExample[],
  options: RowOptions,
): { readonly rows: Row[]; readonly summary: RowSummary } {
  const { length, packing } = options;
  if (!(Number.isInteger(length) && length >= 2)) {
    throw new ParameterError(`Cannot make rows of ${length} tokens`, {
      expected: "a whole number from 2",
    });
  }
  let [cut, skipped] = [0, 0];
  const pieces = examples.flatMap((example, index) => {
    if (example.tokens.length <= length) return [example];
    if (options.overlong === "error") {
      throw new DataError(
        `Cannot put example ${index} into a row: it has ${example.tokens.length} tokens`,
        {
          expected: `at most ${length}`,
          hint: 'Raise "sequenceLength", or choose "overlong": "cut" or "skip"',
        },
      );
    }
    if (options.overlong === "skip") {
      skipped++;
      return [];
    }
    if (isLearntWhole(example)) return chunks(example, length);
    cut++;
    return [shortened(example, length)];
  }).filter(({ labels }) => learntOf(labels) > 0);
  const groups = packing ? shared(pieces, length) : pieces.map((one) => [one]);
  const rows = groups.map((group) => rowOf(group, options));
  if (rows.length === 0) {
    throw new DataError("Cannot train on no examples", {
      actual: `${examples.length} examples, of which ${skipped} are too long`,
    });
  }
  const total = (pick: (row: Row) => number) =>
    rows.reduce((sum, row) => sum + pick(row), 0);
  return {
    rows,
    summary: {
      examples: examples.length - skipped,
      cut,
      skipped,
      rows: rows.length,
      tokens: total(({ used }) => used),
      learnt: total(({ learnt }) => learnt),
    },
  };
}

function isLearntWhole({ labels }: EncodedExample): boolean {
  return !labels.includes(IGNORED);
}

/** Labels that something stands before. */
function learntOf(labels: Int32Array): number {
  return labels.reduce(
    (count, label, index) => count + Number(index > 0 && label !== IGNORED),
    0,
  );
}

function part(
  { tokens, labels }: EncodedExample,
  from: number,
  to: number,
): EncodedExample {
  return { tokens: tokens.slice(from, to), labels: labels.slice(from, to) };
}

/** Runs of one length; the first token of a run is only seen. */
function chunks(example: EncodedExample, length: number): EncodedExample[] {
  const made: EncodedExample[] = [];
  for (let from = 0; from + 1 < example.tokens.length; from += length - 1) {
    made.push(part(example, from, from + length));
  }
  return made;
}

/** Without the beginning of the prompt; of an answer that is too long itself, its beginning. */
function shortened(example: EncodedExample, length: number): EncodedExample {
  const { labels } = example;
  const answer = labels.findIndex((label, k) => k > 0 && label !== IGNORED);
  const from = Math.min(labels.length - length, Math.max(0, answer - 1));
  return part(example, from, from + length);
}

/** First fit, the longest first. */
function shared(
  pieces: readonly EncodedExample[],
  length: number,
): EncodedExample[][] {
  const sorted = pieces.toSorted((a, b) => b.tokens.length - a.tokens.length);
  const groups: EncodedExample[][] = [];
  let open: { group: EncodedExample[]; room: number }[] = [];
  for (const piece of sorted) {
    const size = piece.tokens.length;
    let place = open.find(({ room }) => room >= size);
    if (place === undefined) {
      place = { group: [], room: length };
      groups.push(place.group);
      open.push(place);
    }
    place.group.push(piece);
    place.room -= size;
    open = open.filter(({ room }) => room > 1).slice(-OPEN_ROWS);
  }
  return groups;
}

function rowOf(
  group: readonly EncodedExample[],
  { length, padId }: RowOptions,
): Row {
  const tokens = new Int32Array(length).fill(padId);
  const targets = new Int32Array(length).fill(IGNORED);
  // Filling belongs to no example.
  const segments = new Int32Array(length).fill(group.length);
  let at = 0;
  group.forEach((example, segment) => {
    tokens.set(example.tokens, at);
    targets.set(example.labels.subarray(1), at);
    const next = at + example.tokens.length;
    segments.fill(segment, at, next);
    at = next;
  });
  const learnt = targets.reduce(
    (count, target) => count + Number(target !== IGNORED),
    0,
  );
  return { tokens, targets, segments, learnt, used: at };
}
