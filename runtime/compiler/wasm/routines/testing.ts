/**
 * Programs of one routine, for tests.
 *
 * @module
 */

import type { TypedArray } from "../../../device/dtypes.ts";
import { hostStorage, type TensorSpec } from "../../../device/graph.ts";
import type { RoutineAttributes } from "../../../device/primitives.ts";
import { sizeOf } from "../../../device/shapes.ts";
import { makeRuntime } from "../../../device/wasm/runtime.ts";
import { evaluateProgram } from "../../ir/evaluate_program.ts";
import type { Program } from "../../ir/kernel.ts";
import { prepareOn } from "../prepare.ts";
import { QUIET } from "../run/testing_data.ts";
import { ProgramDraft } from "../run/testing_programs.ts";

const runtime = makeRuntime(2 ** 28, 2);

/** A call of a routine. */
export interface RoutineCall {
  /** Name of the routine. */
  readonly name: string;
  /** Its attributes. */
  readonly attributes?: RoutineAttributes;
  /** Types of the inputs. */
  readonly inputSpecs: readonly TensorSpec[];
  /** Type of the result. */
  readonly outputSpec: TensorSpec;
}

function programOf(call: RoutineCall): Program {
  const { inputSpecs, name, outputSpec } = call;
  const draft = new ProgramDraft();
  const inputs = inputSpecs.map(({ dtype, shape }) =>
    draft.buffer("leaf", sizeOf(shape), dtype)
  );
  const output = draft.buffer(
    "result",
    sizeOf(outputSpec.shape),
    outputSpec.dtype,
  );
  draft.step({
    kind: "routine",
    name,
    attributes: call.attributes ?? {},
    node: 0,
    inputs,
    inputSpecs,
    outputs: [output],
    outputSpecs: [outputSpec],
    flops: 0,
  });
  return draft.program([output]);
}

/**
 * Runs a routine on the `wasm` device, in two threads.
 *
 * @param call The call.
 * @param inputs Its inputs.
 * @returns Its result.
 */
export async function runRoutine(
  call: RoutineCall,
  inputs: readonly TypedArray[],
): Promise<TypedArray> {
  const prepared = await prepareOn(runtime, programOf(call), () => {
    throw new Error("there is no kernel");
  });
  const [result] = await prepared.run(inputs.map(hostStorage), [], QUIET);
  return await result!.read();
}

/**
 * Runs a routine on the host.
 *
 * @param call The call.
 * @param inputs Its inputs.
 * @returns Its result.
 */
export function evaluateRoutine(
  call: RoutineCall,
  inputs: readonly TypedArray[],
): TypedArray {
  return evaluateProgram(programOf(call), inputs, [])[0]!;
}
