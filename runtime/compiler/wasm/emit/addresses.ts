/**
 * Addresses of elements: what they have in common along a loop is computed
 * before it.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import { strideAlong } from "../../ir/index_arithmetic.ts";
import { substitute } from "../../ir/substitute.ts";
import type { Local } from "../assembler.ts";
import type { Emitter } from "./emitter.ts";

/** Where elements of a buffer lie. */
export interface Elements {
  /** Variable with the address of the buffer. */
  readonly base: Local;
  /** Which element. */
  readonly index: Expr;
  /** Power of two that is the size of an element. */
  readonly shift: number;
}

/**
 * Computes, before a loop, what the address of an element needs.
 *
 * @param e The emitter.
 * @param elements Where it lies.
 * @param next Goes on with an expression.
 */
export function visitAddress(
  e: Emitter,
  elements: Elements,
  next: (expr: Expr, vector: boolean) => void,
): void {
  const origin = originOf(e, elements.index);
  if (origin === undefined) next(elements.index, false);
  else if (e.depthOf(origin) <= e.depth) originAddress(e, elements, origin);
  else next(origin, false);
}

/**
 * Pushes the address of an element, of lane 0.
 *
 * @param e The emitter.
 * @param elements Where it lies.
 * @param unit Number of the vector.
 */
export function pushAddress(e: Emitter, elements: Elements, unit = 0): void {
  const { fn } = e;
  const { base, index, shift } = elements;
  const own = e.varies(index) ? unit : 0;
  const origin = own === 0 ? originOf(e, index) : undefined;
  const name = `at:${base.index}:${index.id}:${shift}:${own}`;
  fn.get(e.named(name, "i32", () => {
    if (origin === undefined) {
      fn.get(base);
      e.push(index, false, own);
      pushBytes(e, shift);
      fn.op("i32.add");
      return;
    }
    fn.get(originAddress(e, elements, origin));
    const stride = strideAlong(index, e.walkAxis!)!;
    if (stride === 0) return;
    fn.get(walked(e, stride, shift));
    fn.op("i32.add");
  }));
}

/**
 * Replaces a number of elements on the stack by one of bytes.
 *
 * @param e The emitter.
 * @param shift Power of two that is the size of an element.
 */
export function pushBytes(e: Emitter, shift: number): void {
  if (shift === 0) return;
  e.fn.i32(shift);
  e.fn.op("i32.shl");
}

/** Indices at position 0 of axes, by pool number and axis. */
const origins = new WeakMap<Expr, Map<number, Expr>>();

/** The index at position 0 of the walked axis, where it steps evenly. */
function originOf(e: Emitter, index: Expr): Expr | undefined {
  const walk = e.walkAxis;
  if (walk === undefined) return undefined;
  if (strideAlong(index, walk) === undefined) return undefined;
  let known = origins.get(index);
  if (known === undefined) origins.set(index, known = new Map());
  let origin = known.get(walk);
  if (origin === undefined) {
    const { pool } = e.settings;
    const zero = pool.constant(0);
    origin = substitute(
      pool,
      [index],
      (one) => one.op === "axis" && one.value === walk ? zero : undefined,
    )[0]!;
    known.set(walk, origin);
  }
  return origin;
}

function originAddress(
  e: Emitter,
  { base, shift }: Elements,
  origin: Expr,
): Local {
  const name = `origin:${base.index}:${origin.id}:${shift}`;
  return e.named(name, "i32", () => {
    e.fn.get(base);
    if (origin.op === "constant" && origin.value === 0) return;
    e.push(origin, false);
    pushBytes(e, shift);
    e.fn.op("i32.add");
  });
}

/** Bytes from position 0 of the walked axis to the current one. */
function walked(e: Emitter, stride: number, shift: number): Local {
  const { axes, parameters } = e.settings;
  const walk = e.walkAxis!;
  return e.named(`walk:${walk}:${stride}:${shift}`, "i32", () => {
    e.fn.get(axes[walk]!);
    if (stride === 1) return pushBytes(e, shift);
    e.fn.get(parameters.size(stride * 2 ** shift));
    e.fn.op("i32.mul");
  });
}
