/**
 * Functions written as expressions over what all devices can do: arithmetic,
 * comparisons, choices, square roots, roundings, and the parts of floats.
 *
 * @module
 */

import type { Expr, ExprPool } from "../ir/expr.ts";
import type { Kernel } from "../ir/kernel.ts";
import { transformRoots } from "../ir/kernel_roots.ts";
import { substitute } from "../ir/substitute.ts";
import { Arithmetic } from "./arithmetic.ts";
import { erf, erfc, logNormalCdf } from "./error_function.ts";
import { cosh, exp, expm1, sigmoid, sinh, tanh } from "./exponential.ts";
import { lgamma, polygamma } from "./gamma.ts";
import { acos, asin, atan, atan2 } from "./inverse_trigonometric.ts";
import { log, log1p, softplus } from "./logarithm.ts";
import { power, remainder } from "./power.ts";
import { cos, sin, tan } from "./trigonometric.ts";

/** What expressions are written for. */
export type FunctionTarget = "wasm" | "webgpu";

/** Writes a function of some arguments. */
type Rule = (
  m: Arithmetic,
  args: readonly Expr[],
  value: number,
) => Expr;

const unary = (rule: (m: Arithmetic, x: Expr) => Expr): Rule => (m, args) =>
  rule(m, args[0]!);
const binary =
  (rule: (m: Arithmetic, a: Expr, b: Expr) => Expr): Rule => (m, args) =>
    rule(m, args[0]!, args[1]!);

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["exp", unary((m, x) => exp(m, x))],
  ["expm1", unary(expm1)],
  ["log", unary((m, x) => log(m, x))],
  ["log1p", unary(log1p)],
  ["sin", unary(sin)],
  ["cos", unary(cos)],
  ["tan", unary(tan)],
  ["asin", unary(asin)],
  ["acos", unary(acos)],
  ["atan", unary(atan)],
  ["sinh", unary(sinh)],
  ["cosh", unary(cosh)],
  ["tanh", unary(tanh)],
  ["sigmoid", unary(sigmoid)],
  ["softplus", unary(softplus)],
  ["erf", unary(erf)],
  ["erfc", unary(erfc)],
  ["logNormalCdf", unary(logNormalCdf)],
  ["lgamma", unary(lgamma)],
  ["power", binary(power)],
  ["remainder", binary(remainder)],
  ["atan2", binary(atan2)],
  [
    "polygamma",
    (m, args, value) => polygamma(m, value, args[0]!),
  ],
]);

/** What WGSL does well enough itself. */
const BUILT_IN: ReadonlySet<string> = new Set(["exp", "log"]);

/**
 * A kernel in which functions of floats are replaced by arithmetic.
 *
 * @param kernel The kernel.
 * @param target What it is written for.
 * @returns A kernel that computes the same.
 */
export function withoutFunctions<K extends Kernel>(
  kernel: K,
  target: FunctionTarget,
): K {
  return transformRoots(
    kernel,
    (roots) => expandFunctions(kernel.pool, roots, target),
  );
}

/** Expressions in which functions of floats are replaced by arithmetic. */
function expandFunctions(
  pool: ExprPool,
  roots: readonly Expr[],
  target: FunctionTarget,
): Expr[] {
  const single = new Arithmetic(pool, "f32");
  const double = new Arithmetic(pool, "f64");
  return substitute(pool, roots, ({ op, dtype, args, value }) => {
    const rule = RULES.get(op);
    if (rule === undefined) return undefined;
    if (target === "webgpu" && BUILT_IN.has(op)) return undefined;
    if (dtype === "f64") return rule(double, args, value);
    if (dtype === "f32") return rule(single, args, value);
    if (dtype !== "f16") return undefined;
    const wide = args.map((arg) => pool.make("cast", "f32", [arg]));
    return pool.make("cast", "f16", [rule(single, wide, value)]);
  });
}
