import assert from "node:assert/strict";
import recorded from "../../../../fixtures/reference/fft.json" with {
  type: "json",
};
import { ParameterError, ShapeError } from "../../../core/errors.ts";
import { zeros } from "../../creation.ts";
import { add, cast, multiply, square, subtract } from "../../elementwise.ts";
import { assertEqualOn, floats, noise } from "../../linear_algebra/testing.ts";
import { roll } from "../../movement.ts";
import { read } from "../../realize.ts";
import { sum } from "../../reductions.ts";
import type { F64 } from "../../tensor.ts";
import { grad } from "../../transforms.ts";
import { complexMultiply } from "./complex.ts";
import { fft, ifft } from "./fft.ts";

const DOUBLE = { dtype: "f64", tolerance: 1e-12 } as const;

function random(shape: readonly number[], seed: number): F64 {
  const size = shape.reduce((product, n) => product * n, 1);
  return floats(DOUBLE, noise(size, seed), shape) as F64;
}

Deno.test("fft along an axis that is cut or padded equals NumPy's", async () => {
  const { x, shape, cut, padded } = recorded.resized;
  for (const one of [cut, padded]) {
    const { axis, length } = one;
    const { real, imaginary } = fft(floats(DOUBLE, x, shape), { axis, length });
    await assertEqualOn(DOUBLE, real, one.real);
    await assertEqualOn(DOUBLE, imaginary, one.imaginary);
  }
});

Deno.test("ifft undoes fft and keeps energy, for all kinds of lengths", async () => {
  for (const length of [1, 2, 6, 13, 64, 70, 97, 128, 143, 360]) {
    const x = {
      real: random([2, length], 1),
      imaginary: random([2, length], 2),
    };
    const made = fft(x, { norm: "ortho" });
    const back = ifft(made, { norm: "ortho" });
    await assertEqualOn(DOUBLE, back.real, x.real);
    await assertEqualOn(DOUBLE, back.imaginary, x.imaginary);
    const energy = ({ real, imaginary }: typeof x) =>
      sum(add(square(real), square(imaginary)));
    await assertEqualOn(DOUBLE, energy(made), energy(x));
  }
});

Deno.test("a product of transforms is a convolution", async () => {
  const n = 67;
  const x = random([n], 1);
  const shift = floats(
    DOUBLE,
    Float64Array.from({ length: n }, (_, k) => +(k === 3)),
  );
  const { real } = ifft(complexMultiply(fft(x), fft(shift as F64)));
  await assertEqualOn(DOUBLE, real, roll(x, 3));
});

Deno.test("the gradient of fft is the transform back", async () => {
  for (const n of [8, 67]) {
    const [a, b] = [random([n], 3), random([n], 4)];
    const loss = (real: F64, imaginary: F64): F64 => {
      const made = fft({ real, imaginary });
      return sum(add(multiply(made.real, a), multiply(made.imaginary, b)));
    };
    const [ofReal, ofImaginary] = grad(loss, { argnums: [0, 1] })(
      random([n], 1),
      random([n], 2),
    );
    const right = ifft({ real: a, imaginary: b }, { norm: "forward" });
    await assertEqualOn(DOUBLE, ofReal, right.real);
    await assertEqualOn(DOUBLE, ofImaginary, right.imaginary);
  }
});

Deno.test("fft in f16 is computed in f32; NaN spreads over its row", async () => {
  const x = cast(random([16], 1), "f16");
  const [half, single] = await read(
    fft(x).real,
    cast(fft(cast(x, "f32")).real, "f16"),
  );
  assert.deepEqual([...half], [...single]);
  const rows = floats(DOUBLE, new Float64Array([1, NaN, 3, 4, 5, 6]), [2, 3]);
  const [found] = await read(fft(rows).real);
  assert.deepEqual([...found].map(Number.isNaN), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("fft refuses what makes no sense", () => {
  assert.throws(() => fft(zeros([2, 0])), ShapeError);
  assert.throws(() => fft(zeros([])), ShapeError);
  assert.throws(
    () => fft({ real: zeros([2]), imaginary: zeros([3]) }),
    ShapeError,
  );
  assert.throws(() => fft(zeros([2]), { length: 0 }), ParameterError);
  const norm = "unitary" as "ortho";
  assert.throws(() => ifft(zeros([2]), { norm }), ParameterError);
});

Deno.test("the error of a long transform in f32 stays near rounding", async () => {
  const n = 4096;
  const x = random([n], 1);
  const [wide, narrow] = await read(fft(x).real, fft(cast(x, "f32")).real);
  const error = wide.reduce(
    (total, value, k) => total + (value - narrow[k]!) ** 2,
    0,
  );
  const size = wide.reduce((total, value) => total + value ** 2, 0);
  assert.ok(Math.sqrt(error / size) < 3e-7);
  const [difference] = await read(
    sum(square(subtract(fft(x).real, fft(x).real))),
  );
  assert.equal(difference[0], 0);
});
