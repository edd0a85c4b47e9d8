/**
 * A program's plan on one device, and what its runs use again.
 *
 * @module
 */

import type { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import type { Program } from "../../ir/kernel.ts";
import { PlanCompiler } from "./compile.ts";
import { smallLeaves } from "./leaves.ts";
import { type ParameterTable, UniformBlock } from "./parameters.ts";
import type { ProgramPlan, Renderer } from "./plan.ts";

/** Uniform buffers that are kept of each program. */
const KEPT_UNIFORMS = 2;

/** A program, compiled for one device. */
export class CompiledProgram {
  /** Where it runs. */
  readonly connection: WebGpuConnection;
  /** Its plan. */
  readonly plan: ProgramPlan;
  readonly #table: ParameterTable;
  readonly #uniforms: UniformBlock[] = [];

  private constructor(
    connection: WebGpuConnection,
    plan: ProgramPlan,
    table: ParameterTable,
  ) {
    this.connection = connection;
    this.plan = plan;
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
    return new CompiledProgram(connection, plan, compiler.table);
  }

  /**
   * Takes a uniform buffer for one run.
   *
   * @returns The buffer; it is given back with {@linkcode CompiledProgram.give}.
   */
  take(): UniformBlock {
    return this.#uniforms.pop() ??
      new UniformBlock(this.connection.device, this.#table);
  }

  /**
   * Gives a uniform buffer back.
   *
   * @param uniform The buffer.
   */
  give(uniform: UniformBlock): void {
    if (this.#uniforms.length < KEPT_UNIFORMS) this.#uniforms.push(uniform);
    else uniform.buffer.destroy();
  }
}
