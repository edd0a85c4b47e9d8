import assert from "node:assert/strict";
import * as wf from "./mod.ts";

const x64 = wf.tensor([1, 2], { dtype: "f64" });
const x32 = wf.tensor([1, 2]);
const whole = wf.tensor([1, 2], { dtype: "i32" });

Deno.test("operations keep the dtype in their type", async () => {
  const scaled: wf.F64 = wf.multiply(x64, 2);
  const turned: wf.F64 = wf.subtract(1, x64);
  const chosen: wf.F64 = wf.where(wf.less(x64, 2), x64, 0);
  const counted: wf.I32 = wf.sum(wf.greater(x64, 1));
  const both: wf.Float = wf.add(x64 as wf.Float, x64 as wf.Float);
  const dtypes = [scaled, turned, chosen, counted, both].map((x) => x.dtype);
  assert.deepEqual(dtypes, ["f64", "f64", "f64", "i32", "f64"]);
  assert.equal(await counted.item(), 1);
});

Deno.test("operations refuse operands of two dtypes and say how to cast", () => {
  for (const fn of [wf.add, wf.matmul] as const) {
    assert.throws(
      () => (fn as (a: wf.Tensor, b: wf.Tensor) => wf.Tensor)(x64, x32),
      /current dtypes are "f64" and "f32"[^]*cast\(x, "f64"\)/,
    );
  }
});

Deno.test("numbers take the dtype of the tensor they meet", async () => {
  assert.equal(wf.add(x32, 1).dtype, "f32");
  assert.equal(wf.add(1, whole).dtype, "i32");
  assert.throws(
    () => wf.add(whole, 0.5),
    /Cannot use the number 0.5 as "i32" in "add"/,
  );
  assert.throws(
    () => wf.less(wf.cast(whole, "u8"), 300),
    /Cannot use the number 300 as "u8" in "less"[^]*from 0 to 255/,
  );
  const exact = wf.multiply(x64, wf.multiply(0.3, 0.1));
  assert.deepEqual(await exact.toArray(), [0.3 * 0.1, 0.3 * 0.1 * 2]);
});

Deno.test("operations refuse shapes that do not broadcast and name the axis", () => {
  assert.throws(
    () => wf.add(wf.zeros([2, 3]), wf.zeros([4, 3])),
    /Cannot broadcast for "add": current shapes are \[2, 3\] and \[4, 3\][^]*2 and 4 at axis -2/,
  );
});

Deno.test("functions of fractions refuse integers, logic refuses numbers, bits refuse floats", () => {
  assert.throws(() => wf.exp(whole), /Cannot compute "exp" of dtype "i32"/);
  assert.throws(
    () => wf.divide(whole, 2),
    /Cannot compute "divide" of dtype "i32"/,
  );
  assert.throws(
    () => wf.logicalNot(x64 as unknown as wf.Bool),
    /Cannot compute "logicalNot" of dtype "f64"/,
  );
  assert.throws(() => wf.bitwiseAnd(x64, 1), /"and" of dtype "f64"/);
  assert.throws(
    () => wf.where(x64 as unknown as wf.Bool, 1, 0),
    /Cannot compute "where" of dtype "f64"/,
  );
});

Deno.test("floorDivide rounds down for integers of either sign", async () => {
  const a = wf.tensor([7, -7, 7, -7], { dtype: "i32" });
  const b = wf.tensor([2, 2, -2, -2], { dtype: "i32" });
  assert.deepEqual(await wf.floorDivide(a, b).toArray(), [3, -4, -4, 3]);
  assert.deepEqual(await wf.floorDivide(a, 0).toArray(), [0, 0, 0, 0]);
  const x = wf.tensor([7, -7, 0], { dtype: "f64" });
  const byZero = await wf.floorDivide(x, 0).toArray();
  assert.deepEqual(byZero, [Infinity, -Infinity, NaN]);
});

Deno.test("axes outside of the tensor, or named twice, are refused", () => {
  assert.throws(
    () => wf.sum(x64, { axis: 1 }),
    /Cannot use axis 1 in "sum": current number of axes is 1/,
  );
  assert.throws(() => wf.sum(x64, { axis: [0, -1] }), /axis 0 twice in "sum"/);
});

