/**
 * Covariance functions as plain data: what a kernel is made of, which of its
 * hyperparameters are free, and within which bounds.
 *
 * @module
 */

import { z } from "zod";
import { ParameterError } from "../../../runtime/core/errors.ts";

/** Bounds of a hyperparameter whose description gives none. */
export const DEFAULT_BOUNDS: readonly [number, number] = [1e-3, 1e3];

/**
 * A positive hyperparameter: its starting value alone, or with bounds (default
 * 1e-3 to 1e3), or held `fixed`.
 */
export type HyperParameter = number | {
  /** Starting value, or the value itself where fixed. */
  readonly value: number;
  /** Smallest and largest value that a fit may reach. */
  readonly bounds?: readonly [number, number] | undefined;
  /** True to leave it out of the fit. */
  readonly fixed?: boolean | undefined;
};

/** One length scale for all columns, or one for each. */
export type LengthScale = HyperParameter | readonly number[] | {
  /** Starting values, one a column. */
  readonly value: readonly number[];
  /** Smallest and largest value that a fit may reach. */
  readonly bounds?: readonly [number, number] | undefined;
  /** True to leave them out of the fit. */
  readonly fixed?: boolean | undefined;
};

/**
 * A covariance function between rows `x` and `x'`, with `r` their distance in
 * length scales. Leaves have unit scale: multiply by a `constant`.
 *
 * - `constant`: `variance` (default 1).
 * - `rbf`: `exp(−r²/2)`; `lengthScale` (default 1).
 * - `matern`: `nu` 0.5 `exp(−r)`, 1.5 `(1 + √3 r) exp(−√3 r)`, 2.5
 *   `(1 + √5 r + 5r²/3) exp(−√5 r)`.
 * - `periodic`: `exp(−2 sin²(π‖x − x'‖ / period) / lengthScale²)`.
 * - `linear`: `offsetVariance + x·x'`.
 * - `white`: `variance` on equal rows of the same set, 0 elsewhere. The noise of
 *   a regression has its own param; this is noise that belongs to the function.
 * - `sum`, `product` of `kernels`.
 *
 * `columns` restricts a leaf to some columns of the inputs.
 */
export type Kernel =
  | {
    readonly kind: "constant" | "white";
    readonly variance?: HyperParameter | undefined;
  }
  | {
    readonly kind: "rbf";
    readonly lengthScale?: LengthScale | undefined;
    readonly columns?: readonly number[] | undefined;
  }
  | {
    readonly kind: "matern";
    readonly nu: 0.5 | 1.5 | 2.5;
    readonly lengthScale?: LengthScale | undefined;
    readonly columns?: readonly number[] | undefined;
  }
  | {
    readonly kind: "periodic";
    readonly lengthScale?: HyperParameter | undefined;
    readonly period?: HyperParameter | undefined;
    readonly columns?: readonly number[] | undefined;
  }
  | {
    readonly kind: "linear";
    readonly offsetVariance?: HyperParameter | undefined;
    readonly columns?: readonly number[] | undefined;
  }
  | {
    readonly kind: "sum" | "product";
    readonly kernels: readonly Kernel[];
  };

const positive = z.number().positive();
const bounds = z.tuple([positive, positive]).readonly()
  .refine(([low, high]) => low < high, "the upper bound must be the larger")
  .optional();
const fixed = z.boolean().optional();

/** Schema of {@linkcode HyperParameter}. */
export const hyperParameterSchema: z.ZodType<HyperParameter> = z.union([
  positive,
  z.object({ value: positive, bounds, fixed }),
]);

const lengthScale: z.ZodType<LengthScale> = z.union([
  hyperParameterSchema,
  z.array(positive).min(1).readonly(),
  z.object({ value: z.array(positive).min(1).readonly(), bounds, fixed }),
]);

const columns = z.array(z.int().min(0)).min(1).readonly().optional();

/** Schema of {@linkcode Kernel}. */
export const kernelSchema: z.ZodType<Kernel> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.enum(["constant", "white"]),
      variance: hyperParameterSchema.optional(),
    }),
    z.strictObject({
      kind: z.literal("rbf"),
      lengthScale: lengthScale.optional(),
      columns,
    }),
    z.strictObject({
      kind: z.literal("matern"),
      nu: z.literal([0.5, 1.5, 2.5]),
      lengthScale: lengthScale.optional(),
      columns,
    }),
    z.strictObject({
      kind: z.literal("periodic"),
      lengthScale: hyperParameterSchema.optional(),
      period: hyperParameterSchema.optional(),
      columns,
    }),
    z.strictObject({
      kind: z.literal("linear"),
      offsetVariance: hyperParameterSchema.optional(),
      columns,
    }),
    z.strictObject({
      kind: z.enum(["sum", "product"]),
      kernels: z.array(kernelSchema).min(1).readonly(),
    }),
  ])
);

/** One number that a fit may move. */
export interface FreeParameter {
  /** Where it stands in the description, for example `kernels[1].lengthScale[0]`. */
  readonly name: string;
  /** Its value in the description. */
  readonly value: number;
  /** Smallest and largest value. */
  readonly bounds: readonly [number, number];
}

