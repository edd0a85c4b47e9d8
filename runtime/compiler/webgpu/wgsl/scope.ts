/**
 * Expressions as WGSL statements: one `let` for each expression, in the scope
 * where it is asked for first.
 *
 * @module
 */

import { compileExprs } from "../../ir/evaluate_expr.ts";
import type { Expr } from "../../ir/expr.ts";
import { dependsOn } from "../../ir/index_arithmetic.ts";
import { LanePatterns } from "../../ir/lane_patterns.ts";
import { LaneAnalysis } from "./lane_steps.ts";
import type { WgslModule } from "./module.ts";
import { operatorText } from "./operators.ts";
import { inOneWord, laneBytes } from "./packed_bytes.ts";
import {
  floatBits,
  scalarType,
  valueType,
  widen,
  type Width,
} from "./types.ts";
import { visitUnknown } from "./walk.ts";

/** A value in the text. */
export interface WgslValue {
  /** A name or a literal. */
  readonly text: string;
  /** Numbers that it holds. */
  readonly width: Width;
}

/** The axis that stands at four positions. */
interface Lane {
  readonly axis: number;
  readonly first: string;
  readonly steps: LaneAnalysis;
  /** Known where the first position is a multiple of 4. */
  readonly patterns: LanePatterns | undefined;
  /** Indices that are multiples of 4 at the first position though that is none. */
  readonly aligned: ReadonlySet<Expr> | undefined;
}

const LANES = ["x", "y", "z", "w"] as const;

/** Whether the renderer says what expressions of this kind are. */
function isBound(op: Expr["op"]): boolean {
  return op === "axis" || op === "reduced" || op === "carry";
}

function keyOf(leaf: Pick<Expr, "op" | "value">): string {
  return `${leaf.op} ${leaf.value}`;
}

/** Largest divisor that is written into the text. */
const LARGEST_SHIFT = 256;

/**
 * Division by a small power of 2, as blocks and packed codes have: it is far
 * cheaper than one by a parameter, and few texts are made.
 */
function shiftText(
  { op, args: [, divisor] }: Expr,
  [a]: readonly string[],
  width: Width,
): string | undefined {
  if (op !== "quotient" && op !== "modulo") return undefined;
  if (divisor?.op !== "size" && divisor?.op !== "constant") return undefined;
  const { value } = divisor;
  if (value > LARGEST_SHIFT || !Number.isInteger(Math.log2(value))) {
    return undefined;
  }
  return op === "quotient"
    ? `(${a} >> ${widen("u32", width)}(${Math.log2(value)}))`
    : `(${a} & ${widen("i32", width)}(${value - 1}))`;
}

/**
 * The arguments of an operator, so that compilers which forget NaN and infinity
 * do not see `x - x`, `x / x`, `x * 0`, `x + 0` (for signs) or sums that cancel.
 */
function guardNaN(
  module: WgslModule,
  expr: Expr,
  args: readonly string[],
  width: Width,
): readonly string[] {
  const [a, b] = expr.args;
  if (scalarType(expr.args[0]!.dtype) !== "f32") return args;
  const same = expr.op === "subtract" || expr.op === "divide" ||
    expr.op === "equal" || expr.op === "less" || expr.op === "lessEqual";
  if (same && a === b) return [args[0]!, opaque(module, args[1]!, width)];
  const hidden = argumentToHide(expr);
  if (hidden >= 0) {
    return args.with(hidden, opaque(module, args[hidden]!, width));
  }
  if (expr.op !== "multiply" && expr.op !== "add") return args;
  return args.map((text, k) => {
    const arg = expr.args[k]!;
    if (arg.op !== "constant" || arg.value !== 0) return text;
    const bits = `${floatBits(arg.value)}u | ${module.zeroBits()}`;
    return valueOf(`bitcast<f32>(${bits})`, width);
  });
}

/**
 * The argument of a sum that compilers must not see through: they would change
 * `(a + b) - a` to `b`, or `(a * b + c) + a * d` to `a * (b + d) + c`.
 */
function argumentToHide({ args, op }: Expr): number {
  if (op === "multiplyAdd") {
    const known = factorsOf(args[2]!);
    return known.has(args[0]!) || known.has(args[1]!) ? 2 : -1;
  }
  if (op !== "add" && op !== "subtract") return -1;
  const [a, b] = args as [Expr, Expr];
  if (isSum(a) && a.args.includes(b)) return 0;
  if (isSum(b) && b.args.includes(a)) return 1;
  const factors = factorsOf(b);
  if (factors.size === 0) return -1;
  for (const factor of factorsOf(a)) if (factors.has(factor)) return 0;
  return -1;
}

