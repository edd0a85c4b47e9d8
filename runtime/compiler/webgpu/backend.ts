/**
 * The WebGPU backend: compiled programs on the GPU that Deno finds.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { knownCapabilities, probeWebGpu } from "../../device/webgpu/adapter.ts";
import type { Backend, PreparedProgram, PrepareOptions } from "../backend.ts";
import type { Program } from "../ir/kernel.ts";
import { NO_TUNING } from "../tuning/tuning.ts";
import { WebGpuProgram } from "./run/prepared.ts";
import { renderStep } from "./run/render.ts";

export { probeWebGpu, type WebGpuProbe } from "../../device/webgpu/adapter.ts";
export { onWebGpuLost } from "../../device/webgpu/connection.ts";

/** Runs programs on the GPU. */
export const webgpuBackend: Backend = {
  name: "webgpu",
  supports(dtype: DType): boolean {
    if (dtype === "f16") return knownCapabilities()?.hasF16 ?? true;
    return dtype !== "f64";
  },
  async prepare(
    program: Program,
    options: PrepareOptions = { halfSums: false, tuning: NO_TUNING },
  ): Promise<PreparedProgram> {
    const device = `webgpu ${(await probeWebGpu()).description}`;
    const prepared = new WebGpuProgram(
      program,
      (step, limits) => renderStep(step, limits, { ...options, device }),
    );
    await prepared.compile();
    return prepared;
  },
};
