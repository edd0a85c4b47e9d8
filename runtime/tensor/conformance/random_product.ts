/**
 * Products of matrices drawn at random, to compare ways of computing them.
 *
 * @module
 */

import fc from "fast-check";
import * as wf from "../mod.ts";

/** How a factor comes to be. */
type Form = "plain" | "transposed" | "flipped" | "strided" | "taken" | "fused";

/** One factor of a product. */
interface FactorChoice {
  /** How it comes to be. */
  readonly form: Form;
  /** How many of its leading axes are missing. */
  readonly missing: number;
  /** Whether the leading axes that it has have length 1. */
  readonly isOne: boolean;
  /** Whether it is a vector where it has no leading axes. */
  readonly isVector: boolean;
}

/** A product. */
export interface ProductChoice {
  /** Leading axes. */
  readonly batch: readonly number[];
  /** Rows of the result. */
  readonly rows: number;
  /** Columns of the result. */
  readonly columns: number;
  /** Products in each sum. */
  readonly depth: number;
  /** The left factor. */
  readonly left: FactorChoice;
  /** The right factor. */
  readonly right: FactorChoice;
  /** What becomes of the result. */
  readonly epilogue: "none" | "bias" | "max" | "min" | "sum" | "gradient";
}

const lengths: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 6, arbitrary: fc.integer({ min: 10, max: 70 }) },
  { weight: 1, arbitrary: fc.constantFrom(128, 257, 300) },
);

const factors: fc.Arbitrary<FactorChoice> = fc.record({
  form: fc.constantFrom(
    "plain",
    "transposed",
    "flipped",
    "strided",
    "taken",
    "fused",
  ),
  missing: fc.nat(2),
  isOne: fc.boolean(),
  isVector: fc.boolean(),
});

/** Products of all forms, with few elements in all. */
export const productChoices: fc.Arbitrary<ProductChoice> = fc.record({
  batch: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
  rows: lengths,
  columns: lengths,
  depth: lengths,
  left: factors,
  right: factors,
  epilogue: fc.constantFrom("none", "bias", "max", "min", "sum", "gradient"),
}).filter(({ batch, rows, columns, depth }) =>
  batch.reduce((a, b) => a * b, rows * columns * depth) <= 200_000
);

type AnyFloat = wf.Tensor<wf.FloatDType>;

/**
 * Makes a product.
 *
 * @param dtype Its dtype.
 * @param choice What it is like.
 * @param special Numbers that stand here and there among those of the factors.
 * @returns The product, or gradients of its factors.
 */
export function randomProduct(
  dtype: wf.FloatDType,
  { batch, rows, columns, depth, left, right, epilogue }: ProductChoice,
  special: readonly number[] = [],
): AnyFloat[] {
  const make = (shape: readonly number[], seed: number) =>
    spread(dtype, shape, seed, special);
  const a = factor(left, leading(left, batch), [rows, depth], 1, make);
  const b = factor(right, leading(right, batch), [depth, columns], 2, make);
  const x = left.isVector && a.ndim === 2 && rows > 0
    ? wf.slice(a, rows - 1)
    : a;
  const y = right.isVector && b.ndim === 2 && columns > 0
    ? wf.slice(b, null, columns - 1)
    : b;
  if (epilogue === "gradient") {
    return wf.grad(
      (u: AnyFloat, v: AnyFloat): AnyFloat => wf.sum(wf.tanh(wf.matmul(u, v))),
      { argnums: [0, 1] },
    )(x, y);
  }
  const product = wf.matmul(x, y);
  const last = product.shape.at(-1);
  switch (epilogue) {
    case "bias":
      return [wf.tanh(wf.add(product, make(product.shape.slice(-1), 3)))];
    case "max":
    case "min":
      if (last === undefined || last === 0) return [product];
      return [wf[epilogue](product, { axis: -1 })];
    case "sum":
      return [wf.sum(product, last === undefined ? {} : { axis: 0 })];
    default:
      return [product];
  }
}

function leading(
  { missing, isOne }: FactorChoice,
  batch: readonly number[],
): number[] {
  const kept = batch.slice(missing);
  return isOne ? kept.map(() => 1) : kept;
}

function factor(
  { form }: FactorChoice,
  batch: readonly number[],
  [rows, columns]: readonly [number, number],
  seed: number,
  make: (shape: readonly number[], seed: number) => AnyFloat,
): AnyFloat {
  const shape = [...batch, rows, columns];
  switch (form) {
    case "transposed":
      return wf.transpose(make([...batch, columns, rows], seed));
    case "flipped":
      return wf.flip(make(shape, seed), { axis: -1 });
    case "strided": {
      const long = make([...batch, 2 * rows, columns], seed);
      return wf.slice(long, ...batch.map(() => null), [null, null, 2]);
    }
    case "taken": {
      const table = make([...batch, 7, columns], seed);
      const indices = Int32Array.from({ length: rows }, (_, k) => k * 5 % 7);
      return wf.take(table, wf.tensor(indices), { axis: batch.length });
    }
    case "fused":
      return wf.multiply(make(shape, seed), make([columns], seed + 7));
    default:
      return make(shape, seed);
  }
}

function spread(
  dtype: wf.FloatDType,
  shape: readonly number[],
  seed: number,
  special: readonly number[],
): AnyFloat {
  const size = shape.reduce((total, n) => total * n, 1);
  const values = Array.from(
    { length: size },
    (_, k) =>
      (k + seed) % 41 === 13 && special.length > 0
        ? special[(k + seed * 3) % special.length]!
        : Math.sin((k + 1) * (seed + 2.3)),
  );
  return wf.tensor(values, { dtype, shape });
}
