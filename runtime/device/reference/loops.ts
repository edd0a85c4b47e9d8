/**
 * Loop nests written as JavaScript text and compiled once: an expression over
 * strided operands, stored elementwise or reduced over the inner loops.
 *
 * @module
 */

import { type DType, isFloatDType, type TypedArray } from "../dtypes.ts";
import type { ReduceName } from "../primitives.ts";
import * as special from "./special.ts";

/** A compiled loop nest over a block of its index space. */
export type LoopKernel = (
  out: TypedArray,
  outOffset: number,
  operands: readonly TypedArray[],
  offsets: readonly number[],
  strides: readonly (readonly number[])[],
  lengths: readonly number[],
) => void;

/** How an operand is walked by the innermost loop. */
export type Walk = "scalar" | "unit" | "strided";

/** What a loop nest does. */
export interface LoopText {
  /** Statements that compute `result` from `x0`, `x1`, … */
  readonly statements: string;
  /** Name or expression of the value to store. */
  readonly result: string;
  /** Dtypes of the operands: one compiled function for each combination. */
  readonly dtypes: readonly DType[];
  /** How each operand is walked; scalars are read once. */
  readonly walks: readonly Walk[];
  /** Number of outer loops, each giving one element. */
  readonly outer: number;
  /** Number of inner loops that are reduced away, and how. */
  readonly reduce?: { readonly name: ReduceName; readonly loops: number };
  /** Dtype of the elements that are stored. */
  readonly out: DType;
}

const MAX_KERNELS = 4096;
const kernels = new Map<string, LoopKernel>();

/**
 * The compiled function of a loop nest, from a cache keyed by its text.
 *
 * @param text The loop nest.
 * @returns The function.
 */
export function compileLoops(text: LoopText): LoopKernel {
  const source = loopSource(text);
  let kernel = kernels.get(source);
  if (kernel === undefined) {
    kernel = new Function("S", source)(special) as LoopKernel;
    if (kernels.size >= MAX_KERNELS) {
      kernels.delete(kernels.keys().next().value!);
    }
    kernels.set(source, kernel);
  }
  return kernel;
}

/** First value of an accumulator. */
export const REDUCE_START: Readonly<Record<ReduceName, string>> = {
  sum: "0",
  prod: "1",
  max: "-Infinity",
  min: "Infinity",
};

/**
 * The text that folds a value into an accumulator. Integers wrap around at 32
 * bits, so that no digits are lost; narrower ones wrap again when stored.
 *
 * @param name The reduction.
 * @param dtype Dtype of the result.
 * @param total The accumulator.
 * @param value The value.
 * @returns A statement.
 */
export function foldText(
  name: ReduceName,
  dtype: DType,
  total: string,
  value: string,
): string {
  const exact = !isFloatDType(dtype);
  switch (name) {
    case "sum":
      return exact ? `${total}=(${total}+${value})|0;` : `${total}+=${value};`;
    case "prod":
      return exact
        ? `${total}=Math.imul(${total},${value});`
        : `${total}*=${value};`;
    case "max":
      return `if(${value}>${total}||${value}!==${value})${total}=${value};`;
    case "min":
      return `if(${value}<${total}||${value}!==${value})${total}=${value};`;
  }
}

function loopSource(text: LoopText): string {
  const loops = text.outer + (text.reduce?.loops ?? 0);
  const lines: string[] = [
    `// ${text.dtypes.join(" ")} > ${text.out}`,
    "return function(out,o,operands,offsets,strides,lengths){",
  ];
  const moving: number[] = [];
  text.walks.forEach((walk, k) => {
    lines.push(`const a${k}=operands[${k}];`);
    if (walk === "scalar") {
      lines.push(`const x${k}=a${k}[offsets[${k}]];`);
      return;
    }
    moving.push(k);
    lines.push(`const p${k}_0=offsets[${k}];`);
    for (let loop = 0; loop < loops; loop++) {
      if (loop === loops - 1 && walk === "unit") continue;
      lines.push(`const s${k}_${loop}=strides[${k}][${loop}];`);
    }
  });
  for (let loop = 0; loop < loops; loop++) {
    lines.push(`const n${loop}=lengths[${loop}];`);
  }
  writeLoop(text, moving, loops, 0, lines);
  lines.push("};");
  return lines.join("\n");
}

function writeLoop(
  text: LoopText,
  moving: readonly number[],
  loops: number,
  loop: number,
  lines: string[],
): void {
  const { reduce } = text;
  if (reduce !== undefined && loop === text.outer) {
    lines.push(`let total=${REDUCE_START[reduce.name]};`);
  }
  if (loop === loops) {
    for (const k of moving) lines.push(`const x${k}=a${k}[p${k}_${loop}];`);
    lines.push(text.statements);
    if (reduce === undefined) lines.push(`out[o++]=${text.result};`);
    else {
      lines.push(`const value=${text.result};`);
      lines.push(foldText(reduce.name, text.out, "total", "value"));
    }
  } else {
    lines.push(`for(let i${loop}=0;i${loop}<n${loop};i${loop}++){`);
    for (const k of moving) {
      const unit = loop === loops - 1 && text.walks[k] === "unit";
      const step = unit ? `i${loop}` : `i${loop}*s${k}_${loop}`;
      lines.push(`const p${k}_${loop + 1}=p${k}_${loop}+${step};`);
    }
    writeLoop(text, moving, loops, loop + 1, lines);
    lines.push("}");
  }
  if (reduce !== undefined && loop === text.outer) {
    lines.push("out[o++]=total;");
  }
}
