/**
 * The JavaScript text of each elementwise primitive. Every result is rounded
 * to its dtype, so that a fused chain gives the bits of the unfused one.
 *
 * @module
 */

import type { DType } from "../dtypes.ts";
import { INTEGER_RANGE, isFloatDType } from "../dtypes.ts";
import { attributesOf, type GraphNode } from "../graph.ts";

/**
 * The text that rounds a number to a dtype.
 *
 * @param dtype The dtype.
 * @param text An expression; whole for integer dtypes.
 * @returns An expression.
 */
export function roundTo(dtype: DType, text: string): string {
  switch (dtype) {
    case "f64":
      return text;
    case "f32":
      return `Math.fround(${text})`;
    case "f16":
      return `Math.f16round(${text})`;
    case "i32":
      return `(${text}|0)`;
    case "u32":
      return `((${text})>>>0)`;
    case "i8":
      return `((${text})<<24>>24)`;
    case "u8":
    case "bool":
      return `((${text})&255)`;
  }
}

function castText(from: DType, to: DType, x: string): string {
  if (from === to) return x;
  if (to === "bool") return from === "bool" ? x : `(${x}!==0?1:0)`;
  if (isFloatDType(to)) return roundTo(to, x);
  if (isFloatDType(from)) {
    const [low, high] = INTEGER_RANGE[to];
    return `S.saturate(${x},${low},${high})`;
  }
  return roundTo(to, x);
}

/** Unary functions of `Math` that carry the primitive's own name or another. */
const MATH: Readonly<Record<string, string>> = {
  exp: "Math.exp",
  expm1: "Math.expm1",
  log: "Math.log",
  log1p: "Math.log1p",
  sqrt: "Math.sqrt",
  sin: "Math.sin",
  cos: "Math.cos",
  tan: "Math.tan",
  asin: "Math.asin",
  acos: "Math.acos",
  atan: "Math.atan",
  sinh: "Math.sinh",
  cosh: "Math.cosh",
  tanh: "Math.tanh",
  sigmoid: "S.sigmoid",
  softplus: "S.softplus",
  erf: "S.erf",
  erfc: "S.erfc",
  logNormalCdf: "S.logNormalCdf",
  lgamma: "S.lgamma",
  floor: "Math.floor",
  ceil: "Math.ceil",
  round: "S.roundHalfEven",
  trunc: "Math.trunc",
  absolute: "Math.abs",
  sign: "Math.sign",
};

/** What the text of a primitive depends on. */
export interface PrimitiveType
  extends Pick<GraphNode, "op" | "dtype" | "attributes"> {
  /** Types of its operands. */
  readonly inputs: readonly { readonly dtype: DType }[];
}

/**
 * The text of one elementwise primitive.
 *
 * @param node The node.
 * @param x Names of its operands.
 * @returns An expression whose value has the node's dtype.
 */
export function expressionOf(
  node: PrimitiveType,
  x: readonly string[],
): string {
  const a = x[0]!;
  const b = x[1]!;
  const dtype = node.dtype;
  const plain = MATH[node.op];
  if (plain !== undefined) return roundTo(dtype, `${plain}(${a})`);
  switch (node.op) {
    case "negative":
      return roundTo(dtype, `(-${a})`);
    case "not":
      return dtype === "bool" ? `(${a}^1)` : roundTo(dtype, `~${a}`);
    case "isNaN":
      return `(${a}!==${a}?1:0)`;
    case "isFinite":
      return `(${a}-${a}===0?1:0)`;
    case "polygamma":
      return roundTo(
        dtype,
        `S.polygamma(${attributesOf(node, "polygamma").order},${a})`,
      );
    case "add":
      return roundTo(dtype, `(${a}+${b})`);
    case "subtract":
      return roundTo(dtype, `(${a}-${b})`);
    case "multiply":
      return isFloatDType(dtype)
        ? roundTo(dtype, `(${a}*${b})`)
        : roundTo(dtype, `Math.imul(${a},${b})`);
    case "divide":
      return roundTo(dtype, `(${a}/${b})`);
    case "power":
      return isFloatDType(dtype)
        ? roundTo(dtype, `Math.pow(${a},${b})`)
        : roundTo(dtype, `S.integerPower(${a},${b})`);
    case "atan2":
      return roundTo(dtype, `Math.atan2(${a},${b})`);
    case "remainder":
      return roundTo(dtype, `S.floorRemainder(${a},${b})`);
    case "maximum":
      return `Math.max(${a},${b})`;
    case "minimum":
      return `Math.min(${a},${b})`;
    case "and":
      return roundTo(dtype, `(${a}&${b})`);
    case "or":
      return roundTo(dtype, `(${a}|${b})`);
    case "xor":
      return roundTo(dtype, `(${a}^${b})`);
    case "shiftLeft":
      return roundTo(dtype, `(${a}<<${b})`);
    case "shiftRight":
      return roundTo(
        dtype,
        dtype === "u32" || dtype === "u8" ? `(${a}>>>${b})` : `(${a}>>${b})`,
      );
    case "equal":
      return `(${a}===${b}?1:0)`;
    case "less":
      return `(${a}<${b}?1:0)`;
    case "lessEqual":
      return `(${a}<=${b}?1:0)`;
    case "where":
      return `(${a}?${b}:${x[2]!})`;
    case "cast":
      return castText(node.inputs[0]!.dtype, dtype, a);
    case "bitcast":
      return `S.sameBits(${a},"${node.inputs[0]!.dtype}","${dtype}")`;
    default:
      throw new Error(`"${node.op}" is not an elementwise primitive`);
  }
}
