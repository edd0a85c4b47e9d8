/**
 * The exact remainder of floats.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";

/**
 * Writes `(a, b) -> a - b * floor(a / b)`, exactly, of f64.
 *
 * @param fn The function, from two f64 to f64.
 */
export function writeFloatRemainder(fn: FunctionBuilder): void {
  const [a, b] = fn.parameters as [Local, Local];
  const rest = fn.local("f64");
  const divisor = fn.local("f64");
  const step = fn.local("f64");
  const size = (local: Local) => {
    fn.get(local);
    fn.op("f64.abs");
  };
  // NaN where a is infinite, b is 0, or one is NaN.
  size(a);
  fn.f64(Infinity);
  fn.op("f64.lt");
  fn.get(b);
  fn.get(b);
  fn.op("f64.eq", "i32.and");
  size(b);
  fn.f64(0);
  fn.op("f64.gt", "i32.and", "i32.eqz");
  fn.if(() => {
    fn.f64(NaN);
    fn.op("return");
  });
  size(a);
  fn.set(rest);
  size(b);
  fn.set(divisor);
  // Subtracts the divisor times falling powers of two; each difference of
  // numbers within a factor of two is exact.
  fn.block((done) => {
    fn.loop((again) => {
      fn.get(rest);
      fn.get(divisor);
      fn.op("f64.lt");
      fn.branchIf(done);
      pushScaled(fn, rest, divisor);
      fn.tee(step);
      fn.get(rest);
      fn.op("f64.gt");
      fn.if(() => {
        fn.get(step);
        fn.f64(0.5);
        fn.op("f64.mul");
        fn.set(step);
      });
      fn.get(rest);
      fn.get(step);
      fn.op("f64.sub");
      fn.set(rest);
      fn.branch(again);
    });
  });
  fn.get(rest);
  fn.get(a);
  fn.op("f64.copysign");
  fn.set(rest);
  // The sign of the divisor.
  fn.get(rest);
  fn.get(b);
  fn.op("f64.add");
  fn.get(rest);
  fn.get(rest);
  fn.f64(0);
  fn.op("f64.ne");
  fn.get(rest);
  fn.f64(0);
  fn.op("f64.lt");
  fn.get(b);
  fn.f64(0);
  fn.op("f64.lt", "i32.xor", "i32.and", "select");
}

/**
 * Pushes the divisor times the power of two that brings it to the exponent of
 * the rest; the result may still be the larger one.
 */
function pushScaled(fn: FunctionBuilder, rest: Local, divisor: Local): void {
  const exponent = (local: Local) => {
    fn.get(local);
    fn.op("i64.reinterpret_f64");
    fn.i64(52n);
    fn.op("i64.shr_u");
  };
  const shift = fn.local("i64");
  exponent(rest);
  exponent(divisor);
  fn.op("i64.sub");
  fn.set(shift);
  exponent(divisor);
  fn.op("i64.eqz");
  fn.if(
    // A subnormal divisor is doubled until it is as large as the rest.
    () => pushDoubled(fn, rest, divisor),
    () => {
      fn.get(divisor);
      fn.op("i64.reinterpret_f64");
      fn.get(shift);
      fn.i64(52n);
      fn.op("i64.shl", "i64.add", "f64.reinterpret_i64");
    },
    "f64",
  );
}

function pushDoubled(fn: FunctionBuilder, rest: Local, divisor: Local): void {
  const step = fn.local("f64");
  fn.get(divisor);
  fn.set(step);
  fn.block((done) => {
    fn.loop((again) => {
      fn.get(step);
      fn.get(step);
      fn.op("f64.add");
      fn.get(rest);
      fn.op("f64.gt");
      fn.branchIf(done);
      fn.get(step);
      fn.get(step);
      fn.op("f64.add");
      fn.set(step);
      fn.branch(again);
    });
  });
  fn.get(step);
}
