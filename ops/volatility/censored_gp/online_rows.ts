/**
 * A Gaussian process that takes in one row after another.
 *
 * @module
 */

/** A normal prediction. */
export interface RowPrediction {
  /** Mean of the function. */
  readonly mean: number;
  /** Variance of the function. */
  readonly variance: number;
}

/**
 * The factor `L` of the covariance of observations, which grows by a row with
 * each of them: `n²` a row instead of `n³` for all anew.
 */
export class OnlineRows {
  readonly #covariance: Float64Array;
  readonly #size: number;
  readonly #factor: Float64Array;
  readonly #whitened: Float64Array;
  #count = 0;

  /**
   * @param covariance Covariance of the function at all rows that may come,
   * `[n, n]`, row-major.
   * @param size n.
   */
  constructor(covariance: Float64Array, size: number) {
    this.#covariance = covariance;
    this.#size = size;
    this.#factor = new Float64Array(size * size);
    this.#whitened = new Float64Array(size);
  }

  /** How many rows were observed. */
  get count(): number {
    return this.#count;
  }

  /**
   * Predicts the next row from those observed.
   *
   * @returns Mean and variance of the function, the latter at least 0.
   */
  predict(): RowPrediction {
    const row = this.#count;
    const start = row * this.#size;
    const factor = this.#factor;
    let mean = 0;
    let variance = this.#covariance[start + row]!;
    for (let column = 0; column < row; column += 1) {
      const other = column * this.#size;
      let sum = this.#covariance[start + column]!;
      for (let k = 0; k < column; k += 1) {
        sum -= factor[start + k]! * factor[other + k]!;
      }
      const entry = sum / factor[other + column]!;
      factor[start + column] = entry;
      mean += entry * this.#whitened[column]!;
      variance -= entry * entry;
    }
    return { mean, variance: Math.max(variance, 0) };
  }

  /**
   * Takes in an observation of the row that was predicted last.
   *
   * @param prediction What `predict` gave for it.
   * @param location What was observed.
   * @param noise With which variance, positive.
   */
  observe(
    { mean, variance }: RowPrediction,
    location: number,
    noise: number,
  ): void {
    const row = this.#count;
    const deviation = Math.sqrt(variance + noise);
    this.#factor[row * this.#size + row] = deviation;
    this.#whitened[row] = (location - mean) / deviation;
    this.#count += 1;
  }
}
