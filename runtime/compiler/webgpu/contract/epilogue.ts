/**
 * What becomes of the sums of a contraction: the stores of the kernel, or
 * partial sums in a temporary.
 *
 * @module
 */

import type { KernelStore } from "../../ir/kernel.ts";
import { type WgslModule, WgslScope } from "../wgsl/mod.ts";
import type { ContractPlan } from "./plan.ts";

const LANES = ["x", "y", "z", "w"] as const;

/** Uses sums of four columns, row after row. */
export interface Epilogue {
  /**
   * Statements that come first: what does not depend on the row. Complete only
   * when all rows are written.
   */
  readonly before: readonly string[];
  /**
   * Uses the sums of a row.
   *
   * @param row Name of the row.
   * @param sums Name of the vector of sums.
   * @returns Statements.
   */
  use(row: string, sums: string): readonly string[];
}

/** The kernel's own stores. */
export class StoringEpilogue implements Epilogue {
  readonly #module: WgslModule;
  readonly #plan: ContractPlan;
  readonly #column: string;
  readonly #scope: WgslScope;

  /**
   * @param module The module.
   * @param around The scope around, in which the batch axes are bound.
   * @param plan The contraction.
   * @param column Name of the first column, a multiple of 4.
   */
  constructor(
    module: WgslModule,
    around: WgslScope,
    plan: ContractPlan,
    column: string,
  ) {
    this.#module = module;
    this.#plan = plan;
    this.#column = column;
    this.#scope = new WgslScope(module, around);
    this.#scope.bindLanes(plan.right.axis, column);
  }

  /** Statements that come first. */
  get before(): readonly string[] {
    return this.#scope.lines;
  }

  /**
   * Stores what is made of the sums of a row.
   *
   * @param row Name of the row.
   * @param sums Name of the vector of sums.
   * @returns Statements.
   */
  use(row: string, sums: string): readonly string[] {
    const scope = new WgslScope(this.#module, this.#scope);
    scope.bind("axis", this.#plan.left.axis, row);
    scope.bind("reduced", 0, this.#wrapped(scope, sums), 4);
    const { stores } = this.#plan.kernel;
    // An output may lie over an operand: all is read before anything is stored.
    if (stores.length > 1) {
      for (const { value } of stores) {
        scope.value(value);
      }
    }
    for (const store of stores) this.#write(scope, store);
    return scope.lines;
  }

  /** Narrow whole numbers are summed in 32 bits and wrapped around at last. */
  #wrapped(scope: WgslScope, sums: string): string {
    const { dtype } = this.#plan.kernel;
    if (dtype === "u8") return scope.let("sum", `${sums} & vec4<u32>(255u)`);
    if (dtype !== "i8") return sums;
    return scope.let("sum", `(${sums} << vec4<u32>(24u)) >> vec4<u32>(24u)`);
  }

  #write(scope: WgslScope, store: KernelStore): void {
    const { length } = this.#plan.right;
    const buffer = this.#module.output(store.output);
    const value = scope.text(store.value, 4);
    const lanes = scope.lanesOf(store.index);
    const isWhole = length % 4 === 0;
    if (isWhole && lanes?.stride === 1 && lanes.aligned) {
      scope.line(buffer.store(scope.first(store.index), value, 4));
      return;
    }
    const name = scope.let("out", value);
    const at = scope.text(store.index, 4);
    LANES.forEach((lane, k) => {
      const text = buffer.store(`${at}.${lane}`, `${name}.${lane}`, 1);
      const end = this.#module.size(length);
      scope.line(
        isWhole ? text : `if (${this.#column} + ${k} < ${end}) { ${text} }`,
      );
    });
  }
}

/** Keeps sums that are parts in temporary 0. */
export class KeepingEpilogue implements Epilogue {
  /** Nothing comes first. */
  readonly before: readonly string[] = [];
  readonly #module: WgslModule;
  readonly #plan: ContractPlan;
  readonly #column: string;

  /**
   * @param module The module.
   * @param plan The contraction.
   * @param column Name of the first column, a multiple of 4.
   */
  constructor(module: WgslModule, plan: ContractPlan, column: string) {
    this.#module = module;
    this.#plan = plan;
    this.#column = column;
  }

  /**
   * Keeps the sums of a row.
   *
   * @param row Name of the row.
   * @param sums Name of the vector of sums.
   * @returns Statements.
   */
  use(row: string, sums: string): readonly string[] {
    const { left, right, batches } = this.#plan;
    const module = this.#module;
    const buffer = module.temporary(0);
    const columns = module.size(right.length);
    const line = `(part * ${module.size(batches)} + plane) * ` +
      `${module.size(left.length)} + ${row}`;
    const at = module.name("at");
    const start = `let ${at} = (${line}) * ${columns} + ${this.#column};`;
    if (right.length % 4 === 0) return [start, buffer.store(at, sums, 4)];
    return [
      start,
      ...LANES.map((lane, k) =>
        `if (${this.#column} + ${k} < ${columns}) { ${
          buffer.store(`${at} + ${k}`, `${sums}.${lane}`, 1)
        } }`
      ),
    ];
  }
}
