/**
 * From a numeric forecast of prices to forecasts of return and volatility.
 *
 * @module
 */

export {
  correctedPrice,
  type CorrectedPriceInputs,
  type CorrectedPriceParams,
} from "./corrected_price.ts";
export {
  censoredReturnForecast,
  type CensoredReturnInputs,
  type CensoredReturnOutputs,
  type CensoredReturnParams,
} from "./censored_return_forecast.ts";
export type { CensoredWindowFit } from "./censored_window.ts";
export {
  numericForecast,
  type NumericForecastParams,
} from "./numeric_forecast.ts";
