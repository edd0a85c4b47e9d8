/**
 * Short texts for error messages: a value in a few words, and the name that
 * somebody probably meant.
 *
 * @module
 */

const LONGEST = 60;

/**
 * A value in at most about sixty characters.
 *
 * @param value Any value.
 * @returns The text; strings are quoted.
 */
export function preview(value: unknown): string {
  if (typeof value === "string") return clip(JSON.stringify(value));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `function "${value.name}"`;
  if (typeof value !== "object" || value === null) return String(value);
  if (ArrayBuffer.isView(value) && "length" in value) {
    return `${value.constructor.name} of length ${value.length}`;
  }
  if (Array.isArray(value)) {
    const shown = value.slice(0, 4).map(preview).join(", ");
    return clip(
      value.length > 4 ? `[${shown}, … ${value.length} in all]` : `[${shown}]`,
    );
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    return `an instance of "${value.constructor.name}"`;
  }
  const entries = Object.entries(value).slice(0, 4);
  return clip(
    `{ ${
      entries.map(([key, item]) => `${key}: ${preview(item)}`).join(", ")
    } }`,
  );
}

function clip(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/**
 * A time in the unit that fits it.
 *
 * @param ms The time in milliseconds.
 * @returns For example `12.0 ms`, `3.20 s` or `1.5 min`.
 */
export function timeText(ms: number): string {
  if (ms >= 60_000) return `${(ms / 60_000).toFixed(1)} min`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms.toFixed(1)} ms`;
}

/**
 * The length of the longest of many texts, for columns.
 *
 * @param texts The texts.
 * @returns The length; 0 for none.
 */
export function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, text.length), 0);
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const swap = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[right.length]!;
}

/**
 * The known name that is closest to one that is not known.
 *
 * @param name What was given.
 * @param known The names that exist.
 * @returns The closest, or undefined where none is near.
 */
export function closestName(
  name: string,
  known: Iterable<string>,
): string | undefined {
  let best: string | undefined;
  let distance = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const candidate of known) {
    const next = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (next < distance) {
      best = candidate;
      distance = next;
    }
  }
  return best;
}
