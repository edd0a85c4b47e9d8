/**
 * A program's plan on one device, and what its runs use again.
 *
 * @module
 */

import type { Batch } from "../../../device/webgpu/commands.ts";
import type { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import type { Program } from "../../ir/kernel.ts";
import { PlanCompiler } from "./compile.ts";
import { smallLeaves } from "./leaves.ts";
import type { NoteTable } from "./notes.ts";
import { type ParameterTable, UniformBlock } from "./parameters.ts";
import type { ProgramPlan, Renderer } from "./plan.ts";

/** Uniform buffers that are kept of each program. */
const KEPT_UNIFORMS = 32;

/** A program, compiled for one device. */
export class CompiledProgram {
  /** Where it runs. */
  readonly connection: WebGpuConnection;
  /** Its plan. */
  readonly plan: ProgramPlan;
  /** What it does, for people. */
  readonly label: string;
  /** What its kernels note. */
  readonly notes: NoteTable;
  readonly #table: ParameterTable;
  readonly #uniforms: UniformBlock[] = [];

  private constructor(
    connection: WebGpuConnection,
    plan: ProgramPlan,
    { notes, table }: PlanCompiler,
  ) {
    this.connection = connection;
    this.plan = plan;
    this.notes = notes;
    this.label = labelOf(plan);
    this.#table = table;
  }

  /**
   * Compiles a program.
   *
   * @param program The program.
   * @param connection Where it will run.
   * @param render Renders its kernels.
   * @returns The compiled program.
   * @throws {FailedStep} When a step cannot be compiled.
   */
  static async compile(
    program: Program,
    connection: WebGpuConnection,
    render: Renderer,
  ): Promise<CompiledProgram> {
    const compiler = new PlanCompiler(connection, render);
    const plan = await compiler.program(
      program,
      { scalars: program.scalars.map((_, k) => k) },
      smallLeaves(program),
    );
    return new CompiledProgram(connection, plan, compiler);
  }

  /**
   * Takes a uniform buffer for one run.
   *
   * @param scalars Numbers of the program's scalars; the buffer holds them.
   * @returns The buffer; it is given back with {@linkcode CompiledProgram.give}.
   */
  take(scalars: readonly number[]): UniformBlock {
    const known = this.#uniforms;
    let block = known.find((one) => one.holds(scalars));
    if (block === undefined) {
      const { device } = this.connection;
      block = known.find((one) => one.isIdle);
      if (block === undefined) {
        known.push(block = new UniformBlock(device, this.#table));
      }
      block.write(device.queue, scalars);
    }
    block.retain();
    return block;
  }

  /**
   * Gives a uniform buffer back.
   *
   * @param uniform The buffer.
   * @param batch The last commands that need it.
   */
  give(uniform: UniformBlock, batch: Batch): void {
    uniform.release(batch);
    const known = this.#uniforms;
    if (known.length <= KEPT_UNIFORMS) return;
    const spare = known.findIndex((one) => one.isIdle);
    if (spare >= 0) known.splice(spare, 1)[0]!.buffer.destroy();
  }
}

function labelOf({ steps }: ProgramPlan): string {
  const names = steps.slice(0, 3).map((step) => step.name);
  return names.join(", ") + (steps.length > 3 ? ", …" : "");
}
