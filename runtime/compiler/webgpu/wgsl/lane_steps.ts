/**
 * How expressions change over a few neighbours along an axis, so that four
 * loads become one load of a vector and what is equal is computed once.
 *
 * @module
 */

import type { Expr } from "../../ir/expr.ts";

/** How an expression changes from one lane to the next. */
export interface LaneStep {
  /** What each lane adds to the one before; undefined where it is irregular. */
  readonly step: number | undefined;
  /** A number that divides the value at the first lane; 0 if that is 0. */
  readonly multiple: number;
}

/** The same in all lanes, and nothing is known of it. */
const SAME: LaneStep = { step: 0, multiple: 1 };
const IRREGULAR: LaneStep = { step: undefined, multiple: 1 };

function commonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** The steps of expressions over lanes that lie along one axis. */
export class LaneAnalysis {
  readonly #axis: number;
  readonly #lanes: number;
  readonly #multiple: number;
  readonly #known = new Map<Expr, LaneStep>();

  /**
   * Prepares the analysis.
   *
   * @param axis Number of the axis along which the lanes lie.
   * @param lanes How many there are.
   * @param multiple What the first lane's position is a multiple of.
   */
  constructor(axis: number, lanes: number, multiple = lanes) {
    this.#axis = axis;
    this.#lanes = lanes;
    this.#multiple = multiple;
  }

  /**
   * The step of an expression.
   *
   * @param expr The expression.
   * @returns Its step.
   */
  of(expr: Expr): LaneStep {
    const open = [expr];
    while (open.length > 0) {
      const next = open[open.length - 1]!;
      const missing = next.args.filter((arg) => !this.#known.has(arg));
      if (this.#known.has(next)) open.pop();
      else if (missing.length > 0) open.push(...missing);
      else this.#known.set(next, this.#step(next));
    }
    return this.#known.get(expr)!;
  }

  #step(expr: Expr): LaneStep {
    const { op, value } = expr;
    if (op === "axis" && value === this.#axis) {
      return { step: 1, multiple: this.#multiple };
    }
    if (expr.dtype === "i32") {
      if (op === "constant" || op === "size") {
        return { step: 0, multiple: Math.abs(value) };
      }
      const [a, b] = expr.args.map((arg) => this.#known.get(arg)!);
      if (a !== undefined && b !== undefined) {
        const factor = expr.args[1]!;
        if (op === "add") return this.#sum(a, b, 1);
        if (op === "subtract") return this.#sum(a, b, -1);
        if (op === "multiply") return this.#product(expr, a, b);
        if (isLiteral(factor)) {
          if (op === "quotient") return this.#quotient(a, factor.value);
          if (op === "modulo") return this.#modulo(a, factor.value);
        }
      }
    }
    const same = expr.args.every((arg) => this.#known.get(arg)!.step === 0);
    return same && op !== "reduced" && op !== "carry" ? SAME : IRREGULAR;
  }

  #sum(a: LaneStep, b: LaneStep, sign: number): LaneStep {
    if (a.step === undefined || b.step === undefined) return IRREGULAR;
    return {
      step: a.step + sign * b.step,
      multiple: commonDivisor(a.multiple, b.multiple),
    };
  }

  #product(expr: Expr, a: LaneStep, b: LaneStep): LaneStep {
    if (a.step === undefined || b.step === undefined) return IRREGULAR;
    const multiple = a.multiple * b.multiple;
    if (a.step === 0 && b.step === 0) return { step: 0, multiple };
    const [x, y] = expr.args as [Expr, Expr];
    if (isLiteral(y)) return { step: a.step * y.value, multiple };
    if (isLiteral(x)) return { step: b.step * x.value, multiple };
    return IRREGULAR;
  }

  /** Whether lanes stay within one block of `divisor` elements. */
  #stays(a: LaneStep, divisor: number): boolean {
    const { step, multiple } = a;
    const block = commonDivisor(multiple, divisor);
    return step !== undefined && step >= 0 && (this.#lanes - 1) * step < block;
  }

  #quotient(a: LaneStep, divisor: number): LaneStep {
    const even = a.multiple % divisor === 0;
    const multiple = even ? a.multiple / divisor : 1;
    if (this.#stays(a, divisor)) return { step: 0, multiple };
    if (a.step !== undefined && a.step % divisor === 0) {
      return { step: a.step / divisor, multiple };
    }
    return IRREGULAR;
  }

  #modulo(a: LaneStep, divisor: number): LaneStep {
    const multiple = commonDivisor(a.multiple, divisor);
    if (this.#stays(a, divisor)) return { step: a.step, multiple };
    if (a.step !== undefined && a.step % divisor === 0) {
      return { step: 0, multiple };
    }
    return IRREGULAR;
  }
}

function isLiteral(expr: Expr): boolean {
  return (expr.op === "constant" || expr.op === "size") && expr.value !== 0;
}
