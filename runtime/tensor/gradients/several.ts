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
import type { GradientRule } from "./rule.ts";

/** Gives the gradients of a value that a caller defined by hand. */
export type CustomRule = (
  cotangents: readonly (Tensor | undefined)[],
) => readonly (Tensor | undefined)[];

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
  custom: ({ node, cotangents }) => {
    const { rule } = attributesOf(node, "custom");
    return (rule as CustomRule)(cotangents);
  },
};
