/**
 * Loops whose step is a program. Slices of sequences and results are read and
 * written where they lie; carries go to and fro between two places.
 *
 * @module
 */

import { nextSlice, sliceIsOver } from "../../../device/clock.ts";
import type { WasmRuntime } from "../../../device/wasm/runtime.ts";
import type { HostLoopStep, Program } from "../../ir/kernel.ts";
import type { ProgramBody } from "./body.ts";
import type { Frame } from "./frame.ts";
import { bufferBytes } from "./layout.ts";
import { LoopMemory } from "./loop_memory.ts";
import type { PreparedStep, Run } from "./step.ts";

/** A loop that is ready to run. */
export class PreparedHostLoop implements PreparedStep {
  /** What it is. */
  readonly name = "scan";
  /** Position of the node that it is charged to. */
  readonly node: number;
  /** Bytes that it writes. */
  readonly bytes: number;
  /** Time is taken care of by the steps of the body. */
  readonly nanoseconds = 0;
  readonly #runtime: WasmRuntime;
  readonly #step: HostLoopStep;
  readonly #body: ProgramBody;
  /** Numbers of the body's results, by their buffer. */
  readonly #results = new Map<number, number[]>();
  readonly #leaves: ReadonlySet<number>;

  /**
   * @param runtime Memory, modules and threads.
   * @param step The loop.
   * @param body Its body, ready to run.
   * @param program The program that the loop is a step of.
   */
  constructor(
    runtime: WasmRuntime,
    step: HostLoopStep,
    body: ProgramBody,
    program: Program,
  ) {
    this.node = step.node;
    this.bytes = [...step.finals, ...step.stacked, ...step.history].reduce(
      (sum: number, buffer) =>
        buffer === undefined ? sum : sum + bufferBytes(program, buffer),
      0,
    );
    this.#runtime = runtime;
    this.#step = { ...step, body: body.program };
    this.#body = body;
    this.#leaves = new Set(body.program.leaves.map(({ buffer }) => buffer));
    body.program.results.forEach((buffer, k) => {
      const list = this.#results.get(buffer);
      if (list === undefined) this.#results.set(buffer, [k]);
      else list.push(k);
    });
  }

  /**
   * Runs all steps of the loop.
   *
   * @param run The run.
   */
  async run(run: Run): Promise<void> {
    const { options } = run;
    const step = this.#step;
    const { memory } = this.#runtime;
    const places = new LoopMemory(
      memory,
      step,
      this.#body.program,
      run.frame.buffers,
    );
    await places.reserve();
    const { address, layout } = run.frame;
    const frame = this.#body.frames.at(address + layout.bodies);
    try {
      const scalars = step.scalars.map((scalar) => run.scalars[scalar]!);
      const inner = {
        // Nodes of the body are not those of the graph: all is charged to the
        // loop, which tells of its time as a whole.
        blame: () => options.blame(step.node),
        signal: options.signal,
      };
      places.begin();
      for (let k = 0; k < step.length; k++) {
        if (sliceIsOver()) await nextSlice(options.signal);
        const values = places.arguments(k);
        for (const { buffer, leaf } of this.#body.program.leaves) {
          frame.buffers[buffer] = values[leaf]!;
        }
        const targets = places.targets(k);
        this.#aim(frame, targets, places.unwanted);
        await this.#body.runIn(frame, scalars, inner);
        this.#copy(frame, targets);
        places.advance(targets);
      }
      places.end();
    } finally {
      places.free();
    }
  }

  /** Lets the body write its results where they are wanted. */
  #aim(
    frame: Frame,
    targets: readonly (number | undefined)[],
    unwanted: ReadonlyMap<number, number>,
  ): void {
    for (const [buffer, results] of this.#results) {
      if (this.#leaves.has(buffer)) continue;
      const target = results.find((k) => targets[k] !== undefined);
      frame.buffers[buffer] = target === undefined
        ? unwanted.get(buffer)!
        : targets[target]!;
    }
  }

  /** Copies results that are wanted in several places, or are arguments. */
  #copy(frame: Frame, targets: readonly (number | undefined)[]): void {
    for (const [buffer, results] of this.#results) {
      const from = frame.buffers[buffer]!;
      for (const k of results) {
        const to = targets[k];
        if (to === undefined || to === from) continue;
        const bytes = bufferBytes(this.#body.program, buffer);
        this.#runtime.memory.bytes.copyWithin(to, from, from + bytes);
      }
    }
  }
}
