import assert from "node:assert/strict";
import * as wf from "./mod.ts";

Deno.test("tensor gives lists f32, booleans bool, and keeps the dtype of arrays", () => {
  assert.equal(wf.tensor([1, 2]).dtype, "f32");
  assert.equal(wf.tensor([[true], [false]]).dtype, "bool");
  assert.equal(wf.tensor(new Float64Array(2)).dtype, "f64");
  assert.equal(wf.tensor(new Int8Array(2)).dtype, "i8");
  assert.equal(wf.tensor(new Float64Array(2), { dtype: "f32" }).dtype, "f32");
});

Deno.test("tensor takes data in row-major order into a shape", async () => {
  const x = wf.tensor([1, 2, 3, 4, 5, 6], { dtype: "f64", shape: [3, 2] });
  assert.deepEqual(await x.toArray(), [[1, 2], [3, 4], [5, 6]]);
  assert.throws(
    () => wf.tensor([1, 2, 3], { dtype: "f64", shape: [2, 2] }),
    /Cannot make a tensor of shape \[2, 2\] from 3 elements/,
  );
});

Deno.test("tensor refuses ragged lists", () => {
  assert.throws(
    () => wf.tensor([[1, 2], [3]]),
    /ragged[^]*a list of 2 at depth 1/,
  );
  assert.throws(() => wf.tensor([[1], 2]), /ragged/);
  assert.throws(() => wf.tensor([1, [2]]), /ragged/);
});

Deno.test("tensor refuses fractions and arrays that its dtype cannot hold", () => {
  assert.throws(
    () => wf.tensor([0.5], { dtype: "i32" }),
    /Cannot make an "i32" tensor from 0.5/,
  );
  assert.throws(
    () => wf.tensor(new BigInt64Array(1) as unknown as Float64Array),
    /Cannot make a tensor from a "BigInt64Array"/,
  );
});

Deno.test("tensor refuses texts, gaps and numbers out of the range of its dtype", () => {
  const loose = (data: unknown, dtype?: wf.DType) =>
    wf.tensor(data as number[], { dtype: dtype ?? "f32" });
  assert.throws(() => loose(["a"]), /Cannot make a tensor from the text "a"/);
  assert.throws(() => loose([[1, null]]), /from null/);
  assert.throws(() => loose([undefined]), /from undefined/);
  assert.throws(
    () => loose([300], "u8"),
    /Cannot make an "u8" tensor from 300[^]*whole numbers from 0 to 255/,
  );
  assert.throws(() => loose(new Float64Array([-1]), "u32"), /from -1/);
});

Deno.test("full holds a number as its dtype would, or refuses it", async () => {
  const x = wf.full([2], 5, { dtype: "bool" });
  assert.deepEqual(await x.toArray(), [1, 1]);
  assert.throws(
    () => wf.full([2], 0.5, { dtype: "i32" }),
    /Cannot make an "i32" tensor from 0.5/,
  );
  assert.throws(() => wf.fullLike(wf.cast(x, "u8"), NaN), /from NaN/);
});

Deno.test("shapes must be whole and not negative", () => {
  assert.throws(() => wf.zeros([2, -1]), /Cannot use \[2, -1\] as a shape/);
  assert.throws(() => wf.zeros([1.5]), /as a shape in "full"/);
});

Deno.test("arange refuses a step of 0, fractions of integers and what is out of range", () => {
  assert.throws(() => wf.arange(0, 1, 0), /by steps of 0/);
  assert.throws(
    () => wf.arange(0, 1, 0.5, { dtype: "i32" }),
    /by steps of 0.5 in "i32"/,
  );
  assert.throws(
    () => wf.arange(300, undefined, 1, { dtype: "u8" }),
    /from 299/,
  );
});

Deno.test("linspace ends exactly at its last number", async () => {
  const x = await wf.linspace(0, 0.7, 8, { dtype: "f64" }).data();
  assert.equal(x[7], 0.7);
});

Deno.test("tril, diag and diagonal refuse tensors with too few axes", () => {
  assert.throws(() => wf.tril(wf.zeros([3])), /"tril": current shape is \[3\]/);
  assert.throws(() => wf.diag(wf.zeros([])), /from a scalar/);
  assert.throws(() => wf.diagonal(wf.zeros([3])), /Cannot take the diagonal/);
});

Deno.test("isTensor tells tensors from the rest", () => {
  assert.deepEqual([wf.zeros([]), 1, null].map(wf.isTensor), [
    true,
    false,
    false,
  ]);
});
