import assert from "node:assert/strict";
import type { KernelEvent } from "../../runtime/core/events.ts";
import { devicesUsed } from "./devices_used.ts";

function kernelOn(device: string): KernelEvent {
  return {
    type: "kernel",
    at: 0,
    path: [],
    kernel: "k",
    device,
    ms: 0,
    bytes: 0,
  };
}

Deno.test("devicesUsed counts the kernels of each device, most first", () => {
  const events = ["wasm", "webgpu", "webgpu"].map(kernelOn);
  assert.equal(
    devicesUsed(events),
    "webgpu (2 kernels), wasm (1 kernels)",
  );
  assert.equal(devicesUsed([]), "none, as no kernel had to run");
});
