/**
 * The WGSL text of each operator that WGSL has, or that a function of ours
 * stands for. What is not here must be written with these before.
 *
 * @module
 */

import { type DType, isFloatDType } from "../../../device/dtypes.ts";
import type { Expr } from "../../ir/expr.ts";
import type { FunctionName } from "./functions.ts";
import { scalarType, valueType, widen, type Width } from "./types.ts";

/** Where an operator stands. */
export interface OperatorSite {
  /** Numbers that its value and its arguments hold. */
  readonly width: Width;
  /** Whether the device has f16. */
  readonly hasF16: boolean;
  /**
   * Name of a function in the width of the site.
   *
   * @param name Which.
   */
  call(name: FunctionName): string;
}

/** Wraps whole numbers around that may have left the range of their dtype. */
function wrap(dtype: DType, text: string, width: Width): string {
  if (dtype === "i8") return `extractBits(${text}, 0u, 8u)`;
  if (dtype === "u8") return `(${text} & ${widen("u32", width)}(255u))`;
  return text;
}

/** Functions of WGSL with our meaning, on floats. */
const NATIVE: Readonly<Partial<Record<Expr["op"], string>>> = {
  sqrt: "sqrt",
  floor: "floor",
  ceil: "ceil",
  round: "round",
  trunc: "trunc",
};

/** Operators on whole numbers that change nothing. */
const WHOLE_ALREADY: ReadonlySet<Expr["op"]> = new Set([
  "floor",
  "ceil",
  "round",
  "trunc",
]);

/** Signs of arithmetic that may leave the range of a narrow dtype. */
const ARITHMETIC: Readonly<Partial<Record<Expr["op"], string>>> = {
  add: "+",
  subtract: "-",
  multiply: "*",
};

const BITWISE: Readonly<Partial<Record<Expr["op"], string>>> = {
  and: "&",
  or: "|",
  xor: "^",
};

function castText(
  from: DType,
  to: DType,
  x: string,
  site: OperatorSite,
): string {
  const { width } = site;
  if (from === to) return x;
  if (to === "bool") {
    if (isFloatDType(from)) return `${site.call("isNonZero")}(${x})`;
    return `(${x} != ${valueType(from, width)}(0))`;
  }
  if (isFloatDType(to)) {
    const wide = isFloatDType(from) ? x : `${widen("f32", width)}(${x})`;
    if (to !== "f16" || !site.hasF16) return wide;
    return `${widen("f32", width)}(${widen("f16", width)}(${wide}))`;
  }
  const target = valueType(to, width);
  if (isFloatDType(from)) {
    if (to === "i32") return `${site.call("toI32")}(${x})`;
    if (to === "u32") return `${site.call("toU32")}(${x})`;
    const [low, high] = to === "i8" ? [-128, 127] : [0, 255];
    const whole = `${target}(clamp(${x}, ${widen("f32", width)}(${low}f), ${
      widen("f32", width)
    }(${high}f)))`;
    return `select(${whole}, ${target}(0), ${site.call("isNaN")}(${x}))`;
  }
  const same = scalarType(from) === scalarType(to) ? x : `${target}(${x})`;
  return from === "bool" ? same : wrap(to, same, width);
}

function bitcastText(from: DType, to: DType, x: string, width: Width): string {
  if (from === to) return x;
  if (from === "bool" || to === "bool" || to === "u8" || to === "i8") {
    if (to === "bool") return `(${x} != ${valueType(from, width)}(0))`;
    return wrap(to, `${valueType(to, width)}(${x})`, width);
  }
  return `bitcast<${valueType(to, width)}>(${x})`;
}

function compareText(
  op: "equal" | "less" | "lessEqual",
  dtype: DType,
  a: string,
  b: string,
  width: Width,
): string {
  const sign = { equal: "==", less: "<", lessEqual: "<=" }[op];
  if (dtype !== "bool") return `(${a} ${sign} ${b})`;
  if (op === "equal") return `(${a} == ${b})`;
  const wide = widen("u32", width);
  return `(${wide}(${a}) ${sign} ${wide}(${b}))`;
}

function divideText(
  dtype: DType,
  a: string,
  b: string,
  width: Width,
): string {
  if (isFloatDType(dtype)) return `(${a} / ${b})`;
  const zero = `${valueType(dtype, width)}(0)`;
  return wrap(dtype, `select(${a} / ${b}, ${zero}, ${b} == ${zero})`, width);
}

function remainderText(
  dtype: DType,
  a: string,
  b: string,
  site: OperatorSite,
): string {
  if (isFloatDType(dtype)) return `${site.call("remainder")}(${a}, ${b})`;
  const type = valueType(dtype, site.width);
  const plain = `select(${a} % ${b}, ${type}(0), ${b} == ${type}(0))`;
  if (scalarType(dtype) === "u32") return plain;
  return `${site.call("floorRest")}(${plain}, ${b})`;
}

