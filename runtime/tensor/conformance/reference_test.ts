import { withExecution } from "../execution.ts";
import { CONFORMANCE_CASES, DOUBLE_CASES } from "./suite.ts";

const on = { device: "reference" } as const;

for (const { name, run } of [...CONFORMANCE_CASES, ...DOUBLE_CASES]) {
  Deno.test(`reference, f64: ${name}`, () =>
    withExecution(on, () => run({ dtype: "f64", tolerance: 4e-15 })));
}

for (const { name, run } of CONFORMANCE_CASES) {
  Deno.test(`reference, f32: ${name}`, () =>
    withExecution(on, () => run({ dtype: "f32", tolerance: 4e-6 })));
}
