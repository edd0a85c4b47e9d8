/**
 * Programs, compiled: their steps and the layout of their frames.
 *
 * @module
 */

import { nextSlice, sliceIsOver } from "../../../device/clock.ts";
import { byteSize } from "../../../device/dtypes.ts";
import type { WasmRuntime } from "../../../device/wasm/runtime.ts";
import type { RunOptions } from "../../backend.ts";
import type { Kernel, Program, Step } from "../../ir/kernel.ts";
import type { WasmKernel } from "../abi.ts";
import { FramePool } from "./frame.ts";
import type { Frame } from "./frame.ts";
import { PreparedHostLoop } from "./host_loop.ts";
import { KernelStep } from "./kernel_step.ts";
import { bufferBytes, type FrameLayout, layOut } from "./layout.ts";
import { PreparedRoutine } from "./routine_step.ts";
import { runSteps } from "./run_steps.ts";
import type { PreparedStep } from "./step.ts";

/** Gives the compiled form of a kernel. */
export type RenderKernel = (kernel: Kernel) => WasmKernel;

/** A program that runs on addresses. */
export class ProgramBody {
  /** The program, without its steps. */
  readonly program: Program;
  /** The memory of its runs. */
  readonly frames: FramePool;
  readonly #runtime: WasmRuntime;
  readonly #layout: FrameLayout;
  readonly #steps: readonly PreparedStep[];

  /**
   * @param runtime Memory, modules and threads.
   * @param program The program.
   * @param layout Layout of its frames.
   * @param frames Its frames.
   * @param steps Its steps.
   */
  private constructor(
    runtime: WasmRuntime,
    program: Program,
    layout: FrameLayout,
    frames: FramePool,
    steps: readonly PreparedStep[],
  ) {
    this.program = program;
    this.frames = frames;
    this.#runtime = runtime;
    this.#layout = layout;
    this.#steps = steps;
  }

  /**
   * Compiles a program.
   *
   * @param runtime Memory, modules and threads.
   * @param program The program.
   * @param render Gives the compiled form of each kernel.
   * @returns The program, ready to run.
   */
  static async compile(
    runtime: WasmRuntime,
    program: Program,
    render: RenderKernel,
  ): Promise<ProgramBody> {
    const kernels: [Kernel, WasmKernel][] = [];
    for (const step of program.steps) {
      if (!isKernel(step)) continue;
      if (sliceIsOver()) await nextSlice(undefined);
      kernels.push([step, render(step)]);
    }
    const bodies = new Map<Step, ProgramBody>();
    for (const step of program.steps) {
      if (step.kind !== "hostLoop") continue;
      bodies.set(step, await ProgramBody.compile(runtime, step.body, render));
    }
    const bodyBytes = [...bodies.values()].map(({ frames }) =>
      frames.byteLength
    );
    const layout = layOut(program, kernels, Math.max(0, ...bodyBytes));
    const modules = await runtime.modules.compile(
      layout.phases.map(({ phase }) => phase.bytes),
    );
    const frames = new FramePool(runtime.memory, layout, modules);
    const steps: PreparedStep[] = [];
    let kernel = 0;
    let phase = 0;
    for (const step of program.steps) {
      if (step.kind === "routine") {
        steps.push(new PreparedRoutine(runtime, step));
      } else if (step.kind === "hostLoop") {
        const body = bodies.get(step)!;
        steps.push(new PreparedHostLoop(runtime, step, body, program));
      } else {
        const compiled = kernels[kernel++]![1];
        // A kernel may write a part of a buffer only.
        const points = step.axes.reduce((n, length) => n * length, 1);
        const bytes = step.outputs.reduce(
          (sum, { buffer, dtype }) =>
            sum +
            Math.min(bufferBytes(program, buffer), points * byteSize(dtype)),
          0,
        );
        steps.push(
          new KernelStep(runtime.pool, step, compiled, phase, bytes),
        );
        phase += compiled.phases.length;
      }
    }
    // Kernels as expressions take far more memory than as modules.
    const outline = { ...program, steps: [] };
    return new ProgramBody(runtime, outline, layout, frames, steps);
  }

  /**
   * Runs the program. The frame says where leaves and results lie.
   *
   * @param frame The memory of the run.
   * @param scalars Numbers of the program's scalars.
   * @param options Signal and trace.
   */
  async runIn(
    frame: Frame,
    scalars: readonly number[],
    options: RunOptions,
  ): Promise<void> {
    const { scratchBytes } = this.#layout;
    await this.#runtime.pool.reserveScratch(scratchBytes);
    frame.patch(scalars);
    await runSteps(this.#steps, { frame, options, scalars });
  }
}

function isKernel(step: Step): step is Kernel {
  return step.kind !== "routine" && step.kind !== "hostLoop";
}
