/**
 * Which regular expressions of untrusted files are run.
 *
 * A pattern such as `(a+)+b`, `(a|a)*b` or `a?a?a?…aaa` takes time exponential
 * in the text. What makes them so, repeating what itself has a choice of lengths
 * and many such choices one after another, no published tokenizer that is known
 * here needs, and it is refused. What is accepted may still take time that grows
 * with a small power of the text.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";

/** Most characters of a pattern; published ones stay under 2,000. */
const MAX_PATTERN_LENGTH = 1 << 13;

/** Most unbounded repetitions one after another; published ones have 3. */
const MAX_UNBOUNDED = 4;

/** Most repetitions and options one after another; published ones have 5. */
const MAX_VARIABLE = 8;

/** How often a group with a choice may be repeated. */
const MAX_CHOICES = 4;

/** Largest count of `{n}`, times those inside the group that is counted. */
const MAX_COUNT = 4096;

/** Deepest nesting of groups. */
const MAX_DEPTH = 32;

const COUNTS = /^\{(\d*)(,?)(\d*)\}/;

/** A quantifier: how often what is before it is repeated. */
interface Quantifier {
  readonly length: number;
  readonly least: number;
  readonly most: number;
}

/** What a stretch of a pattern has, the worst of its alternatives. */
interface Measure {
  /** Unbounded repetitions one after another. */
  unbounded: number;
  /** Repetitions and options one after another. */
  variable: number;
  /** The largest count, times those that it stands in. */
  count: number;
  /** Whether it may match in more than one way. */
  hasChoice: boolean;
}

const nothing = (): Measure => ({
  unbounded: 0,
  variable: 0,
  count: 1,
  hasChoice: false,
});

/** A group that is open: its finished alternatives and the one that is read. */
interface OpenGroup {
  readonly worst: Measure;
  current: Measure;
}

/** Reads a pattern from left to right. */
class PatternReader {
  readonly #open: OpenGroup[] = [{ worst: nothing(), current: nothing() }];
  #at = 0;

  constructor(readonly pattern: string) {}

  check(): void {
    while (this.#at < this.pattern.length) {
      const atom = this.#atom();
      if (atom !== null) this.#quantify(atom);
    }
  }

  /** Goes behind one atom; null where it opened a group or an alternative. */
  #atom(): Measure | null {
    const { pattern } = this;
    switch (pattern[this.#at]) {
      case "\\":
        this.#at += 2;
        return nothing();
      case "[":
        this.#at = classEnd(pattern, this.#at);
        return nothing();
      case "(":
        this.#at += pattern[this.#at + 1] === "?" ? 2 : 1;
        this.#open.push({ worst: nothing(), current: nothing() });
        if (this.#open.length > MAX_DEPTH) {
          throw refuse(pattern, "its groups are nested too deep");
        }
        return null;
      case "|":
        this.#at++;
        this.#endAlternative();
        this.#innermost.worst.hasChoice = true;
        return null;
      case ")": {
        this.#at++;
        this.#endAlternative();
        const { worst } = this.#innermost;
        if (this.#open.length > 1) this.#open.pop();
        return worst;
      }
      default:
        this.#at++;
        return nothing();
    }
  }

  #quantify(atom: Measure): void {
    const { pattern } = this;
    const quantifier = quantifierAt(pattern, this.#at);
    const { least, most } = quantifier;
    this.#at += quantifier.length;
    const isVariable = least !== most;
    const repeats = quantifier.length > 0 && most > 1;
    if (quantifier.length > 0 && "?+".includes(pattern[this.#at] ?? " ")) {
      this.#at++; // Lazy or possessive
    }
    if (repeats && atom.hasChoice && most > MAX_CHOICES) {
      throw refuse(pattern, "it repeats what has a choice");
    }
    const { current } = this.#innermost;
    current.hasChoice ||= atom.hasChoice || isVariable;
    const times = most === Infinity ? 1 : Math.max(1, most);
    current.unbounded += times * atom.unbounded + (most === Infinity ? 1 : 0);
    current.variable += times * atom.variable + (isVariable ? 1 : 0);
    const count = atom.count * Math.max(times, least);
    current.count = Math.max(current.count, count);
    if (current.count > MAX_COUNT) throw refuse(pattern, "it counts too far");
    if (current.unbounded > MAX_UNBOUNDED || current.variable > MAX_VARIABLE) {
      throw refuse(pattern, "it has too many choices in a row");
    }
  }

  #endAlternative(): void {
    const { worst, current } = this.#innermost;
    worst.unbounded = Math.max(worst.unbounded, current.unbounded);
    worst.variable = Math.max(worst.variable, current.variable);
    worst.count = Math.max(worst.count, current.count);
    worst.hasChoice ||= current.hasChoice;
    this.#innermost.current = nothing();
  }

  get #innermost(): OpenGroup {
    return this.#open[this.#open.length - 1]!;
  }
}

/**
 * Refuses patterns that may run for ever.
 *
 * @param pattern A regular expression, as tokenizers write it.
 * @throws {DataError} Where it is too long, repeats what has a choice, or has
 * too many choices in a row.
 */
export function checkPattern(pattern: string): void {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw refuse(pattern, `it has ${pattern.length} characters`);
  }
  new PatternReader(pattern).check();
}

/** The quantifier that stands here; one of length 0 where there is none. */
function quantifierAt(pattern: string, at: number): Quantifier {
  const quantifier = (length: number, least: number, most: number) => ({
    length,
    least,
    most,
  });
  switch (pattern[at]) {
    case "*":
      return quantifier(1, 0, Infinity);
    case "+":
      return quantifier(1, 1, Infinity);
    case "?":
      return quantifier(1, 0, 1);
    case "{": {
      const counts = COUNTS.exec(pattern.slice(at));
      if (counts === null) break;
      const [whole, first, comma, second] = counts;
      if (first === "" && second === "") break;
      const least = Number(first);
      const most = comma === ""
        ? least
        : second === ""
        ? Infinity
        : Number(second);
      return quantifier(whole.length, least, most);
    }
  }
  return quantifier(0, 1, 1);
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
