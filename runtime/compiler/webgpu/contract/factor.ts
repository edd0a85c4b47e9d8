/**
 * Reads elements of a factor of a contraction.
 *
 * @module
 */

import { valueType, type WgslModule, WgslScope } from "../wgsl/mod.ts";
import type { ContractPlan, Factor } from "./plan.ts";

/** Reads one row of a factor, or four rows side by side, at any depth. */
export class FactorReader {
  readonly #module: WgslModule;
  readonly #plan: ContractPlan;
  readonly #factor: Factor;
  readonly #scope: WgslScope;

  /**
   * @param module The module.
   * @param around The scope around, in which the batch axes are bound.
   * @param plan The contraction.
   * @param factor Which factor.
   * @param row Name of the first row that is read.
   */
  constructor(
    module: WgslModule,
    around: WgslScope,
    plan: ContractPlan,
    factor: Factor,
    row: string,
  ) {
    this.#module = module;
    this.#plan = plan;
    this.#factor = factor;
    this.#scope = new WgslScope(module, around);
    bindPositions(this.#scope, factor.axis, row, this.#isAcross ? 4 : 1);
  }

  get #isAcross(): boolean {
    return this.#factor.along === "row" && this.#factor.lanes === 4;
  }

  /** WGSL type of what is read at once. */
  get type(): string {
    return valueType(this.#factor.value.dtype, this.#factor.lanes);
  }

  /**
   * Statements that must come before all reads: what does not depend on the
   * depth. Complete only when all reads are written.
   */
  get before(): readonly string[] {
    return this.#scope.lines;
  }

  /**
   * Reads the elements at a depth.
   *
   * @param depth Name of the depth, of the first one where several are read.
   * @param isRagged Whether the depth may lie beyond the end: 0 then.
   * @returns Statements, and the value of the elements after them.
   */
  read(
    depth: string,
    isRagged: boolean,
  ): { readonly lines: readonly string[]; readonly value: string } {
    const { value, lanes } = this.#factor;
    const { depthAxis } = this.#plan;
    const inner = new WgslScope(this.#module, this.#scope);
    bindPositions(inner, depthAxis, depth, this.#isAcross ? 1 : lanes);
    const text = inner.text(value, lanes);
    const end = this.#module.size(this.#plan.depth);
    return {
      lines: inner.lines,
      value: isRagged
        ? `select(${this.type}(), ${text}, ${depth} < ${end})`
        : text,
    };
  }
}

function bindPositions(
  scope: WgslScope,
  axis: number,
  first: string,
  lanes: number,
): void {
  if (lanes === 4) scope.bindLanes(axis, first);
  else scope.bind("axis", axis, first);
}
