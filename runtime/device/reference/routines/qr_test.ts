import assert from "node:assert/strict";
import fixture from "../../../../fixtures/reference/linear_algebra.json" with {
  type: "json",
};
import { qrRoutine } from "./qr.ts";
import {
  assertClose,
  identity,
  matrix,
  noise,
  product,
  reshaped,
  runToEnd,
  transposed,
} from "./testing.ts";

for (const name of ["tall", "wide"] as const) {
  Deno.test(`qrRoutine equals NumPy's factors of a ${name} matrix, signs included`, () => {
    const recorded = fixture[name];
    const a = matrix(recorded.a);
    const { q, r } = runToEnd(qrRoutine(a.data, [], a.rows, a.columns));
    assertClose(q, matrix(recorded.q).data, 1e-14);
    assertClose(r, matrix(recorded.r).data, 1e-14);
  });
}

for (
  const [m, n] of [[1, 1], [1, 5], [5, 1], [20, 20], [45, 12], [
    12,
    45,
  ]] as const
) {
  Deno.test(`qrRoutine gives back a ${m} × ${n} matrix as Q · R`, () => {
    const k = Math.min(m, n);
    const a = reshaped(m, n, noise(m * n, m + n));
    const factors = runToEnd(qrRoutine(a.data, [], m, n));
    const q = reshaped(m, k, factors.q);
    const r = reshaped(k, n, factors.r);
    assertClose(product(q, r).data, a.data, 1e-14);
    assertClose(product(transposed(q), q).data, identity(k).data, 1e-14);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < i; j++) assert.equal(r.data[i * n + j], 0);
    }
  });
}

Deno.test("qrRoutine keeps Q orthonormal for a matrix of rank one and for zeros", () => {
  for (const a of [new Float64Array(12).fill(1), new Float64Array(12)]) {
    const { q, r } = runToEnd(qrRoutine(a, [], 4, 3));
    const columns = reshaped(4, 3, q);
    assertClose(
      product(transposed(columns), columns).data,
      identity(3).data,
      1e-14,
    );
    assertClose(product(columns, reshaped(3, 3, r)).data, a, 1e-14);
  }
});
