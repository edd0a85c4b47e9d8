/**
 * Short names for the expressions that functions are written with.
 *
 * @module
 */

import type { Expr, ExprPool } from "../ir/expr.ts";

/** The floats that functions are computed in. */
export type Precision = "f32" | "f64";

/** Makes expressions of one dtype. */
export class Arithmetic {
  /** The pool of the expressions. */
  readonly pool: ExprPool;
  /** The dtype. */
  readonly dtype: Precision;
  /** Whether it is f64. */
  readonly double: boolean;

  /**
   * @param pool The pool of the expressions.
   * @param dtype The dtype.
   */
  constructor(pool: ExprPool, dtype: Precision) {
    this.pool = pool;
    this.dtype = dtype;
    this.double = dtype === "f64";
  }

  #make(op: Expr["op"], ...args: Operand[]): Expr {
    return this.pool.make(op, this.dtype, args.map((arg) => this.of(arg)));
  }

  #test(op: Expr["op"], ...args: Operand[]): Expr {
    return this.pool.make(op, "bool", args.map((arg) => this.of(arg)));
  }

  /** @param x A number or an expression. @returns The expression. */
  of(x: Operand): Expr {
    return typeof x === "number" ? this.pool.constant(x, this.dtype) : x;
  }

  /** @param single For f32. @param double For f64. @returns One of them. */
  pick<T>(single: T, double: T): T {
    return this.double ? double : single;
  }

  /** @param a Summand. @param b Summand. @returns `a + b`. */
  add(a: Operand, b: Operand): Expr {
    return this.#make("add", a, b);
  }

  /** @param a From this. @param b This. @returns `a - b`. */
  subtract(a: Operand, b: Operand): Expr {
    return this.#make("subtract", a, b);
  }

  /** @param a Factor. @param b Factor. @returns `a * b`. */
  multiply(a: Operand, b: Operand): Expr {
    return this.#make("multiply", a, b);
  }

  /** @param a Dividend. @param b Divisor. @returns `a / b`. */
  divide(a: Operand, b: Operand): Expr {
    return this.#make("divide", a, b);
  }

  /** @param a Factor. @param b Factor. @param c Summand. @returns `a * b + c`. */
  multiplyAdd(a: Operand, b: Operand, c: Operand): Expr {
    return this.#make("multiplyAdd", a, b, c);
  }

  /** @param a A number. @returns `-a`. */
  negative(a: Operand): Expr {
    return this.#make("negative", a);
  }

  /** @param a A number. @returns `|a|`. */
  absolute(a: Operand): Expr {
    return this.#make("absolute", a);
  }

  /** @param a A number. @returns The nearest whole number. */
  round(a: Operand): Expr {
    return this.#make("round", a);
  }

  /** @param a A number. @returns The whole number below. */
  floor(a: Operand): Expr {
    return this.#make("floor", a);
  }

  /** @param a A number. @returns The whole number towards 0. */
  trunc(a: Operand): Expr {
    return this.#make("trunc", a);
  }

  /** @param a A number. @returns Its square root. */
  sqrt(a: Operand): Expr {
    return this.#make("sqrt", a);
  }

  /** @param a Magnitude. @param b Sign. @returns `|a|` with the sign of b. */
  copySign(a: Operand, b: Operand): Expr {
    return this.#make("copySign", a, b);
  }

  /** @param n A whole number. @returns `2 ** n`, which must be normal. */
  powerOfTwo(n: Operand): Expr {
    return this.#make("powerOfTwo", n);
  }

  /** @param a A positive normal number. @returns Its exponent. */
  exponentOf(a: Operand): Expr {
    return this.#make("exponentOf", a);
  }

  /** @param a A positive normal number. @returns Its mantissa. */
  mantissaOf(a: Operand): Expr {
    return this.#make("mantissaOf", a);
  }

  /** @param a A number. @param b A number. @returns Whether `a < b`. */
  less(a: Operand, b: Operand): Expr {
    return this.#test("less", a, b);
  }

  /** @param a A number. @param b A number. @returns Whether `a <= b`. */
  lessEqual(a: Operand, b: Operand): Expr {
    return this.#test("lessEqual", a, b);
  }

  /** @param a A number. @param b A number. @returns Whether they are equal. */
  equal(a: Operand, b: Operand): Expr {
    return this.#test("equal", a, b);
  }

  /** @param a A boolean. @param b A boolean. @returns Whether both are true. */
  both(a: Expr, b: Expr): Expr {
    return this.pool.make("and", "bool", [a, b]);
  }

  /** @param a A boolean. @param b A boolean. @returns Whether one is true. */
  either(a: Expr, b: Expr): Expr {
    return this.pool.make("or", "bool", [a, b]);
  }

  /** @param a A boolean. @returns Whether it is false. */
  not(a: Expr): Expr {
    return this.pool.make("not", "bool", [a]);
  }

  /** @param test Which. @param a If true. @param b If false. @returns One. */
  where(test: Expr, a: Operand, b: Operand): Expr {
    return this.pool.make("where", this.dtype, [test, this.of(a), this.of(b)]);
  }

  /**
   * A choice of which one side is seldom needed, and then computed only.
   *
   * @param test Which.
   * @param a If true, which is rare.
   * @param b If false.
   * @returns One of them.
   */
  rarely(test: Expr, a: Operand, b: Operand): Expr {
    return this.pool.make("rarely", this.dtype, [test, this.of(a), this.of(b)]);
  }

  /** @param a A number or NaN. @param low Bound. @returns At least the bound. */
  atLeast(a: Operand, low: number): Expr {
    return this.where(this.less(a, low), low, a);
  }

  /** @param a A number or NaN. @param high Bound. @returns At most the bound. */
  atMost(a: Operand, high: number): Expr {
    return this.where(this.less(high, a), high, a);
  }

  /**
   * A polynomial, by Horner's rule.
   *
   * @param x Where.
   * @param coefficients Its coefficients, lowest power first.
   * @returns Its value.
   */
  polynomial(x: Operand, coefficients: readonly number[]): Expr {
    let sum = this.of(coefficients[coefficients.length - 1]!);
    for (let k = coefficients.length - 2; k >= 0; k--) {
      sum = this.multiplyAdd(sum, x, coefficients[k]!);
    }
    return sum;
  }

  /**
   * The leading half of a number: products of two halves are exact.
   *
   * @param a A number, of at most 1e38.
   * @returns A number near it with few digits.
   */
  leading(a: Expr): Expr {
    const { pool } = this;
    if (this.double) {
      return pool.make("cast", "f64", [pool.make("cast", "f32", [a])]);
    }
    const bits = pool.make("and", "i32", [
      pool.make("bitcast", "i32", [a]),
      pool.constant(-4096),
    ]);
    return pool.make("bitcast", "f32", [bits]);
  }

  /**
   * What rounding a product has cut off.
   *
   * @param a Factor.
   * @param b Factor.
   * @param product `a * b`, rounded.
   * @returns `a * b - product`.
   */
  productRest(a: Expr, b: Expr, product: Expr): Expr {
    const [a1, b1] = [this.leading(a), this.leading(b)];
    const [a2, b2] = [this.subtract(a, a1), this.subtract(b, b1)];
    // From the largest part to the smallest, so that nothing is lost.
    const first = this.subtract(this.multiply(a1, b1), product);
    const second = this.add(first, this.multiply(a1, b2));
    const third = this.add(second, this.multiply(a2, b1));
    return this.add(third, this.multiply(a2, b2));
  }
}

/** A number, or an expression. */
export type Operand = Expr | number;
