/**
 * Discrete Fourier transforms along the last axis, without factors: lengths
 * with small prime factors stage by stage, short ones as a product of matrices,
 * others as a convolution of a length that is a power of two.
 *
 * @module
 */

import type { FloatDType } from "../../../device/dtypes.ts";
import { matmul } from "../../contraction.ts";
import { tensor, zeros } from "../../creation.ts";
import { add, multiply, negative, subtract } from "../../elementwise.ts";
import { concat, pad, reshape, slice, stack } from "../../movement.ts";
import type { Tensor } from "../../tensor.ts";
import { customGradients } from "../several.ts";
import { complexMultiply, type ComplexPair, eachPart } from "./complex.ts";

/** Sign of the angle: -1 forward, 1 backward. */
export type Direction = -1 | 1;

/** Lengths of stages, tried in this order. */
const RADICES = [4, 2, 3, 5, 7];
/** Up to here other lengths are products of matrices. */
const DIRECT_LENGTH = 64;

/**
 * The sum over k of `x[k] exp(± 2πi jk / n)`, along the last axis. Its gradient is
 * the transform in the other direction.
 *
 * @param x `[rows, n]`.
 * @param direction The sign.
 * @returns `[rows, n]`.
 */
export function transform<D extends FloatDType>(
  x: ComplexPair<D>,
  direction: Direction,
): ComplexPair<D> {
  const own = customGradients(
    (real, imaginary) => {
      const given = { real, imaginary } as ComplexPair<D>;
      const made = transformOf(given, direction);
      return [made.real, made.imaginary];
    },
    ({ inputs, cotangents }) => {
      const [real, imaginary] = inputs.map((input, k) =>
        cotangents[k] ?? zeros(input.shape, { dtype: input.dtype })
      );
      const flow = { real, imaginary } as ComplexPair<D>;
      const back = transform(flow, direction === 1 ? -1 : 1);
      return [back.real, back.imaginary];
    },
  );
  const [real, imaginary] = own(x.real, x.imaginary);
  return { real, imaginary } as ComplexPair<D>;
}

function transformOf<D extends FloatDType>(
  x: ComplexPair<D>,
  direction: Direction,
): ComplexPair<D> {
  const length = x.real.shape[1]!;
  if (length === 1) return x;
  const radices = factorsOf(length);
  if (radices !== undefined) return staged(x, radices, direction);
  return length <= DIRECT_LENGTH ? direct(x, direction) : chirped(x, direction);
}

/** The lengths of the stages; undefined where a prime factor is large. */
function factorsOf(length: number): number[] | undefined {
  const factors: number[] = [];
  let rest = length;
  for (const radix of RADICES) {
    for (; rest % radix === 0; rest /= radix) factors.push(radix);
  }
  return rest === 1 ? factors : undefined;
}

/** Roots of unity `exp(± 2πi k / n)` for whole numbers k. */
function roots<D extends FloatDType>(
  powers: ArrayLike<number>,
  n: number,
  shape: readonly number[],
  direction: Direction,
  dtype: D,
): ComplexPair<D> {
  const angle = (k: number) => 2 * Math.PI * (k % n) / n;
  const real = Float64Array.from(powers, (k) => Math.cos(angle(k)));
  const imaginary = Float64Array.from(
    powers,
    (k) => direction * Math.sin(angle(k)),
  );
  return {
    real: tensor(real, { dtype, shape }),
    imaginary: tensor(imaginary, { dtype, shape }),
  };
}

/** Stages that leave the result in order (Stockham's arrangement). */
function staged<D extends FloatDType>(
  x: ComplexPair<D>,
  radices: readonly number[],
  direction: Direction,
): ComplexPair<D> {
  const [rows, length] = x.real.shape as [number, number];
  let value = x;
  let rest = length;
  let done = 1;
  for (const radix of radices) {
    const next = rest / radix;
    const parts = eachPart(
      value,
      (part) => reshape(part, [rows, radix, next, done]),
    );
    const mixed = butterfly(parts, radix, direction);
    const turned = next === 1 ? mixed : complexMultiply(
      mixed,
      roots(
        Float64Array.from(
          { length: next * radix },
          (_, k) => Math.floor(k / radix) * (k % radix),
        ),
        rest,
        [next, radix, 1],
        direction,
        x.real.dtype,
      ),
    );
    value = eachPart(turned, (part) => reshape(part, [rows, length]));
    rest = next;
    done *= radix;
  }
  return value;
}

