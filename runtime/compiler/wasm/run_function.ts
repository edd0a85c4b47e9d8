/**
 * The function `run` that modules of compiled kernels export.
 *
 * @module
 */

import { ParameterLayout } from "./abi.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./assembler.ts";

/** The function `run` of a module, and its parameters. */
export interface RunFunction {
  /** The function. */
  readonly run: FunctionBuilder;
  /** Address of the parameter block. */
  readonly parameters: Local;
  /** First work item. */
  readonly begin: Local;
  /** Work item after the last. */
  readonly end: Local;
  /** Address of the thread's own memory. */
  readonly scratch: Local;
}

/**
 * Adds the function to a module.
 *
 * @param module The module.
 * @returns The function, still to be written.
 */
export function runFunction(module: ModuleBuilder): RunFunction {
  const run = module.function(["i32", "i32", "i32", "i32"], [], "run");
  const [parameters, begin, end, scratch] = run.parameters as
    & readonly Local[]
    & [Local, Local, Local, Local];
  return { run, parameters, begin, end, scratch };
}

/** What a routine's kernel reads of its parameter block. */
export interface BlockCounts {
  /** Number of operands. */
  readonly operands: number;
  /** Number of outputs. */
  readonly outputs: number;
  /** Number of sizes. */
  readonly sizes: number;
}

/** Variables with what a parameter block holds. */
export interface BlockValues {
  /** Addresses of the operands. */
  readonly operands: readonly Local[];
  /** Addresses of the outputs. */
  readonly outputs: readonly Local[];
  /** The sizes. */
  readonly sizes: readonly Local[];
}

/**
 * Reads a whole parameter block, for functions that are written by hand.
 *
 * @param function_ The function `run`, empty.
 * @param counts What the block holds.
 * @returns The variables.
 */
export function readBlock(
  { run, parameters }: RunFunction,
  { operands, outputs, sizes }: BlockCounts,
): BlockValues {
  const layout = new ParameterLayout(operands, outputs, 0, sizes, 0);
  const read = (from: number, count: number): Local[] =>
    Array.from({ length: count }, (_, k) => {
      run.get(parameters);
      run.memory("i32.load", from + 4 * k);
      const made = run.local("i32");
      run.set(made);
      return made;
    });
  return {
    operands: read(0, operands),
    outputs: read(layout.outputs, outputs),
    sizes: read(layout.sizes, sizes),
  };
}
