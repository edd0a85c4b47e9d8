import assert from "node:assert/strict";
import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import { matmul } from "../contraction.ts";
import { tensor, zeros } from "../creation.ts";
import {
  absolute,
  add,
  cast,
  exp,
  multiply,
  square,
  subtract,
  tanh,
} from "../elementwise.ts";
import { assertEqualOn, floats, noise } from "../linear_algebra/testing.ts";
import { transpose } from "../movement.ts";
import { read } from "../realize.ts";
import { softmax, sum } from "../reductions.ts";
import type { F32, F64, Tensor } from "../tensor.ts";
import { grad } from "../transforms.ts";
import { crossEntropy } from "./cross_entropy.ts";
import {
  cutCrossEntropy,
  type CutCrossEntropyOptions,
} from "./cut_cross_entropy.ts";
import { largestSize } from "./testing.ts";
import { withChunks } from "./vocabulary_chunks.ts";

const DOUBLE = { dtype: "f64", tolerance: 1e-12 } as const;

function targetsOf(rows: number, classes: number): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    noise(rows, 9),
    (x, k) => k % 5 === 4 ? -100 : Math.floor((x + 1) / 2 * classes),
  );
}

function random(shape: readonly number[], seed: number): F64 {
  const size = shape.reduce((product, n) => product * n, 1);
  return floats(DOUBLE, noise(size, seed), shape) as F64;
}

type Options = CutCrossEntropyOptions<"f64">;

function composed(
  hidden: F64,
  classifier: F64,
  targets: typeof TARGETS,
  bias: F64,
  softcap: number,
): F64 {
  const logits = add(matmul(hidden, transpose(classifier)), bias);
  const capped = multiply(tanh(multiply(logits, 1 / softcap)), softcap);
  return crossEntropy(capped, targets);
}

const TARGETS = tensor(targetsOf(25, 52));

Deno.test("cutCrossEntropy equals the composed loss, for odd sizes", async () => {
  const inputs = [
    random([25, 7], 1),
    random([52, 7], 2),
    random([52], 3),
  ] as const;
  const cut = (h: F64, c: F64, bias: F64): F64 =>
    cutCrossEntropy(h, c, TARGETS, { bias, softcap: 3 });
  const whole = (h: F64, c: F64, bias: F64): F64 =>
    composed(h, c, TARGETS, bias, 3);
  const argnums = [0, 1, 2] as const;
  const right = grad(whole, { argnums })(...inputs);
  for (const [logits, tile] of [[2 ** 22, 128], [300, 4], [26, 1]] as const) {
    await withChunks(logits, tile, async () => {
      const found = grad(cut, { argnums })(...inputs);
      await assertEqualOn(DOUBLE, cut(...inputs), whole(...inputs));
      for (const k of argnums) await assertEqualOn(DOUBLE, found[k], right[k]);
    });
  }
});

Deno.test("gradients of gradients of cutCrossEntropy", async () => {
  const [hidden, classifier] = [random([25, 3], 1), random([52, 3], 2)];
  const second = (loss: (h: F64) => F64) =>
    grad((x: F64) => sum(square(grad(loss)(exp(x)))))(hidden);
  await assertEqualOn(
    DOUBLE,
    withChunks(
      200,
      8,
      () => second((h) => cutCrossEntropy(h, classifier, TARGETS)),
    ),
    second((h) => crossEntropy(matmul(h, transpose(classifier)), TARGETS)),
  );
});

Deno.test("gradients of gradients for all inputs, squashed", async () => {
  const inputs = [
    random([25, 3], 1),
    random([52, 3], 2),
    random([52], 3),
  ] as const;
  const argnums = [0, 1, 2] as const;
  type Loss = (h: F64, c: F64, bias: F64) => F64;
  const second = (loss: Loss) =>
    grad((...args: [F64, F64, F64]): F64 => {
      const made = grad(loss, { argnums })(...args);
      const squares = made.map((one) => sum(square(exp(one))) as F64);
      return add(add(squares[0]!, squares[1]!), squares[2]!);
    }, { argnums })(...inputs);
  const right = second((h, c, bias) => composed(h, c, TARGETS, bias, 3));
  const found = withChunks(
    200,
    8,
    () =>
      second((h, c, bias) =>
        cutCrossEntropy(h, c, TARGETS, { bias, softcap: 3 })
      ),
  );
  for (const k of argnums) await assertEqualOn(DOUBLE, found[k], right[k]);
});

Deno.test("rows with logits of minus infinity and huge ones stay finite", async () => {
  const hidden = multiply(random([25, 3], 1), 300);
  const classifier = multiply(random([52, 3], 2), 300);
  const bias = floats(
    DOUBLE,
    // Nothing but minus infinity in the first chunk.
    Float64Array.from({ length: 52 }, (_, k) => k < 9 ? -Infinity : 0),
    [52],
  ) as F64;
  const targets = tensor(Int32Array.from({ length: 25 }, (_, k) => 9 + k));
  const found = withChunks(
    200,
    8,
    () =>
      grad((h: F64) => cutCrossEntropy(h, classifier, targets, { bias }))(
        hidden,
      ),
  );
  const right = grad((h: F64) =>
    crossEntropy(add(matmul(h, transpose(classifier)), bias), targets)
  )(hidden);
  await assertEqualOn(DOUBLE, found, right);
});

