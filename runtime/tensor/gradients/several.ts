/**
 * Gradients of primitives with several results.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import { attributesOf } from "../../device/graph.ts";
import { outputOf } from "../node.ts";
import { routineNamed } from "../routine.ts";
import type { Tensor } from "../tensor.ts";
import { inlinedGradient } from "./inlined.ts";
import type { GradientRule } from "./rule.ts";
import { scanGradient } from "./scan.ts";

/** What a gradient given by hand is told. */
export interface CustomCall {
  /** The arguments. */
  readonly inputs: readonly Tensor[];
  /** The values. */
  readonly outputs: readonly Tensor[];
  /** Gradient with respect to each value; undefined where none flows. */
  readonly cotangents: readonly (Tensor | undefined)[];
  /** Which arguments need a gradient. */
  readonly needs: readonly boolean[];
}

/** Gives the gradients with respect to the arguments. */
export type CustomRule = (call: CustomCall) => readonly (Tensor | undefined)[];

/** Rules by primitive. */
export const SEVERAL_RULES: Readonly<Record<string, GradientRule>> = {
  routine: ({ node, inputs, cotangents, needs }) => {
    const { name, attributes } = attributesOf(node, "routine");
    const gradient = routineNamed(name)?.gradient;
    if (gradient === undefined) {
      throw new WeftError(
        `Cannot differentiate "${name}" as it has no gradient`,
        {
          ...(node.blame === undefined ? {} : { path: node.blame }),
          hint: "Use stopGradient on its input, or customGradient around it",
        },
      );
    }
    const outputs = node.outputs!.map((_, index) => outputOf(node, index));
    return gradient({ inputs, outputs, cotangents, attributes, needs });
  },
  // Gradients flow to the arguments of the rule, which follow the values.
  custom: ({ node, inputs, cotangents, needs }) => {
    const { rule } = attributesOf(node, "custom");
    const outputs = node.outputs!.map((_, index) => outputOf(node, index));
    return (rule as CustomRule)({ inputs, outputs, cotangents, needs });
  },
  scan: scanGradient,
  call: (call) => inlinedGradient(attributesOf(call.node, "call").body, call),
};
