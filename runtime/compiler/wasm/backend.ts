/**
 * The `wasm` device: programs as WebAssembly, on all processors.
 *
 * @module
 */

import { wasmRuntime } from "../../device/wasm/runtime.ts";
import type { Backend } from "../backend.ts";
import type { Kernel } from "../ir/kernel.ts";
import { NO_TUNING, type Tuning } from "../tuning/tuning.ts";
import { wasmOptions } from "../tuning/wasm_choices.ts";
import type { WasmKernel } from "./abi.ts";
import { hasRelaxedSimd } from "./assembler_features.ts";
import { renderContract } from "./contract/mod.ts";
import { prepareOn } from "./prepare.ts";
import { renderLoop, renderRows } from "./rows/mod.ts";
import type { RenderKernel } from "./run/body.ts";
import { renderOnce } from "./run/render_once.ts";

/** Runs compiled programs on WebAssembly. */
export const wasmBackend: Backend = {
  name: "wasm",
  supports: () => true,
  prepare: (program, options) =>
    prepareOn(wasmRuntime(), program, rendererFor(options?.tuning)),
};

const renderers = new WeakMap<Tuning, RenderKernel>();

/** Each tuning has a renderer, which remembers. */
function rendererFor(tuning: Tuning = NO_TUNING): RenderKernel {
  let render = renderers.get(tuning);
  if (render === undefined) {
    render = renderOnce((kernel) => renderKernel(kernel, tuning));
    renderers.set(tuning, render);
  }
  return render;
}

/**
 * Renders a kernel.
 *
 * @param kernel The kernel.
 * @param tuning Chooses where it knows better than rules.
 * @returns Its compiled form.
 */
export function renderKernel(
  kernel: Kernel,
  tuning: Tuning = NO_TUNING,
): WasmKernel {
  switch (kernel.kind) {
    case "row":
      return renderRows(kernel);
    case "contract": {
      // Sums of f16 are f32 here, as f16 would be no faster.
      const choice = tuning === NO_TUNING ? undefined : tuning.choiceFor({
        device: deviceName(),
        kernel,
        inHalf: false,
      });
      return renderContract(
        kernel,
        choice === undefined ? undefined : wasmOptions(choice),
      );
    }
    case "loop":
      return renderLoop(kernel);
  }
}

/** The device, with all that choices of kernels depend on. */
function deviceName(): string {
  const simd = hasRelaxedSimd() ? "relaxed SIMD" : "SIMD";
  return `wasm ${Deno.build.arch}, ${simd}, ${wasmRuntime().pool.threads} threads`;
}
