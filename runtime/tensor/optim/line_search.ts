/**
 * Line search for the strong Wolfe conditions.
 *
 * Source: Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5 and
 * 3.6; close to a minimum, where rounding hides the decrease of the value, the
 * approximate condition of Hager and Zhang (2005) stands in for it.
 *
 * @module
 */

/** The objective along a line, at one step. */
export interface Trial {
  /** Distance along the search direction. */
  readonly step: number;
  /** Value of the objective; anything that is not finite counts as too high. */
  readonly value: number;
  /** Derivative of the value by the step. */
  readonly slope: number;
}

/** Decrease of the value that is asked for, as a part of what the slope promises. */
const DECREASE = 1e-4;
/** Part of the first slope that may remain. */
const CURVATURE = 0.9;
const EVALUATIONS = 40;

/**
 * Finds a step that meets the strong Wolfe conditions.
 *
 * @param evaluate Evaluates the objective at a step.
 * @param origin The objective at step 0; its slope is negative.
 * @param firstStep The step to try first, positive.
 * @param rounding Changes of the value up to this are taken for rounding.
 * @returns The accepted trial; one with only a lower value where the evaluations
 * run out before the slope is flat enough; undefined where no step helps.
 */
export async function strongWolfeSearch<T extends Trial>(
  evaluate: (step: number) => Promise<T>,
  origin: T,
  firstStep: number,
  rounding: number,
): Promise<T | undefined> {
  const flatEnough = (trial: T) =>
    Math.abs(trial.slope) <= -CURVATURE * origin.slope;
  const lowEnough = (trial: T) =>
    isFinite(trial) &&
    (trial.value <= origin.value + DECREASE * trial.step * origin.slope ||
      (trial.value <= origin.value + rounding &&
        trial.slope <= (2 * DECREASE - 1) * origin.slope));

  let evaluations = 0;
  let low = origin;
  let high: T | undefined;
  let step = firstStep;
  while (evaluations < EVALUATIONS) {
    const trial = await evaluate(step);
    evaluations++;
    const worse = low !== origin && trial.value > low.value + rounding;
    if (!lowEnough(trial) || worse) {
      high = trial;
    } else if (flatEnough(trial)) {
      return trial;
    } else if (high === undefined && trial.slope < 0) {
      low = trial;
    } else {
      // The minimum lies between the two points whose slopes face each other.
      if (trial.slope * ((high ?? low).step - trial.step) >= 0) high = low;
      low = trial;
    }
    if (high === undefined) {
      step = 4 * trial.step;
      if (step === Infinity) break;
    } else {
      step = between(low, high);
      if (step === low.step || step === high.step) break;
    }
  }
  // What only rounding lets pass, and is not flat, is no step forward.
  return low.value < origin.value ? low : undefined;
}

function isFinite(trial: Trial): boolean {
  return Number.isFinite(trial.value) && Number.isFinite(trial.slope);
}

/** Minimum of the cubic through two trials, kept off the ends of the interval. */
function between(low: Trial, high: Trial): number {
  const width = high.step - low.step;
  const middle = low.step + width / 2;
  if (!isFinite(high)) return low.step + width / 10;
  const mean = 3 * (low.value - high.value) / width + low.slope + high.slope;
  const discriminant = mean * mean - low.slope * high.slope;
  if (!(discriminant >= 0)) return middle;
  const root = Math.sign(width) * Math.sqrt(discriminant);
  const step = high.step -
    width * (high.slope + root - mean) /
      (high.slope - low.slope + 2 * root);
  const part = (step - low.step) / width;
  if (!(part > 0 && part < 1)) return middle;
  return low.step + width * Math.min(0.9, Math.max(0.1, part));
}
