/**
 * Routines: computations that each device implements by hand, such as a
 * Cholesky factorisation. To add one:
 *
 * 1. `runtime/device/reference/routines/NAME.ts`: write a
 *    `ReferenceRoutine` (see `runtime/device/reference/routine_step.ts`), a
 *    generator over row-major typed arrays that yields about every millisecond,
 *    and list it under its name in `REFERENCE_ROUTINES` in
 *    `runtime/device/reference/routines/mod.ts`.
 * 2. `runtime/tensor/…/NAME.ts`: call {@linkcode defineRoutine} once at module
 *    level with the same name. It gives a function from input tensors and
 *    attributes to result tensors (always a list). Wrap it in the public
 *    function, which checks dtypes and shapes.
 * 3. Its gradient is the `gradient` field: it receives the tensors of inputs
 *    and outputs and the cotangents of the outputs (undefined where none
 *    flows), and gives one tensor an input (undefined for none), written with
 *    the operations of this folder, so that gradients of gradients work.
 *
 * ```ts ignore
 * const factor = defineRoutine({
 *   name: "cholesky",
 *   outputs: ([a]) => [{ dtype: a.dtype, shape: a.shape }],
 *   gradient: ({ outputs: [factor], cotangents: [cotangent] }) => [
 *     choleskyGradient(factor!, cotangent!),
 *   ],
 * });
 * export const cholesky = (a: F64): F64 => factor([a], {})[0] as F64;
 * ```
 *
 * @module
 */

import { DefinitionError } from "../core/errors.ts";
import type { TensorSpec } from "../device/graph.ts";
import type { RoutineAttributes } from "../device/primitives.ts";
import { applySeveral } from "./node.ts";
import type { Tensor } from "./tensor.ts";

/** What the gradient of a routine is given. */
export interface RoutineGradientCall {
  /** The inputs. */
  readonly inputs: readonly Tensor[];
  /** The results; those that the gradient does not use are not computed. */
  readonly outputs: readonly Tensor[];
  /** Gradient with respect to each result; undefined where none flows. */
  readonly cotangents: readonly (Tensor | undefined)[];
  /** Attributes of the call. */
  readonly attributes: RoutineAttributes;
  /** Which inputs need a gradient. */
  readonly needs: readonly boolean[];
}

/** Definition of a routine. */
export interface RoutineDefinition {
  /** The name that devices know it by. */
  readonly name: string;
  /**
   * Types of the results.
   *
   * @param inputs Types of the inputs.
   * @param attributes Attributes of the call.
   */
  readonly outputs: (
    inputs: readonly TensorSpec[],
    attributes: RoutineAttributes,
  ) => readonly TensorSpec[];
  /** Gradients with respect to the inputs; without it there are none. */
  readonly gradient?: (
    call: RoutineGradientCall,
  ) => readonly (Tensor | undefined)[];
}

/** Calls a routine: input tensors and attributes to result tensors. */
export type Routine = (
  inputs: readonly Tensor[],
  attributes: RoutineAttributes,
) => Tensor[];

const definitions = new Map<string, RoutineDefinition>();

/**
 * Defines a routine and its gradient.
 *
 * @param definition Name, types of the results, gradient.
 * @returns The function that calls it.
 * @throws {DefinitionError} When the name is taken.
 */
export function defineRoutine(definition: RoutineDefinition): Routine {
  const { name } = definition;
  if (definitions.has(name)) {
    throw new DefinitionError(
      `Cannot define the routine "${name}" as there is one already`,
      { hint: "Choose another name" },
    );
  }
  definitions.set(name, definition);
  return (inputs, attributes) => {
    // Types outlive tensors in plans, so they must not be tensors themselves.
    const specs = definition.outputs(inputs.map(specOf), attributes);
    return applySeveral(
      "routine",
      { name, attributes },
      inputs,
      specs.map(specOf),
    );
  };
}

function specOf({ dtype, shape }: TensorSpec): TensorSpec {
  return { dtype, shape };
}

/**
 * The definition of a routine.
 *
 * @param name Its name.
 * @returns The definition, or undefined.
 */
export function routineNamed(name: string): RoutineDefinition | undefined {
  return definitions.get(name);
}
