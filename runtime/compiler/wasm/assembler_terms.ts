/**
 * Arithmetic of whole numbers in generated code, written as nested terms.
 *
 * @module
 */

import type { FunctionBuilder, Local } from "./assembler.ts";
import type { PlainOp } from "./assembler_opcodes.ts";

/** An i32: a variable, a literal, or a term over others. */
export type Whole =
  | Local
  | number
  | readonly [op: PlainOp, left: Whole, right: Whole];

/**
 * The sum of two numbers.
 *
 * @param left A number.
 * @param right Another number.
 * @returns The term.
 */
export function plus(left: Whole, right: Whole): Whole {
  return ["i32.add", left, right];
}

/**
 * The difference of two numbers.
 *
 * @param left A number.
 * @param right What is taken away.
 * @returns The term.
 */
export function minus(left: Whole, right: Whole): Whole {
  return ["i32.sub", left, right];
}

/**
 * The product of two numbers.
 *
 * @param left A number.
 * @param right Another number.
 * @returns The term.
 */
export function times(left: Whole, right: Whole): Whole {
  return ["i32.mul", left, right];
}

/**
 * The whole quotient of two numbers that are not negative.
 *
 * @param left A number.
 * @param right The divisor.
 * @returns The term.
 */
export function over(left: Whole, right: Whole): Whole {
  return ["i32.div_u", left, right];
}

/**
 * The remainder of two numbers that are not negative.
 *
 * @param left A number.
 * @param right The divisor.
 * @returns The term.
 */
export function modulo(left: Whole, right: Whole): Whole {
  return ["i32.rem_u", left, right];
}

/**
 * Pushes a number.
 *
 * @param to The function.
 * @param value The number.
 */
export function push(to: FunctionBuilder, value: Whole): void {
  if (typeof value === "number") to.i32(value);
  else if ("index" in value) to.get(value);
  else {
    push(to, value[1]);
    push(to, value[2]);
    to.op(value[0]);
  }
}

/**
 * Sets a variable.
 *
 * @param to The function.
 * @param variable The variable.
 * @param value Its new value.
 */
export function assign(
  to: FunctionBuilder,
  variable: Local,
  value: Whole,
): void {
  push(to, value);
  to.set(variable);
}

/**
 * A new variable with a value.
 *
 * @param to The function.
 * @param value The value.
 * @returns The variable.
 */
export function hold(to: FunctionBuilder, value: Whole): Local {
  const made = to.local("i32");
  assign(to, made, value);
  return made;
}

/**
 * Pushes the smaller of two numbers.
 *
 * @param to The function.
 * @param left A number.
 * @param right Another number.
 */
export function pushSmaller(
  to: FunctionBuilder,
  left: Whole,
  right: Whole,
): void {
  push(to, left);
  push(to, right);
  push(to, ["i32.lt_s", left, right]);
  to.op("select");
}

/**
 * A loop over a variable, from where it stands, while it is below an end.
 *
 * @param to The function.
 * @param variable The variable.
 * @param end Where the loop ends; not evaluated before the body may change it.
 * @param step What the variable grows by.
 * @param body Writes one turn.
 */
export function whileBelow(
  to: FunctionBuilder,
  variable: Local,
  end: Whole,
  step: Whole,
  body: () => void,
): void {
  loopWhile(to, ["i32.lt_s", variable, end], variable, step, body);
}

/**
 * A loop over addresses, which have no sign: see {@linkcode whileBelow}.
 *
 * @param to The function.
 * @param address The variable.
 * @param end Where the loop ends.
 * @param step What the address grows by.
 * @param body Writes one turn.
 */
export function whileAddressBelow(
  to: FunctionBuilder,
  address: Local,
  end: Whole,
  step: Whole,
  body: () => void,
): void {
  loopWhile(to, ["i32.lt_u", address, end], address, step, body);
}

function loopWhile(
  to: FunctionBuilder,
  condition: Whole,
  variable: Local,
  step: Whole,
  body: () => void,
): void {
  push(to, condition);
  to.if(() => {
    to.loop((again) => {
      body();
      assign(to, variable, plus(variable, step));
      push(to, condition);
      to.branchIf(again);
    });
  });
}
