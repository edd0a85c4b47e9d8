/**
 * Sums that were computed in parts: the parts are added in order, then comes the
 * epilogue.
 *
 * @module
 */

import type { FunctionBuilder } from "../assembler.ts";
import { panelsOf } from "./compute.ts";
import type { ContractModule } from "./module.ts";
import {
  assign,
  hold,
  modulo,
  over,
  plus,
  pushSmaller,
  times,
  whileBelow,
} from "../assembler_terms.ts";

/**
 * Adds the function `run` that completes tiles, one an item.
 *
 * @param module The module.
 * @param store `store(parameters, batch, row, column, sums)`: the epilogue.
 */
export function combineFunction(
  module: ContractModule,
  store: FunctionBuilder,
): void {
  const { run, parameters, begin, end, scratch, block } = module.runFunction();
  const { bytes, columns: width, kind, rows: height } = module.arithmetic;
  const size = module.geometries(run);
  const columnPanels = hold(run, panelsOf(size.columns, width));
  const rowPanels = hold(
    run,
    over(plus(size.rows, plus(size.tileRows, -1)), size.tileRows),
  );
  const partStride = hold(
    run,
    times(
      times(times(size.batches, rowPanels), columnPanels),
      size.tileBytes,
    ),
  );
  const item = hold(run, begin);
  const offset = run.local("i32");
  const part = run.local("i32");
  const address = run.local("i32");
  const total = run.local("v128");
  const sums = run.local("i32");
  whileBelow(run, item, end, 1, () => {
    assign(run, offset, 0);
    whileBelow(run, offset, size.tileBytes, 16, () => {
      const first = plus(times(item, size.tileBytes), offset);
      assign(run, address, plus(module.partials(block), first));
      run.get(address);
      run.memory("v128.load");
      run.set(total);
      assign(run, part, 1);
      whileBelow(run, part, size.splits, 1, () => {
        assign(run, address, plus(address, partStride));
        run.get(total);
        run.get(address);
        run.memory("v128.load");
        run.op(kind === "f64" ? "f64x2.add" : `${kind}x4.add`);
        run.set(total);
      });
      assign(run, address, plus(scratch, offset));
      run.get(address);
      run.get(total);
      run.memory("v128.store");
    });
    const panel = hold(run, over(item, columnPanels));
    const batch = hold(run, over(panel, rowPanels));
    const column = hold(run, times(modulo(item, columnPanels), width));
    const row = hold(run, times(modulo(panel, rowPanels), size.tileRows));
    const rowEnd = run.local("i32");
    pushSmaller(run, plus(row, size.tileRows), size.rows);
    run.set(rowEnd);
    assign(run, sums, scratch);
    whileBelow(run, row, rowEnd, height, () => {
      for (const value of [parameters, batch, row, column, sums]) {
        run.get(value);
      }
      run.call(store);
      assign(run, sums, plus(sums, height * width * bytes));
    });
  });
}
