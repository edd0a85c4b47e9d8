import assert from "node:assert/strict";
import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import { tensor, zeros } from "../creation.ts";
import { cast } from "../elementwise.ts";
import { normal } from "../random/normal.ts";
import { key } from "../random/key.ts";
import { read } from "../realize.ts";
import {
  dequantizeBlockwise4Bit,
  dequantizeInt8,
  quantizeBlockwise4Bit,
  quantizeInt8,
} from "./quantize.ts";

Deno.test("every value of NF4 comes back exactly, and zeros stay zeros", async () => {
  const codes = Uint8Array.from({ length: 8 }, (_, k) => 34 * k + 1);
  const all = dequantizeBlockwise4Bit({
    codes: tensor(codes),
    absmax: tensor([1]),
    shape: [16],
    blockSize: 64,
  });
  const again = quantizeBlockwise4Bit(all);
  const none = dequantizeBlockwise4Bit(quantizeBlockwise4Bit(zeros([3, 31])));
  const [values, found, nothing] = await read(all, again.codes, none);
  assert.deepEqual([...found], [...codes]);
  assert.deepEqual(values, values.toSorted());
  assert.deepEqual([values[0], values[7], values[15]], [-1, 0, 1]);
  assert.ok(nothing.every((one) => one === 0));
});

Deno.test("the error of a line, and of normal numbers", async () => {
  const line = Float64Array.from({ length: 64 }, (_, k) => -1 + 2 * k / 63);
  const drawn = normal(key(1), [1000, 65]);
  const [ofLine, ofDrawn, own] = await read(
    dequantizeBlockwise4Bit(quantizeBlockwise4Bit(tensor(line))),
    dequantizeBlockwise4Bit(quantizeBlockwise4Bit(drawn)),
    drawn,
  );
  const largest = Math.max(...ofLine.map((x, k) => Math.abs(x - line[k]!)));
  assert.ok(Math.abs(largest - 0.145077) < 1e-6, String(largest));
  let [error, size] = [0, 0];
  own.forEach((x, k) => {
    error += (x - ofDrawn[k]!) ** 2;
    size += x ** 2;
  });
  const relative = Math.sqrt(error / size);
  assert.ok(Math.abs(relative - 0.092) < 0.001, String(relative));
});

Deno.test("each block has its own scale, also a short one at the end", async () => {
  const x = Float64Array.from({ length: 35 }, (_, k) => k < 32 ? -4 : 0.5);
  const small = quantizeBlockwise4Bit(tensor(x), { blockSize: 32 });
  assert.deepEqual(small.codes.shape, [18]);
  const [scales, back] = await read(
    small.absmax,
    dequantizeBlockwise4Bit(small, { dtype: "f64" }),
  );
  assert.deepEqual([...scales], [4, 0.5]);
  assert.deepEqual([...back], [...x]);
});

Deno.test("4 bits refuse what does not fit", () => {
  const x = zeros([64]);
  assert.throws(
    () => quantizeBlockwise4Bit(x, { blockSize: 48 }),
    ParameterError,
  );
  assert.throws(
    () => quantizeBlockwise4Bit(x, { blockSize: 16 }),
    ParameterError,
  );
  const small = quantizeBlockwise4Bit(x);
  assert.throws(
    () => dequantizeBlockwise4Bit({ ...small, shape: [65] }),
    ShapeError,
  );
  const codes = cast(small.codes, "i8") as unknown as typeof small.codes;
  assert.throws(() => dequantizeBlockwise4Bit({ ...small, codes }), DTypeError);
});

Deno.test("8 bits: rows of zeros, ties to even, other dtypes", async () => {
  const x = tensor([[0, 0], [127, 0.5], [-127, 1.5]], { dtype: "f64" });
  const small = quantizeInt8(x);
  const [codes, back] = await read(
    small.codes,
    dequantizeInt8(small, { dtype: "f16" }),
  );
  assert.deepEqual([...codes], [0, 0, 127, 0, -127, 2]);
  assert.deepEqual([...back], [0, 0, 127, 0, -127, 2]);
});
