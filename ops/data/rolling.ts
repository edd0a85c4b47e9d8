/**
 * Backward-looking windows over one series: the value at a row uses that row
 * and the rows before it, never a later one. A missing value (NaN) anywhere in
 * a window makes its result missing.
 *
 * @module
 */

/**
 * Logarithms of all values.
 *
 * @param values Positive numbers; NaN where missing.
 * @returns Natural logarithms.
 */
export function logarithms(values: Float64Array): Float64Array {
  return values.map(Math.log);
}

/**
 * Differences to the value some rows before.
 *
 * @param values The series.
 * @param lag How many rows back, at least 1.
 * @returns `values[t] - values[t - lag]`; NaN in the first `lag` rows.
 */
export function differences(values: Float64Array, lag: number): Float64Array {
  const result = new Float64Array(values.length).fill(NaN);
  for (let t = lag; t < values.length; t++) {
    result[t] = (values[t] as number) - (values[t - lag] as number);
  }
  return result;
}

/**
 * Means over windows.
 *
 * @param values The series.
 * @param window Rows of a window, the current one included.
 * @returns The means; NaN in the first `window - 1` rows.
 */
export function rollingMean(
  values: Float64Array,
  window: number,
): Float64Array {
  return overWindows(values, window, (start, end) => {
    let sum = 0;
    for (let t = start; t < end; t++) sum += values[t] as number;
    return sum / window;
  });
}

/**
 * Sample standard deviations over windows, with divisor `window - 1`.
 *
 * @param values The series.
 * @param window Rows of a window, at least 2, the current one included.
 * @returns The deviations; NaN in the first `window - 1` rows.
 */
export function rollingDeviation(
  values: Float64Array,
  window: number,
): Float64Array {
  return overWindows(values, window, (start, end) => {
    let sum = 0;
    for (let t = start; t < end; t++) sum += values[t] as number;
    const mean = sum / window;
    let squares = 0;
    for (let t = start; t < end; t++) {
      squares += ((values[t] as number) - mean) ** 2;
    }
    return Math.sqrt(squares / (window - 1));
  });
}

/**
 * Largest values over windows.
 *
 * @param values The series.
 * @param window Rows of a window, the current one included.
 * @returns The maxima; NaN in the first `window - 1` rows.
 */
export function rollingMaximum(
  values: Float64Array,
  window: number,
): Float64Array {
  return overWindows(values, window, (start, end) => {
    let greatest = -Infinity;
    // Math.max gives NaN as soon as one value is NaN
    for (let t = start; t < end; t++) {
      greatest = Math.max(greatest, values[t] as number);
    }
    return greatest;
  });
}

function overWindows(
  values: Float64Array,
  window: number,
  reduce: (start: number, end: number) => number,
): Float64Array {
  const result = new Float64Array(values.length).fill(NaN);
  for (let t = window - 1; t < values.length; t++) {
    result[t] = reduce(t - window + 1, t + 1);
  }
  return result;
}

/**
 * Wilder's relative strength index: the share of gains in the sum of average
 * gains and losses, in percent. The first averages are plain means over
 * `window` changes, the later ones move by `1 / window` (J. Welles Wilder,
 * "New Concepts in Technical Trading Systems", 1978).
 *
 * @param values Prices; after a missing one the averages start anew.
 * @param window Number of changes in the first averages.
 * @returns 0 to 100; 50 where no price moved; NaN before `window` changes.
 */
export function relativeStrengthIndex(
  values: Float64Array,
  window: number,
): Float64Array {
  const result = new Float64Array(values.length).fill(NaN);
  let changes = 0;
  let gain = 0;
  let loss = 0;
  for (let t = 1; t < values.length; t++) {
    const change = (values[t] as number) - (values[t - 1] as number);
    if (Number.isNaN(change)) {
      changes = gain = loss = 0;
      continue;
    }
    changes++;
    const share = 1 / Math.min(changes, window);
    gain += (Math.max(change, 0) - gain) * share;
    loss += (Math.max(-change, 0) - loss) * share;
    if (changes < window) continue;
    result[t] = gain + loss === 0 ? 50 : (100 * gain) / (gain + loss);
  }
  return result;
}
