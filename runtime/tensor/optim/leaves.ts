/**
 * Arithmetic leaf by leaf on trees of parameters.
 *
 * @module
 */

import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import { type FloatDType, isFloatDType } from "../../device/dtypes.ts";
import { formatShape, sameShape } from "../../device/shapes.ts";
import type { Tensor } from "../tensor.ts";
import { rebuildTree, treeLeaves } from "../tree.ts";

/** One parameter, or what belongs to it. */
export type Leaf = Tensor<FloatDType>;

/**
 * The parameters of a tree.
 *
 * @param name Who asks.
 * @param parameters The tree.
 * @returns Its tensors, all floats.
 * @throws {DTypeError} When one is no float.
 */
export function parameterLeaves(name: string, parameters: unknown): Leaf[] {
  const leaves = treeLeaves(name, parameters);
  for (const { dtype } of leaves) {
    if (!isFloatDType(dtype)) {
      throw new DTypeError(
        `Cannot use a parameter of dtype "${dtype}" in "${name}"`,
        { expected: '"f64", "f32" or "f16"', actual: `"${dtype}"` },
      );
    }
  }
  return leaves as Leaf[];
}

/**
 * The tensors of a tree that must have the form of the parameters.
 *
 * @param name Who asks.
 * @param what What the tree is, for the error.
 * @param tree The tree.
 * @param parameters The parameters.
 * @returns Its tensors, one a parameter.
 * @throws {ParameterError} When it has more or fewer tensors.
 * @throws {ShapeError} When a shape differs.
 * @throws {DTypeError} When a dtype differs.
 */
export function matchingLeaves(
  name: string,
  what: string,
  tree: unknown,
  parameters: readonly Leaf[],
): Leaf[] {
  const leaves = treeLeaves(name, tree);
  if (leaves.length !== parameters.length) {
    throw new ParameterError(
      `Cannot match ${what} with parameters in "${name}"`,
      {
        expected: `${parameters.length} tensors`,
        actual: `${leaves.length} tensors`,
      },
    );
  }
  leaves.forEach((leaf, k) => {
    const { dtype, shape } = parameters[k]!;
    if (leaf.dtype !== dtype) {
      throw new DTypeError(
        `Cannot match ${what} with parameters in "${name}": dtypes of tensor ${k} differ`,
        { expected: `"${dtype}"`, actual: `"${leaf.dtype}"` },
      );
    }
    if (!sameShape(leaf.shape, shape)) {
      throw new ShapeError(
        `Cannot match ${what} with parameters in "${name}": shapes of tensor ${k} differ`,
        { expected: formatShape(shape), actual: formatShape(leaf.shape) },
      );
    }
  });
  return leaves as Leaf[];
}

/**
 * A tree of the form of the parameters.
 *
 * @param parameters The tree that gives the form.
 * @param leaves The tensors, one a parameter.
 * @returns The tree.
 */
export function asTree<P>(parameters: P, leaves: readonly Leaf[]): P {
  return rebuildTree(parameters, leaves);
}

/**
 * Refuses a setting that is out of its range.
 *
 * @param name Name of the setting.
 * @param value Its value.
 * @param inRange Whether it may be used.
 * @param expected What would be right.
 * @throws {ParameterError} When it may not.
 */
export function requireSetting(
  name: string,
  value: number,
  inRange: boolean,
  expected: string,
): void {
  if (!inRange) {
    throw new ParameterError(
      `Cannot use "${name}": current value is ${value}`,
      {
        expected,
        actual: String(value),
      },
    );
  }
}

/** How far a step goes: a number, or a scalar that a compiled function is given. */
export type LearningRate = number | Leaf;

/**
 * Refuses learning rates that cannot be used.
 *
 * @param rate The learning rate.
 * @throws {ParameterError} When a number is negative or NaN.
 * @throws {ShapeError} When a tensor is no scalar.
 */
export function requireLearningRate(rate: LearningRate): void {
  if (typeof rate === "number") {
    requireSetting("learningRate", rate, rate >= 0, "at least 0");
  } else if (rate.ndim !== 0) {
    throw new ShapeError('Cannot use "learningRate" as it is no scalar', {
      expected: "[]",
      actual: formatShape(rate.shape),
    });
  }
}
