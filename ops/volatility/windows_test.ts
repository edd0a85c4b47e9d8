import assert from "node:assert/strict";
import fc from "fast-check";
import * as wf from "../../runtime/tensor/mod.ts";
import { assertClose, series } from "./testing.ts";
import {
  meanOfRows,
  overWindows,
  sampleVarianceOfRows,
  timeFirst,
  timeLast,
} from "./windows.ts";

Deno.test("overWindows applies a statistic to each whole window, NaN before the first", async () => {
  const number = fc.double({ min: -10, max: 10, noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      fc.array(number, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 8 }),
      async (values, window) => {
        const expected = values.map((_, row) => {
          if (row < window - 1) return NaN;
          const part = values.slice(row - window + 1, row + 1);
          return part.reduce((sum, value) => sum + value, 0) / window;
        });
        const actual = await overWindows(series(values), window, meanOfRows)
          .data();
        actual.forEach((value, row) => {
          const target = expected[row] as number;
          assert.ok(
            Number.isNaN(target)
              ? Number.isNaN(value)
              : Math.abs(value - target) < 1e-12,
          );
        });
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("NaN stays in the windows that hold it", async () => {
  const values = series([NaN, 1, 3, 5]);
  const means = await overWindows(values, 2, meanOfRows).data();
  assertClose(means, [NaN, NaN, 2, 4], 1e-15);
  const spreads = await overWindows(values, 2, sampleVarianceOfRows).data();
  assertClose(spreads, [NaN, NaN, 2, 2], 1e-15);
});

Deno.test("timeFirst and timeLast move the axis of time there and back", async () => {
  const x = wf.reshape(wf.arange(0, 24, 1, { dtype: "f64" }), [2, 3, 4]);
  const moved = timeFirst(x);
  assert.deepEqual(moved.shape, [4, 2, 3]);
  assert.equal(await wf.slice(moved, 1, 1, 2).item(), 21);
  assertClose(await timeLast(moved).data(), await x.data(), 0);
});
