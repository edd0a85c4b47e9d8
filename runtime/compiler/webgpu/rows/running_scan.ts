/**
 * Sums over the invocations of a workgroup: of all of a lane, and of those before
 * the own one. They go up and down in groups of eight, each of which one
 * invocation walks.
 *
 * @module
 */

import type { WgslModule, WgslScope } from "../wgsl/mod.ts";

/** Totals that one invocation walks. */
const GROUP = 8;

/** The own place among the invocations of a workgroup. */
export interface Member {
  /** Invocations of a lane; a power of 2. */
  readonly members: number;
  /** Lanes of the workgroup; a power of 2. */
  readonly slots: number;
  /** Name of the number of the own lane. */
  readonly slot: string;
  /** Name of the number of the own invocation of it. */
  readonly member: string;
  /** Type of the totals: a number, or a vector of them. */
  readonly type: string;
  /** Text of the own total. */
  readonly total: string;
}

/** Sums over the invocations of a lane. */
export interface MemberSums {
  /** Name of the sum of those before the own one. */
  readonly before: string;
  /** Name of the sum of all. */
  readonly all: string;
}

/** Totals in workgroup memory. */
interface Level {
  readonly name: string;
  readonly count: number;
}

/** Where a total lies: eight in a row are set apart, so that no banks clash. */
function placeOf({ slot, slots }: Member, at: string): string {
  const apart = `(${at} + (${at} >> 3u))`;
  return slots === 1 ? apart : `${apart} * ${slots} + ${slot}`;
}

function share(module: WgslModule, own: Member, count: number): Level {
  const padded = count + Math.ceil(count / GROUP);
  return { name: module.shared(own.type, padded * own.slots), count };
}

/**
 * The sums of the totals of all invocations of a lane, and of those before.
 *
 * @param module The module.
 * @param root Where the statements go; all invocations must come by.
 * @param own The own place.
 * @returns Names of the sums.
 */
export function scanMembers(
  module: WgslModule,
  root: WgslScope,
  own: Member,
): MemberSums {
  const levels = [share(module, own, own.members)];
  const { member, type } = own;
  root.line(`${levels[0]!.name}[${placeOf(own, member)}] = ${own.total};`);
  root.line("workgroupBarrier();");
  while (levels.at(-1)!.count > GROUP) {
    const from = levels.at(-1)!;
    const to = share(module, own, from.count / GROUP);
    levels.push(to);
    root.line(`if (${member} < ${to.count}) {`);
    root.line(`  var part = ${type}(0);`);
    root.line(`  for (var k = 0; k < ${GROUP}; k++) {`);
    root.line(`    let at = ${member} * ${GROUP} + k;`);
    root.line(`    let value = ${from.name}[${placeOf(own, "at")}];`);
    root.line(`    ${from.name}[${placeOf(own, "at")}] = part;`);
    root.line("    part += value;");
    root.line("  }");
    root.line(`  ${to.name}[${placeOf(own, member)}] = part;`);
    root.line("}");
    root.line("workgroupBarrier();");
  }
  const before = root.variable("before", `${type}(0)`);
  const all = root.variable("all", `${type}(0)`);
  const top = levels.pop()!;
  const group = (level: number) => `(${member} >> ${3 * level}u)`;
  root.line(`for (var k = 0; k < ${top.count}; k++) {`);
  root.line(`  let value = ${top.name}[${placeOf(own, "k")}];`);
  root.line(`  if (k < ${group(levels.length)}) { ${before} += value; }`);
  root.line(`  ${all} += value;`);
  root.line("}");
  levels.forEach(({ name }, level) => {
    const at = root.let("at", group(level));
    root.line(`${before} += ${name}[${placeOf(own, at)}];`);
  });
  return { before, all };
}

/**
 * The sum of the totals of all invocations of a lane.
 *
 * @param module The module.
 * @param root Where the statements go; all invocations must come by.
 * @param own The own place.
 * @returns Name of the sum, which the first invocation of each lane has.
 */
export function sumMembers(
  module: WgslModule,
  root: WgslScope,
  own: Member,
): string {
  const { member, slot, slots, type } = own;
  const place = (at: string) =>
    slots === 1 ? at : `(${at}) * ${slots} + ${slot}`;
  const sum = root.variable("sum", own.total);
  for (let count = own.members; count > 1;) {
    const shared = module.shared(type, count * slots);
    const left = Math.max(1, count / GROUP);
    root.line(
      `if (${member} < ${count}) { ${shared}[${place(member)}] = ${sum}; }`,
    );
    root.line("workgroupBarrier();");
    root.line(`if (${member} < ${left}) {`);
    root.line(`  for (var k = ${left}; k < ${count}; k += ${left}) {`);
    root.line(`    ${sum} += ${shared}[${place(`${member} + k`)}];`);
    root.line("  }");
    root.line("}");
    count = left;
  }
  return sum;
}