Deno.test("2,048 rows of 49,152 classes never hold all logits", () => {
  const hidden = zeros([2048, 32]) as F32;
  const classifier = zeros([49_152, 32]) as F32;
  const targets = zeros([2048], { dtype: "i32" });
  const loss = (h: F32, c: F32) => cutCrossEntropy(h, c, targets);
  const made = grad(loss, { argnums: [0, 1] })(hidden, classifier);
  const largest = largestSize([loss(hidden, classifier), ...made]);
  assert.equal(largest, 2 ** 21, "elements: logits of a chunk, 8 MB");
  assert.ok(49_152 * 2048 > 20 * largest);
});

Deno.test("filtered gradients stay within their bound", async () => {
  const [rows, classes, size] = [16, 64, 8];
  const hidden = random([rows, size], 1);
  // A few classes take nearly all of the softmax.
  const scale = floats(
    DOUBLE,
    Float64Array.from({ length: classes }, (_, k) => k < 8 ? 40 : 0.1),
    [classes, 1],
  ) as F64;
  const classifier = multiply(random([classes, size], 2), scale);
  const at = Int32Array.from({ length: rows }, (_, k) => k % 8);
  const targets = tensor(at);
  const gradient = (options: Options) =>
    withChunks(rows * 16, 8, () =>
      grad(
        (h: F64) =>
          cutCrossEntropy(h, classifier, targets, {
            ...options,
            reduction: "sum",
          }),
      )(hidden));
  const limit = 0.01;
  const logits = matmul(hidden, transpose(classifier));
  const left = sum(absolute(classifier)) as F64;
  const [exact, unfiltered, filtered, shares, bound] = await read(
    gradient({}),
    gradient({ filterBelow: 0 }),
    gradient({ filterBelow: limit }),
    softmax(logits),
    left,
  );
  assert.deepEqual([...exact], [...unfiltered]);
  let expected = 0;
  for (let tile = 0; tile < 16; tile++) {
    const [row, column] = [8 * Math.floor(tile / 8), 8 * (tile % 8)];
    let largest = 0;
    for (let i = row; i < row + 8; i++) {
      for (let k = column; k < column + 8; k++) {
        const difference = shares[i * classes + k]! - Number(at[i] === k);
        largest = Math.max(largest, Math.abs(difference));
      }
    }
    if (largest < limit) expected++;
  }
  assert.ok(expected > 4, "many tiles are filtered");
  const errors = filtered.map((value, k) => Math.abs(value - exact[k]!));
  assert.ok(Math.max(...errors) > 0);
  assert.ok(Math.max(...errors) <= limit * bound[0]!);
});

Deno.test("cutCrossEntropy of f16 is computed in f32", async () => {
  const half = (x: F64) => cast(x, "f16");
  const [h, c] = [half(random([25, 4], 1)), half(random([52, 4], 2))];
  const loss = cutCrossEntropy(h, c, TARGETS);
  assert.equal(loss.dtype, "f16");
  const [a, b] = await read(
    loss,
    cast(cutCrossEntropy(cast(h, "f32"), cast(c, "f32"), TARGETS), "f16"),
  );
  assert.deepEqual([...a], [...b]);
  const [gradient] = await read(
    grad((x: typeof h) => cutCrossEntropy(x, c, TARGETS))(h),
  );
  assert.ok(gradient.some((one) => one !== 0));
});

Deno.test("cutCrossEntropy takes batches and reports targets out of range", async () => {
  const hidden = random([2, 3, 4], 1);
  const classifier = random([5, 4], 2);
  const targets = tensor([[0, 1, 2], [-100, 4, 0]], { dtype: "i32" });
  const each = cutCrossEntropy(hidden, classifier, targets, {
    reduction: "none",
  });
  await assertEqualOn(
    DOUBLE,
    each,
    crossEntropy(matmul(hidden, transpose(classifier)), targets, {
      reduction: "none",
    }),
  );
  const wrong = subtract(targets, 1);
  await assert.rejects(
    cutCrossEntropy(hidden, classifier, wrong).item(),
    /index|range/i,
  );
});

Deno.test("cutCrossEntropy refuses what does not fit", () => {
  const [h, c] = [zeros([2, 3]), zeros([4, 3])];
  const at = zeros([2], { dtype: "i32" });
  assert.throws(() => cutCrossEntropy(h, zeros([4, 2]), at), ShapeError);
  assert.throws(() => cutCrossEntropy(h, c, zeros([2])), DTypeError);
  assert.throws(
    () => cutCrossEntropy(h, c, at, { bias: zeros([3]) }),
    ShapeError,
  );
  assert.throws(
    () => cutCrossEntropy(h, c, at, { softcap: 0 }),
    ParameterError,
  );
  assert.throws(
    () => cutCrossEntropy(h, c, at, { filterBelow: -1 }),
    ParameterError,
  );
  const double = zeros([4, 3], { dtype: "f64" }) as unknown as F32;
  assert.throws(() => cutCrossEntropy(h, double, at), DTypeError);
});

Deno.test("a table in f16 counts as the same table in f32", async () => {
  const hidden = cast(random([25, 8], 1), "f32");
  const table = cast(random([52, 8], 2), "f16");
  const loss = (classifier: F32 | Tensor<"f16">) => (h: F32): F32 =>
    cutCrossEntropy(h, classifier, TARGETS);
  await withChunks(25 * 16, 16, async () => {
    const [half, whole] = [loss(table), loss(cast(table, "f32"))];
    const [a, b, c, d] = await read(
      half(hidden),
      whole(hidden),
      grad(half)(hidden),
      grad(whole)(hidden),
    );
    assert.deepEqual([a, c], [b, d]);
  });
  const ofTable = grad((classifier: Tensor<"f16">): F32 =>
    cutCrossEntropy(hidden, classifier, TARGETS)
  )(table);
  assert.equal(ofTable.dtype, "f16");
});
