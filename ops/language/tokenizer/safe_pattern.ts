/**
 * Which regular expressions of untrusted files are run.
 *
 * A pattern such as `(a+)+b` takes time exponential in the text. Repeating
 * without end what itself repeats without end is what makes them so; no
 * published tokenizer needs it, and it is refused.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";

/** Most characters of a pattern; published ones stay under 2,000. */
const MAX_PATTERN_LENGTH = 1 << 13;

/** Most unbounded repetitions one after another; published ones have 3. */
const MAX_REPETITIONS = 4;

/** Largest count of `{n}`. */
const MAX_COUNT = 1024;

const COUNTS = /^\{(\d*)(,?)(\d*)\}/;

/** Alternatives that are open: unbounded repetitions before and at most inside. */
interface Alternatives {
  readonly before: number;
  most: number;
}

/**
 * Refuses patterns that may run for ever.
 *
 * @param pattern A regular expression, as tokenizers write it.
 * @throws {DataError} Where it is too long, repeats what repeats, or repeats
 * too often in a row.
 */
export function checkPattern(pattern: string): void {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw refuse(pattern, `it has ${pattern.length} characters`);
  }
  const open: Alternatives[] = [{ before: 0, most: 0 }];
  let count = 0;
  let groupRepeats = false;
  for (let at = 0; at < pattern.length;) {
    const repeated = groupRepeats;
    groupRepeats = false;
    const innermost = open[open.length - 1]!;
    switch (pattern[at]) {
      case "\\":
        at += 2;
        break;
      case "[":
        at = classEnd(pattern, at);
        break;
      case "(":
        open.push({ before: count, most: count });
        at++;
        break;
      case "|":
        innermost.most = Math.max(innermost.most, count);
        count = innermost.before;
        at++;
        break;
      case ")":
        count = Math.max(innermost.most, count);
        groupRepeats = count > innermost.before;
        if (open.length > 1) open.pop();
        at++;
        break;
      default: {
        const { length, most } = repetition(pattern, at);
        at += Math.max(1, length);
        if (repeated && most > 1) {
          throw refuse(pattern, "it repeats what repeats");
        }
        if (most === Infinity && ++count > MAX_REPETITIONS) {
          throw refuse(pattern, "it repeats too often in a row");
        }
      }
    }
  }
}

/** Length of the quantifier here, 0 for none, and how often it repeats at most. */
function repetition(
  pattern: string,
  at: number,
): { readonly length: number; readonly most: number } {
  const character = pattern[at];
  if (character === "*" || character === "+") {
    return { length: 1, most: Infinity };
  }
  const counts = character === "{" ? COUNTS.exec(pattern.slice(at)) : null;
  if (counts === null) return { length: 0, most: 0 };
  const [whole, least, comma, greatest] = counts;
  const isUnbounded = comma === "," && greatest === "";
  const bound = Number(greatest === "" ? least : greatest);
  if (bound > MAX_COUNT) throw refuse(pattern, `it repeats ${bound} times`);
  return { length: whole.length, most: isUnbounded ? Infinity : bound };
}

/** Where the character class that begins here ends; classes may nest. */
function classEnd(pattern: string, start: number): number {
  let depth = 0;
  for (let at = start; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === "\\") at++;
    else if (character === "[") depth++;
    else if (character === "]" && --depth === 0) return at + 1;
  }
  return pattern.length;
}

function refuse(pattern: string, reason: string): DataError {
  return new DataError(`Cannot use the pattern of the tokenizer as ${reason}`, {
    actual: pattern.slice(0, 200),
    hint: "Do not use files from this source",
  });
}
