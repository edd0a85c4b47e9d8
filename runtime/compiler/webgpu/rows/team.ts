/**
 * Totals of the members of teams, joined through workgroup memory in a fixed
 * order.
 *
 * @module
 */

import type { WgslModule, WgslScope, Width } from "../wgsl/mod.ts";
import { widen } from "../wgsl/mod.ts";
import type { RowAccumulator, Total } from "./accumulator.ts";

/** A team of invocations. */
export interface Team {
  /** Members; a power of 2. */
  readonly members: number;
  /** Teams of a workgroup. */
  readonly slots: number;
  /** Name of the number of the own member. */
  readonly member: string;
  /** Name of the number of the own team. */
  readonly slot: string;
  /** Whether neighbouring invocations belong to different teams. */
  readonly acrossRows: boolean;
}

/** Totals that are joined together, as each joining waits twice. */
export interface TeamTotal {
  /** The reduction. */
  readonly accumulator: RowAccumulator;
  /** Names of the parts of the own total. */
  readonly total: Total;
}

/**
 * Joins the totals of teams.
 *
 * @param module The module.
 * @param scope Where the statements go; all invocations must come by.
 * @param team The team.
 * @param totals The own totals.
 * @param width Numbers that their parts hold.
 * @returns The joined totals, known to all members.
 */
export function joinTeam(
  module: WgslModule,
  scope: WgslScope,
  team: Team,
  totals: readonly TeamTotal[],
  width: Width,
): Total[] {
  const { members, slots } = team;
  if (members === 1) return totals.map(({ total }) => total);
  const place = (member: string, count: number) =>
    team.acrossRows
      ? `${member} * ${slots} + ${team.slot}`
      : `${team.slot} * ${count} + ${member}`;
  const own = scope.let("at", place(team.member, members));
  const share = (count: number) =>
    totals.map(({ accumulator }) =>
      accumulator.types.map((type) =>
        module.shared(widen(type, width), count * slots)
      )
    );
  const write = (to: string[][], from: readonly Total[], at: string) =>
    to.flatMap((names, k) =>
      names.map((name, part) => `${name}[${at}] = ${from[k]![part]};`)
    );
  const first = share(members);
  for (
    const line of write(first, totals.map(({ total }) => total), own)
  ) scope.line(line);
  scope.line("workgroupBarrier();");
  const join = (from: string[][], at: (k: string) => string, count: number) =>
    joinShared(module, scope, totals, from, at, count, width);
  if (members <= 8) {
    return join(first, (k) => place(k, members), members);
  }
  // Two levels: some members join a part each, then all join these.
  const leaders = 2 ** Math.ceil(Math.log2(members) / 2);
  const second = share(leaders);
  scope.line(`if (${team.member} < ${leaders}) {`);
  const part = join(
    first,
    (k) => place(`(${team.member} + ${leaders} * ${k})`, members),
    members / leaders,
  );
  for (const line of write(second, part, place(team.member, leaders))) {
    scope.line(line);
  }
  scope.line("}");
  scope.line("workgroupBarrier();");
  return join(second, (k) => place(k, leaders), leaders);
}

/** Joins a number of totals that lie in workgroup memory. */
function joinShared(
  module: WgslModule,
  scope: WgslScope,
  totals: readonly TeamTotal[],
  from: readonly (readonly string[])[],
  at: (k: string) => string,
  count: number,
  width: Width,
): Total[] {
  const results = totals.map(({ accumulator }, k) =>
    accumulator.types.map((_, part) =>
      scope.variable("sum", `${from[k]![part]}[${at("0")}]`)
    )
  );
  const k = module.name("k");
  scope.line(`for (var ${k} = 1; ${k} < ${count}; ${k}++) {`);
  totals.forEach(({ accumulator }, n) => {
    const next = accumulator.types.map((_, part) =>
      scope.let("t", `${from[n]![part]}[${at(k)}]`)
    );
    const joined = accumulator.join(scope, results[n]!, next, width);
    results[n]!.forEach((name, part) =>
      scope.line(`${name} = ${joined[part]};`)
    );
  });
  scope.line("}");
  return results;
}
