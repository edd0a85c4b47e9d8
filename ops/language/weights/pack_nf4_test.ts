import assert from "node:assert/strict";
import fixture from "../../../fixtures/reference/quantization.json" with {
  type: "json",
};
import { ParameterError } from "../../../runtime/core/errors.ts";
import {
  recordedBytes,
  recordedFloats,
  recordedNoise,
} from "../../../runtime/tensor/network/testing_quantization.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { decodeRows, decodeWeight } from "./decode.ts";
import { packNf4 } from "./pack_nf4.ts";
import type { PackedWeight } from "./weight.ts";

async function partsOf(weight: PackedWeight) {
  await wf.realize(weight.parts);
  const entries = await Promise.all(
    Object.entries(weight.parts).map(async ([name, part]) =>
      [name, await part.data()] as const
    ),
  );
  return Object.fromEntries(entries);
}

function bitsOf(weight: PackedWeight): number {
  const bytes = Object.values(weight.parts).reduce(
    (sum, part) => sum + part.size * (part.dtype === "u8" ? 1 : 4),
    0,
  );
  return 8 * bytes / weight.shape.reduce((product, n) => product * n, 1);
}

Deno.test("codes and scales are those of bitsandbytes", async () => {
  const weight = packNf4(
    wf.tensor(recordedNoise(171 * 101, 7), { shape: [171, 101] }),
  );
  const { nf4 } = fixture;
  const parts = await partsOf(weight);
  assert.deepEqual(parts["codes"], recordedBytes(nf4.codes));
  assert.deepEqual(parts["absmaxCodes"], recordedBytes(nf4.absmaxCodes));
  const offset = recordedFloats(nf4.absmaxOffset)[0]!;
  assert.ok(Math.abs(Number(parts["absmaxOffset"]![0]) - offset) < 1e-6);
  recordedFloats(nf4.absmaxScale).forEach((scale, k) => {
    const own = Number(parts["absmaxScales"]![k]);
    assert.ok(Math.abs(own - scale) < 1e-6 * scale, `${own}, not ${scale}`);
  });
  const [restored] = await wf.read(decodeWeight(weight, "f32"));
  recordedFloats(nf4.restored).forEach((value, k) => {
    assert.ok(Math.abs(restored[k]! - value) < 1e-6, String(k));
  });
});

Deno.test("scales that are not packed are those of bitsandbytes", async () => {
  const weight = packNf4(wf.tensor(recordedNoise(171 * 101, 7)), {
    doubleQuantize: false,
  });
  const parts = await partsOf(weight);
  assert.deepEqual(Object.keys(parts), ["codes", "absmax"]);
  assert.deepEqual(parts["absmax"], recordedFloats(fixture.nf4.absmax));
});

Deno.test("a number takes 4.126953125 bits, 4.5 where scales are not packed", async () => {
  // One offset of 32 bits for the whole tensor comes on top.
  const size = 64 * 256 * 512;
  const x = wf.zeros([size]);
  const small = packNf4(x);
  await wf.realize(small.parts);
  assert.equal(bitsOf(small) - 32 / size, 4.126953125);
  assert.equal(bitsOf(packNf4(x, { doubleQuantize: false })), 4.5);
  const wide = packNf4(x, { blockSize: 128 });
  assert.equal(bitsOf(wide) - 32 / size, 4 + 8 / 128 + 32 / (128 * 256));
});

Deno.test("an even line has the codes of the card", async () => {
  const line = Float64Array.from({ length: 64 }, (_, k) => -1 + 2 * k / 63);
  const weight = packNf4(wf.tensor(line), { doubleQuantize: false });
  const [codes] = await wf.read(weight.parts["codes"]!);
  assert.deepEqual([...codes.slice(0, 8)], [0, 0, 1, 17, 17, 17, 18, 34]);
  const counts = new Array<number>(16).fill(0);
  for (const byte of codes) {
    counts[Number(byte) >> 4]!++;
    counts[Number(byte) & 15]!++;
  }
  assert.deepEqual(counts.slice(0, 9), [5, 8, 5, 3, 4, 3, 3, 2, 3]);
  assert.deepEqual(counts.slice(14), [7, 5]);
});

Deno.test("errors on normal numbers are those of the card", async () => {
  const x = wf.random.normal(wf.random.key(4), [1024, 1024]);
  const plain = packNf4(x, { doubleQuantize: false });
  const packed = packNf4(x);
  await wf.realize(x, plain.parts, packed.parts);
  const error = (weight: PackedWeight): wf.F32 =>
    wf.sqrt(wf.divide(
      wf.mean(wf.square(wf.subtract(decodeWeight(weight, "f32"), x))),
      wf.mean(wf.square(x)),
    ));
  const absmax = plain.parts["absmax"] as wf.F32;
  const { absmaxCodes, absmaxScales, absmaxOffset } = packed.parts;
  const again = wf.add(
    wf.dequantizeBlockwise8Bit({
      codes: absmaxCodes as wf.Tensor<"u8">,
      absmax: absmaxScales as wf.F32,
      shape: absmax.shape,
      blockSize: 256,
      signed: true,
    }),
    absmaxOffset as wf.F32,
  );
  const relative = wf.divide(wf.absolute(wf.subtract(again, absmax)), absmax);
  const [[ofPlain], [ofPacked], [mean], [largest]] = await wf.read(
    error(plain),
    error(packed),
    wf.mean(relative),
    wf.max(relative),
  );
  assert.ok(Math.abs(ofPlain! - 0.092) < 0.0004, String(ofPlain));
  assert.ok(Math.abs(ofPacked! - 0.092) < 0.0004, String(ofPacked));
  assert.ok(Math.abs(mean! - 0.0016) < 0.0003, String(mean));
  assert.ok(largest! < 0.011, String(largest));
});

Deno.test("rows are decoded alone, and zeros stay zeros", async () => {
  const x = wf.random.normal(wf.random.key(5), [40, 128]);
  const weight = packNf4(x);
  const rows = wf.tensor([[3, 39], [0, 3]], { dtype: "i32" });
  const [some, right, none] = await wf.read(
    decodeRows(weight, rows, "f32"),
    wf.take(decodeWeight(weight, "f32"), rows),
    decodeWeight(packNf4(wf.zeros([7, 11])), "f32"),
  );
  assert.deepEqual(some, right);
  assert.ok(none.every((value) => value === 0));
  assert.throws(() => packNf4(x, { blockSize: 63 }), ParameterError);
});
