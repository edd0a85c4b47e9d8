/**
 * Operations on the sign, exponent and mantissa of floats.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";
import type { Emitter } from "./emitter.ts";
import { floatShape, kindOf } from "./kinds.ts";

/** What the formats are made of. */
const FORMATS = {
  f32: { mantissa: 23, bias: 127, whole: 2 ** 23, integer: "i32" },
  f64: { mantissa: 52, bias: 1023, whole: 2 ** 52, integer: "i64" },
} as const;

/**
 * Pushes a result that is made from the bits of a float.
 *
 * @param e The emitter.
 * @param expr The expression.
 * @param vector Whether as a vector.
 * @param unit Number of the vector.
 */
export function pushBits(
  e: Emitter,
  expr: Expr,
  vector: boolean,
  unit: number,
): void {
  const { fn } = e;
  const kind = kindOf(expr.dtype) === "f64" ? "f64" : "f32";
  const { mantissa, bias, whole, integer } = FORMATS[kind];
  const lanes = integer === "i32" ? "i32x4" as const : "i64x2" as const;
  const [a, b] = expr.args as [Expr, Expr?];
  const toBits = () => {
    if (!vector) {
      fn.op(kind === "f32" ? "i32.reinterpret_f32" : "i64.reinterpret_f64");
    }
  };
  const toFloat = () => {
    if (!vector) {
      fn.op(kind === "f32" ? "f32.reinterpret_i32" : "f64.reinterpret_i64");
    }
  };
  /** Pushes the bits of a number. */
  const bitsOf = (value: number) => {
    e.constant(kind, value, vector);
    toBits();
  };
  const shift = (name: "shl" | "shr_u") => {
    if (vector || integer === "i32") fn.i32(mantissa);
    else fn.i64(BigInt(mantissa));
    fn.op(vector ? `${lanes}.${name}` : `${integer}.${name}`);
  };
  const logic = (name: "and" | "or") =>
    fn.op(vector ? `v128.${name}` : `${integer}.${name}`);
  const add = () => fn.op(vector ? `${lanes}.add` : `${integer}.add`);
  const shape = floatShape(kind, vector);
  switch (expr.op) {
    case "copySign":
      e.push(a, vector, unit);
      e.push(b!, vector, unit);
      if (!vector) return fn.op(`${kind}.copysign`);
      // b's bit where -0 has one, else a's: the arguments of bitselect turned
      // round by choosing a where the mask is set.
      fn.get(absoluteMask(e, kind));
      return fn.op("v128.bitselect");
    case "powerOfTwo":
      // Added to a large number, a whole number lies in the lowest bits.
      e.push(a, vector, unit);
      e.constant(kind, 1.5 * whole, vector);
      fn.op(`${shape}.add`);
      toBits();
      shift("shl");
      bitsOf(1);
      add();
      return toFloat();
    case "exponentOf":
      // Put into the lowest bits of a large number, the exponent is added.
      e.push(a, vector, unit);
      toBits();
      shift("shr_u");
      bitsOf(whole);
      logic("or");
      toFloat();
      e.constant(kind, whole + bias, vector);
      return fn.op(`${shape}.sub`);
    default:
      e.push(a, vector, unit);
      toBits();
      mantissaMask();
      logic("and");
      bitsOf(1);
      logic("or");
      return toFloat();
  }

  function mantissaMask(): void {
    const mask = 2n ** BigInt(mantissa) - 1n;
    if (!vector) {
      if (integer === "i32") fn.i32(Number(mask));
      else fn.i64(mask);
      return;
    }
    fn.get(
      e.settings.parameters.vector(
        `mantissa:${kind}`,
        () =>
          kind === "f32"
            ? bytesOf(new Int32Array(4).fill(Number(mask)))
            : bytesOf(new BigInt64Array(2).fill(mask)),
      ),
    );
  }
}

/** A variable with all bits of a float set but the sign's. */
function absoluteMask(e: Emitter, kind: "f32" | "f64") {
  return e.settings.parameters.vector(
    `absolute:${kind}`,
    () =>
      kind === "f32"
        ? bytesOf(new Int32Array(4).fill(0x7fffffff))
        : bytesOf(new BigInt64Array(2).fill(2n ** 63n - 1n)),
  );
}

function bytesOf(words: Int32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(words.buffer);
}
