/**
 * What a rule of the gradient table is given, and what it gives.
 *
 * @module
 */

import type { GraphNode } from "../../device/graph.ts";
import type { Tensor } from "../tensor.ts";

/** A primitive through which the gradient of a scalar flows back. */
export interface GradientCall {
  /** The node. */
  readonly node: GraphNode;
  /** Its inputs. */
  readonly inputs: readonly Tensor[];
  /** Its (first) result. */
  readonly output: Tensor;
  /** Gradient of the scalar with respect to the (first) result. */
  readonly cotangent: Tensor;
  /** The same for all results; undefined where none flows. */
  readonly cotangents: readonly (Tensor | undefined)[];
  /** Which inputs need a gradient; rules may leave out the others. */
  readonly needs: readonly boolean[];
}

/**
 * Gradients with respect to the inputs, each in the dtype and shape of the
 * input; undefined where there is none.
 */
export type GradientRule = (
  call: GradientCall,
) => readonly (Tensor | undefined)[];
