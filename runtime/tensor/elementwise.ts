/**
 * Arithmetic, comparisons and logic, element by element, with broadcasting.
 *
 * @module
 */

import { DTypeError, ParameterError } from "../core/errors.ts";
import { type DType, haveSameBits, isFloatDType } from "../device/dtypes.ts";
import { broadcastShapes } from "../device/shapes.ts";
import {
  apply,
  binary,
  castTo,
  compare,
  expandTo,
  requireBits,
  requireBool,
  requireFloat,
  requireNumeric,
  requireTensor,
  unary,
  unify,
} from "./node.ts";
import type { Tensor } from "./tensor.ts";

/** A tensor, or a number that takes the dtype of the other operand. */
export type Operand<D extends DType> = Tensor<D> | number;

/**
 * Sum.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([[1, 2], [3, 4]]);
 * console.log(await wf.add(x, wf.tensor([10, 20])).toArray()); // [[11, 22], [13, 24]]
 * console.log(await wf.add(x, 1).toArray()); // [[2, 3], [4, 5]]
 * ```
 */
export function add<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  requireNumeric("add", a, b);
  return binary("add", a, b);
}
/** Difference `a - b`. */
export function subtract<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  requireNumeric("subtract", a, b);
  return binary("subtract", a, b);
}
/** Product of the two. */
export function multiply<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  requireNumeric("multiply", a, b);
  return binary("multiply", a, b);
}
/** Quotient `a / b` of floats; for integers see {@linkcode floorDivide}. */
export function divide<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  const result = binary("divide", a, b);
  requireFloat("divide", result);
  return result;
}
/** Quotient rounded down; by 0 integers give 0, floats infinity or NaN. */
export function floorDivide<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  const [x, y] = unify("floorDivide", [a, b]) as [Tensor<D>, Tensor<D>];
  const whole = binary("divide", subtract(x, remainder(x, y)), y);
  return isFloatDType(x.dtype)
    ? where(equal(y, 0), binary("divide", x, y), whole)
    : whole;
}
/** `a` to the power `b`; NaN for roots of negative numbers. */
export function power<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  if (typeof b === "number" && typeof a !== "number") {
    if (b === 1) return a;
    if (b === 2) return square(a);
  }
  requireNumeric("power", a, b);
  return binary("power", a, b);
}
/** `-x`. */
export function negative<D extends DType>(x: Tensor<D>): Tensor<D> {
  requireNumeric("negative", x);
  return unary("negative", x);
}
/** Absolute value. */
export function absolute<D extends DType>(x: Tensor<D>): Tensor<D> {
  requireNumeric("absolute", x);
  return unary("absolute", x);
}
/** -1, 0 or 1; NaN stays NaN. */
export function sign<D extends DType>(x: Tensor<D>): Tensor<D> {
  requireNumeric("sign", x);
  return unary("sign", x);
}

function floatUnary<D extends DType>(
  op: Parameters<typeof unary>[0],
  x: Tensor<D>,
): Tensor<D> {
  requireFloat(op, x);
  return unary(op, x);
}