function unaryText(
  expr: Expr,
  a: string,
  site: OperatorSite,
): string | undefined {
  const { dtype } = expr;
  const from = expr.args[0]!.dtype;
  const isFloat = isFloatDType(dtype);
  const type = valueType(dtype, site.width);
  if (!isFloat && WHOLE_ALREADY.has(expr.op)) return a;
  const native = NATIVE[expr.op];
  if (native !== undefined) return `${native}(${a})`;
  switch (expr.op) {
    case "negative":
      return scalarType(dtype) === "u32"
        ? wrap(dtype, `(${type}(0) - ${a})`, site.width)
        : wrap(dtype, `(-${a})`, site.width);
    case "absolute":
      return wrap(dtype, `abs(${a})`, site.width);
    case "sign":
      return isFloat
        ? `${site.call("sign")}(${a})`
        : scalarType(dtype) === "u32"
        ? `min(${a}, ${type}(1))`
        : `sign(${a})`;
    case "exp":
      return `${site.call("exp")}(${a})`;
    case "log":
      return `${site.call("log")}(${a})`;
    case "quarterTurns":
      return castText("f32", dtype, `${site.call(expr.op)}(${a})`, site);
    case "angleRest":
    case "powerOfTwo":
    case "exponentOf":
    case "mantissaOf":
      return `${site.call(expr.op)}(${a})`;
    case "not":
      return dtype === "bool" ? `(!${a})` : wrap(dtype, `(~${a})`, site.width);
    case "isNaN":
    case "isFinite":
      return isFloatDType(from)
        ? `${site.call(expr.op)}(${a})`
        : `${type}(${expr.op === "isFinite"})`;
    case "cast":
      return castText(from, dtype, a, site);
    case "bitcast":
      return bitcastText(from, dtype, a, site.width);
    default:
      return undefined;
  }
}

function binaryText(
  expr: Expr,
  a: string,
  b: string,
  site: OperatorSite,
): string | undefined {
  const { dtype } = expr;
  const { width } = site;
  const type = valueType(dtype, width);
  const arithmetic = ARITHMETIC[expr.op];
  if (arithmetic !== undefined) {
    return wrap(dtype, `(${a} ${arithmetic} ${b})`, width);
  }
  const bitwise = BITWISE[expr.op];
  if (bitwise !== undefined) {
    return dtype === "bool" && bitwise === "^"
      ? `(${a} != ${b})`
      : `(${a} ${bitwise} ${b})`;
  }
  // Compilers refuse whole divisions by a constant that is 0.
  const isByZero = expr.args[1]!.op === "constant" &&
    expr.args[1]!.value === 0 && !isFloatDType(dtype);
  switch (expr.op) {
    case "divide":
      return isByZero ? `${type}(0)` : divideText(dtype, a, b, width);
    case "copySign":
      return `${site.call("copySign")}(${a}, ${b})`;
    case "remainder":
      return isByZero ? `${type}(0)` : remainderText(dtype, a, b, site);
    case "power":
      return isFloatDType(dtype) ? undefined : wrap(
        dtype,
        `${
          site.call(scalarType(dtype) === "u32" ? "powerU32" : "powerI32")
        }(${a}, ${b})`,
        width,
      );
    case "maximum":
    case "minimum": {
      if (isFloatDType(dtype)) return `${site.call(expr.op)}(${a}, ${b})`;
      if (dtype === "bool") {
        return `(${a} ${expr.op === "maximum" ? "|" : "&"} ${b})`;
      }
      return `${expr.op === "maximum" ? "max" : "min"}(${a}, ${b})`;
    }
    case "shiftLeft":
    case "shiftRight": {
      const sign = expr.op === "shiftLeft" ? "<<" : ">>";
      const wide = widen("u32", width);
      return wrap(
        dtype,
        `(${a} ${sign} (${wide}(${b}) & ${wide}(31u)))`,
        width,
      );
    }
    case "equal":
    case "less":
    case "lessEqual":
      return compareText(expr.op, expr.args[0]!.dtype, a, b, width);
    case "quotient":
    case "modulo": {
      const wide = widen("u32", width);
      const sign = expr.op === "quotient" ? "/" : "%";
      return `${type}(${wide}(${a}) ${sign} ${wide}(${b}))`;
    }
    default:
      return undefined;
  }
}

/**
 * The text of an operator.
 *
 * @param expr The expression; no leaf and no load.
 * @param args Texts of its arguments, all of the site's width.
 * @param site Where it stands.
 * @returns The text of its value.
 */
export function operatorText(
  expr: Expr,
  args: readonly string[],
  site: OperatorSite,
): string {
  const [a, b, c] = args as [string, string, string];
  let text: string | undefined;
  if (args.length === 1) text = unaryText(expr, a, site);
  else if (args.length === 2) text = binaryText(expr, a, b, site);
  else if (expr.op === "where") text = `select(${c}, ${b}, ${a})`;
  else if (expr.op === "multiplyAdd") {
    text = isFloatDType(expr.dtype)
      ? `fma(${a}, ${b}, ${c})`
      : wrap(expr.dtype, `(${a} * ${b} + ${c})`, site.width);
  }
  if (text === undefined) {
    throw new Error(`"${expr.op}" must be written with other operators first`);
  }
  return text;
}
