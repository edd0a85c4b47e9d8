/**
 * Functions that kernels call, written into a module when one asks for them.
 *
 * @module
 */

import type {
  FunctionBuilder,
  ModuleBuilder,
  ValueType,
} from "../assembler.ts";
import {
  writeReduceAngle,
  writeUpperProduct,
  writeWord,
} from "./angle_helper.ts";
import { writeFloatRemainder } from "./remainder_helper.ts";

/** The helper functions of a module. */
export class Helpers {
  readonly #module: ModuleBuilder;
  readonly #made = new Map<string, FunctionBuilder>();

  /**
   * @param module The module.
   */
  constructor(module: ModuleBuilder) {
    this.#module = module;
  }

  /**
   * A function `(base, exponent) -> power` of i32, modulo 2³².
   *
   * @param signed Whether the exponent has a sign; a negative one gives 0 but
   * for base 1 and -1.
   * @returns The function.
   */
  integerPower(signed: boolean): FunctionBuilder {
    const types = ["i32", "i32"] as const;
    return this.#get(
      `integerPower:${signed}`,
      types,
      "i32",
      (fn) => writeIntegerPower(fn, signed),
    );
  }

  /**
   * A function `(angle) -> result` of f64, of angles of at least 10.
   *
   * @param turns Whether it gives the quarter turns modulo 4; else it gives
   * what the angle is more.
   * @returns The function.
   */
  reduceAngle(turns: boolean): FunctionBuilder {
    const word = this.#get("word", ["i32"], "i64", writeWord);
    const upper = this.#get(
      "upperProduct",
      ["i64", "i64"],
      "i64",
      writeUpperProduct,
    );
    return this.#get(
      `reduceAngle:${turns}`,
      ["f64"],
      "f64",
      (fn) => writeReduceAngle(fn, word, upper, turns),
    );
  }

  /**
   * A function `(a, b) -> remainder` of f64, with the sign of the divisor.
   *
   * @returns The function.
   */
  floatRemainder(): FunctionBuilder {
    const types = ["f64", "f64"] as const;
    return this.#get("floatRemainder", types, "f64", writeFloatRemainder);
  }

  #get(
    name: string,
    parameters: readonly ValueType[],
    result: ValueType,
    write: (fn: FunctionBuilder) => void,
  ): FunctionBuilder {
    let fn = this.#made.get(name);
    if (fn === undefined) {
      fn = this.#module.function(parameters, [result]);
      this.#made.set(name, fn);
      write(fn);
    }
    return fn;
  }
}

function writeIntegerPower(fn: FunctionBuilder, signed: boolean): void {
  const [base, exponent] = fn.parameters;
  if (base === undefined || exponent === undefined) return;
  const result = fn.local("i32");
  if (signed) {
    fn.get(exponent);
    fn.i32(0);
    fn.op("i32.lt_s");
    fn.if(() => {
      // Only 1 and -1 have an inverse: base * base is 1 for them, and an odd
      // exponent keeps the sign.
      fn.get(base);
      fn.i32(1);
      fn.get(exponent);
      fn.i32(1);
      fn.op("i32.and", "select");
      fn.i32(0);
      fn.get(base);
      fn.i32(1);
      fn.op("i32.add");
      fn.i32(2);
      fn.op("i32.le_u");
      fn.get(base);
      fn.i32(0);
      fn.op("i32.ne", "i32.and", "select", "return");
    });
  }
  fn.i32(1);
  fn.set(result);
  fn.block((done) => {
    fn.loop((again) => {
      fn.get(exponent);
      fn.op("i32.eqz");
      fn.branchIf(done);
      fn.get(exponent);
      fn.i32(1);
      fn.op("i32.and");
      fn.if(() => {
        fn.get(result);
        fn.get(base);
        fn.op("i32.mul");
        fn.set(result);
      });
      fn.get(base);
      fn.get(base);
      fn.op("i32.mul");
      fn.set(base);
      fn.get(exponent);
      fn.i32(1);
      fn.op("i32.shr_u");
      fn.set(exponent);
      fn.branch(again);
    });
  });
  fn.get(result);
}
