/**
 * Routines as steps: kernels of this device where there are some, else what the
 * host does.
 *
 * @module
 */

import { runSliced } from "../../../device/clock.ts";
import { byteSize, type TypedArray } from "../../../device/dtypes.ts";
import type { TensorSpec } from "../../../device/graph.ts";
import { sizeOf } from "../../../device/shapes.ts";
import type { WasmRuntime } from "../../../device/wasm/runtime.ts";
import { viewOf } from "../../../device/wasm/storage.ts";
import { hostRoutine } from "../../host_routine.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import { WASM_ROUTINES } from "../routines/mod.ts";
import type { WasmRoutine } from "../routines/routine.ts";
import { RoutineContext } from "./routine_context.ts";
import type { PreparedStep, Run } from "./step.ts";

/** A routine that is ready to run. */
export class PreparedRoutine implements PreparedStep {
  /** Its name. */
  readonly name: string;
  /** Position of the node that it is charged to. */
  readonly node: number;
  /** Bytes that it writes. */
  readonly bytes: number;
  /** Time is taken care of by itself. */
  readonly nanoseconds = 0;
  readonly #runtime: WasmRuntime;
  readonly #step: RoutineStep;
  readonly #routine: WasmRoutine | undefined;

  /**
   * @param runtime Memory, modules and threads.
   * @param step The routine.
   */
  constructor(runtime: WasmRuntime, step: RoutineStep) {
    this.name = step.name;
    this.node = step.node;
    this.bytes = step.outputSpecs.reduce(
      (sum, { dtype, shape }) => sum + sizeOf(shape) * byteSize(dtype),
      0,
    );
    this.#runtime = runtime;
    this.#step = step;
    this.#routine = WASM_ROUTINES[step.name]?.(step);
  }

  /**
   * Runs it.
   *
   * @param run The run.
   * @returns When it is done.
   */
  run(run: Run): Promise<void> {
    const routine = this.#routine;
    return routine === undefined
      ? this.#runOnHost(run)
      : this.#runOnDevice(run, routine);
  }

  async #runOnDevice(
    { frame, options }: Run,
    routine: WasmRoutine,
  ): Promise<void> {
    const addressOf = (buffer: number) => frame.buffers[buffer]!;
    const context = new RoutineContext(
      this.#runtime,
      this.#step.inputs.map(addressOf),
      this.#step.outputs.map(addressOf),
      options.signal,
    );
    try {
      await routine(context);
    } finally {
      context.free();
    }
  }

  async #runOnHost({ frame, options }: Run): Promise<void> {
    const { inputs, inputSpecs, outputs, outputSpecs } = this.#step;
    const view = ({ dtype, shape }: TensorSpec, buffer: number): TypedArray =>
      viewOf(
        this.#runtime.memory.buffer,
        dtype,
        frame.buffers[buffer]!,
        sizeOf(shape),
      );
    const made = await runSliced(
      hostRoutine(
        this.#step,
        inputs.map((one, k) => view(inputSpecs[k]!, one)),
      ),
      options.signal,
    );
    outputs.forEach((one, k) => view(outputSpecs[k]!, one).set(made[k]!));
  }
}
