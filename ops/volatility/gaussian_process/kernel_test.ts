import assert from "node:assert/strict";
import { freeParameters, type Kernel, withValues } from "./kernel.ts";

const KERNEL: Kernel = {
  kind: "sum",
  kernels: [
    { kind: "matern", nu: 1.5, lengthScale: [1, 2], columns: [0, 2] },
    {
      kind: "product",
      kernels: [
        { kind: "constant", variance: { value: 3, bounds: [1, 9] } },
        { kind: "periodic", period: { value: 7, fixed: true } },
      ],
    },
  ],
};

Deno.test("freeParameters lists free numbers depth first with names and bounds", () => {
  assert.deepEqual(freeParameters(KERNEL), [
    { name: "kernels[0].lengthScale[0]", value: 1, bounds: [1e-3, 1e3] },
    { name: "kernels[0].lengthScale[1]", value: 2, bounds: [1e-3, 1e3] },
    { name: "kernels[1].kernels[0].variance", value: 3, bounds: [1, 9] },
    {
      name: "kernels[1].kernels[1].lengthScale",
      value: 1,
      bounds: [1e-3, 1e3],
    },
  ]);
});

Deno.test("withValues puts numbers where freeParameters found them and keeps the rest", () => {
  const moved = withValues(KERNEL, [4, 5, 6, 8]);
  assert.deepEqual(freeParameters(moved).map(({ value }) => value), [
    4,
    5,
    6,
    8,
  ]);
  assert.deepEqual(moved, {
    kind: "sum",
    kernels: [
      {
        kind: "matern",
        nu: 1.5,
        lengthScale: { value: [4, 5], bounds: [1e-3, 1e3] },
        columns: [0, 2],
      },
      {
        kind: "product",
        kernels: [
          { kind: "constant", variance: { value: 6, bounds: [1, 9] } },
          {
            kind: "periodic",
            period: { value: 7, fixed: true },
            lengthScale: { value: 8, bounds: [1e-3, 1e3] },
          },
        ],
      },
    ],
  });
});
