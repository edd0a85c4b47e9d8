/**
 * Packing of a whole factor, ahead of the products.
 *
 * @module
 */

import type { FunctionBuilder } from "../assembler.ts";
import type { ContractModule } from "./module.ts";
import {
  assign,
  hold,
  minus,
  modulo,
  over,
  plus,
  pushSmaller,
  times,
  whileBelow,
} from "../assembler_terms.ts";

/** Panels that an item packs: neighbours share the lines of a cache. */
export const PACK_GROUP = 8;

/** Steps that an item packs at most. */
export const PACK_DEPTH = 8192;

/** Steps that are packed of one panel before the next one follows. */
const PACK_STEPS = 64;

/**
 * Adds the function `run` that packs panels of the right factor into the first
 * temporary.
 *
 * @param module The module.
 * @param pack `pack(parameters, batch, start, all, from, steps, target)`.
 */
export function packItemsFunction(
  module: ContractModule,
  pack: FunctionBuilder,
): void {
  const { run, parameters, begin, end, block } = module.runFunction();
  const { bytes, columns: width } = module.arithmetic;
  const columns = module.geometry(run, "columns");
  const depth = module.geometry(run, "depth");
  const panels = hold(run, over(plus(columns, width - 1), width));
  const groups = hold(
    run,
    over(plus(panels, PACK_GROUP - 1), PACK_GROUP),
  );
  const parts = hold(
    run,
    over(plus(depth, PACK_DEPTH - 1), PACK_DEPTH),
  );
  const item = hold(run, begin);
  const group = run.local("i32");
  const batch = run.local("i32");
  const first = run.local("i32");
  const last = run.local("i32");
  const from = run.local("i32");
  const stop = run.local("i32");
  const steps = run.local("i32");
  const panel = run.local("i32");
  const column = run.local("i32");
  const target = run.local("i32");
  whileBelow(run, item, end, 1, () => {
    assign(run, group, over(item, parts));
    assign(run, batch, over(group, groups));
    assign(run, first, times(modulo(group, groups), PACK_GROUP));
    pushSmaller(run, plus(first, PACK_GROUP), panels);
    run.set(last);
    assign(run, from, times(modulo(item, parts), PACK_DEPTH));
    pushSmaller(run, plus(from, PACK_DEPTH), depth);
    run.set(stop);
    whileBelow(run, from, stop, PACK_STEPS, () => {
      pushSmaller(run, minus(stop, from), PACK_STEPS);
      run.set(steps);
      assign(run, panel, first);
      whileBelow(run, panel, last, 1, () => {
        assign(run, column, times(panel, width));
        const before = plus(
          times(plus(times(batch, panels), panel), depth),
          from,
        );
        assign(
          run,
          target,
          plus(block.temporary(0), times(before, width * bytes)),
        );
        for (
          const value of [
            parameters,
            batch,
            column,
            columns,
            from,
            steps,
            target,
          ]
        ) run.get(value);
        run.call(pack);
      });
    });
  });
}
