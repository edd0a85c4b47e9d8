/**
 * What losses over classes share: targets, rows to ignore, reductions.
 *
 * @module
 */

import { DTypeError, ParameterError, ShapeError } from "../../core/errors.ts";
import { type FloatDType, isIntegerDType } from "../../device/dtypes.ts";
import { formatShape, sameShape, type Shape } from "../../device/shapes.ts";
import { divide, equal, less, logicalNot, where } from "../elementwise.ts";
import { castTo, requireTensor } from "../node.ts";
import { sum } from "../reductions.ts";
import type { Bool, I32, Tensor } from "../tensor.ts";

/** How the losses of rows become the result. */
export interface LossOptions {
  /** Rows with this target count for nothing; -100 by default. */
  readonly ignoreIndex?: number | undefined;
  /** "mean" over the rows that count (the default), "sum", or "none". */
  readonly reduction?: "mean" | "sum" | "none" | undefined;
}

/** Targets that are safe to look up. */
export interface Targets {
  /** Classes; 0 where the row is ignored. */
  readonly classes: I32;
  /** Whether a row counts. */
  readonly counts: Bool;
}

/**
 * Checks targets.
 *
 * @param name Name of the operation, for errors.
 * @param targets Classes.
 * @param shape The shape that they must have.
 * @param classes Number of classes.
 * @param options Which are ignored.
 * @returns The targets; those out of range are left out of range, so that
 * reading reports them.
 * @throws {DTypeError} When they are no whole numbers.
 * @throws {ParameterError} When the options make no sense.
 * @throws {ShapeError} When they have another shape.
 */
export function checkTargets(
  name: string,
  targets: Tensor,
  shape: Shape,
  classes: number,
  { ignoreIndex = -100, reduction = "mean" }: LossOptions,
): Targets {
  requireTensor(name, targets);
  if (!isIntegerDType(targets.dtype)) {
    throw new DTypeError(
      `Cannot use targets of dtype "${targets.dtype}" in "${name}"`,
      {
        expected: "an integer dtype",
        actual: `"${targets.dtype}"`,
        hint: 'Use cast, for example cast(targets, "i32")',
      },
    );
  }
  if (!sameShape(targets.shape, shape)) {
    throw new ShapeError(
      `Cannot use targets of shape ${formatShape(targets.shape)} in "${name}"`,
      { expected: formatShape(shape) },
    );
  }
  if (!Number.isInteger(ignoreIndex)) {
    throw new ParameterError(`Cannot ignore the target ${ignoreIndex}`, {
      expected: "a whole number",
    });
  }
  if (!["mean", "sum", "none"].includes(reduction)) {
    throw new ParameterError(`Cannot reduce losses by "${reduction}"`, {
      expected: '"mean", "sum" or "none"',
    });
  }
  const own = castTo(targets, "i32");
  const ignored = equal(own, ignoreIndex);
  // Negative ones would count from the end.
  const strict = where(less(own, 0), classes, own);
  return {
    classes: where(ignored, 0, strict),
    counts: logicalNot(ignored),
  };
}

/**
 * Reduces the losses of rows.
 *
 * @param losses One loss a row.
 * @param counts Which rows count.
 * @param reduction How; the mean by default.
 * @returns A scalar; for "none" the losses, 0 where a row does not count.
 */
export function reduceLosses<D extends FloatDType>(
  losses: Tensor<D>,
  counts: Bool,
  reduction: LossOptions["reduction"] = "mean",
): Tensor<D> {
  const own = where(counts, losses, 0);
  if (reduction === "none") return own;
  const total = sum(own) as Tensor<D>;
  if (reduction === "sum") return total;
  return divide(total, castTo(sum(counts), losses.dtype));
}
