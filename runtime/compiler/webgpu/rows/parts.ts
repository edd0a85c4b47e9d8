/**
 * Rows that are cut into parts: the totals of the parts lie in temporaries
 * between the passes.
 *
 * @module
 */

import { WgslScope } from "../wgsl/mod.ts";
import type { RowAccumulator, Total } from "./accumulator.ts";
import { isFirstMember, type RowText } from "./row_text.ts";
import type { TeamTotal } from "./team.ts";

/** Where the total of a part of the own row lies in a temporary. */
function placeOf({ module, plan, resultWidth, row }: RowText, part: string) {
  const place = `${row} * ${module.size(plan.parts)} + ${part}`;
  return resultWidth === 4 ? `(${place}) * 4` : place;
}

/**
 * Writes the totals of the own part of the row.
 *
 * @param text The text.
 * @param totals The totals.
 * @param temporary Number of the first temporary that is theirs.
 */
export function writeParts(
  text: RowText,
  totals: readonly Total[],
  temporary: number,
): void {
  if (totals.length === 0) return;
  const { module, resultWidth, root } = text;
  const place = placeOf(text, text.part);
  root.line(`if (${isFirstMember(text)}) {`);
  totals.flat().forEach((part, k) => {
    const buffer = module.temporary(temporary + k);
    root.line(`  ${buffer.store(place, part, resultWidth)}`);
  });
  root.line("}");
}

/**
 * Reads the totals of the parts of the row, each member its share.
 *
 * @param text The text.
 * @param accumulators The reductions.
 * @param temporary Number of the first temporary that is theirs.
 * @returns The total of each member.
 */
export function readParts(
  text: RowText,
  accumulators: readonly RowAccumulator[],
  temporary: number,
): TeamTotal[] {
  const { module, plan, resultWidth, root, team } = text;
  const totals = accumulators.map((accumulator) => ({
    accumulator,
    total: accumulator.empty(resultWidth).map((empty) =>
      root.variable("sum", empty)
    ),
  }));
  if (totals.length === 0) return totals;
  const k = module.name("k");
  const body = new WgslScope(module, root);
  let number = temporary;
  for (const { accumulator, total } of totals) {
    const next = total.map(() => {
      const buffer = module.temporary(number++);
      return body.let("t", buffer.load(placeOf(text, k), resultWidth));
    });
    const joined = accumulator.join(body, total, next, resultWidth);
    total.forEach((name, part) => body.line(`${name} = ${joined[part]};`));
  }
  root.block(
    `for (var ${k} = ${team.member}; ${k} < ${module.size(plan.parts)}; ` +
      `${k} += ${plan.members})`,
    body,
  );
  return totals;
}
