/**
 * Rules of Fourier transforms that hold on every device.
 *
 * @module
 */

import fourier from "../../../../fixtures/reference/fft.json" with {
  type: "json",
};
import type {
  ConformanceCase,
  ConformanceOptions,
} from "../../conformance/case.ts";
import { add, multiply } from "../../elementwise.ts";
import {
  assertEqualOn,
  assertGradient,
  floats,
  noise,
} from "../../linear_algebra/testing.ts";
import { slice } from "../../movement.ts";
import { fft, ifft } from "./fft.ts";
import { irfft, rfft } from "./rfft.ts";

type RecordedTransform = typeof fourier.cases[number];

function transformsOf(one: RecordedTransform, at: ConformanceOptions) {
  const x = {
    real: floats(at, one.x.real),
    imaginary: floats(at, one.x.imaginary),
  };
  const half = Math.floor(one.length / 2) + 1;
  const options = { norm: one.norm as "backward" | "ortho" | "forward" };
  const [forward, inverse] = [fft(x, options), ifft(x, options)];
  const real = rfft(x.real, options);
  const back = irfft({
    real: slice(x.real, [0, half]),
    imaginary: slice(x.imaginary, [0, half]),
  }, { ...options, length: one.length });
  return [
    [forward.real, one.fft.real],
    [forward.imaginary, one.fft.imaginary],
    [inverse.real, one.ifft.real],
    [inverse.imaginary, one.ifft.imaginary],
    [real.real, one.rfft.real],
    [real.imaginary, one.rfft.imaginary],
    [back, one.irfft],
  ] as const;
}

/** The rules. */
export const FOURIER_CASES: readonly ConformanceCase[] = [
  ...fourier.cases.map((one): ConformanceCase => ({
    name: `Fourier transforms of ${one.length} equal NumPy's: ${one.norm}`,
    run: async (at) => {
      for (const [found, expected] of transformsOf(one, at)) {
        await assertEqualOn(at, found, expected);
      }
    },
  })),
  ...[6, 7, 22].map((length): ConformanceCase => ({
    name: `Fourier transforms of ${length} have the right gradients`,
    run: (at) =>
      assertGradient(
        at,
        (a, b) => {
          const { real, imaginary } = fft({ real: a, imaginary: b });
          const half = rfft(a, { norm: "ortho" });
          const back = irfft(half, { length });
          return add(add(real, multiply(imaginary, 0.3)), multiply(back, 2));
        },
        [1, 2].map((seed) => ({
          values: noise(length, seed),
          shape: [1, length],
        })),
      ),
  })),
];
