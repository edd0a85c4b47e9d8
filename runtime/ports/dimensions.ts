/**
 * Symbolic shapes: dimension names, sizes, sums such as `n-1` or `2*n+1`, and
 * `...` for any number of axes.
 *
 * @module
 */

import { DefinitionError } from "../core/errors.ts";
import type { Bindings } from "./bindings.ts";

/**
 * One axis of a symbolic shape: a size, a name, a sum of names and sizes
 * (`"n-1"`, `"2*n"`, `"n+m"`), or `"..."` for any number of axes.
 */
export type Dimension = number | string;

/** A sum: a constant and factors of dimension names. */
interface Sum {
  readonly text: string;
  readonly constant: number;
  readonly factors: ReadonlyMap<string, number>;
}

/** A symbolic shape that was read. */
export interface SymbolicShape {
  /** The shape in words: `[batch, n-1]`. */
  readonly text: string;
  /** The axes before `...`, or all of them. */
  readonly head: readonly Sum[];
  /** The axes after `...`; `undefined` when there is no `...`. */
  readonly tail: readonly Sum[] | undefined;
}

/** Why a shape does not fit. */
export interface ShapeMismatch {
  /** The dimension at fault in words: `dimension "n"`, `the number of axes`. */
  readonly what: string;
  /** What it should have been, and who said so. */
  readonly expected: string;
  /** What it is. */
  readonly actual: string;
}

/**
 * Reads a symbolic shape.
 *
 * @param dimensions The axes.
 * @returns The shape, ready to be matched.
 * @throws {DefinitionError} When an axis cannot be read, or `...` is there twice.
 */
export function readShape(dimensions: readonly Dimension[]): SymbolicShape {
  const text = `[${dimensions.join(", ")}]`;
  const at = dimensions.indexOf("...");
  if (at !== dimensions.lastIndexOf("...")) {
    throw new DefinitionError(`Cannot use "..." twice in the shape ${text}`);
  }
  const read = (part: readonly Dimension[]) =>
    part.map((dimension) => readSum(dimension, text));
  return at === -1 ? { text, head: read(dimensions), tail: undefined } : {
    text,
    head: read(dimensions.slice(0, at)),
    tail: read(dimensions.slice(at + 1)),
  };
}

const TERM = /^(?:([0-9]+)|(?:([0-9]+)\*)?([A-Za-z_][A-Za-z0-9_]*))$/;

function readSum(dimension: Dimension, shape: string): Sum {
  const text = String(dimension).trim().replace(/\s*([-+*])\s*/g, "$1");
  const factors = new Map<string, number>();
  let constant = 0;
  for (const part of text.match(/[+-]?[^+-]*/g) ?? []) {
    if (part === "" && text !== "") continue;
    const sign = part.startsWith("-") ? -1 : 1;
    const term = TERM.exec(part.replace(/^[+-]/, ""));
    if (term === null) {
      throw new DefinitionError(
        `Cannot read "${dimension}" as a dimension of the shape ${shape}`,
        {
          expected:
            'a size (3), a name ("n"), a sum ("n-1", "2*n+1", "n+m") or "..."',
        },
      );
    }
    const [, size, factor, name] = term;
    if (name === undefined) constant += sign * Number(size);
    else {
      const sum = (factors.get(name) ?? 0) + sign * Number(factor ?? 1);
      if (sum === 0) factors.delete(name);
      else factors.set(name, sum);
    }
  }
  if (factors.size === 0 && constant < 0) {
    throw new DefinitionError(
      `Cannot use ${constant} as a dimension of the shape ${shape}`,
    );
  }
  return { text, constant, factors };
}

/**
 * Matches the sizes of a value with a symbolic shape, and fixes the names that
 * they tell. A sum with several free names is left alone.
 *
 * @param shape The symbolic shape.
 * @param sizes The axis sizes; `undefined` where unknown.
 * @param bindings The sizes that the op call has fixed; added to.
 * @param port The port that is matched.
 * @returns Why it does not fit, or `undefined` when it does.
 */
export function matchShape(
  shape: SymbolicShape,
  sizes: readonly (number | undefined)[],
  bindings: Bindings,
  port: string,
): ShapeMismatch | undefined {
  const axes = shape.head.length + (shape.tail?.length ?? 0);
  const fits = shape.tail === undefined
    ? sizes.length === axes
    : sizes.length >= axes;
  if (!fits) {
    return {
      what: "the number of axes",
      expected: shape.tail === undefined ? `${axes}` : `${axes} or more`,
      actual: `${sizes.length}`,
    };
  }
  let pending: { sum: Sum; size: number }[] = [];
  const pair = (sum: Sum, size: number | undefined) => {
    if (size !== undefined) pending.push({ sum, size });
  };
  shape.head.forEach((sum, axis) => pair(sum, sizes[axis]));
  const tail = shape.tail ?? [];
  tail.forEach((sum, axis) =>
    pair(sum, sizes[sizes.length - tail.length + axis])
  );
  // Sums wait until the names in them are fixed by other axes
  for (let before = -1; pending.length !== before;) {
    before = pending.length;
    const waiting: typeof pending = [];
    for (const { sum, size } of pending) {
      const free = freeNames(sum, bindings);
      if (free.length > 1) {
        waiting.push({ sum, size });
        continue;
      }
      const mismatch = matchSum(sum, size, free[0], bindings, port);
      if (mismatch !== undefined) return mismatch;
    }
    pending = waiting;
  }
  return undefined;
}

/**
 * The sizes that a value of this shape must have in a call.
 *
 * @param shape The symbolic shape.
 * @param bindings The sizes that the call has fixed.
 * @returns The sizes, `undefined` where not known; `undefined` when even the
 * number of axes is not known.
 */
export function knownSizes(
  shape: SymbolicShape,
  bindings: Bindings,
): (number | undefined)[] | undefined {
  if (shape.tail !== undefined) return undefined;
  return shape.head.map((sum) => {
    if (freeNames(sum, bindings).length > 0) return undefined;
    const size = evaluate(sum, bindings);
    return size < 0 ? undefined : size;
  });
}

function freeNames(sum: Sum, bindings: Bindings): string[] {
  return [...sum.factors.keys()].filter((name) =>
    bindings.size(name) === undefined
  );
}

/** The sum over what is fixed; free names count as zero. */
function evaluate(sum: Sum, bindings: Bindings): number {
  let total = sum.constant;
  for (const [name, factor] of sum.factors) {
    total += factor * (bindings.size(name)?.value ?? 0);
  }
  return total;
}

function matchSum(
  sum: Sum,
  size: number,
  free: string | undefined,
  bindings: Bindings,
  port: string,
): ShapeMismatch | undefined {
  const rest = evaluate(sum, bindings);
  if (free === undefined) {
    return rest === size ? undefined : {
      what: `dimension "${sum.text}"`,
      expected: `${rest}${sources(sum, bindings)}`,
      actual: `${size}`,
    };
  }
  const solved = (size - rest) / (sum.factors.get(free) ?? 1);
  if (!Number.isInteger(solved) || solved < 0) {
    return {
      what: `dimension "${sum.text}"`,
      expected: `"${sum.text}" for a whole "${free}" of 0 or more`,
      actual: `${size}`,
    };
  }
  bindings.bindSize(free, solved, port);
  return undefined;
}

/** Who fixed the names of a sum: ` (n = 3 from port "x")`. */
function sources(sum: Sum, bindings: Bindings): string {
  const parts = [...sum.factors.keys()].map((name) => {
    const bound = bindings.size(name);
    return `${name} = ${bound?.value} from port "${bound?.port}"`;
  });
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