/** `e` to the power `x`. */
export function exp<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("exp", x);
}
/** `exp(x) - 1`, accurate near 0. */
export function expm1<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("expm1", x);
}
/** Natural logarithm; -Infinity at 0, NaN below. */
export function log<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("log", x);
}
/** `log(1 + x)`, accurate near 0; -Infinity at -1, NaN below. */
export function log1p<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("log1p", x);
}
/** Logarithm to the base 2; -Infinity at 0, NaN below. */
export function log2<D extends DType>(x: Tensor<D>): Tensor<D> {
  return multiply(log(x), Math.LOG2E);
}
/** Square root; NaN below 0. */
export function sqrt<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("sqrt", x);
}
/** `1 / sqrt(x)`; Infinity at 0, NaN below. */
export function rsqrt<D extends DType>(x: Tensor<D>): Tensor<D> {
  return divide(1, sqrt(x));
}
/** `x * x`. */
export function square<D extends DType>(x: Tensor<D>): Tensor<D> {
  return multiply(x, x);
}
/** `1 / x`. */
export function reciprocal<D extends DType>(x: Tensor<D>): Tensor<D> {
  return divide(1, x);
}
/** Sine of radians. */
export function sin<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("sin", x);
}
/** Cosine of radians. */
export function cos<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("cos", x);
}
/** Tangent of radians. */
export function tan<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("tan", x);
}
/** Inverse sine, in radians; NaN outside of [-1, 1]. */
export function asin<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("asin", x);
}
/** Inverse cosine, in radians; NaN outside of [-1, 1]. */
export function acos<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("acos", x);
}
/** Inverse tangent, in radians. */
export function atan<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("atan", x);
}
/** Angle of the point (`x`, `y`), in radians. */
export function atan2<D extends DType>(
  y: Operand<D>,
  x: Operand<D>,
): Tensor<D> {
  const result = binary("atan2", y, x);
  requireFloat("atan2", result);
  return result;
}
/** Hyperbolic sine. */
export function sinh<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("sinh", x);
}
/** Hyperbolic cosine. */
export function cosh<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("cosh", x);
}
/** Hyperbolic tangent. */
export function tanh<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("tanh", x);
}
/** `1 / (1 + exp(-x))`. */
export function sigmoid<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("sigmoid", x);
}
/** `log(1 + exp(x))`, without overflow. */
export function softplus<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("softplus", x);
}
/** `max(x, 0)`; the gradient at 0 is 0. */
export function relu<D extends DType>(x: Tensor<D>): Tensor<D> {
  return where(greater(x, 0), x, 0);
}
/** `x Φ(x)` with the exact normal distribution function. */
export function gelu<D extends DType>(x: Tensor<D>): Tensor<D> {
  return multiply(multiply(x, 0.5), erfc(multiply(x, -Math.SQRT1_2)));
}
/** `x sigmoid(x)`. */
export function silu<D extends DType>(x: Tensor<D>): Tensor<D> {
  return multiply(x, sigmoid(x));
}
/** Error function. */
export function erf<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("erf", x);
}
/** `1 - erf(x)`, accurate in the tail. */
export function erfc<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("erfc", x);
}
/** Logarithm of the standard normal distribution function, also far below 0. */
export function logNormalCdf<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("logNormalCdf", x);
}
/** Logarithm of `|Γ(x)|`; Infinity at 0, -1, -2, …. */
export function lgamma<D extends DType>(x: Tensor<D>): Tensor<D> {
  return floatUnary("lgamma", x);
}
/**
 * Derivative `order + 1` of the logarithm of the gamma function.
 *
 * @param order 0 for digamma, 1 for trigamma, …
 * @param x The argument.
 */
export function polygamma<D extends DType>(
  order: number,
  x: Tensor<D>,
): Tensor<D> {
  requireFloat("polygamma", x);
  if (!Number.isSafeInteger(order) || order < 0) {
    throw new ParameterError(`Cannot take polygamma of order ${order}`, {
      expected: "a whole number that is not negative",
      actual: String(order),
    });
  }
  return apply("polygamma", { order }, [x], x.dtype, x.shape);
}
/** Derivative of {@linkcode lgamma}; NaN at 0, -1, -2, …. */
export function digamma<D extends DType>(x: Tensor<D>): Tensor<D> {
  return polygamma(0, x);
}
/** Largest whole number that is not above. */
export function floor<D extends DType>(x: Tensor<D>): Tensor<D> {
  return unary("floor", x);
}
/** Smallest whole number that is not below. */
export function ceil<D extends DType>(x: Tensor<D>): Tensor<D> {
  return unary("ceil", x);
}
/**
 * Nearest whole number; halves go to the even one.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.round(wf.tensor([0.5, 1.5, 2.4])).toArray()); // [0, 2, 2]
 * ```
 */
