/**
 * Programs as text: what each kernel computes, how much it moves, and why it
 * ends where it does.
 *
 * @module
 */

import { byteSize } from "../../device/dtypes.ts";
import { type Expr, exprOrder } from "./expr.ts";
import type {
  HostLoopStep,
  Kernel,
  KernelStore,
  Program,
  RoutineStep,
  Step,
} from "./kernel.ts";

/**
 * A program as text, one kernel after another.
 *
 * @param program The program.
 * @returns Lines of text.
 */
export function explainProgram(program: Program): string {
  return program.steps.map((step, k) => explainStep(program, step, k + 1))
    .join("\n");
}

/**
 * One step of a program as text.
 *
 * @param program The program.
 * @param step The step.
 * @param number Its number.
 * @returns Lines of text.
 */
export function explainStep(
  program: Program,
  step: Step,
  number: number,
): string {
  switch (step.kind) {
    case "routine":
      return explainRoutine(program, step, number);
    case "hostLoop":
      return explainHostLoop(step, number);
    default:
      return explainKernel(step, number);
  }
}

function explainRoutine(
  program: Program,
  step: RoutineStep,
  number: number,
): string {
  const bytes = [...step.inputs, ...step.outputs].reduce((sum, buffer) => {
    const { dtype, size } = program.buffers[buffer]!;
    return sum + size * byteSize(dtype);
  }, 0);
  const shapes = step.inputSpecs.map(({ dtype, shape }) =>
    `${dtype}[${shape}]`
  );
  return `${number}. ${step.name}(${shapes.join(", ")}): routine, ${
    amounts(step.flops, bytes)
  }`;
}

function explainHostLoop(step: HostLoopStep, number: number): string {
  const body = explainProgram(step.body).replaceAll(/^/gm, "     ");
  return `${number}. loop of ${step.length} steps, each a program:\n${body}`;
}

function explainKernel(kernel: Kernel, number: number): string {
  const { axes, cut, flops, bytes, name } = kernel;
  const space = kernel.kind === "row"
    ? kernel.outer === axes.length
      ? `[${axes}]`
      : `[${axes.slice(0, kernel.outer)}] rows of [${axes.slice(kernel.outer)}]`
    : `[${axes}]`;
  const head = `${number}. ${name}: ${kernel.kind} ${space}, ${
    amounts(flops, bytes)
  }${cut === "" ? "" : `; ends as ${cut}`}`;
  return [head, ...statements(kernel).map((line) => `     ${line}`)].join("\n");
}

function statements(kernel: Kernel): string[] {
  const writer = new ExprWriter(kernel);
  switch (kernel.kind) {
    case "row": {
      let count = 0;
      return [
        ...kernel.stages.flatMap((stage) => [
          ...stage.reductions.map(({ op, value }) =>
            `s${count++} = ${op}(${writer.text(value)})`
          ),
          ...writer.stores(stage.stores),
        ]),
        ...writer.stores(kernel.rowStores),
      ];
    }
    case "contract":
      return [
        `s0 = sum(${writer.text(kernel.a)} · ${writer.text(kernel.b)})`,
        ...writer.stores(kernel.stores),
      ];
    case "loop":
      return [
        ...kernel.carries.map(({ initial, next }, k) =>
          `c${k} = ${writer.text(initial)}, then ${writer.text(next)}`
        ),
        ...writer.stores(kernel.stores),
        ...writer.stores(kernel.rowStores).map((line) => `${line} at the end`),
      ];
  }
}

/** Longest text of one expression. */
const MAX_TEXT = 240;

const SIGNS: Readonly<Record<string, string>> = {
  add: "+",
  subtract: "-",
  multiply: "*",
  divide: "/",
  quotient: "/",
  modulo: "%",
  less: "<",
  lessEqual: "<=",
  equal: "==",
  and: "&",
  or: "|",
  xor: "^",
  shiftLeft: "<<",
  shiftRight: ">>",
};

/** Writes expressions of one kernel; what they share is written once. */
class ExprWriter {
  readonly #texts = new Map<Expr, string>();

  constructor(readonly kernel: Kernel) {}

  stores(stores: readonly KernelStore[]): string[] {
    return stores.map(({ output, index, value }) =>
      `o${output}[${this.text(index)}] = ${this.text(value)}`
    );
  }

  text(expr: Expr): string {
    for (const one of exprOrder([expr])) {
      if (!this.#texts.has(one)) this.#texts.set(one, this.#write(one));
    }
    const text = this.#texts.get(expr)!;
    return text.startsWith("(") && text.endsWith(")") && isWhole(text)
      ? text.slice(1, -1)
      : text;
  }

  #write(expr: Expr): string {
    const args = expr.args.map((arg) => this.#texts.get(arg)!);
    const text = writeOne(expr, args);
    return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT / 2)}…` : text;
  }
}

function writeOne(expr: Expr, args: readonly string[]): string {
  switch (expr.op) {
    case "constant":
    case "size":
      return String(expr.value);
    case "axis":
      return `i${expr.value}`;
    case "scalar":
      return `p${expr.value}`;
    case "reduced":
      return `s${expr.value}`;
    case "carry":
      return `c${expr.value}`;
    case "load":
      return args.length === 1
        ? `x${expr.value}[${bare(args[0]!)}]`
        : `x${expr.value}[${bare(args[0]!)} if ${bare(args[1]!)}]`;
    case "cast":
    case "bitcast":
      return `${expr.op === "cast" ? "" : "bits "}${expr.dtype}(${
        bare(args[0]!)
      })`;
    case "negative":
      return `-${args[0]}`;
  }
  const sign = SIGNS[expr.op];
  if (sign !== undefined) return `(${args.join(` ${sign} `)})`;
  return `${expr.op}(${args.map(bare).join(", ")})`;
}

function bare(text: string): string {
  return text.startsWith("(") && isWhole(text) ? text.slice(1, -1) : text;
}

/** Whether the first bracket closes at the end. */
function isWhole(text: string): boolean {
  let depth = 0;
  for (let k = 0; k < text.length; k++) {
    if (text[k] === "(") depth++;
    else if (text[k] === ")" && --depth === 0) return k === text.length - 1;
  }
  return false;
}

function amounts(flops: number, bytes: number): string {
  return `${scaled(flops)}flop, ${scaled(bytes)}B`;
}

function scaled(amount: number): string {
  if (amount >= 1e9) return `${(amount / 1e9).toPrecision(3)} G`;
  if (amount >= 1e6) return `${(amount / 1e6).toPrecision(3)} M`;
  if (amount >= 1e3) return `${(amount / 1e3).toPrecision(3)} k`;
  return `${amount} `;
}
