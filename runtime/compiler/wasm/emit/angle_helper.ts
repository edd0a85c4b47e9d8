/**
 * Angles less their whole quarter turns, exactly, however large they are: the
 * product of the angle and 2/π in whole numbers, of which the bits of many
 * whole turns are left out.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "../assembler.ts";

/** Bits of 2/π, after 64 bits before the point. */
const TWO_OVER_PI: readonly bigint[] = [
  0n,
  0xa2f9836e4e441529n,
  0xfc2757d1f534ddc0n,
  0xdb6295993c439041n,
  0xfe5163abdebbc561n,
  0xb7246e3a424dd2e0n,
  0x06492eea09d1921cn,
  0xfe1deb1cb129a73en,
  0xe88235f52ebb4484n,
  0xe99c7026b45f7e41n,
  0x3991d639835339f4n,
  0x9c845f8bbdf9283bn,
  0x1ff897ffde05980fn,
  0xef2f118b5a0a6d1fn,
  0x6d367ecf27cb09b7n,
  0x4f463f669e5fea2dn,
  0x7527bac7ebe5f17bn,
  0x3d0739f78a5292ean,
  0x6bfb5fb11f8d5d08n,
  0x56033046fc7b6babn,
  0xf0cfbc209af4361dn,
];

/**
 * Writes `(word) -> bits`: a word of the bits of 2/π.
 *
 * @param fn The function, from i32 to i64.
 */
export function writeWord(fn: FunctionBuilder): void {
  const word = fn.parameters[0]!;
  TWO_OVER_PI.forEach((bits, k) => {
    fn.get(word);
    fn.i32(k);
    fn.op("i32.eq");
    fn.if(() => {
      fn.i64(bits);
      fn.op("return");
    });
  });
  fn.i64(0n);
}

/**
 * Writes `(a, b) -> upper half of a * b`, of numbers without sign.
 *
 * @param fn The function, from two i64 to i64.
 */
export function writeUpperProduct(fn: FunctionBuilder): void {
  const [a, b] = fn.parameters as [Local, Local];
  const middle = fn.local("i64");
  const half = (local: Local, upper: boolean) => {
    fn.get(local);
    if (upper) {
      fn.i64(32n);
      fn.op("i64.shr_u");
    } else {
      fn.i64(0xffffffffn);
      fn.op("i64.and");
    }
  };
  const product = (upperA: boolean, upperB: boolean) => {
    half(a, upperA);
    half(b, upperB);
    fn.op("i64.mul");
  };
  const carry = () => {
    fn.i64(32n);
    fn.op("i64.shr_u");
  };
  product(true, false);
  product(false, false);
  carry();
  fn.op("i64.add");
  fn.set(middle);
  product(true, true);
  half(middle, true);
  fn.op("i64.add");
  half(middle, false);
  product(false, true);
  fn.op("i64.add");
  carry();
  fn.op("i64.add");
}

/**
 * Writes `(angle) -> quarter turns modulo 4`, or `(angle) -> rest`, of f64.
 *
 * @param fn The function, from f64 to f64.
 * @param word What {@linkcode writeWord} wrote.
 * @param upperProduct What {@linkcode writeUpperProduct} wrote.
 * @param turns Whether it gives the turns.
 */
export function writeReduceAngle(
  fn: FunctionBuilder,
  word: FunctionBuilder,
  upperProduct: FunctionBuilder,
  turns: boolean,
): void {
  const angle = fn.parameters[0]!;
  const i64 = () => fn.local("i64");
  const [bits, mantissa, high, low] = [i64(), i64(), i64(), i64()];
  const start = fn.local("i32");
  // Infinities and NaN have no turns.
  fn.get(angle);
  fn.op("f64.abs");
  fn.f64(Infinity);
  fn.op("f64.lt", "i32.eqz");
  fn.if(() => {
    fn.f64(NaN);
    fn.op("return");
  });
  fn.get(angle);
  fn.op("f64.abs", "i64.reinterpret_f64");
  fn.tee(bits);
  fn.i64(0xfffffffffffffn);
  fn.op("i64.and");
  fn.i64(0x10000000000000n);
  fn.op("i64.or");
  fn.set(mantissa);
  // The first bit of 2/π that is worth less than four quarter turns.
  fn.get(bits);
  fn.i64(52n);
  fn.op("i64.shr_u", "i32.wrap_i64");
  fn.i32(1075 + 2 - 64);
  fn.op("i32.sub");
  fn.set(start);
  const window = (index: number) => {
    const at = (ahead: number) => {
      fn.get(start);
      fn.i32(6);
      fn.op("i32.shr_u");
      fn.i32(index + ahead);
      fn.op("i32.add");
      fn.call(word);
    };
    at(0);
    fn.get(start);
    fn.op("i64.extend_i32_u", "i64.shl");
    at(1);
    fn.i64(1n);
    fn.op("i64.shr_u");
    fn.i64(63n);
    fn.get(start);
    fn.i32(63);
    fn.op("i32.and", "i64.extend_i32_u", "i64.sub", "i64.shr_u", "i64.or");
  };
  const upper = (index: number) => {
    fn.get(mantissa);
    window(index);
    fn.call(upperProduct);
  };
  const lower = (index: number) => {
    fn.get(mantissa);
    window(index);
    fn.op("i64.mul");
  };
  const carried = i64();
  upper(2);
  fn.tee(carried);
  lower(1);
  fn.op("i64.add");
  fn.set(low);
  lower(0);
  upper(1);
  fn.op("i64.add");
  fn.get(low);
  fn.get(carried);
  fn.op("i64.lt_u", "i64.extend_i32_u", "i64.add");
  fn.set(high);
  // Two bits of turns, and a fraction of which the half is one turn more.
  if (turns) {
    fn.get(high);
    fn.i64(61n);
    fn.op("i64.shr_u");
    fn.i64(1n);
    fn.op("i64.add");
    fn.i64(1n);
    fn.op("i64.shr_u", "i32.wrap_i64");
    const count = fn.local("i32");
    fn.set(count);
    fn.i32(0);
    fn.get(count);
    fn.op("i32.sub");
    fn.get(count);
    fn.get(angle);
    fn.f64(0);
    fn.op("f64.lt", "select");
    fn.i32(3);
    fn.op("i32.and", "f64.convert_i32_s");
    return;
  }
  fn.get(high);
  fn.i64(2n);
  fn.op("i64.shl");
  fn.get(low);
  fn.i64(62n);
  fn.op("i64.shr_u", "i64.or", "f64.convert_i64_s");
  fn.f64(2 ** -64);
  fn.op("f64.mul");
  fn.get(low);
  fn.i64(2n);
  fn.op("i64.shl", "f64.convert_i64_u");
  fn.f64(2 ** -128);
  fn.op("f64.mul", "f64.add");
  fn.f64(Math.PI / 2);
  fn.op("f64.mul");
  fn.f64(1);
  fn.get(angle);
  fn.op("f64.copysign", "f64.mul");
}
