import { deviceNamed, deviceNames } from "../../compiler/devices.ts";
import { withExecution } from "../execution.ts";
import { NETWORK_CASES } from "./conformance.ts";

for (const device of deviceNames()) {
  for (const dtype of ["f64", "f32"] as const) {
    if (!deviceNamed(device).supports(dtype)) continue;
    const tolerance = dtype === "f64" ? 4e-15 : 4e-6;
    for (const { name, run } of NETWORK_CASES) {
      Deno.test(`${device}, ${dtype}: ${name}`, () =>
        withExecution({ device }, () => run({ dtype, tolerance })));
    }
  }
}
