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
  /** Totals that a member joins before all wait for each other; a power of 2. */
  readonly joinedAtOnce: number;
}

/** Totals whose joining is written out. */
const MOST_WRITTEN = 8;

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
  const most = team.joinedAtOnce;
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
  let from = first;
  let left = members;
  // Some members join a part each, then fewer of them what these have joined.
  while (left > most) {
    const leaders = left / most;
    const next = share(leaders);
    const source = from;
    const count = left;
    scope.line(`if (${team.member} < ${leaders}) {`);
    const part = join(
      source,
      (k) => place(`(${team.member} + ${leaders} * ${k})`, count),
      count / leaders,
    );
    for (const line of write(next, part, place(team.member, leaders))) {
      scope.line(line);
    }
    scope.line("}");
    scope.line("workgroupBarrier();");
    from = next;
    left = leaders;
  }
  const count = left;
  return join(from, (k) => place(k, count), count);
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
  const read = (k: string) =>
    totals.map(({ accumulator }, n) =>
      accumulator.types.map((_, part) =>
        scope.let("t", `${from[n]![part]}[${at(k)}]`)
      )
    );
  if (count <= MOST_WRITTEN) {
    const all = Array.from({ length: count }, (_, k) => read(String(k)));
    return totals.map(({ accumulator }, n) =>
      accumulator.joinAll(scope, all.map((one) => one[n]!), width)
    );
  }
  const results = read("0").map((total) =>
    total.map((part) => scope.variable("sum", part))
  );
  const k = module.name("k");
  scope.line(`for (var ${k} = 1; ${k} < ${count}; ${k}++) {`);
  const next = read(k);
  totals.forEach(({ accumulator }, n) => {
    const joined = accumulator.join(scope, results[n]!, next[n]!, width);
    results[n]!.forEach((name, part) =>
      scope.line(`${name} = ${joined[part]};`)
    );
  });
  scope.line("}");
  return results;
}
