/**
 * Writes expressions as WebAssembly: singly, or in the lanes of vectors along
 * one axis. What does not change in a loop is computed before it.
 *
 * @module
 */

import type { Expr, ExprPool } from "../../ir/expr.ts";
import type { FunctionBuilder, Local, ValueType } from "../assembler.ts";
import { pushLoad, visitLoad } from "./access.ts";
import { pushOperation } from "./operations.ts";
import { type Kind, kindOf, type Lanes, scalarType } from "./kinds.ts";
import type { Helpers } from "./helpers.ts";
import { pushLeaf } from "./leaves.ts";
import type { Parameters } from "./parameters.ts";
import { Scopes } from "./scopes.ts";

/** Leaves whose values the surrounding code keeps in variables. */
export type BoundLeaf = "reduced" | "carry";

/** What an emitter must know of the kernel around it. */
export interface EmitterSettings {
  /** The function that is written. */
  readonly fn: FunctionBuilder;
  /** Functions that it may call. */
  readonly helpers: Helpers;
  /** Its parameters. */
  readonly parameters: Parameters;
  /** The pool of the expressions. */
  readonly pool: ExprPool;
  /** Lanes of its vectors; 1 writes no vectors. */
  readonly lanes: Lanes;
  /** The axis that lanes lie along. */
  readonly vectorAxis: number | undefined;
  /** The variables that hold the position along each axis, of lane 0. */
  readonly axes: readonly Local[];
  /** How many scopes deep each axis is fixed. */
  readonly axisDepths: readonly number[];
  /** How many scopes deep the results of reductions or carries are known. */
  readonly leafDepth: number;
  /** Whether results of reductions and carries differ between lanes. */
  readonly leavesVary: boolean;
  /** All expressions that may be written, to count who uses which. */
  readonly roots: readonly Expr[];
}

/** Units (vectors side by side) that an emitter can tell apart at most. */
const MAX_UNITS = 16;

/** Writes expressions. */
export class Emitter {
  /** The function that is written. */
  readonly fn: FunctionBuilder;
  /** What the emitter knows of the kernel around it. */
  readonly settings: EmitterSettings;
  /** Lanes of its vectors. */
  readonly lanes: Lanes;
  /**
   * Whether only lane 0 of vectors counts: the others hold something, and are
   * neither loaded nor stored.
   */
  narrow = false;
  /** The axis of the innermost loop, along which addresses step. */
  walkAxis: number | undefined;
  readonly #scopes: Scopes;
  readonly #depths = new Map<Expr, number>();
  readonly #varying = new Map<Expr, boolean>();
  readonly #uses = new Map<Expr, number>();

  /**
   * @param settings What it must know.
   */
  constructor(settings: EmitterSettings) {
    this.settings = settings;
    this.fn = settings.fn;
    this.lanes = settings.lanes;
    this.#scopes = new Scopes(settings.fn);
    const count = (expr: Expr) => {
      const known = this.#uses.get(expr) ?? 0;
      this.#uses.set(expr, known + 1);
      if (known === 0) expr.args.forEach(count);
    };
    settings.roots.forEach(count);
  }

  /** How many scopes are open around the code that is being written. */
  get depth(): number {
    return this.#scopes.depth;
  }

  /**
   * Writes code whose values are forgotten at its end: the body of a loop, or
   * of a branch.
   *
   * @param body Writes it.
   */
  scope(body: () => void): void {
    this.#scopes.open();
    body();
    this.#scopes.close();
  }

  /**
   * A variable for the rest of the scope. What it holds at first is unknown.
   *
   * @param type Its type.
   * @returns The variable.
   */
  local(type: ValueType): Local {
    return this.#scopes.local(type);
  }

  /**
   * Type of the variable for a value.
   *
   * @param kind What it is.
   * @param vector Whether it is a vector.
   * @returns The type.
   */
  typeOf(kind: Kind, vector: boolean): ValueType {
    return vector ? "v128" : scalarType(kind);
  }

  /**
   * How many scopes deep the value of an expression is fixed.
   *
   * @param expr The expression.
   * @returns The number of scopes.
   */
  depthOf(expr: Expr): number {
    let depth = this.#depths.get(expr);
    if (depth === undefined) {
      depth = 0;
      if (expr.op === "axis") depth = this.settings.axisDepths[expr.value]!;
      else if (expr.op === "reduced" || expr.op === "carry") {
        depth = this.settings.leafDepth;
      } else {
        for (const arg of expr.args) depth = Math.max(depth, this.depthOf(arg));
      }
      this.#depths.set(expr, depth);
    }
    return depth;
  }

  /**
   * Whether the value of an expression differs between lanes.
   *
   * @param expr The expression.
   * @returns True when it may differ.
   */
  varies(expr: Expr): boolean {
    if (this.lanes === 1) return false;
    let varies = this.#varying.get(expr);
    if (varies === undefined) {
      varies = expr.op === "axis"
        ? expr.value === this.settings.vectorAxis
        : expr.op === "reduced" || expr.op === "carry"
        ? this.settings.leavesVary
        : expr.args.some((arg) => this.varies(arg));
      this.#varying.set(expr, varies);
    }
    return varies;
  }

