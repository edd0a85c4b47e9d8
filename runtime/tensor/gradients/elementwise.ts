/**
 * Gradients of the elementwise primitives.
 *
 * @module
 */

import { isFloatDType } from "../../device/dtypes.ts";
import { attributesOf } from "../../device/graph.ts";
import {
  add,
  cos,
  cosh,
  digamma,
  divide,
  equal,
  exp,
  floor,
  greater,
  log,
  multiply,
  negative,
  polygamma,
  power,
  sigmoid,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  subtract,
  where,
} from "../elementwise.ts";
import { castTo } from "../node.ts";
import type { Tensor } from "../tensor.ts";
import type { GradientRule } from "./rule.ts";

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** A rule that multiplies the cotangent by the derivative. */
function unaryRule(
  derivative: (x: Tensor, y: Tensor) => Tensor,
): GradientRule {
  return ({ inputs, output, cotangent }) => [
    multiply(cotangent, derivative(inputs[0]!, output)),
  ];
}

/** A rule for what is flat wherever it has a derivative. */
const flat: GradientRule = () => [];

/** The part of a cotangent that goes to an operand of max or min. */
function share(cotangent: Tensor, wins: Tensor<"bool">, ties: Tensor<"bool">) {
  return where(ties, multiply(cotangent, 0.5), where(wins, cotangent, 0));
}

/** Rules by primitive. */
export const ELEMENTWISE_RULES: Readonly<Record<string, GradientRule>> = {
  negative: ({ cotangent }) => [negative(cotangent)],
  absolute: unaryRule((x) => sign(x)),
  sign: flat,
  exp: unaryRule((_, y) => y),
  expm1: unaryRule((_, y) => add(y, 1)),
  log: ({ inputs, cotangent }) => [divide(cotangent, inputs[0]!)],
  log1p: ({ inputs, cotangent }) => [divide(cotangent, add(inputs[0]!, 1))],
  sqrt: ({ output, cotangent }) => [divide(multiply(cotangent, 0.5), output)],
  sin: unaryRule((x) => cos(x)),
  cos: unaryRule((x) => negative(sin(x))),
  tan: unaryRule((_, y) => add(square(y), 1)),
  asin: unaryRule((x) => divide(1, sqrt(subtract(1, square(x))))),
  acos: unaryRule((x) => divide(-1, sqrt(subtract(1, square(x))))),
  atan: unaryRule((x) => divide(1, add(square(x), 1))),
  sinh: unaryRule((x) => cosh(x)),
  cosh: unaryRule((x) => sinh(x)),
  tanh: unaryRule((_, y) => subtract(1, square(y))),
  sigmoid: unaryRule((_, y) => multiply(y, subtract(1, y))),
  softplus: unaryRule((x) => sigmoid(x)),
  erf: unaryRule((x) => multiply(exp(negative(square(x))), TWO_OVER_SQRT_PI)),
  erfc: unaryRule((x) => multiply(exp(negative(square(x))), -TWO_OVER_SQRT_PI)),
  // Density over distribution, both as logarithms so that the tail is right.
  logNormalCdf: unaryRule((x, y) =>
    exp(
      subtract(subtract(multiply(square(x), -0.5), HALF_LOG_TWO_PI), y),
    )
  ),
  lgamma: unaryRule((x) => digamma(x)),
  polygamma: ({ node, inputs, cotangent }) => [
    multiply(
      cotangent,
      polygamma(attributesOf(node, "polygamma").order + 1, inputs[0]!),
    ),
  ],
  floor: flat,
  ceil: flat,
  round: flat,
  trunc: flat,
  not: flat,
  isNaN: flat,
  isFinite: flat,
  add: ({ cotangent }) => [cotangent, cotangent],
  subtract: ({ cotangent, needs }) => [
    cotangent,
    needs[1] ? negative(cotangent) : undefined,
  ],
  multiply: ({ inputs: [a, b], cotangent, needs }) => [
    needs[0] ? multiply(cotangent, b!) : undefined,
    needs[1] ? multiply(cotangent, a!) : undefined,
  ],
  divide: ({ inputs: [, b], output, cotangent, needs }) => [
    needs[0] ? divide(cotangent, b!) : undefined,
    needs[1] ? negative(divide(multiply(cotangent, output), b!)) : undefined,
  ],
  power: ({ inputs: [a, b], output, cotangent, needs }) => [
    needs[0]
      ? multiply(
        cotangent,
        where(equal(b!, 0), 0, multiply(b!, power(a!, subtract(b!, 1)))),
      )
      : undefined,
    // The limit at base 0 is 0; log(0) would make it NaN.
    needs[1]
      ? multiply(
        cotangent,
        where(equal(output, 0), 0, multiply(output, log(a!))),
      )
      : undefined,
  ],
  atan2: ({ inputs: [y, x], cotangent, needs }) => {
    const scaled = divide(cotangent, add(square(x!), square(y!)));
    return [
      needs[0] ? multiply(scaled, x!) : undefined,
      needs[1] ? negative(multiply(scaled, y!)) : undefined,
    ];
  },
  remainder: ({ inputs: [a, b], cotangent, needs }) => [
    cotangent,
    needs[1] ? negative(multiply(cotangent, floor(divide(a!, b!)))) : undefined,
  ],
  maximum: ({ inputs: [a, b], cotangent }) => {
    const ties = equal(a!, b!);
    return [
      share(cotangent, greater(a!, b!), ties),
      share(cotangent, greater(b!, a!), ties),
    ];
  },
  minimum: ({ inputs: [a, b], cotangent }) => {
    const ties = equal(a!, b!);
    return [
      share(cotangent, greater(b!, a!), ties),
      share(cotangent, greater(a!, b!), ties),
    ];
  },
  bitcast: flat,
  equal: flat,
  less: flat,
  lessEqual: flat,
  where: ({ inputs: [condition], cotangent, needs }) => [
    undefined,
    needs[1] ? where(condition as Tensor<"bool">, cotangent, 0) : undefined,
    needs[2] ? where(condition as Tensor<"bool">, 0, cotangent) : undefined,
  ],
  cast: ({ inputs: [x], cotangent }) => [
    isFloatDType(x!.dtype) ? castTo(cotangent, x!.dtype) : undefined,
  ],
};