function isSum({ op }: Expr): boolean {
  return op === "add" || op === "subtract";
}

/** Factors, but for constants, of the products that are added in a sum. */
function factorsOf(sum: Expr): ReadonlySet<Expr> {
  const factors = new Set<Expr>();
  const add = (expr: Expr) => {
    if (expr.op !== "constant") factors.add(expr);
  };
  // What is further in is of no account to compilers.
  let open: readonly Expr[] = [sum];
  for (let depth = 0; depth < 3; depth++) {
    const inner: Expr[] = [];
    for (const { args, op } of open) {
      if (op === "multiply") args.forEach(add);
      else if (op === "multiplyAdd") {
        args.slice(0, 2).forEach(add);
        inner.push(args[2]!);
      } else if (op === "add" || op === "subtract") inner.push(...args);
    }
    open = inner;
  }
  return factors;
}

/** A float of which compilers do not know how it came about. */
function opaque(module: WgslModule, text: string, width: Width): string {
  const F = widen("f32", width);
  const U = widen("u32", width);
  return `bitcast<${F}>(bitcast<${U}>(${text}) | ${U}(${module.zeroBits()}))`;
}

/** A float, repeated where four are wanted. */
function valueOf(text: string, width: Width): string {
  return width === 1 ? text : `vec4<f32>(${text})`;
}

/**
 * A block of statements, within others. Positions, results of reductions and
 * carries are bound by the renderer; what is asked for is written once, and
 * inner scopes see what outer ones have.
 */
export class WgslScope {
  /** The statements so far. */
  readonly lines: string[] = [];
  readonly #module: WgslModule;
  readonly #parent: WgslScope | undefined;
  /** Whether the statements may be left out, so that nothing is moved here. */
  readonly #isBranch: boolean;
  readonly #depth: number;
  readonly #homes = new Map<Expr, WgslScope>();
  readonly #values = new Map<Expr, WgslValue>();
  readonly #firsts = new Map<Expr, string>();
  readonly #vectors = new Map<Expr, boolean>();
  readonly #bound = new Map<string, WgslValue>();
  #lane: Lane | undefined;

  /**
   * @param module The module that it belongs to.
   * @param parent The scope around it.
   * @param isBranch Whether what is first asked for here is written here,
   * however far out it could stand.
   */
  constructor(module: WgslModule, parent?: WgslScope, isBranch = false) {
    this.#module = module;
    this.#parent = parent;
    this.#isBranch = isBranch;
    this.#depth = parent === undefined ? 0 : parent.#depth + 1;
    this.#lane = parent === undefined ? undefined : parent.#lane;
  }

  /**
   * Says what a leaf is in this scope and those within.
   *
   * @param op Kind of the leaf.
   * @param value Its number.
   * @param text Its text.
   * @param width Numbers that it holds.
   */
  bind(
    op: "axis" | "reduced" | "carry",
    value: number,
    text: string,
    width: Width = 1,
  ): void {
    this.#bound.set(keyOf({ op, value }), { text, width });
  }

  /**
   * Makes values of this scope vectors of four: an axis stands at four
   * positions one after the other.
   *
   * @param axis The axis.
   * @param first Its first position; a multiple of 4 unless `aligned` is given.
   * @param aligned Indices that are multiples of 4 at the first position.
   */
  bindLanes(axis: number, first: string, aligned?: ReadonlySet<Expr>): void {
    const multiple = aligned === undefined ? 4 : 1;
    const steps = new LaneAnalysis(axis, 4, multiple);
    const patterns = aligned === undefined
      ? new LanePatterns(axis, 4)
      : undefined;
    this.#lane = { axis, first, steps, patterns, aligned };
    const positions = this.let(
      "p",
      `vec4<i32>(${first}) + vec4<i32>(0, 1, 2, 3)`,
    );
    this.bind("axis", axis, positions, 4);
  }

  /**
   * Says what the value of an expression is, instead of computing it; all that it
   * depends on is bound in this scope.
   *
   * @param expr The expression.
   * @param text Its value.
   * @param width Numbers that it holds.
   */
  define(expr: Expr, text: string, width: Width = 1): void {
    this.#homeOf(expr).#values.set(expr, { text, width });
  }

