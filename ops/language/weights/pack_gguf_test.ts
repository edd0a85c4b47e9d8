import assert from "node:assert/strict";
import { DataError } from "../../../runtime/core/errors.ts";
import { probeWebGpu } from "../../../runtime/device/webgpu/adapter.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import recorded from "../../../fixtures/reference/gguf_blocks.json" with {
  type: "json",
};
import { decodeRows, decodeWeight } from "./decode.ts";
import { isGgufPackedType, packGguf } from "./pack_gguf.ts";
import type { PackedWeight } from "./weight.ts";

const { available } = await probeWebGpu();

type Case = (typeof recorded.cases)[number];

function packed({ type, bytes, shape }: Case): PackedWeight {
  assert(isGgufPackedType(type));
  return packGguf(type, Uint8Array.fromBase64(bytes), shape);
}

function bitsOf(values: Float32Array<ArrayBuffer>): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function valuesOf({ values }: Case): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint8Array.fromBase64(values).buffer);
}

for (const one of recorded.cases) {
  for (const device of ["wasm", "reference"] as const) {
    Deno.test(`${one.type} stands for gguf's numbers, bit for bit, on ${device}`, async () => {
      await wf.withExecution({ device }, async () => {
        const found = await decodeWeight(packed(one), "f32").data();
        assert.deepEqual(bitsOf(found), bitsOf(valuesOf(one)));
      });
    });
  }

  Deno.test({
    name: `${one.type} stands for gguf's numbers, nearly, on webgpu`,
    ignore: !available,
    fn: async () => {
      const found = await wf.withExecution(
        { device: "webgpu" },
        () => decodeWeight(packed(one), "f32").data(),
      );
      // A GPU may keep digits of a product, and drop the smallest numbers.
      const values = valuesOf(one);
      const tolerance = one.type === "bf16"
        ? 2 ** -126
        : 1e-6 * values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      values.forEach((value, at) => {
        const isNear = Math.abs(found[at]! - value) <= tolerance;
        assert(found[at] === value || isNear, `${found[at]} is not ${value}`);
      });
    },
  });

  Deno.test(`rows of ${one.type} are those of the whole`, async () => {
    const rows = wf.tensor([[1, 0], [1, 1]], { dtype: "i32" });
    const columns = one.shape[1]!;
    const taken = decodeRows(packed(one), rows, "f32");
    assert.deepEqual(taken.shape, [2, 2, columns]);
    const all = valuesOf(one);
    const expected = [1, 0, 1, 1].flatMap((row) => [
      ...all.subarray(row * columns, (row + 1) * columns),
    ]);
    assert.deepEqual(
      bitsOf(await taken.data()),
      bitsOf(Float32Array.from(expected)),
    );
  });
}

Deno.test("a product with packed weights is that with their numbers", async () => {
  for (const one of recorded.cases.filter(({ type }) => type !== "bf16")) {
    const [rows, columns] = one.shape as [number, number];
    const x = Float32Array.from({ length: 3 * columns }, (_, k) => k % 7 - 3);
    const values = valuesOf(one);
    const product = wf.linear(
      wf.tensor(x, { shape: [3, columns] }),
      decodeWeight(packed(one), "f32"),
    );
    const found = await product.data();
    found.forEach((value, at) => {
      const [i, j] = [Math.floor(at / rows), at % rows];
      let [sum, size] = [0, 0];
      for (let k = 0; k < columns; k++) {
        const term = x[i * columns + k]! * values[j * columns + k]!;
        sum += term;
        size += Math.abs(term);
      }
      assert(
        Math.abs(value - sum) < 1e-6 * size,
        `${one.type}: ${value}, ${sum}`,
      );
    });
  }
});

Deno.test("bytes that do not fit are refused", () => {
  assert.throws(() => packGguf("q4_0", new Uint8Array(18), [1, 33]), DataError);
  assert.throws(() => packGguf("q4_0", new Uint8Array(17), [1, 32]), DataError);
  assert.throws(() => packGguf("q6_k", new Uint8Array(209), [256]), DataError);
  assert.throws(() => packGguf("bf16", new Uint8Array(7), [2, 2]), DataError);
});
