import assert from "node:assert/strict";
import { ParameterError } from "../../../core/errors.ts";
import { zeros } from "../../creation.ts";
import { assertEqualOn, floats, noise } from "../../linear_algebra/testing.ts";
import { slice } from "../../movement.ts";
import type { F64 } from "../../tensor.ts";
import { fft } from "./fft.ts";
import { irfft, rfft } from "./rfft.ts";

const DOUBLE = { dtype: "f64", tolerance: 1e-12 } as const;

Deno.test("rfft is the first half of fft, and irfft undoes it", async () => {
  for (const length of [1, 2, 3, 6, 9, 16, 50, 134]) {
    const x = floats(DOUBLE, noise(2 * length, 1), [length, 2]) as F64;
    const half = Math.floor(length / 2) + 1;
    const [own, whole] = [rfft(x, { axis: 0 }), fft(x, { axis: 0 })];
    assert.deepEqual(own.real.shape, [half, 2]);
    await assertEqualOn(DOUBLE, own.real, slice(whole.real, [0, half]));
    await assertEqualOn(
      DOUBLE,
      own.imaginary,
      slice(whole.imaginary, [0, half]),
    );
    await assertEqualOn(DOUBLE, irfft(own, { axis: 0, length }), x);
  }
});

Deno.test("irfft has twice as many elements less two, and refuses none", () => {
  assert.deepEqual(irfft(zeros([3, 5])).shape, [3, 8]);
  assert.throws(() => irfft(zeros([1])), ParameterError);
  assert.throws(() => irfft(zeros([3]), { length: 1.5 }), ParameterError);
});
