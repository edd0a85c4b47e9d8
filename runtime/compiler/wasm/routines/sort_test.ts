import assert from "node:assert/strict";
import { type DType, isFloatDType } from "../../../device/dtypes.ts";
import { dataOf } from "../contract/testing_kernels.ts";
import { evaluateRoutine, type RoutineCall, runRoutine } from "./testing.ts";

const DTYPES = ["f64", "f32", "f16", "i32", "u32", "i8", "u8", "bool"] as const;

function call(
  name: "argsort" | "argTopK",
  dtype: DType,
  shape: readonly number[],
  turned: boolean,
  kept = shape.at(-1)!,
): RoutineCall {
  return {
    name,
    attributes: name === "argsort"
      ? { descending: turned }
      : { largest: turned },
    inputSpecs: [{ dtype, shape }],
    outputSpec: { dtype: "i32", shape: [...shape.slice(0, -1), kept] },
  };
}

/** Numbers with ties and, for floats, zeros of both signs, infinities and NaN. */
function numbers(dtype: DType, size: number) {
  const data = dataOf(dtype, size, 7);
  if (!isFloatDType(dtype)) {
    for (let k = 0; k < size; k += 3) data[k] = data[0]!;
    return data;
  }
  for (let k = 0; k < size; k++) {
    data[k] = Math.round(data[k]! * 300) / (k % 2 === 0 ? 64 : -64);
  }
  [NaN, -0, 0, Infinity, -Infinity, -NaN, 0, -0, 1e-7, -1e-7].forEach(
    (value, k) => data[13 * k + 5] = value,
  );
  // NaN with its sign set.
  new Uint8Array(data.buffer)[(6 * data.BYTES_PER_ELEMENT) - 1]! |= 0x80;
  return data;
}

for (const dtype of DTYPES) {
  Deno.test(`argsortRoutine orders ${dtype} as the host does`, async () => {
    for (const shape of [[400], [3, 2, 131], [40, 7], [300, 1]]) {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = numbers(dtype, size);
      for (const turned of [false, true]) {
        const own = call("argsort", dtype, shape, turned);
        assert.deepEqual(
          await runRoutine(own, [data]),
          evaluateRoutine(own, [data]),
        );
      }
    }
  });
}

Deno.test("argTopKRoutine takes the same as the host", async () => {
  for (const dtype of DTYPES) {
    const data = numbers(dtype, 600);
    for (const kept of [1, 10, 100, 200]) {
      for (const turned of [false, true]) {
        const own = call("argTopK", dtype, [3, 200], turned, kept);
        assert.deepEqual(
          await runRoutine(own, [data]),
          evaluateRoutine(own, [data]),
        );
      }
    }
  }
});