  #key(expr: Expr, vector: boolean, unit: number): number {
    return (2 * expr.id + Number(vector)) * MAX_UNITS + unit;
  }

  #find(expr: Expr, vector: boolean, unit: number): Local | undefined {
    return this.#scopes.value(this.#key(expr, vector, unit));
  }

  /**
   * Says which variable holds an expression until the end of the scope.
   *
   * @param expr The expression.
   * @param unit Number of the vector.
   * @param local The variable, a vector or a single value.
   */
  bind(expr: Expr, unit: number, local: Local): void {
    const key = this.#key(expr, local.type === "v128", unit);
    this.#scopes.setValue(key, local);
  }

  /**
   * Says which variable holds a leaf until the end of the scope.
   *
   * @param op What leaf.
   * @param value Its number.
   * @param dtypes Gives its dtype.
   * @param unit Number of the vector.
   * @param local The variable.
   */
  bindLeaf(
    op: BoundLeaf,
    value: number,
    dtype: Expr["dtype"],
    unit: number,
    local: Local,
  ): void {
    this.bind(this.settings.pool.make(op, dtype, [], value), unit, local);
  }

  /**
   * A variable that is computed once a scope.
   *
   * @param name A text that tells it from others.
   * @param type Its type.
   * @param push Writes code that pushes its value.
   * @returns The variable.
   */
  named(name: string, type: ValueType, push: () => void): Local {
    const known = this.#scopes.named(name);
    if (known !== undefined) return known;
    push();
    const local = this.local(type);
    this.fn.set(local);
    this.#scopes.setNamed(name, local);
    return local;
  }

  /**
   * Pushes the value of an expression.
   *
   * @param expr The expression.
   * @param vector Whether as a vector; else of lane 0.
   * @param unit Number of the vector: `unit * lanes` further along the axis.
   */
  push(expr: Expr, vector: boolean, unit = 0): void {
    const own = this.varies(expr) ? unit : 0;
    const known = this.#find(expr, vector, own);
    if (known !== undefined) return this.fn.get(known);
    if (pushLeaf(this, expr, vector, own)) return;
    if (vector && !this.varies(expr)) {
      this.push(expr, false);
      this.splat(kindOf(expr.dtype));
    } else if (expr.op === "load") pushLoad(this, expr, vector, own);
    else pushOperation(this, expr, vector, own);
    if (vector !== this.varies(expr) || this.#uses.get(expr)! > 1) {
      this.#keep(expr, vector, own);
    }
  }

  #keep(expr: Expr, vector: boolean, unit: number): void {
    const local = this.local(this.typeOf(kindOf(expr.dtype), vector));
    this.fn.tee(local);
    this.bind(expr, unit, local);
  }

  /**
   * A variable that holds the value of an expression.
   *
   * @param expr The expression.
   * @param vector Whether as a vector.
   * @param unit Number of the vector.
   * @returns The variable; not to be written.
   */
  hold(expr: Expr, vector: boolean, unit = 0): Local {
    const own = this.varies(expr) ? unit : 0;
    let local = this.#find(expr, vector, own);
    if (local === undefined) {
      this.push(expr, vector, unit);
      local = this.#find(expr, vector, own);
      if (local !== undefined) this.fn.op("drop");
      else {
        local = this.local(this.typeOf(kindOf(expr.dtype), vector));
        this.fn.set(local);
        this.bind(expr, own, local);
      }
    }
    return local;
  }

  /**
   * Pushes a vector with the same number in all lanes.
   *
   * @param kind What it is.
   * @param value The number.
   */
  pushSplat(kind: Kind, value: number): void {
    const { parameters } = this.settings;
    this.fn.get(
      kind === "bool"
        ? parameters.splat("i32", value === 0 ? 0 : -1)
        : parameters.splat(kind, value),
    );
  }

  /**
   * Pushes a number, singly or in all lanes.
   *
   * @param kind What it is.
   * @param value The number.
   * @param vector Whether in all lanes.
   */
  constant(kind: "i32" | "f32" | "f64", value: number, vector: boolean): void {
    if (vector) this.pushSplat(kind, value);
    else this.fn[kind](value);
  }

  /**
   * Replaces a single value on the stack by a vector of it.
   *
   * @param kind What it is.
   */
  splat(kind: Kind): void {
    if (kind !== "bool") return this.fn.op(`${LANES_OF[kind]}.splat`);
    const value = this.local("i32");
    this.fn.set(value);
    this.fn.i32(0);
    this.fn.get(value);
    this.fn.op("i32.sub", "i32x4.splat");
  }

  /**
   * Computes, before a loop, what the loop needs and does not change.
   *
   * @param expr An expression of the loop.
   * @param vector Whether it is needed as a vector.
   * @param units Number of vectors side by side.
   */
  hoist(expr: Expr, vector: boolean, units: number): void {
    this.#visit(expr, vector, units, new Set());
  }

  #visit(expr: Expr, vector: boolean, units: number, seen: Set<number>): void {
    const key = this.#key(expr, vector, 0);
    if (seen.has(key)) return;
    seen.add(key);
    const varies = this.varies(expr);
    if (expr.args.length === 0 && (!vector || varies)) {
      if (expr.op !== "axis" || !vector) return;
    }
    if (this.depthOf(expr) <= this.depth) {
      if (vector && !varies && expr.op === "constant") return;
      for (let unit = 0; unit < (varies ? units : 1); unit++) {
        this.hold(expr, vector, unit);
      }
      return;
    }
    const next = (arg: Expr, wide: boolean) =>
      this.#visit(arg, wide, units, seen);
    if (vector && !varies) next(expr, false);
    else if (expr.op === "load") visitLoad(this, expr, vector, next);
    else for (const arg of expr.args) next(arg, vector);
  }
}

const LANES_OF = { f32: "f32x4", f64: "f64x2", i32: "i32x4" } as const;