Deno.test("movement refuses what does not fit", () => {
  assert.throws(() => wf.reshape(x64, [3]), /Cannot reshape to \[3\]/);
  assert.throws(() => wf.reshape(x64, [-1, -1]), /Cannot reshape/);
  assert.throws(() => wf.transpose(x64), /Cannot transpose/);
  assert.throws(
    () => wf.permuteDims(wf.zeros([2, 2]), [0, 0]),
    /Cannot permute/,
  );
  assert.throws(() => wf.squeeze(x64, 0), /Cannot squeeze axis 0/);
  assert.throws(() => wf.broadcastTo(x64, [3]), /Cannot broadcast/);
  assert.throws(() => wf.broadcastTo(x64, [1]), /Cannot broadcast to \[1\]/);
  assert.throws(() => wf.slice(x64, 2), /Cannot take index 2 of axis 0/);
  assert.throws(() => wf.slice(x64, null, 0), /Cannot slice 2 axes/);
  assert.throws(() => wf.slice(x64, [0, 2, 0]), /Cannot slice by \[0, 2, 0\]/);
  assert.throws(() => wf.concat([]), /empty list/);
  assert.throws(
    () => wf.concat([wf.zeros([2, 2]), wf.zeros([2, 3])]),
    /Cannot join tensor 1 along axis 0/,
  );
  assert.throws(
    () => wf.stack([wf.zeros([2]), wf.zeros([3])]),
    /Cannot stack tensor 1/,
  );
  assert.throws(() => wf.split(x64, [1, 2]), /Cannot split axis 0/);
  assert.throws(() => wf.pad(x64, [[-1, 0]]), /Cannot pad by/);
});

Deno.test("indexing refuses floats as indices and shapes that do not fit", () => {
  assert.throws(
    () => wf.take(x64, x64),
    /Cannot use dtype "f64" as indices in "take"/,
  );
  assert.throws(
    () =>
      wf.takeAlongAxis(wf.zeros([2, 2]), wf.zeros([3, 2], { dtype: "i32" })),
    /Cannot use indices of shape \[3, 2\] in "takeAlongAxis"/,
  );
  assert.throws(
    () => wf.scatterAdd(x64, [0], wf.zeros([2], { dtype: "f64" })),
    /Cannot add updates in "scatterAdd"/,
  );
});

Deno.test("matmul, outer, norm and polygamma refuse what they are not defined for", () => {
  assert.throws(
    () => wf.matmul(wf.zeros([2, 3]), wf.zeros([2, 3])),
    /Cannot multiply matrices: current shapes are \[2, 3\] and \[2, 3\]/,
  );
  assert.throws(() => wf.outer(wf.zeros([2, 2]), x32), /outer product/);
  assert.throws(() => wf.norm(x64, { order: 0 }), /norm of order 0/);
  assert.throws(() => wf.polygamma(0.5, x64), /polygamma of order 0.5/);
});

Deno.test("operations refuse what is no tensor, and an axis in the place of options", () => {
  const add: (...operands: unknown[]) => unknown = wf.add as never;
  assert.throws(() => add(undefined, x64), {
    name: "DTypeError",
    message: /operand of "add"[^]*of type undefined/,
  });
  assert.throws(() => add(x64, [1, 2]), {
    name: "DTypeError",
    message: /a list[^]*tensor\(\[1, 2\]\)/,
  });
  assert.throws(() => wf.exp("x" as never), { name: "DTypeError" });
  assert.throws(() => wf.sum(undefined as never), { name: "DTypeError" });
  assert.throws(() => wf.random.normal(5 as never, [2]), {
    name: "ParameterError",
    message: /wf\.random\.key\(5\)/,
  });
  for (
    const call of [
      () => wf.sum(x64, 0 as never),
      () => wf.argmax(x64, 0 as never),
      () => wf.softmax(x64, 0 as never),
      () => wf.concat([x64, x64], 0 as never),
      () => wf.stack([x64, x64], 0 as never),
      () => wf.take(x64, [0], 0 as never),
    ]
  ) {
    assert.throws(call, {
      name: "ParameterError",
      message: /Name the axis/,
    });
  }
});

Deno.test("reshape and creation refuse a number in the place of a shape", () => {
  const x = wf.tensor([1, 2]);
  for (
    const make of [
      () => wf.reshape(x, 2 as never),
      () => wf.zeros(2 as never),
      () => wf.broadcastTo(x, 2 as never),
    ]
  ) {
    assert.throws(make, /Cannot use 2 as a shape in/);
  }
});

Deno.test("arithmetic refuses bool, which is no number", () => {
  const flags = wf.tensor([true, false]);
  for (
    const compute of [
      () => wf.add(flags, flags),
      () => wf.subtract(flags, flags),
      () => wf.multiply(flags, flags),
      () => wf.power(flags, flags),
      () => wf.negative(flags),
      () => wf.absolute(flags),
      () => wf.sign(flags),
    ]
  ) {
    assert.throws(compute, /of dtype "bool"/);
  }
});
