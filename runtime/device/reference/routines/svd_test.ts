import assert from "node:assert/strict";
import fixture from "../../../../fixtures/reference/linear_algebra.json" with {
  type: "json",
};
import { svdRoutine } from "./svd.ts";
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

function assertDecomposes(a: Matrix, tolerance: number): Float64Array {
  const { rows: m, columns: n } = a;
  const k = Math.min(m, n);
  const found = runToEnd(svdRoutine(a.data, [], m, n));
  const u = reshaped(m, k, found.u);
  const vt = reshaped(k, n, found.vt);
  assertClose(
    product(product(u, diagonal(found.s)), vt).data,
    a.data,
    tolerance,
  );
  assertClose(product(transposed(u), u).data, identity(k).data, tolerance);
  assertClose(product(vt, transposed(vt)).data, identity(k).data, tolerance);
  for (let i = 0; i < k; i++) assert.ok(found.s[i]! >= (found.s[i + 1] ?? 0));
  return found.s;
}

for (const name of ["tall", "wide"] as const) {
  Deno.test(`svdRoutine equals NumPy's decomposition of a ${name} matrix up to signs`, () => {
    const recorded = fixture[name];
    const a = matrix(recorded.a);
    const { u, s, vt } = runToEnd(svdRoutine(a.data, [], a.rows, a.columns));
    assertClose(s, recorded.s, 1e-14);
    const theirs = matrix(recorded.u).data;
    const k = s.length;
    const signs = Array.from(s, (_, j) => Math.sign(u[j]! * theirs[j]!));
    assertClose(u, theirs.map((x, i) => x * signs[i % k]!), 1e-13);
    assertClose(
      vt,
      matrix(recorded.vt).data.map((x, i) =>
        x * signs[Math.floor(i / a.columns)]!
      ),
      1e-13,
    );
  });
}

for (
  const [m, n] of [[1, 1], [1, 6], [6, 1], [30, 30], [50, 13], [
    13,
    50,
  ]] as const
) {
  Deno.test(`svdRoutine gives back a ${m} × ${n} matrix`, () => {
    assertDecomposes(reshaped(m, n, noise(m * n, m * n)), 1e-13);
  });
}

Deno.test("svdRoutine finds small singular values to relative accuracy", () => {
  const s = assertDecomposes(matrix(fixture.hilbert.a), 1e-14);
  // NumPy's own smallest value is only good to epsilon times the largest.
  assertClose(s, fixture.hilbert.s, 1e-15);
  const graded = diagonal(new Float64Array([1, 1e-10, 1e-20, 1e-30]));
  graded.data[1] = 0.5;
  const small = assertDecomposes(graded, 1e-15);
  assertClose([small[2]! / 1e-20, small[3]! / 1e-30], [1, 1], 1e-14);
});

Deno.test("svdRoutine keeps both sets of vectors orthonormal where the rank is deficient", () => {
  assertDecomposes(reshaped(6, 4, new Float64Array(24)), 1e-15);
  const ones = assertDecomposes(
    reshaped(6, 4, new Float64Array(24).fill(1)),
    1e-14,
  );
  assertClose(ones, [Math.sqrt(24), 0, 0, 0], 1e-15);
  const low = product(
    reshaped(20, 3, noise(60, 1)),
    reshaped(3, 15, noise(45, 2)),
  );
  const s = assertDecomposes(low, 1e-13);
  assert.ok(s[3]! < 1e-13 * s[0]!);
  assertDecomposes(transposed(low), 1e-13);
});

Deno.test("svdRoutine is indifferent to scale, out to the edge of f64", () => {
  const a = noise(20, 7);
  const { s } = runToEnd(svdRoutine(a, [], 5, 4));
  for (const scale of [2 ** 1000, 2 ** -1000]) {
    const scaled = runToEnd(svdRoutine(a.map((x) => x * scale), [], 5, 4));
    assertClose(scaled.s.map((x) => x / scale), s, 1e-14);
  }
});

Deno.test("svdRoutine refuses NaN and infinity by the matrix's name", () => {
  for (const bad of [NaN, Infinity]) {
    assert.throws(
      () => runToEnd(svdRoutine(new Float64Array([1, 2, bad, 4]), [2], 1, 2)),
      /matrix \[1\] of the batch as it is not finite/,
    );
  }
});
