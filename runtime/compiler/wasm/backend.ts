/**
 * The `wasm` device: programs as WebAssembly, on all processors.
 *
 * @module
 */

import { wasmRuntime } from "../../device/wasm/runtime.ts";
import type { Backend } from "../backend.ts";
import type { Kernel } from "../ir/kernel.ts";
import type { WasmKernel } from "./abi.ts";
import { renderContract } from "./contract/mod.ts";
import { prepareOn } from "./prepare.ts";
import { renderLoop, renderRows } from "./rows/mod.ts";
import { renderOnce } from "./run/render_once.ts";

const render = renderOnce(renderKernel);

/** Runs compiled programs on WebAssembly. */
export const wasmBackend: Backend = {
  name: "wasm",
  supports: () => true,
  prepare: (program) => prepareOn(wasmRuntime(), program, render),
};

/**
 * Renders a kernel.
 *
 * @param kernel The kernel.
 * @returns Its compiled form.
 */
export function renderKernel(kernel: Kernel): WasmKernel {
  switch (kernel.kind) {
    case "row":
      return renderRows(kernel);
    case "contract":
      return renderContract(kernel);
    case "loop":
      return renderLoop(kernel);
  }
}
