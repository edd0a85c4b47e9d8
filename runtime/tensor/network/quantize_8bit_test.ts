import assert from "node:assert/strict";
import fixture from "../../../fixtures/reference/quantization.json" with {
  type: "json",
};
import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import { tensor, zeros } from "../creation.ts";
import { cast } from "../elementwise.ts";
import { read } from "../realize.ts";
import {
  dequantizeBlockwise8Bit,
  dynamicMap,
  quantizeBlockwise8Bit,
} from "./quantize_8bit.ts";
import { recordedFloats, recordedNoise } from "./testing_quantization.ts";

Deno.test("dynamic maps are those of bitsandbytes, to the bit", () => {
  const [signed, unsigned] = [dynamicMap(true), dynamicMap(false)];
  assert.deepEqual(signed, recordedFloats(fixture.signed));
  assert.deepEqual(unsigned, recordedFloats(fixture.unsigned));
  const close = (value: number | undefined, right: number) =>
    assert.ok(Math.abs(value! - right) < 1e-9 + 1e-7 * Math.abs(right));
  close(signed[127], 0);
  close(signed[128], 5.5e-7);
  close(signed[0], -0.99296875);
  close(signed[254], 0.99296875);
  close(signed[255], 1);
  close(unsigned[0], 0);
  close(unsigned[1], 3.25e-7);
  close(unsigned[255], 1);
});

Deno.test("every value of a dynamic map comes back exactly", async () => {
  for (const signed of [true, false]) {
    const small = quantizeBlockwise8Bit(tensor(dynamicMap(signed)), { signed });
    const [codes, back] = await read(
      small.codes,
      dequantizeBlockwise8Bit(small),
    );
    assert.deepEqual([...codes], Array.from({ length: 256 }, (_, k) => k));
    assert.deepEqual(back, dynamicMap(signed));
  }
});

Deno.test("codes are the nearest values in blocks of any length", async () => {
  const x = recordedNoise(1000, 3);
  const small = quantizeBlockwise8Bit(tensor(x), { blockSize: 64 });
  const [codes, scales] = await read(small.codes, small.absmax);
  assert.equal(scales.length, 16);
  const values = dynamicMap(true);
  x.forEach((one, k) => {
    const scale = scales[k >> 6]!;
    const distance = (value: number) => Math.abs(value - one / scale);
    const nearest = Math.min(...values.map(distance));
    assert.ok(distance(values[codes[k]!]!) <= nearest + 1e-7, String(k));
  });
});

Deno.test("zeros stay zeros, and what does not fit is refused", async () => {
  const small = quantizeBlockwise8Bit(zeros([300]));
  const [back] = await read(dequantizeBlockwise8Bit(small));
  assert.ok(back.every((one) => one === 0));
  assert.throws(
    () => quantizeBlockwise8Bit(zeros([3]), { blockSize: 48 }),
    ParameterError,
  );
  assert.throws(
    () => dequantizeBlockwise8Bit({ ...small, shape: [301] }),
    ShapeError,
  );
  const codes = cast(small.codes, "i8") as unknown as typeof small.codes;
  assert.throws(() => dequantizeBlockwise8Bit({ ...small, codes }), DTypeError);
});
