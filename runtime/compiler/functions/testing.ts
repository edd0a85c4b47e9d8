/**
 * What tests of functions have in common.
 *
 * @module
 */

/** Functions of one float that are written as arithmetic. */
export const UNARY_FUNCTIONS = [
  "exp",
  "expm1",
  "log",
  "log1p",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "sigmoid",
  "softplus",
  "erf",
  "erfc",
  "logNormalCdf",
  "lgamma",
] as const;