/** A hyperparameter of a description, with everything filled in. */
export interface ResolvedParameter {
  /** Where it stands in the description. */
  readonly name: string;
  /** Its value, or one a column. */
  readonly value: number | readonly number[];
  /** Smallest and largest value. */
  readonly bounds: readonly [number, number];
  /** Whether a fit leaves it alone. */
  readonly fixed: boolean;
}

/**
 * Fills in what a description of a hyperparameter leaves out.
 *
 * @param name What to call it.
 * @param described The description; 1 where absent.
 * @returns The hyperparameter.
 * @throws ParameterError when a free value lies outside its bounds.
 */
export function resolveParameter(
  name: string,
  described: HyperParameter | LengthScale | undefined,
): ResolvedParameter {
  const plain = described === undefined || typeof described === "number" ||
      isList(described)
    ? { value: described ?? 1 }
    : described;
  const resolved = {
    name,
    value: plain.value,
    bounds: ("bounds" in plain ? plain.bounds : undefined) ?? DEFAULT_BOUNDS,
    fixed: ("fixed" in plain ? plain.fixed : undefined) ?? false,
  };
  const [low, high] = resolved.bounds;
  const outside = valuesOf(resolved).find((value) =>
    value < low || value > high
  );
  if (!resolved.fixed && outside !== undefined) {
    throw new ParameterError(
      `Cannot fit "${name}" from ${outside} as it lies outside its bounds`,
      { expected: `${low} to ${high}`, hint: 'Give wider "bounds"' },
    );
  }
  return resolved;
}

function isList(value: LengthScale): value is readonly number[] {
  return Array.isArray(value);
}

/**
 * The numbers of a hyperparameter as a list.
 *
 * @param parameter The hyperparameter.
 * @returns One number, or one a column.
 */
export function valuesOf(
  parameter: Pick<ResolvedParameter, "value">,
): readonly number[] {
  return typeof parameter.value === "number"
    ? [parameter.value]
    : parameter.value;
}

/**
 * The hyperparameters of one vertex of a kernel, in the order in which they
 * stand in the vector of free ones; not those of the kernels below it.
 *
 * @param kernel The kernel.
 * @param path Where it stands in the whole description.
 * @returns Its own hyperparameters by name.
 */
export function ownParameters(
  kernel: Kernel,
  path = "",
): Record<string, ResolvedParameter> {
  const at = (name: string, described: LengthScale | undefined) => ({
    [name]: resolveParameter(path + name, described),
  });
  switch (kernel.kind) {
    case "constant":
    case "white":
      return at("variance", kernel.variance);
    case "rbf":
    case "matern":
      return at("lengthScale", kernel.lengthScale);
    case "periodic":
      return {
        ...at("lengthScale", kernel.lengthScale),
        ...at("period", kernel.period),
      };
    case "linear":
      return at("offsetVariance", kernel.offsetVariance);
    case "sum":
    case "product":
      return {};
  }
}

/**
 * The free numbers of a kernel, depth first.
 *
 * @param kernel The kernel.
 * @param path Where it stands in the whole description.
 * @returns One entry a number.
 */
export function freeParameters(kernel: Kernel, path = ""): FreeParameter[] {
  const own = Object.values(ownParameters(kernel, path))
    .flatMap((parameter) => freeNumbers(parameter));
  if (!("kernels" in kernel)) return own;
  return kernel.kernels.flatMap((child, index) =>
    freeParameters(child, `${path}kernels[${index}].`)
  );
}

/**
 * The free numbers of one hyperparameter.
 *
 * @param parameter The hyperparameter.
 * @returns None where it is fixed.
 */
export function freeNumbers(parameter: ResolvedParameter): FreeParameter[] {
  if (parameter.fixed) return [];
  const { name, value, bounds } = parameter;
  if (typeof value === "number") return [{ name, value, bounds }];
  return value.map((entry, index) => ({
    name: `${name}[${index}]`,
    value: entry,
    bounds,
  }));
}

/**
 * A kernel with other values for its free numbers.
 *
 * @param kernel The kernel.
 * @param values One number for each of {@linkcode freeParameters}, in order.
 * @returns The same description with the values put in.
 */
export function withValues(kernel: Kernel, values: readonly number[]): Kernel {
  let used = 0;
  const visit = (vertex: Kernel): Kernel => {
    if ("kernels" in vertex) {
      return { ...vertex, kernels: vertex.kernels.map(visit) };
    }
    const replaced: Record<string, unknown> = { ...vertex };
    for (const [name, parameter] of Object.entries(ownParameters(vertex))) {
      const { value, bounds, fixed } = parameter;
      if (fixed) continue;
      const count = valuesOf(parameter).length;
      const taken = values.slice(used, used + count);
      used += count;
      replaced[name] = {
        value: typeof value === "number" ? taken[0] : taken,
        bounds,
      };
    }
    return replaced as Kernel;
  };
  return visit(kernel);
}
