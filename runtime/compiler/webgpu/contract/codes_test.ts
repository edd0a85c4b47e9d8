import assert from "node:assert/strict";
import { packedProduct } from "../../wasm/contract/testing_codes.ts";
import { contraction, dataOf } from "../../wasm/contract/testing_kernels.ts";
import { LAYOUTS } from "../../wasm/contract/testing_layouts.ts";
import { type TestDevice, testDevice } from "../rows/testing.ts";
import { renderContract } from "./render.ts";
import { type ContractTest, mistakeOf, runOf } from "./testing.ts";

const device: TestDevice | undefined = await testDevice();

/** Rows of the result, rows of codes, about the elements of a row; and for whom. */
const SHAPES = [
  [1, 9, 64, "software"],
  [3, 17, 416, "hardware"],
  [34, 33, 64, "hardware"],
] as const;

for (const [name, codes] of Object.entries(LAYOUTS)) {
  Deno.test({
    name: `renderContract reads codes on WebGPU: ${name}`,
    ignore: device === undefined,
    fn: async () => {
      const cases = SHAPES.flatMap(([m, other, units, adapter]) => {
        const length = Math.max(1, Math.round(units / codes.unit)) * codes.unit;
        const isHardware = adapter === "hardware";
        return [true, false].map((isAlong) => {
          const sizes = isAlong
            ? [m, other, length] as const
            : [m, length, other] as const;
          const kernel = contraction(packedProduct(codes, sizes, isAlong));
          const test: ContractTest = {
            name: `${sizes}${isAlong ? " along steps" : ""}`,
            kernel,
            operands: kernel.operands.map(({ dtype, size }, k) =>
              dataOf(dtype, size, k + 3)
            ),
            scalars: [],
          };
          return { test, limits: { ...device!.limits, isHardware } };
        });
      });
      const results = await device!.run(
        cases.map(({ test, limits }) =>
          runOf(test, renderContract(test.kernel, limits))
        ),
      );
      const mistakes = cases.map(({ test }, k) => mistakeOf(test, results[k]!));
      assert.deepEqual(mistakes.filter((one) => one !== undefined), []);
    },
  });
}
