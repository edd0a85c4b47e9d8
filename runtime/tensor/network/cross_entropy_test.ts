import assert from "node:assert/strict";
import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import { tensor, zeros } from "../creation.ts";
import { cast, exp, negative, square } from "../elementwise.ts";
import { takeAlongAxis } from "../indexing.ts";
import { assertEqualOn, floats, noise } from "../linear_algebra/testing.ts";
import { expandDims } from "../movement.ts";
import { read } from "../realize.ts";
import { logSoftmax, mean, sum } from "../reductions.ts";
import type { F64 } from "../tensor.ts";
import { grad } from "../transforms.ts";
import { crossEntropy } from "./cross_entropy.ts";

const DOUBLE = { dtype: "f64", tolerance: 1e-12 } as const;
const TARGETS = tensor([[0, 2, 1], [2, 2, 0]], { dtype: "i32" });

function composed(logits: F64): F64 {
  const own = takeAlongAxis(logSoftmax(logits), expandDims(TARGETS, -1));
  return negative(mean(own));
}

Deno.test("crossEntropy of rows in a batch, and gradients of its gradient", async () => {
  const logits = floats(DOUBLE, noise(18, 1), [2, 3, 3]) as F64;
  const own = (x: F64) => crossEntropy(x, TARGETS);
  await assertEqualOn(DOUBLE, own(logits), composed(logits));
  await assertEqualOn(DOUBLE, grad(own)(logits), grad(composed)(logits));
  const second = (loss: (x: F64) => F64) =>
    grad((x: F64) => sum(square(grad(loss)(exp(x)))))(logits);
  await assertEqualOn(DOUBLE, second(own), second(composed));
});

Deno.test("crossEntropy of impossible and of certain classes", async () => {
  const logits = tensor([[0, -Infinity], [1000, -1000]], { dtype: "f64" });
  const at = (list: number[]) => tensor(list, { dtype: "i32" });
  const each = { reduction: "none" } as const;
  const [sure, never] = await read(
    crossEntropy(logits, at([0, 0]), each),
    crossEntropy(logits, at([1, 1]), each),
  );
  assert.deepEqual([...sure], [0, 0]);
  assert.deepEqual([...never], [Infinity, 2000]);
});

Deno.test("the mean of no rows is NaN, and ignored rows have no gradient", async () => {
  const logits = floats(DOUBLE, noise(6, 1), [2, 3]) as F64;
  const targets = tensor([7, 7], { dtype: "i32" });
  const options = { ignoreIndex: 7, reduction: "sum" } as const;
  const [none, total, gradient] = await read(
    crossEntropy(logits, targets, { ignoreIndex: 7 }),
    crossEntropy(logits, targets, options),
    grad((x: F64) => crossEntropy(x, targets, options))(logits),
  );
  assert.deepEqual([...none, ...total], [NaN, 0]);
  assert.deepEqual([...gradient].map(Math.abs), new Array(6).fill(0));
});

Deno.test("a target out of range is reported, also a negative one", async () => {
  const logits = zeros([1, 3]);
  for (const wrong of [3, -1]) {
    const targets = tensor([wrong], { dtype: "i32" });
    await assert.rejects(crossEntropy(logits, targets).item(), /index|range/i);
  }
});

Deno.test("crossEntropy refuses what does not fit", () => {
  const logits = zeros([2, 3]);
  const targets = zeros([2], { dtype: "i32" });
  assert.throws(() => crossEntropy(logits, zeros([2])), DTypeError);
  assert.throws(() => crossEntropy(logits, cast(logits, "i32")), ShapeError);
  assert.throws(() => crossEntropy(zeros([2, 0]), targets), ShapeError);
  assert.throws(
    () => crossEntropy(logits, targets, { labelSmoothing: 2 }),
    ParameterError,
  );
  assert.throws(
    () => crossEntropy(logits, targets, { ignoreIndex: 0.5 }),
    ParameterError,
  );
});
