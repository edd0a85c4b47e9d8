import assert from "node:assert/strict";
import fixture from "../../../../fixtures/reference/linear_algebra.json" with {
  type: "json",
};
import { eighRoutine } from "./eigh.ts";
import {
  assertClose,
  diagonal,
  identity,
  type Matrix,
  matrix,
  noise,
  product,
  reshaped,
  runToEnd,
  transposed,
} from "./testing.ts";

function symmetric(n: number, seed: number): Matrix {
  const g = reshaped(n, n, noise(n * n, seed));
  const turned = transposed(g);
  return reshaped(n, n, g.data.map((x, i) => x + turned.data[i]!));
}

function assertDecomposes(a: Matrix, tolerance: number): Float64Array {
  const n = a.rows;
  const { values, vectors } = runToEnd(eighRoutine(a.data, [], n));
  const v = reshaped(n, n, vectors);
  const back = product(product(v, diagonal(values)), transposed(v));
  assertClose(back.data, a.data, tolerance);
  assertClose(product(transposed(v), v).data, identity(n).data, tolerance);
  for (let i = 1; i < n; i++) assert.ok(values[i]! >= values[i - 1]!);
  return values;
}

Deno.test("eighRoutine equals NumPy's eigenvalues and, up to sign, vectors", () => {
  const recorded = fixture.symmetric;
  const { values, vectors } = runToEnd(
    eighRoutine(matrix(recorded.a).data, [], 7),
  );
  assertClose(values, recorded.values, 1e-14);
  const expected = matrix(recorded.vectors).data;
  for (let j = 0; j < 7; j++) {
    const column = Array.from({ length: 7 }, (_, i) => vectors[i * 7 + j]!);
    const theirs = Array.from({ length: 7 }, (_, i) => expected[i * 7 + j]!);
    const sign = Math.sign(column.reduce((s, x, i) => s + x * theirs[i]!, 0));
    assertClose(column, theirs.map((x) => sign * x), 1e-13);
  }
});

for (const n of [1, 2, 3, 10, 50, 120]) {
  Deno.test(`eighRoutine gives back a symmetric matrix of order ${n}`, () => {
    assertDecomposes(symmetric(n, n), 1e-13);
  });
}

Deno.test("eighRoutine knows the spectrum of the second difference", () => {
  const n = 40;
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    a[i * n + i] = 2;
    if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
  }
  const values = assertDecomposes(reshaped(n, n, a), 1e-14);
  assertClose(
    values,
    Array.from(
      { length: n },
      (_, k) => 2 - 2 * Math.cos((k + 1) * Math.PI / (n + 1)),
    ),
    1e-15,
  );
});

Deno.test("eighRoutine handles repeated, zero and widely graded eigenvalues", () => {
  assertDecomposes(identity(6), 1e-15);
  assertDecomposes(reshaped(5, 5, new Float64Array(25)), 1e-15);
  assertDecomposes(reshaped(8, 8, new Float64Array(64).fill(1)), 1e-14);
  const kernel = new Float64Array(60 * 60);
  for (let i = 0; i < 60; i++) {
    for (let j = 0; j < 60; j++) {
      kernel[i * 60 + j] = Math.exp(-((i - j) ** 2) / 800);
    }
  }
  assertDecomposes(reshaped(60, 60, kernel), 1e-13);
});

Deno.test("eighRoutine is indifferent to scale, out to the edge of f64", () => {
  const a = symmetric(6, 3);
  const { values } = runToEnd(eighRoutine(a.data, [], 6));
  for (const scale of [2 ** 1000, 2 ** -1000]) {
    const scaled = runToEnd(eighRoutine(a.data.map((x) => x * scale), [], 6));
    assertClose(scaled.values.map((x) => x / scale), values, 1e-14);
  }
});

Deno.test("eighRoutine fixes the sign of the vectors", () => {
  const { vectors } = runToEnd(
    eighRoutine(new Float64Array([0, 1, 1, 0]), [], 2),
  );
  assertClose(vectors, [1, 1, -1, 1].map((x) => x * Math.SQRT1_2), 1e-15);
});

Deno.test("eighRoutine refuses NaN and infinity by the matrix's name", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    assert.throws(
      () => runToEnd(eighRoutine(new Float64Array([1, bad]), [2], 1)),
      /matrix \[1\] of the batch as it is not finite/,
    );
  }
});