  /**
   * Adds a statement.
   *
   * @param text The statement.
   */
  line(text: string): void {
    this.lines.push(text);
  }

  /**
   * Names a value.
   *
   * @param prefix How its name starts.
   * @param text The value.
   * @returns The name.
   */
  let(prefix: string, text: string): string {
    const name = this.#module.name(prefix);
    this.line(`let ${name} = ${text};`);
    return name;
  }

  /**
   * Declares a variable.
   *
   * @param prefix How its name starts.
   * @param text Its first value.
   * @returns The name.
   */
  variable(prefix: string, text: string): string {
    const name = this.#module.name(prefix);
    this.line(`var ${name} = ${text};`);
    return name;
  }

  /**
   * Adds the statements of a scope within this one.
   *
   * @param head What stands before the brace, such as `if (…)`.
   * @param inner The scope.
   */
  block(head: string, inner: WgslScope): void {
    this.line(`${head} {`);
    for (const line of inner.lines) this.line(`  ${line}`);
    this.line("}");
  }

  /**
   * The value of an expression: a vector where it depends on the lanes.
   *
   * @param expr The expression.
   * @returns Its value.
   */
  value(expr: Expr): WgslValue {
    const leaf = this.#leaf(expr);
    if (leaf !== undefined) return leaf;
    const made = this.#known(expr);
    if (made !== undefined) return made;
    visitUnknown(
      expr,
      (one) => this.#known(one) !== undefined,
      (one) => this.#valuesFor(one),
      (one) => {
        const own = this.#placeOf(one);
        own.#values.set(one, own.#make(one));
      },
    );
    return this.#known(expr)!;
  }