/** Transforms of axis 1 of `[rows, radix, next, done]`: `[rows, next, radix, done]`. */
function butterfly<D extends FloatDType>(
  x: ComplexPair<D>,
  radix: number,
  direction: Direction,
): ComplexPair<D> {
  const terms = Array.from(
    { length: radix },
    (_, j) => eachPart(x, (part) => slice(part, null, j)),
  );
  const sums = terms.map((_, k) => {
    const real = new Sum<D>();
    const imaginary = new Sum<D>();
    terms.forEach((term, j) => {
      const [c, s] = root(j * k, radix, direction);
      real.add(term.real, c).add(term.imaginary, -s);
      imaginary.add(term.imaginary, c).add(term.real, s);
    });
    return { real: real.total, imaginary: imaginary.total };
  });
  return {
    real: stack(sums.map((sum) => sum.real), { axis: 2 }),
    imaginary: stack(sums.map((sum) => sum.imaginary), { axis: 2 }),
  };
}

/** `exp(± 2πi k / n)`, exact where it is 0, 1 or -1. */
function root(k: number, n: number, direction: Direction): [number, number] {
  const part = (k % n) / n;
  if (part * 4 % 1 === 0) {
    const quarter = part * 4;
    return [[1, 0, -1, 0][quarter]!, direction * [0, 1, 0, -1][quarter]!];
  }
  const angle = 2 * Math.PI * part;
  return [Math.cos(angle), direction * Math.sin(angle)];
}

/** A sum of multiples that leaves out zeros and multiplications by one. */
class Sum<D extends FloatDType> {
  #total: Tensor<D> | undefined;

  get total(): Tensor<D> {
    return this.#total!;
  }

  add(x: Tensor<D>, factor: number): this {
    if (factor === 0) return this;
    const size = Math.abs(factor);
    const term = size === 1 ? x : multiply(x, size);
    this.#total = this.#total === undefined
      ? (factor < 0 ? negative(term) : term)
      : factor < 0
      ? subtract(this.#total, term)
      : add(this.#total, term);
    return this;
  }
}

/** One product with a matrix for real and imaginary parts together. */
function direct<D extends FloatDType>(
  x: ComplexPair<D>,
  direction: Direction,
): ComplexPair<D> {
  const n = x.real.shape[1]!;
  const powers = Float64Array.from(
    { length: n * n },
    (_, at) => Math.floor(at / n) * (at % n),
  );
  const w = roots(powers, n, [n, n], direction, x.real.dtype);
  const matrix = concat([
    concat([w.real, w.imaginary], { axis: 1 }),
    concat([negative(w.imaginary), w.real], { axis: 1 }),
  ]);
  const both = matmul(concat([x.real, x.imaginary], { axis: 1 }), matrix);
  return {
    real: slice(both, null, [0, n]),
    imaginary: slice(both, null, [n]),
  };
}

/** `jk = (j² + k² - (j - k)²) / 2` makes a convolution of it (Bluestein). */
function chirped<D extends FloatDType>(
  x: ComplexPair<D>,
  direction: Direction,
): ComplexPair<D> {
  const n = x.real.shape[1]!;
  const { dtype } = x.real;
  const length = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const squares = Float64Array.from({ length: n }, (_, k) => k * k % (2 * n));
  const chirp = roots(squares, 2 * n, [1, n], direction, dtype);
  const distances = Float64Array.from({ length }, (_, k) => {
    const distance = Math.min(k, length - k);
    return distance < n ? distance * distance % (2 * n) : -1;
  });
  const inverse = roots(
    distances.map((k) => Math.max(0, k)),
    2 * n,
    [1, length],
    direction === 1 ? -1 : 1,
    dtype,
  );
  const isNear = tensor(distances.map((k) => k < 0 ? 0 : 1), {
    dtype,
    shape: [1, length],
  });
  const filter = transformOf(
    eachPart(inverse, (part) => multiply(part, isNear)),
    -1,
  );
  const wide = eachPart(
    complexMultiply(x, chirp),
    (part) => pad(part, [[0, 0], [0, length - n]]),
  );
  const product = complexMultiply(transformOf(wide, -1), filter);
  const back = eachPart(
    transformOf(product, 1),
    (part) => multiply(slice(part, null, [0, n]), 1 / length),
  );
  return complexMultiply(back, chirp);
}
