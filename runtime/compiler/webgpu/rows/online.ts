/**
 * The maximum of a row and the sum of exponentials of what lies below it, in one
 * pass, as a softmax of rows too long to be kept asks for: the sum is scaled
 * whenever a larger maximum comes.
 *
 * @module
 */

import type { RowKernel, Stage } from "../../ir/kernel.ts";
import {
  type ScalarType,
  scalarType,
  type WgslModule,
  type WgslScope,
  widen,
  type Width,
} from "../wgsl/mod.ts";
import {
  Accumulator,
  foldLanes,
  type RowAccumulator,
  type Total,
} from "./accumulator.ts";

/**
 * A kernel of which two stages are one where the first takes a maximum and the
 * second sums exponentials up: that stage has both reductions.
 *
 * @param kernel The kernel.
 * @returns The kernel with fewer stages, or itself.
 */
export function mergeMaximum(kernel: RowKernel): RowKernel {
  const stages: Stage[] = [];
  let count = 0;
  for (const stage of kernel.stages) {
    const before = stages.at(-1);
    if (before !== undefined && continues(before, stage, count - 1)) {
      const reductions = [...before.reductions, ...stage.reductions];
      stages[stages.length - 1] = { reductions, stores: [] };
    } else stages.push(stage);
    count += stage.reductions.length;
  }
  return { ...kernel, stages };
}

/** Whether a stage sums exponentials up, below the maximum of the last one. */
function continues(before: Stage, stage: Stage, maximum: number): boolean {
  const [max, ...more] = before.reductions;
  const [sum, ...others] = stage.reductions;
  if (max === undefined || sum === undefined) return false;
  const count = more.length + others.length + before.stores.length +
    stage.stores.length;
  const [power] = sum.value.args;
  return count === 0 && max.op === "max" && sum.op === "sum" &&
    scalarType(max.dtype) === "f32" && scalarType(sum.dtype) === "f32" &&
    sum.value.op === "exp" && power!.op === "subtract" &&
    power!.args[0] === max.value && power!.args[1]!.op === "reduced" &&
    power!.args[1]!.value === maximum;
}

/**
 * The reductions of a stage as they are kept.
 *
 * @param module The module.
 * @param stage The stage.
 * @returns What keeps them, in the order of the reductions.
 */
export function accumulatorsOf(
  module: WgslModule,
  { reductions }: Stage,
): RowAccumulator[] {
  const [max, sum] = reductions;
  const isMerged = reductions.length === 2 && sum!.value.op === "exp" &&
    sum!.value.args[0]!.args[0] === max!.value && max!.op === "max";
  return isMerged
    ? [new OnlineAccumulator(module, new Accumulator(module, max!))]
    : reductions.map((one) => new Accumulator(module, one));
}

/** The lowest number that is not infinite. */
const LOWEST = "-3.40282347e38f";

/** A maximum, and the sum of exponentials of what lies below it. */
class OnlineAccumulator implements RowAccumulator {
  readonly types: readonly ScalarType[] = ["f32", "f32"];
  readonly #module: WgslModule;
  readonly #max: Accumulator;

  constructor(module: WgslModule, max: Accumulator) {
    this.#module = module;
    this.#max = max;
  }

  empty(width: Width): Total {
    return [...this.#max.empty(width), `${widen("f32", width)}(0.0)`];
  }

  one(scope: WgslScope, width: Width, place: string): Total {
    return [
      ...this.#max.one(scope, width, place),
      `${widen("f32", width)}(1.0)`,
    ];
  }

  join(scope: WgslScope, a: Total, b: Total, width: Width): Total {
    return this.joinAll(scope, [a, b], width);
  }

  joinAll(scope: WgslScope, totals: readonly Total[], width: Width): Total {
    const [max] = this.#max.joinAll(
      scope,
      totals.map(([one]) => [one!]),
      width,
    );
    const F = widen("f32", width);
    const exp = this.#module.call("exp", width);
    // Nothing yet is -infinity, from which itself cannot be subtracted.
    const base = scope.let("base", `max(${max}, ${F}(${LOWEST}))`);
    const terms = totals.map(([own, sum]) =>
      scope.let("t", `${sum} * ${exp}(${own} - ${base})`)
    );
    return [max!, scope.let("t", terms.join(" + "))];
  }

  fold(scope: WgslScope, total: Total): Total {
    return foldLanes(this, scope, total);
  }

  results([max, sum]: Total, width: Width): readonly string[] {
    const U = widen("u32", width);
    const bits = `(bitcast<${U}>(${max}) & ${U}(0x7f800000u))`;
    const nothing = this.#module.constant("f32", NaN);
    const wide = width === 1 ? nothing : `${widen("f32", width)}(${nothing})`;
    // Nothing can be subtracted from an infinite maximum.
    return [max!, `select(${wide}, ${sum}, ${bits} != ${U}(0x7f800000u))`];
  }
}