  /** The value of an expression, if it has been written where it is seen. */
  #known(expr: Expr): WgslValue | undefined {
    const home = this.#homeOf(expr);
    const known = home.#values.get(expr);
    if (known !== undefined) return known;
    for (let scope = this.#branch(); scope !== undefined && scope !== home;) {
      const here = scope.#values.get(expr);
      if (here !== undefined) return here;
      scope = scope.#parent === undefined ? undefined : scope.#parent.#branch();
    }
    return undefined;
  }

  /** The innermost scope around that is a branch. */
  #branch(): WgslScope | undefined {
    if (this.#isBranch) return this;
    return this.#parent === undefined ? undefined : this.#parent.#branch();
  }

  /**
   * Where an expression is written: as far out as what it depends on allows,
   * thus once for a loop, but not out of a branch.
   */
  #placeOf(expr: Expr): WgslScope {
    const home = this.#homeOf(expr);
    const branch = this.#branch();
    return branch === undefined || branch.#depth < home.#depth ? home : branch;
  }

  /** The arguments whose values an expression is made from. */
  #valuesFor(expr: Expr): readonly Expr[] {
    // Indices are written as the load wants them, most often as one number.
    // What is rarely wanted is written in a branch.
    const args = expr.op === "load"
      ? expr.args.slice(1)
      : expr.op === "rarely"
      ? expr.args.toSpliced(1, 1)
      : expr.args;
    const isVector = this.isVector(expr);
    return args.filter((arg) =>
      arg.args.length > 0 && (isVector || !this.isVector(arg))
    );
  }

  /**
   * The value of an expression in a width.
   *
   * @param expr The expression.
   * @param width Numbers that are wanted, not fewer than it has.
   * @returns Its text; one number is repeated where four are wanted.
   */
  text(expr: Expr, width: Width): string {
    const value = this.value(expr);
    if (value.width === width) return value.text;
    return `${valueType(expr.dtype, width)}(${value.text})`;
  }

  /**
   * The value of an expression at the first lane.
   *
   * @param expr The expression, which may depend on the lanes by their axis
   * only.
   * @returns Its text, one number.
   */
  first(expr: Expr): string {
    const { axis, first } = this.#lane ?? { axis: -1, first: "" };
    if (expr.op === "axis" && expr.value === axis) return first;
    if (!this.isVector(expr)) return this.value(expr).text;
    if (expr.op === "load") {
      throw new Error("the first lane of a load is not an index");
    }
    const place = this.#placeOf(expr);
    let text = place.#firsts.get(expr);
    if (text === undefined) {
      const args = expr.args.map((arg) => place.first(arg));
      text = place.let("i", this.#operator(expr, args, 1));
      place.#firsts.set(expr, text);
    }
    return text;
  }

  /**
   * Whether a value is a vector here.
   *
   * @param expr The expression.
   * @returns True where it depends on lanes.
   */
  isVector(expr: Expr): boolean {
    const known = this.#vectors.get(expr);
    if (known !== undefined) return known;
    visitUnknown(
      expr,
      (one) => this.#vectors.has(one),
      (one) => one.args,
      (one) => {
        const isVector = one.args.length === 0
          ? this.#leaf(one)!.width === 4
          : one.args.some((arg) => this.#vectors.get(arg)) &&
            !this.#isShared(one);
        this.#vectors.set(one, isVector);
      },
    );
    return this.#vectors.get(expr)!;
  }

  /**
   * Whether all lanes have the same value although it depends on their axis, as
   * a word of packed codes has, or the scale of a block.
   */
  #isShared(expr: Expr): boolean {
    const lane = this.#lane;
    return lane !== undefined && dependsOn(expr, lane.axis) &&
      lane.steps.of(expr).step === 0;
  }

  /**
   * How far apart the four elements of an index are.
   *
   * @param index The index.
   * @returns The distance and whether the first is at a multiple of 4, or
   * undefined when they lie anywhere.
   */
  lanesOf(
    index: Expr,
  ): { readonly stride: number; readonly aligned: boolean } | undefined {
    const lane = this.#lane;
    if (lane === undefined || this.#mixesVectors(index)) return undefined;
    const { step, multiple } = lane.steps.of(index);
    if (step === undefined) return undefined;
    const aligned = multiple % 4 === 0 || lane.aligned?.has(index) === true;
    return { stride: step, aligned };
  }

  /** Whether a value depends on lanes by more than the axis of lanes. */
  #mixesVectors(expr: Expr): boolean {
    if (expr.op === "axis" && expr.value === this.#lane!.axis) return false;
    const leaf = this.#leaf(expr);
    if (leaf !== undefined) return leaf.width === 4;
    if (expr.op === "load") return this.isVector(expr);
    return expr.args.some((arg) => this.#mixesVectors(arg));
  }

  /** The outermost scope in which all that an expression reads is bound. */
  #homeOf(expr: Expr): WgslScope {
    const known = this.#homes.get(expr);
    if (known !== undefined) return known;
    visitUnknown(
      expr,
      (one) => this.#homes.has(one),
      (one) => one.args,
      (one) => {
        let home = isBound(one.op) ? this.#binder(keyOf(one)) : this.#root();
        for (const arg of one.args) {
          const other = this.#homes.get(arg)!;
          if (other.#depth > home.#depth) home = other;
        }
        this.#homes.set(one, home);
      },
    );
    return this.#homes.get(expr)!;
  }

  #root(): WgslScope {
    return this.#parent === undefined ? this : this.#parent.#root();
  }

  /** The innermost scope that says what a leaf is. */
  #binder(key: string): WgslScope {
    if (this.#bound.has(key)) return this;
    if (this.#parent === undefined) {
      throw new Error(`"${key}" is not known here`);
    }
    return this.#parent.#binder(key);
  }

  /** The value of an expression without arguments. */
  #leaf(expr: Expr): WgslValue | undefined {
    switch (expr.op) {
      case "constant":
        return {
          text: this.#module.constant(expr.dtype, expr.value),
          width: 1,
        };
      case "size":
        return { text: this.#module.size(expr.value), width: 1 };
      case "scalar":
        return { text: this.#module.scalar(expr.value), width: 1 };
      case "axis":
      case "reduced":
      case "carry": {
        const key = keyOf(expr);
        return this.#binder(key).#bound.get(key)!;
      }
      default:
        return undefined;
    }
  }

  #make(expr: Expr): WgslValue {
    const leaf = this.#leaf(expr);
    if (leaf !== undefined) return leaf;
    if (expr.op === "load") return this.#load(expr);
    if (expr.args.every((arg) => arg.op === "constant")) {
      return { text: this.let("c", this.#constant(expr)), width: 1 };
    }
    if (expr.op === "rarely") return this.#rarely(expr);
    if (!this.isVector(expr)) {
      const args = expr.args.map((arg) => this.first(arg));
      return { text: this.let("v", this.#operator(expr, args, 1)), width: 1 };
    }
    const values = expr.args.map((arg) => this.value(arg));
    const width = values.some((value) => value.width === 4) ? 4 : 1;
    const args = expr.args.map((arg) => this.text(arg, width));
    return { text: this.let("v", this.#operator(expr, args, width)), width };
  }

  /** A choice whose first value is computed only where it is wanted. */
  #rarely(expr: Expr): WgslValue {
    const [test, rare, usual] = expr.args as [Expr, Expr, Expr];
    const width = this.isVector(expr) ? 4 : 1;
    const name = this.variable("v", this.text(usual, width));
    const branch = new WgslScope(this.#module, this, true);
    const value = branch.text(rare, width);
    const condition = this.value(test);
    branch.line(
      condition.width === 1
        ? `${name} = ${value};`
        : `${name} = select(${name}, ${value}, ${condition.text});`,
    );
    const isAny = condition.width === 1
      ? condition.text
      : `any(${condition.text})`;
    this.block(`if (${isAny})`, branch);
    return { text: name, width };
  }

  /**
   * An operator on constants: compilers of WGSL refuse those that overflow, and
   * divisions by zero.
   */
  #constant(expr: Expr): string {
    const [value] = compileExprs([expr])({
      axes: [],
      operands: [],
      scalars: [],
      reduced: [],
      carries: [],
    });
    return this.#module.constant(expr.dtype, value!);
  }

  #operator(expr: Expr, args: readonly string[], width: Width): string {
    const module = this.#module;
    const shifted = shiftText(expr, args, width);
    if (shifted !== undefined) return shifted;
    if (expr.op === "cast" && expr.dtype === "f16" && module.hasF16) {
      module.useF16();
    }
    return operatorText(expr, guardNaN(module, expr, args, width), {
      width,
      hasF16: module.hasF16,
      call: (name) => module.call(name, width),
    });
  }

  #load(expr: Expr): WgslValue {
    const [index, valid] = expr.args as [Expr, Expr | undefined];
    const plain = this.#element(expr.value, index);
    if (valid === undefined) {
      return { ...plain, text: this.let("x", plain.text) };
    }
    const width = plain.width === 4 || this.isVector(valid) ? 4 : 1;
    const type = valueType(expr.dtype, width);
    const there = plain.width === width ? plain.text : `${type}(${plain.text})`;
    const text = `select(${type}(), ${there}, ${this.text(valid, width)})`;
    return { text: this.let("x", text), width };
  }

  /** The elements of an operand at an index, wherever it points. */
  #element(operand: number, index: Expr): WgslValue {
    const buffer = this.#module.operand(operand);
    if (!this.isVector(index)) {
      return { text: buffer.load(this.value(index).text, 1), width: 1 };
    }
    const lanes = this.lanesOf(index);
    if (lanes?.stride === 1 && lanes.aligned) {
      return { text: buffer.load(this.first(index), 4), width: 4 };
    }
    const bytes = this.#bytesOfWord(operand, index);
    if (bytes !== undefined) return { text: bytes, width: 4 };
    let places: readonly string[];
    if (lanes === undefined) {
      const at = this.value(index).text;
      places = LANES.map((lane) => `${at}.${lane}`);
    } else {
      const first = this.first(index);
      const step = this.#module.size(lanes.stride);
      places = LANES.map((_, k) =>
        k === 0 ? first : `${first} + ${k} * ${step}`
      );
    }
    const elements = places.map((place) => buffer.load(place, 1));
    const type = widen(valueType(buffer.dtype, 1), 4);
    return { text: `${type}(${elements.join(", ")})`, width: 4 };
  }

  /** Bytes that four lanes read of one word, in any order. */
  #bytesOfWord(operand: number, index: Expr): string | undefined {
    const buffer = this.#module.operand(operand);
    const lane = this.#lane;
    if (buffer.dtype !== "u8" && buffer.dtype !== "i8") return undefined;
    if (lane?.patterns === undefined || this.#mixesVectors(index)) {
      return undefined;
    }
    const pattern = lane.patterns.of(index);
    const place = pattern === undefined ? undefined : inOneWord(pattern);
    if (pattern === undefined || place === undefined) return undefined;
    const first = this.first(index);
    const word = this.let("w", buffer.words(first, 1));
    return laneBytes(buffer.dtype, {
      words: pattern.offsets.map(() => word),
      places: pattern.offsets,
      further: place.isFirst ? undefined : `(u32(${first}) & 3u) << 3u`,
    });
  }
}
