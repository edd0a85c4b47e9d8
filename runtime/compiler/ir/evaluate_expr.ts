/**
 * Expressions as JavaScript: one plain statement each, with the texts of the
 * reference device.
 *
 * @module
 */

import { isElementwise, type PrimitiveName } from "../../device/primitives.ts";
import { expressionOf, roundTo } from "../../device/reference/expressions.ts";
import * as special from "../../device/reference/special.ts";
import type { Expr } from "./expr.ts";
import { exprOrder } from "./expr.ts";

/** What an expression may read, beside its operands. */
export interface EvaluationState {
  /** Position along each axis. */
  readonly axes: number[];
  /** Arrays that `load` reads. */
  readonly operands: readonly ArrayLike<number>[];
  /** Numbers that `scalar` reads. */
  readonly scalars: readonly number[];
  /** Numbers that `reduced` reads. */
  readonly reduced: number[];
  /** Numbers that `carry` reads. */
  readonly carries: number[];
}

/** Gives the values of some expressions at the state's place. */
export type Evaluation = (state: EvaluationState) => number[];

/** Two arrays of one memory, for values under two dtypes. */
const BITS = (() => {
  const bytes = new ArrayBuffer(8);
  return {
    f64: new Float64Array(bytes),
    f32: new Float32Array(bytes),
    f16: new Float16Array(bytes),
    i32: new Int32Array(bytes),
    u32: new Uint32Array(bytes),
    i8: new Int8Array(bytes),
    u8: new Uint8Array(bytes),
    bool: new Uint8Array(bytes),
  };
})();

/**
 * Compiles expressions to a function.
 *
 * @param roots The expressions.
 * @returns The function.
 */
export function compileExprs(roots: readonly Expr[]): Evaluation {
  const lines = exprOrder(roots).map((expr) =>
    `const ${nameOf(expr)}=${textOf(expr)};`
  );
  const result = roots.map(nameOf).join(",");
  const source = `return function(s){\n${
    lines.join("\n")
  }\nreturn[${result}];};`;
  return new Function("S", "B", source)(special, BITS) as Evaluation;
}

/** The exponent in the bits of an f64, which also is that of the f32. */
function exponentText(a: string): string {
  return `((B.f64[0]=${a},B.i32[1]>>>20&2047)-1023)`;
}

function nameOf(expr: Expr): string {
  return `e${expr.id}`;
}

function textOf(expr: Expr): string {
  const { op, dtype, value } = expr;
  const [a, b, c] = expr.args.map(nameOf);
  switch (op) {
    case "constant":
      return roundTo(dtype, Object.is(value, -0) ? "-0" : `(${value})`);
    case "size":
      return String(value);
    case "axis":
      return `s.axes[${value}]`;
    case "scalar":
      return roundTo(dtype, `s.scalars[${value}]`);
    case "reduced":
      return `s.reduced[${value}]`;
    case "carry":
      return `s.carries[${value}]`;
    case "load":
      return b === undefined
        ? `s.operands[${value}][${a}]`
        : `(${b}?s.operands[${value}][${a}]:0)`;
    case "quotient":
      return `Math.floor(${a}/${b})`;
    case "modulo":
      return `(${a}%${b})`;
    case "multiplyAdd":
      return roundTo(dtype, `(${a}*${b}+${c})`);
    case "rarely":
      return `(${a}?${b}:${c})`;
    case "quarterTurns":
      return `(Math.round(Math.atan2(Math.sin(${a}),Math.cos(${a}))/Math.PI*2)&3)`;
    case "angleRest": {
      const turn = `Math.atan2(Math.sin(${a}),Math.cos(${a}))`;
      const quarter = `Math.round(${turn}/Math.PI*2)*Math.PI/2`;
      return roundTo(dtype, `(${turn}-${quarter})`);
    }
    case "copySign":
      return `(${b}<0||Object.is(${b},-0)?-Math.abs(${a}):Math.abs(${a}))`;
    case "powerOfTwo":
      return roundTo(dtype, `2**${a}`);
    case "exponentOf":
      return exponentText(a!);
    case "mantissaOf":
      return `(${a}/2**${exponentText(a!)})`;
    case "bitcast":
      return `(B.${expr.args[0]!.dtype}[0]=${a},B.${dtype}[0])`;
    default: {
      const name: PrimitiveName = op;
      if (!isElementwise(name)) throw new Error(`"${op}" is no expression`);
      return expressionOf({
        op: name,
        dtype,
        attributes: { order: value },
        inputs: expr.args,
      }, expr.args.map(nameOf));
    }
  }
}
