import { check } from "./testing_check.ts";
import { packedProduct } from "./testing_codes.ts";
import { contraction, dataOf } from "./testing_kernels.ts";
import { LAYOUTS } from "./testing_layouts.ts";

for (const [name, codes] of Object.entries(LAYOUTS)) {
  for (const isAlong of [true, false]) {
    const way = isAlong ? "steps" : "columns";
    Deno.test(`renderContract reads codes along ${way}: ${name}`, () => {
      for (const [m, other, units] of SHAPES) {
        const length = Math.max(1, Math.round(units / codes.unit)) * codes.unit;
        const sizes = isAlong
          ? [m, other, length] as const
          : [m, length, other] as const;
        const options = packedProduct(codes, sizes, isAlong);
        const { operands } = contraction(options);
        check(
          options,
          [],
          operands.map(({ dtype, size }, k) => dataOf(dtype, size, k + 3)),
        );
      }
    });
  }
}

/** Rows of the result, rows of codes, and about the elements of a row. */
const SHAPES = [
  [1, 9, 64],
  [1, 70, 640],
  [2, 5, 416],
  [3, 130, 128],
  [4, 17, 1056],
  [7, 33, 224],
  [8, 64, 256],
  [30, 26, 352],
] as const;
