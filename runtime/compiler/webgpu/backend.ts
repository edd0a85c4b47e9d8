/**
 * The WebGPU backend: compiled programs on the GPU that Deno finds.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { probeWebGpu } from "../../device/webgpu/adapter.ts";
import type { Backend, PreparedProgram } from "../backend.ts";
import type { Program } from "../ir/kernel.ts";
import { WebGpuProgram } from "./run/prepared.ts";
import { renderStep } from "./run/render.ts";

export { probeWebGpu, type WebGpuProbe } from "../../device/webgpu/adapter.ts";
export { onWebGpuLost } from "../../device/webgpu/connection.ts";

/** Whether the adapter has f16, once that is known. */
let hasF16 = true;

/** Runs programs on the GPU. */
export const webgpuBackend: Backend = {
  name: "webgpu",
  supports(dtype: DType): boolean {
    return dtype !== "f64" && (dtype !== "f16" || hasF16);
  },
  async prepare(program: Program): Promise<PreparedProgram> {
    const { limits } = await probeWebGpu();
    hasF16 = limits?.hasF16 ?? false;
    const prepared = new WebGpuProgram(program, renderStep);
    await prepared.compile();
    return prepared;
  },
};
