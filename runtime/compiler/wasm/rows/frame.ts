/**
 * The function around the code of a kernel: parameters, loops, and the walk
 * over its work items.
 *
 * @module
 */

import type { KernelBase } from "../../ir/kernel.ts";
import type { WasmPhase } from "../abi.ts";
import {
  type FunctionBuilder,
  type Local,
  ModuleBuilder,
} from "../assembler.ts";
import { Helpers } from "../emit/helpers.ts";
import { Parameters } from "../emit/parameters.ts";
import { runFunction } from "../run_function.ts";

/** How many buffers and scalars of its own a kernel has. */
export interface FrameBuffers {
  /** Number of operands. */
  readonly operands: number;
  /** Number of outputs. */
  readonly outputs: number;
  /** Number of scalars. */
  readonly scalars: number;
}

/**
 * The buffers and scalars of a kernel.
 *
 * @param kernel The kernel.
 * @returns How many it has.
 */
export function buffersOf(kernel: KernelBase): FrameBuffers {
  return {
    operands: kernel.operands.length,
    outputs: kernel.outputs.length,
    scalars: kernel.scalars.length,
  };
}

/** The function `run` of a kernel that is being written. */
export class Frame {
  /** The function. */
  readonly fn: FunctionBuilder;
  /** Functions that it may call. */
  readonly helpers: Helpers;
  /** Its parameters. */
  readonly parameters: Parameters;
  /** First work item. */
  readonly begin: Local;
  /** Work item after the last. */
  readonly end: Local;
  /** Address of the thread's own memory. */
  readonly scratch: Local;
  readonly #module = new ModuleBuilder();

  /**
   * @param kernel The kernel.
   * @param temporaries Number of its temporaries. The kernel may name them as
   * operands or outputs after its own.
   */
  constructor(kernel: FrameBuffers, temporaries = 0) {
    const { run, parameters, begin, end, scratch } = runFunction(this.#module);
    this.fn = run;
    this.begin = begin;
    this.end = end;
    this.scratch = scratch;
    this.helpers = new Helpers(this.#module);
    this.parameters = new Parameters(run, parameters, {
      operands: kernel.operands,
      outputs: kernel.outputs,
      temporaries,
      scalars: kernel.scalars,
    });
  }

  /**
   * Writes a loop over positions: while the position is below the end, the
   * body, then a step.
   *
   * @param position Variable of the position, already set.
   * @param pushEnd Pushes the end.
   * @param step By how much each turn moves.
   * @param body Writes the body.
   */
  loop(
    position: Local,
    pushEnd: () => void,
    step: number,
    body: () => void,
  ): void {
    const { fn } = this;
    const below = () => {
      fn.get(position);
      pushEnd();
      fn.op("i32.lt_s");
    };
    below();
    fn.if(() => {
      fn.loop((again) => {
        body();
        this.advance(position, step);
        below();
        fn.branchIf(again);
      });
    });
  }

  /**
   * Adds to a variable.
   *
   * @param position The variable.
   * @param step What is added.
   */
  advance(position: Local, step: number): void {
    this.fn.get(position);
    this.fn.i32(step);
    this.fn.op("i32.add");
    this.fn.set(position);
  }

  /**
   * Writes a loop over the work items, which are the points of some axes.
   *
   * @param positions Variables of the axes.
   * @param lengths Lengths of the axes.
   * @param body Writes what is done at a point.
   */
  items(
    positions: readonly Local[],
    lengths: readonly number[],
    body: () => void,
  ): void {
    const { fn, parameters } = this;
    const item = fn.local("i32");
    const rest = fn.local("i32");
    fn.get(this.begin);
    fn.tee(item);
    fn.set(rest);
    for (let axis = positions.length - 1; axis >= 0; axis--) {
      fn.get(rest);
      if (axis > 0) {
        fn.get(parameters.size(lengths[axis]!));
        fn.op("i32.rem_u");
        fn.set(positions[axis]!);
        fn.get(rest);
        fn.get(parameters.size(lengths[axis]!));
        fn.op("i32.div_u");
        fn.set(rest);
      } else fn.set(positions[axis]!);
    }
    this.loop(item, () => fn.get(this.end), 1, () => {
      body();
      this.#next(positions, lengths, positions.length - 1);
    });
  }

  /** Moves to the next point, the last axis first. */
  #next(
    positions: readonly Local[],
    lengths: readonly number[],
    axis: number,
  ): void {
    if (axis < 0) return;
    const { fn } = this;
    const position = positions[axis]!;
    this.advance(position, 1);
    if (axis === 0) return;
    fn.get(position);
    fn.get(this.parameters.size(lengths[axis]!));
    fn.op("i32.ge_s");
    fn.if(() => {
      fn.i32(0);
      fn.set(position);
      this.#next(positions, lengths, axis - 1);
    });
  }

  /**
   * Completes the function.
   *
   * @param phase What is known of the pass beside its module and sizes.
   * @returns The pass.
   */
  finish(phase: Omit<WasmPhase, "bytes" | "sizes">): WasmPhase {
    this.parameters.finish();
    return {
      bytes: this.#module.build(),
      sizes: this.parameters.sizes.values,
      ...phase,
    };
  }
}