export function round<D extends DType>(x: Tensor<D>): Tensor<D> {
  return unary("round", x);
}
/** Whole part. */
export function trunc<D extends DType>(x: Tensor<D>): Tensor<D> {
  return unary("trunc", x);
}
/**
 * Remainder with the sign of the divisor.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.remainder(wf.tensor([-3, 3]), 2).toArray()); // [1, 1]
 * ```
 */
export function remainder<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  return binary("remainder", a, b);
}
/** The larger one; NaN wins. */
export function maximum<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  return binary("maximum", a, b);
}
/** The smaller one; NaN wins. */
export function minimum<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  return binary("minimum", a, b);
}
/**
 * Moves what is outside of a range to its ends.
 *
 * @param x The tensor.
 * @param low Smallest value; none when undefined.
 * @param high Largest value; none when undefined.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * console.log(await wf.clip(wf.tensor([-2, 0, 2]), -1, 1).toArray()); // [-1, 0, 1]
 * ```
 */
export function clip<D extends DType>(
  x: Tensor<D>,
  low?: Operand<D>,
  high?: Operand<D>,
): Tensor<D> {
  let result = x;
  if (low !== undefined) result = maximum(result, low);
  if (high !== undefined) result = minimum(result, high);
  return result;
}
/**
 * `a` where the condition holds, else `b`. The gradient of what is not chosen
 * is 0 even where its value is NaN or infinite.
 *
 * @param condition A bool tensor.
 * @param a Values where it holds.
 * @param b Values where it does not.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([4, -1, 9], { dtype: "f64" });
 * const root = wf.where(wf.greater(x, 0), wf.sqrt(x), 0);
 * console.log(await root.toArray()); // [2, 0, 3]
 * ```
 */
export function where<D extends DType>(
  condition: Tensor<"bool">,
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  requireBool("where", condition);
  const [x, y] = unify("where", [a, b]) as [Tensor<D>, Tensor<D>];
  const shape = broadcastShapes("where", condition.shape, x.shape);
  const inputs = [condition, x, y].map((one) => expandTo<DType>(one, shape));
  return apply("where", {}, inputs, x.dtype, shape);
}

/** Whether `a` equals `b`; NaN equals nothing. */
export function equal<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<"bool"> {
  return compare("equal", a, b);
}
/** Whether `a` differs from `b`; NaN differs from everything. */
export function notEqual<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<"bool"> {
  return logicalNot(compare("equal", a, b));
}
/** Whether `a < b`. */
export function less<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<"bool"> {
  return compare("less", a, b);
}
/** Whether `a <= b`. */
export function lessEqual<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<"bool"> {
  return compare("lessEqual", a, b);
}
/** Whether `a > b`. */
export function greater<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<"bool"> {
  return compare("less", b, a);
}
/** Whether `a >= b`. */
export function greaterEqual<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<"bool"> {
  return compare("lessEqual", b, a);
}
function logical(
  op: "and" | "or" | "xor",
  name: string,
  a: Tensor<"bool">,
  b: Tensor<"bool">,
): Tensor<"bool"> {
  requireBool(name, a);
  requireBool(name, b);
  return binary(op, a, b);
}
/** Whether both hold. */
export function logicalAnd(
  a: Tensor<"bool">,
  b: Tensor<"bool">,
): Tensor<"bool"> {
  return logical("and", "logicalAnd", a, b);
}
/** Whether one or both hold. */
export function logicalOr(
  a: Tensor<"bool">,
  b: Tensor<"bool">,
): Tensor<"bool"> {
  return logical("or", "logicalOr", a, b);
}
/** Whether exactly one holds. */
export function logicalXor(
  a: Tensor<"bool">,
  b: Tensor<"bool">,
): Tensor<"bool"> {
  return logical("xor", "logicalXor", a, b);
}
/** Whether it does not hold. */
export function logicalNot(x: Tensor<"bool">): Tensor<"bool"> {
  requireBool("logicalNot", x);
  return unary("not", x);
}
/** Whether an element is NaN. */
export function isNaN(x: Tensor): Tensor<"bool"> {
  return apply("isNaN", {}, [x], "bool", x.shape);
}
/** Whether an element is neither NaN nor infinite. */
export function isFinite(x: Tensor): Tensor<"bool"> {
  return apply("isFinite", {}, [x], "bool", x.shape);
}
/** Whether an element is infinite. */
export function isInf(x: Tensor): Tensor<"bool"> {
  return logicalNot(logicalOr(isFinite(x), isNaN(x)));
}

