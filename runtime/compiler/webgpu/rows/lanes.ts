/**
 * Whether four neighbours along an axis are worth computing together.
 *
 * @module
 */

import { type Expr, exprOrder } from "../../ir/expr.ts";
import type { KernelStore, Stage } from "../../ir/kernel.ts";
import { LaneAnalysis } from "../wgsl/mod.ts";

/** All that a kernel computes and writes. */
export interface KernelParts {
  /** Passes over the inner axes. */
  readonly stages: readonly Stage[];
  /** What is written for each row. */
  readonly rowStores: readonly KernelStore[];
}

/** Where a kernel reads and writes. */
export interface KernelIndices {
  /** Indices of loads. */
  readonly loads: readonly Expr[];
  /** Indices of stores. */
  readonly stores: readonly Expr[];
  /** Number of expressions of the kernel. */
  readonly expressions: number;
}

/**
 * The indices at which a kernel reads and writes.
 *
 * @param parts The kernel.
 * @returns The indices.
 */
export function indicesOf(parts: KernelParts): KernelIndices {
  const stores = [
    ...parts.stages.flatMap((stage) => stage.stores),
    ...parts.rowStores,
  ];
  const values = parts.stages.flatMap((stage) =>
    stage.reductions.map((one) => one.value)
  );
  const all = exprOrder([
    ...values,
    ...stores.flatMap(({ index, value }) => [index, value]),
  ]);
  return {
    loads: all.filter((expr) => expr.op === "load").map((expr) =>
      expr.args[0]!
    ),
    stores: stores.map((store) => store.index),
    expressions: all.length,
  };
}

/** How the indices of a kernel change along an axis. */
export class LaneIndices {
  readonly #steps: LaneAnalysis;

  /**
   * @param axis The axis.
   */
  constructor(axis: number) {
    this.#steps = new LaneAnalysis(axis, 4);
  }

  /**
   * Whether elements at neighbouring positions are different ones.
   *
   * @param index The index of the elements.
   */
  isMoving(index: Expr): boolean {
    return this.#steps.of(index).step !== 0;
  }

  /**
   * Whether elements at neighbouring positions lie side by side.
   *
   * @param index The index of the elements.
   */
  isDense(index: Expr): boolean {
    return this.#steps.of(index).step === 1;
  }

  /**
   * Whether four elements at neighbouring positions lie side by side, from a
   * multiple of four on: one vector holds them.
   *
   * @param index The index of the elements.
   */
  isVector(index: Expr): boolean {
    const { multiple, step } = this.#steps.of(index);
    return step === 1 && multiple % 4 === 0;
  }
}
