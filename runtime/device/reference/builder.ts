/**
 * A plan is what a graph compiles to on the reference device: a list of kernels
 * over numbered buffers. The builder collects them.
 *
 * @module
 */

import type { DType, TypedArray } from "../dtypes.ts";
import { sizeOf } from "../shapes.ts";
import type { Work } from "../clock.ts";
import { planLoops } from "./loop_step.ts";
import { isContiguous, type View, wholeView } from "./views.ts";

/** Does a step; light steps finish at once and return nothing. */
export type RunStep = (buffers: TypedArray[]) => Work | void;

/** One kernel of a plan. */
export interface Step {
  /** What it computes, for the trace. */
  readonly name: string;
  /** Position in the graph's order of the node that it is charged to. */
  readonly node: number;
  /** Does it. */
  readonly run: RunStep;
  /** Buffers it reads. */
  readonly reads: readonly number[];
  /** Buffers it makes. */
  readonly writes: readonly number[];
  /** Buffers that nothing reads after it; filled in when the plan is done. */
  frees: readonly number[];
}

/** A graph, ready to be run on new data. */
export interface Plan {
  /** The kernels, in order. */
  readonly steps: readonly Step[];
  /** Number of buffers. */
  readonly slots: number;
  /** Positions in the graph's order of its leaves; leaf `i` is buffer `i`. */
  readonly leaves: readonly number[];
  /** Buffer of each root. */
  readonly results: readonly number[];
}

/** Collects the kernels of a plan. */
export class PlanBuilder {
  /** The kernels so far. */
  readonly steps: Step[] = [];
  /** Number of elements of each buffer. */
  readonly sizes: number[] = [];

  /**
   * Reserves a buffer.
   *
   * @param size Number of elements.
   * @returns Its number.
   */
  newSlot(size: number): number {
    return this.sizes.push(size) - 1;
  }

  /**
   * Appends a kernel.
   *
   * @param name What it computes.
   * @param node Position of the node that it is charged to.
   * @param reads Views that it reads.
   * @param writes Buffers that it makes.
   * @param run Does it.
   */
  step(
    name: string,
    node: number,
    reads: readonly View[],
    writes: readonly number[],
    run: RunStep,
  ): void {
    this.steps.push({
      name,
      node,
      run,
      reads: reads.map((view) => view.slot),
      writes,
      frees: [],
    });
  }

  /**
   * A copy of a view in row-major order.
   *
   * @param view The view.
   * @param dtype Its dtype.
   * @param node Position of the node that the copy is charged to.
   * @returns A view of the new buffer.
   */
  copy(view: View, dtype: DType, node: number): View {
    const slot = this.newSlot(sizeOf(view.shape));
    planLoops(this, {
      name: "copy",
      node,
      shape: view.shape,
      operands: [{ view, dtype }],
      statements: "",
      result: "x0",
      out: { slot, dtype },
    });
    return wholeView(slot, view.shape);
  }

  /**
   * The view itself when it is a whole buffer in row-major order, else a copy.
   *
   * @param view The view.
   * @param dtype Its dtype.
   * @param node Position of the node that a copy is charged to.
   * @returns The view.
   */
  compact(view: View, dtype: DType, node: number): View {
    const whole = sizeOf(view.shape) === this.sizes[view.slot] &&
      view.offset === 0 && isContiguous(view);
    return whole ? view : this.copy(view, dtype, node);
  }

  /**
   * Ends the plan: finds out when each buffer is read for the last time.
   *
   * @param leaves Positions of the leaves.
   * @param results Buffer of each root.
   * @returns The plan.
   */
  finish(leaves: readonly number[], results: readonly number[]): Plan {
    const kept = new Set(results);
    for (let slot = 0; slot < leaves.length; slot++) kept.add(slot);
    for (let index = this.steps.length - 1; index >= 0; index--) {
      const step = this.steps[index]!;
      const frees: number[] = [];
      for (const slot of [...step.reads, ...step.writes]) {
        if (kept.has(slot)) continue;
        kept.add(slot);
        frees.push(slot);
      }
      step.frees = frees;
    }
    return { steps: this.steps, slots: this.sizes.length, leaves, results };
  }
}
