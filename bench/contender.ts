/**
 * What is measured, and who takes part: each contender does the same work on
 * the same shapes, as its users would write it.
 *
 * @module
 */

/** One piece of work. Random data; f32 unless a dtype is named. */
export type BenchCase =
  /** `[batch, m, k] × [batch, k, n]`; no batch axis where `batch` is 1. */
  | {
    readonly kind: "matmul";
    readonly batch: number;
    readonly m: number;
    readonly k: number;
    readonly n: number;
    readonly dtype: "f32" | "f16" | "f64";
  }
  /** `[m, k] × [k]`. */
  | { readonly kind: "matvec"; readonly m: number; readonly k: number }
  /** Ten operations one after another: five times `x * a + b`. */
  | { readonly kind: "elementwise"; readonly size: number }
  /** Over the last axis of `[rows, columns]`. */
  | {
    readonly kind: "softmax" | "layerNorm";
    readonly rows: number;
    readonly columns: number;
  }
  /** Causal, `[heads, length, headSize]`; `backward` gives all gradients too. */
  | {
    readonly kind: "attention";
    readonly heads: number;
    readonly length: number;
    readonly headSize: number;
    readonly backward: boolean;
  }
  /** Lower factor of a positive definite matrix. */
  | {
    readonly kind: "cholesky";
    readonly n: number;
    readonly dtype: "f32" | "f64";
  }
  /**
   * One step of gradient descent of a perceptron with one hidden layer under
   * ReLU and a mean squared error.
   */
  | {
    readonly kind: "mlpStep";
    readonly batch: number;
    readonly inputs: number;
    readonly hidden: number;
    readonly outputs: number;
  }
  /** One AdamW step over one parameter of this size, gradient given. */
  | { readonly kind: "adamWStep"; readonly size: number }
  /** So many products of 4 × 4 matrices, each of the one before. */
  | { readonly kind: "dispatch"; readonly count: number };

/** Does the work `count` times, and waits until all of it is done. */
export type Repeat = (count: number) => Promise<void>;

/** Somebody who takes part. */
export interface Contender {
  /** Name and version. */
  readonly name: string;
  /**
   * Makes the data and compiles.
   *
   * @param work What to do.
   * @returns How to do it; undefined where the contender cannot.
   */
  prepare(work: BenchCase): Promise<Repeat | undefined>;
  /** Ends it. */
  close(): void;
}

/**
 * Numbers that look random but are the same for all.
 *
 * @param size How many.
 * @returns Numbers from -1 to 1.
 */
export function randomNumbers(size: number): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(size);
  let state = 12345;
  for (let k = 0; k < size; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    numbers[k] = state / 2 ** 31;
  }
  return numbers;
}

/**
 * A positive definite matrix.
 *
 * @param n Rows and columns.
 * @returns Row-major elements.
 */
export function positiveDefinite(n: number): Float32Array<ArrayBuffer> {
  const matrix = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      matrix[i * n + j] = Math.exp(-(((i - j) / 8) ** 2)) + (i === j ? 0.5 : 0);
    }
  }
  return matrix;
}
