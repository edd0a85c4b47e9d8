/**
 * Covariance matrices of kernels as tensors.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import {
  type Kernel,
  ownParameters,
  type ResolvedParameter,
} from "./kernel.ts";

/**
 * What kernels need to know about pairs of rows, free of hyperparameters, so
 * that it is computed once for a whole fit. Results are kept by columns.
 */
export class PairGeometry {
  /** Shape of one covariance: `[n, m]`, or `[n]` for the diagonal. */
  readonly shape: readonly number[];
  /** Number of input columns. */
  readonly width: number;
  /** 1 for equal rows of one set; a scalar 0 between two sets. */
  readonly #identity: F64;
  readonly #left: F64;
  readonly #right: F64;
  readonly #kept = new Map<string, F64>();

  private constructor(left: F64, right: F64, identity: F64, shape: number[]) {
    this.#left = left;
    this.#right = right;
    this.#identity = identity;
    this.shape = shape;
    this.width = left.shape.at(-1) ?? 0;
  }

  /**
   * All pairs of rows of one set.
   *
   * @param x Rows `[n, d]`.
   * @returns Geometry of shape `[n, n]`.
   */
  static within(x: F64): PairGeometry {
    const n = x.shape[0] ?? 0;
    return new PairGeometry(
      wf.expandDims(x, 1),
      wf.expandDims(x, 0),
      wf.eye(n, n, { dtype: "f64" }),
      [n, n],
    );
  }

  /**
   * All pairs of a row of one set and a row of another.
   *
   * @param left Rows `[n, d]`.
   * @param right Rows `[m, d]`.
   * @returns Geometry of shape `[n, m]`.
   */
  static between(left: F64, right: F64): PairGeometry {
    return new PairGeometry(
      wf.expandDims(left, 1),
      wf.expandDims(right, 0),
      wf.zeros([], { dtype: "f64" }),
      [left.shape[0] ?? 0, right.shape[0] ?? 0],
    );
  }

  /**
   * Each row of a set with itself: the diagonal of {@linkcode within}.
   *
   * @param x Rows `[n, d]`.
   * @returns Geometry of shape `[n]`.
   */
  static diagonal(x: F64): PairGeometry {
    const n = x.shape[0] ?? 0;
    return new PairGeometry(x, x, wf.ones([n], { dtype: "f64" }), [n]);
  }

  /** 1 where a pair is one and the same row, 0 elsewhere. */
  get identity(): F64 {
    return this.#identity;
  }

  /**
   * Squared differences column by column.
   *
   * @param columns Which columns; all when omitted.
   * @returns `[..., d]`.
   */
  squaredDifferences(columns?: readonly number[]): F64 {
    return this.#keep(
      "differences",
      columns,
      (left, right) => wf.square(wf.subtract(left, right)),
    );
  }

  /**
   * Squared Euclidean distances.
   *
   * @param columns Which columns; all when omitted.
   * @returns One a pair.
   */
  squaredDistances(columns?: readonly number[]): F64 {
    return this.#keep(
      "distances",
      columns,
      () => wf.sum(this.squaredDifferences(columns), { axis: -1 }),
    );
  }

  /**
   * Inner products.
   *
   * @param columns Which columns; all when omitted.
   * @returns One a pair.
   */
  innerProducts(columns?: readonly number[]): F64 {
    return this.#keep(
      "products",
      columns,
      (left, right) => wf.sum(wf.multiply(left, right), { axis: -1 }),
    );
  }

  /** Computes everything that was asked for so far, in one go. */
  async realize(): Promise<void> {
    await wf.realize(...this.#kept.values());
  }

  #keep(
    what: string,
    columns: readonly number[] | undefined,
    make: (left: F64, right: F64) => F64,
  ): F64 {
    const name = `${what} ${columns?.join(",") ?? "all"}`;
    let kept = this.#kept.get(name);
    if (kept === undefined) {
      kept = make(
        this.#select(this.#left, columns),
        this.#select(
          this.#right,
          columns,
        ),
      );
      this.#kept.set(name, kept);
    }
    return kept;
  }

  #select(rows: F64, columns: readonly number[] | undefined): F64 {
    if (columns === undefined) return rows;
    const missing = columns.find((column) => column >= this.width);
    if (missing !== undefined) {
      throw new ParameterError(
        `Cannot use column ${missing} as the inputs have ${this.width} columns`,
        { hint: 'Correct "columns" of the kernel' },
      );
    }
    return wf.take(rows, wf.tensor(Int32Array.from(columns)), { axis: -1 });
  }
}

