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

/**
 * Statements that use four sums side by side.
 *
 * @param column Name of the first column, a multiple of 4 below their number.
 * @param sums Name of the vector of sums.
 * @returns The statements.
 */
export type UseSums = (column: string, sums: string) => string[];

/**
 * The kernel's stores for one row of the result.
 *
 * @param module The module.
 * @param rowScope The scope in which the batch axes and the row are bound; its
 * statements come before those that are returned.
 * @param plan The contraction.
 * @returns What makes the statements.
 */
export function storeSums(
  module: WgslModule,
  rowScope: WgslScope,
  plan: ContractPlan,
): UseSums {
  const { axis, length } = plan.right;
  const even = length % 4 === 0;
  return (column, sums) => {
    const scope = new WgslScope(module, rowScope);
    scope.bindLanes(axis, column);
    scope.bind("reduced", 0, wrapped(scope, plan, sums), 4);
    for (const store of plan.kernel.stores) {
      writeLanes(
        module,
        scope,
        store,
        (lane) =>
          even ? undefined : `${column} + ${lane} < ${module.size(length)}`,
      );
    }
    return scope.lines;
  };
}

/** Narrow whole numbers are summed in 32 bits and wrapped around at last. */
function wrapped(
  scope: WgslScope,
  plan: ContractPlan,
  sums: string,
): string {
  const { dtype } = plan.kernel;
  if (dtype === "u8") return scope.let("sum", `${sums} & vec4<u32>(255u)`);
  if (dtype !== "i8") return sums;
  return scope.let("sum", `(${sums} << vec4<u32>(24u)) >> vec4<u32>(24u)`);
}

function writeLanes(
  module: WgslModule,
  scope: WgslScope,
  store: KernelStore,
  guard: (lane: number) => string | undefined,
): void {
  const buffer = module.output(store.output);
  const value = scope.text(store.value, 4);
  const lanes = scope.lanesOf(store.index);
  const whole = guard(0) === undefined;
  if (whole && lanes?.stride === 1 && lanes.aligned) {
    scope.line(buffer.store(scope.first(store.index), value, 4));
    return;
  }
  const name = scope.let("out", value);
  const at = scope.text(store.index, 4);
  LANES.forEach((lane, k) => {
    const text = buffer.store(`${at}.${lane}`, `${name}.${lane}`, 1);
    const condition = guard(k);
    scope.line(
      condition === undefined ? text : `if (${condition}) { ${text} }`,
    );
  });
}

/**
 * Keeps partial sums of one row of the result in temporary 0.
 *
 * @param module The module.
 * @param plan The contraction.
 * @param row Name of the row.
 * @returns What makes the statements.
 */
export function keepSums(
  module: WgslModule,
  plan: ContractPlan,
  row: string,
): UseSums {
  const { length } = plan.right;
  const buffer = module.temporary(0);
  const planes = module.size(plan.batches);
  const rows = module.size(plan.left.length);
  const columns = module.size(length);
  return (column, sums) => {
    const at = module.name("at");
    const place = `((part * ${planes} + plane) * ${rows} + ${row})`;
    const start = `let ${at} = ${place} * ${columns} + ${column};`;
    if (length % 4 === 0) return [start, buffer.store(at, sums, 4)];
    return [
      start,
      ...LANES.map((lane, k) =>
        `if (${column} + ${k} < ${columns}) { ${
          buffer.store(`${at} + ${k}`, `${sums}.${lane}`, 1)
        } }`
      ),
    ];
  };
}
