import assert from "node:assert/strict";
import * as wf from "./mod.ts";

const counting = (...shape: number[]): wf.F64 =>
  wf.reshape(
    wf.arange(shape.reduce((a, b) => a * b, 1), undefined, 1, { dtype: "f64" }),
    shape,
  );

async function assertEqual(a: wf.F64, b: wf.F64): Promise<void> {
  assert.deepEqual(await a.toArray(), await b.toArray());
}

Deno.test("einsum equals the operations that its patterns spell out", async () => {
  const a = counting(2, 3);
  const b = counting(3, 4);
  const batch = counting(5, 2, 3);
  await assertEqual(wf.einsum("ij,jk->ik", a, b), wf.matmul(a, b));
  await assertEqual(wf.einsum("ij,jk", a, b), wf.matmul(a, b));
  await assertEqual(wf.einsum("nij,jk->nik", batch, b), wf.matmul(batch, b));
  await assertEqual(wf.einsum("ij->ji", a), wf.transpose(a));
  await assertEqual(wf.einsum("ij->", a), wf.sum(a));
  await assertEqual(wf.einsum("ij->j", a), wf.sum(a, { axis: 0 }));
  await assertEqual(
    wf.einsum("i,j->ij", counting(2), counting(3)),
    wf.outer(counting(2), counting(3)),
  );
  await assertEqual(
    wf.einsum("ij,ij->j", a, a),
    wf.sum(wf.square(a), { axis: 0 }),
  );
  await assertEqual(
    wf.einsum("ij,jk,k->i", a, b, counting(4)),
    wf.matmul(wf.matmul(a, b), counting(4)),
  );
  await assertEqual(
    wf.einsum("nij,nkj->nik", batch, batch),
    wf.matmul(batch, wf.transpose(batch)),
  );
});

Deno.test("einsum refuses patterns that make no sense and lengths that differ", () => {
  const a = counting(2, 3);
  for (const pattern of ["ij,jk", "ii", "ij->k", "i.j", "ij->ii"]) {
    assert.throws(() => wf.einsum(pattern, a), /as an index pattern/, pattern);
  }
  assert.throws(() => wf.einsum("i", a), /Cannot use "i" of "i"/);
  assert.throws(
    () => wf.einsum("ij,ij->i", a, counting(2, 4)),
    /Cannot give "j" of "ij,ij->i" two lengths: current lengths are 3 and 4/,
  );
});