/**
 * Covariances of a kernel for the pairs of a geometry.
 *
 * @param kernel The kernel.
 * @param geometry The pairs.
 * @param free Values of the kernel's free numbers, natural scale, `[p]`; may be
 * longer, what follows is ignored.
 * @returns Covariances in the shape of the geometry; lazy, with gradients in
 * `free`.
 */
export function covariance(
  kernel: Kernel,
  geometry: PairGeometry,
  free: F64,
): F64 {
  return wf.broadcastTo(
    evaluate(kernel, geometry, new ParameterReader(free)),
    geometry.shape,
  );
}

/** Hands out the free numbers in the order of `freeParameters`. */
class ParameterReader {
  readonly #free: F64;
  #used = 0;

  constructor(free: F64) {
    this.#free = free;
  }

  read({ value, fixed }: ResolvedParameter): F64 {
    if (fixed) {
      return wf.tensor(
        typeof value === "number" ? value : Float64Array.from(value),
        { dtype: "f64" },
      );
    }
    const start = this.#used;
    if (typeof value === "number") {
      this.#used += 1;
      return wf.slice(this.#free, start);
    }
    this.#used += value.length;
    return wf.slice(this.#free, [start, this.#used]);
  }
}

function evaluate(
  kernel: Kernel,
  geometry: PairGeometry,
  reader: ParameterReader,
): F64 {
  switch (kernel.kind) {
    case "sum":
    case "product": {
      const parts = kernel.kernels.map((part) =>
        evaluate(part, geometry, reader)
      );
      return parts.reduce((a, b) =>
        kernel.kind === "sum" ? wf.add(a, b) : wf.multiply(a, b)
      );
    }
    case "constant":
      return reader.read(own(kernel, "variance"));
    case "white":
      return wf.multiply(
        geometry.identity,
        reader.read(own(kernel, "variance")),
      );
    case "linear":
      return wf.add(
        geometry.innerProducts(kernel.columns),
        reader.read(own(kernel, "offsetVariance")),
      );
    case "periodic": {
      const lengthScale = reader.read(own(kernel, "lengthScale"));
      const period = reader.read(own(kernel, "period"));
      const distance = wf.sqrt(geometry.squaredDistances(kernel.columns));
      const angle = wf.divide(wf.multiply(distance, Math.PI), period);
      const wave = wf.square(wf.divide(wf.sin(angle), lengthScale));
      return wf.exp(wf.multiply(wave, -2));
    }
    case "rbf":
      return wf.exp(
        wf.multiply(scaledSquares(kernel, geometry, reader), -0.5),
      );
    case "matern":
      return matern(kernel.nu, scaledSquares(kernel, geometry, reader));
  }
}

function own(kernel: Kernel, name: string): ResolvedParameter {
  return ownParameters(kernel)[name] as ResolvedParameter;
}

/** Squared distances in length scales. */
function scaledSquares(
  kernel: Kernel & { kind: "rbf" | "matern" },
  geometry: PairGeometry,
  reader: ParameterReader,
): F64 {
  const parameter = own(kernel, "lengthScale");
  const precision = wf.reciprocal(wf.square(reader.read(parameter)));
  if (typeof parameter.value === "number") {
    return wf.multiply(geometry.squaredDistances(kernel.columns), precision);
  }
  const width = kernel.columns?.length ?? geometry.width;
  if (parameter.value.length !== width) {
    throw new ParameterError(
      "Cannot scale the inputs as the length scales do not match their columns",
      {
        expected: `${width} length scales`,
        actual: `${parameter.value.length}`,
      },
    );
  }
  return wf.matmul(geometry.squaredDifferences(kernel.columns), precision);
}

function matern(nu: 0.5 | 1.5 | 2.5, squares: F64): F64 {
  // The root has no derivative at 0; the kernels are flat or cusped there and
  // take the derivative 0 from the where.
  const same = wf.equal(squares, 0);
  const distance = wf.where(same, 0, wf.sqrt(wf.where(same, 1, squares)));
  const scaled = wf.multiply(distance, Math.sqrt(2 * nu));
  const decay = wf.exp(wf.negative(scaled));
  if (nu === 0.5) return decay;
  const linear = wf.add(scaled, 1);
  if (nu === 1.5) return wf.multiply(linear, decay);
  const quadratic = wf.add(linear, wf.divide(wf.square(scaled), 3));
  return wf.multiply(quadratic, decay);
}
