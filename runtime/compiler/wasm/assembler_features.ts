/**
 * What the WebAssembly engine at hand can do beyond the standard's core.
 *
 * @module
 */

import { ModuleBuilder } from "./assembler.ts";

let relaxedSimd: boolean | undefined;

/**
 * Whether relaxed SIMD (fused multiply-add) is there.
 *
 * @returns True when modules may use it.
 */
export function hasRelaxedSimd(): boolean {
  return relaxedSimd ??= WebAssembly.validate(relaxedProbe());
}

function relaxedProbe(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const probe = module.function(["v128"], ["v128"]);
  for (let k = 0; k < 3; k++) probe.get(probe.parameters[0]!);
  probe.op("f32x4.relaxed_madd");
  return module.build();
}
