/**
 * The routines that the `wasm` device has kernels for; all others are done by
 * the host.
 *
 * @module
 */

import type { RoutineStep } from "../../ir/kernel.ts";
import { choleskyRoutine } from "./cholesky.ts";
import { choleskyGradientRoutine } from "./cholesky_gradient.ts";
import type { WasmRoutine } from "./routine.ts";
import { scatterRoutine } from "./scatter.ts";
import { argsortRoutine, argTopKRoutine } from "./sort.ts";
import { triangularSolveRoutine } from "./triangular_solve.ts";

/**
 * Gives a routine for inputs of known types, or nothing where the host does
 * better.
 */
export type WasmRoutineMaker = (step: RoutineStep) => WasmRoutine | undefined;

/** The routines, by name. */
export const WASM_ROUTINES: Readonly<Record<string, WasmRoutineMaker>> = {
  argsort: argsortRoutine,
  argTopK: argTopKRoutine,
  cholesky: choleskyRoutine,
  choleskyGradient: choleskyGradientRoutine,
  scatterAdd: scatterRoutine,
  scatterAddAlongAxis: scatterRoutine,
  triangularSolve: triangularSolveRoutine,
};
