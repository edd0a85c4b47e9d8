import assert from "node:assert/strict";
import { choleskyRoutine } from "./cholesky.ts";
import { choleskyGradientRoutine } from "./cholesky_gradient.ts";
import { assertClose, noise, positiveDefinite, runToEnd } from "./testing.ts";

/** A scalar function of a factor: its elements, weighted. */
function weighted(a: Float64Array, weights: Float64Array, n: number): number {
  const factor = runToEnd(choleskyRoutine(a, [], n));
  return factor.reduce((sum, x, i) => sum + x * weights[i]!, 0);
}

for (const n of [1, 2, 7, 32, 33, 70]) {
  Deno.test(`choleskyGradientRoutine equals differences along random directions, order ${n}`, () => {
    const a = positiveDefinite(n, n + 1).data;
    const weights = noise(n * n, 5);
    const factor = runToEnd(choleskyRoutine(a, [], n));
    const gradient = runToEnd(choleskyGradientRoutine(factor, weights, [], n));
    for (let seed = 0; seed < 5; seed++) {
      const direction = noise(n * n, seed);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < i; j++) {
          direction[j * n + i] = direction[i * n + j]!;
          assert.equal(gradient[j * n + i], gradient[i * n + j]);
        }
      }
      const step = 1e-5;
      const moved = (by: number) =>
        weighted(a.map((x, i) => x + by * direction[i]!), weights, n);
      const slope = gradient.reduce((sum, x, i) => sum + x * direction[i]!, 0);
      assertClose([slope], [(moved(step) - moved(-step)) / (2 * step)], 1e-8);
    }
  });
}

Deno.test("choleskyGradientRoutine ignores gradients above the diagonal, in batches", () => {
  const parts = [1, 2].map((seed) => positiveDefinite(5, seed).data);
  const a = Float64Array.from(parts.flatMap((part) => [...part]));
  const factors = runToEnd(choleskyRoutine(a, [2], 5));
  const weights = noise(50, 3);
  const whole = runToEnd(choleskyGradientRoutine(factors, weights, [2], 5));
  const lower = weights.map((x, i) => Math.floor(i / 5) % 5 >= i % 5 ? x : NaN);
  const same = runToEnd(choleskyGradientRoutine(factors, lower, [2], 5));
  assert.deepEqual(same, whole);
  const second = runToEnd(
    choleskyGradientRoutine(factors.slice(25), weights.slice(25), [], 5),
  );
  assert.deepEqual(whole.slice(25), second);
});
