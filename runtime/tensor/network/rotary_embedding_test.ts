import assert from "node:assert/strict";
import { ParameterError, ShapeError } from "../../core/errors.ts";
import { tensor, zeros } from "../creation.ts";
import { cast } from "../elementwise.ts";
import { assertEqualOn, floats, noise } from "../linear_algebra/testing.ts";
import { vecdot } from "../contraction.ts";
import { slice } from "../movement.ts";
import { read } from "../realize.ts";
import { rotaryEmbedding } from "./rotary_embedding.ts";

const DOUBLE = { dtype: "f64", tolerance: 1e-12 } as const;

Deno.test("products of turned vectors depend on distances only", async () => {
  const q = floats(DOUBLE, noise(8, 1), [1, 8]);
  const k = floats(DOUBLE, noise(8, 2), [1, 8]);
  for (const pairing of ["half", "interleaved"] as const) {
    const product = (a: number, b: number) =>
      vecdot(
        rotaryEmbedding(q, { positions: [a], pairing }),
        rotaryEmbedding(k, { positions: [b], pairing }),
      );
    await assertEqualOn(DOUBLE, product(5, 3), product(12, 10));
    const [near, far] = await read(product(5, 3), product(5, 4));
    assert.ok(Math.abs(near[0]! - far[0]!) > 1e-3);
  }
});

Deno.test("positions of each sequence, as with padding on the left", async () => {
  const x = floats(DOUBLE, noise(24, 1), [2, 2, 3, 2]);
  const positions = tensor([[[0, 0, 1]], [[0, 1, 2]]], { dtype: "i32" });
  const turned = rotaryEmbedding(x, { positions });
  await assertEqualOn(
    DOUBLE,
    slice(turned, 1),
    rotaryEmbedding(slice(x, 1)),
  );
  await assertEqualOn(
    DOUBLE,
    slice(turned, 0, null, [0, 2]),
    rotaryEmbedding(slice(x, 0, null, [0, 2]), { positions: [0, 0] }),
  );
});

Deno.test("frequencies may be given, and f16 is turned in f32", async () => {
  const x = floats(DOUBLE, noise(8, 1), [2, 4]);
  const own = rotaryEmbedding(x, { frequencies: [1, 0.01] });
  await assertEqualOn(DOUBLE, own, rotaryEmbedding(x));
  const half = cast(x, "f16");
  const [a, b] = await read(
    rotaryEmbedding(half),
    cast(rotaryEmbedding(cast(half, "f32")), "f16"),
  );
  assert.deepEqual([...a], [...b]);
});

Deno.test("rotaryEmbedding refuses what does not fit", () => {
  const x = zeros([2, 3]);
  assert.throws(() => rotaryEmbedding(x), ParameterError);
  assert.throws(() => rotaryEmbedding(x, { size: 4 }), ParameterError);
  assert.throws(() => rotaryEmbedding(x, { size: 2, base: 0 }), ParameterError);
  assert.throws(
    () => rotaryEmbedding(x, { size: 2, positions: [1, 2, 3] }),
    ShapeError,
  );
  assert.throws(
    () => rotaryEmbedding(x, { size: 2, frequencies: [1, 2] }),
    ShapeError,
  );
  assert.throws(() => rotaryEmbedding(zeros([4])), ShapeError);
});
