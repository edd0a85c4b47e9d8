import { deviceNamed, deviceNames } from "../../compiler/devices.ts";
import { withExecution } from "../execution.ts";
import { CONFORMANCE_CASES, DOUBLE_CASES } from "./suite.ts";

for (const device of deviceNames()) {
  for (const dtype of ["f64", "f32"] as const) {
    if (!deviceNamed(device).supports(dtype)) continue;
    const tolerance = dtype === "f64" ? 4e-15 : 4e-6;
    const cases = dtype === "f64"
      ? [...CONFORMANCE_CASES, ...DOUBLE_CASES]
      : CONFORMANCE_CASES;
    for (const { name, run } of cases) {
      Deno.test(`${device}, ${dtype}: ${name}`, () =>
        withExecution({ device }, () => run({ dtype, tolerance })));
    }
  }
}
