import { deviceNamed, deviceNames } from "../../device/registry.ts";
import { RANDOM_CASES } from "./conformance.ts";

for (const device of deviceNames()) {
  for (const dtype of ["f64", "f32"] as const) {
    if (!deviceNamed(device).supports(dtype)) continue;
    for (const { name, run } of RANDOM_CASES) {
      Deno.test(`${name} [${device} ${dtype}]`, () => run({ device, dtype }));
    }
  }
}