function bits<D extends DType>(
  op: "and" | "or" | "xor" | "shiftLeft" | "shiftRight",
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  const result = binary(op, a, b);
  requireBits(op, result);
  return result;
}
/** Bits set in both. */
export function bitwiseAnd<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  return bits("and", a, b);
}
/** Bits set in one or both. */
export function bitwiseOr<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  return bits("or", a, b);
}
/** Bits set in exactly one. */
export function bitwiseXor<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  return bits("xor", a, b);
}
/** All bits turned over. */
export function bitwiseNot<D extends DType>(x: Tensor<D>): Tensor<D> {
  requireBits("bitwiseNot", x);
  return unary("not", x);
}
/** Bits moved up; the number of places is taken modulo 32. */
export function bitwiseLeftShift<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  return bits("shiftLeft", a, b);
}
/** Bits moved down, keeping the sign; the number of places modulo 32. */
export function bitwiseRightShift<D extends DType>(
  a: Operand<D>,
  b: Operand<D>,
): Tensor<D> {
  return bits("shiftRight", a, b);
}

/**
 * Converts to another dtype. To an integer dtype floats are truncated and
 * clamped to its range (NaN gives 0) and integers wrap around; to bool
 * everything but 0 is true; to f16 and f32 numbers are rounded to the nearest.
 *
 * @param x The tensor.
 * @param dtype The dtype.
 * @returns The tensor in that dtype.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const x = wf.tensor([-1.7, 2.5, NaN]);
 * console.log(await wf.cast(x, "i32").toArray()); // [-1, 2, 0]
 * console.log(await wf.cast(x, "u8").toArray()); // [0, 2, 0]
 * ```
 */
export function cast<D extends DType>(x: Tensor, dtype: D): Tensor<D> {
  return castTo(x, dtype);
}

/**
 * The same bits, taken for numbers of another dtype: f32, i32 and u32 for one
 * another, and i8 and u8. No gradient flows through it. The bits of a NaN may
 * change on the way.
 *
 * @param x The tensor.
 * @param dtype The dtype.
 * @returns The tensor in that dtype.
 * @throws {DTypeError} When the dtypes have not the same number of bits, or one
 * is f64, f16 or bool.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const bits = wf.bitcast(wf.tensor([1, -2]), "u32");
 * console.log(await bits.toArray()); // [1065353216, 3221225472]
 * console.log(await wf.bitcast(bits, "f32").toArray()); // [1, -2]
 * ```
 */
export function bitcast<D extends DType>(x: Tensor, dtype: D): Tensor<D> {
  requireTensor("bitcast", x);
  if (x.dtype === dtype) return x as Tensor<D>;
  if (!haveSameBits(x.dtype, dtype)) {
    throw new DTypeError(
      `Cannot take the bits of "${x.dtype}" for "${dtype}" in "bitcast"`,
      {
        expected: '"f32", "i32" and "u32" for one another, or "i8" and "u8"',
        actual: `"${x.dtype}"`,
      },
    );
  }
  return apply("bitcast", {}, [x], dtype, x.shape);
}

/**
 * The same values, through which no gradient flows.
 *
 * @param x The tensor.
 * @returns The tensor.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const slope = wf.grad((x: wf.F64) => wf.multiply(x, wf.stopGradient(x)));
 * console.log(await slope(wf.tensor(3, { dtype: "f64" })).item()); // 3, not 6
 * ```
 */
export function stopGradient<D extends DType>(x: Tensor<D>): Tensor<D> {
  return apply("alias", { stop: true }, [x], x.dtype, x.shape);
}
