import assert from "node:assert/strict";
import {
  canonicalSign,
  copyTransposed,
  hypotenuse,
  norm,
  subtractProduct,
} from "./product.ts";
import {
  assertClose,
  noise,
  product,
  reshaped,
  transposed,
} from "./testing.ts";

for (
  const [m, n, k] of [[1, 1, 1], [4, 4, 4], [5, 7, 3], [9, 2, 6], [
    3,
    8,
    0,
  ]] as const
) {
  Deno.test(`subtractProduct equals a triple loop for ${m} × ${n}, sums of ${k}`, () => {
    const a = reshaped(m, k, noise(m * k, 1));
    const b = reshaped(n, k, noise(n * k, 2));
    const c = noise(m * n, 3);
    const expected = product(a, transposed(b)).data.map((x, i) => c[i]! - x);
    subtractProduct(c, 0, n, a.data, 0, k, b.data, 0, k, m, n, k);
    assertClose(c, expected, 1e-15);
  });
}

Deno.test("subtractProduct touches nothing outside of its window", () => {
  const c = new Float64Array(8 * 10).fill(7);
  const ones = new Float64Array(100).fill(1);
  subtractProduct(c, 11, 10, ones, 0, 5, ones, 0, 5, 6, 5, 2);
  for (let i = 0; i < 8; i++) {
    for (let j = 0; j < 10; j++) {
      const inside = i >= 1 && i < 7 && j >= 1 && j < 6;
      assert.equal(c[i * 10 + j], inside ? 5 : 7);
    }
  }
});

Deno.test("copyTransposed crosses the border of its tiles", () => {
  const a = reshaped(40, 35, noise(1400, 4));
  const turned = new Float64Array(1400);
  copyTransposed(a.data, 0, 35, turned, 0, 40, 40, 35);
  assert.deepEqual(turned, transposed(a).data);
});

Deno.test("norm and hypotenuse survive numbers whose squares do not", () => {
  for (const unit of [1, 1e-200, 1e200]) {
    const expected = 5 * unit;
    assertClose(
      [norm(new Float64Array([3 * unit, -4 * unit]), 0, 2) / expected],
      [1],
      1e-15,
    );
    assertClose([hypotenuse(3 * unit, 4 * unit) / expected], [1], 1e-15);
  }
  assert.equal(norm(new Float64Array(3), 0, 3), 0);
  assert.ok(Number.isNaN(norm(new Float64Array([1, NaN]), 0, 2)));
});

Deno.test("canonicalSign ignores which of two equal sizes rounding favours", () => {
  for (const last of [-0.7071067811865475, -0.7071067811865477]) {
    const x = new Float64Array([1e-9, 0.7071067811865476, last]);
    assert.equal(canonicalSign(x, 0, 3), 1);
    assert.equal(canonicalSign(x.map((v) => -v), 0, 3), -1);
  }
});
