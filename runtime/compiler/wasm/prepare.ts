/**
 * Compiles programs for the `wasm` device.
 *
 * @module
 */

import type { WasmRuntime } from "../../device/wasm/runtime.ts";
import type { PreparedProgram } from "../backend.ts";
import type { Program } from "../ir/kernel.ts";
import { ProgramBody, type RenderKernel } from "./run/body.ts";
import { WasmProgram } from "./run/program.ts";

/**
 * Compiles a program for a runtime.
 *
 * @param runtime Memory, modules and threads.
 * @param program The program.
 * @param render Gives the compiled form of each kernel.
 * @returns The program, ready to run.
 */
export async function prepareOn(
  runtime: WasmRuntime,
  program: Program,
  render: RenderKernel,
): Promise<PreparedProgram> {
  const body = await ProgramBody.compile(runtime, program, render);
  return new WasmProgram(runtime, body);
}
