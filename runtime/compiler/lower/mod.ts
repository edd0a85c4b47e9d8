/**
 * From tensor graphs to programs: flattened, cut into kernels, and written as
 * expressions over indexed loads.
 *
 * @module
 */

import type { GraphNode } from "../../device/graph.ts";
import type { Program, ProgramCheck } from "../ir/kernel.ts";
import { refuseBeyondI32 } from "../ir/expr.ts";
import type { CutOptions } from "./cut.ts";
import { flatten } from "./flatten.ts";
import type { IndexCheck } from "./index_checks.ts";
import { overwrite } from "./overwrite.ts";
import { buildProgram } from "./program.ts";
import { markUpdates } from "./updates.ts";

export { type Structure, structureOf } from "./structure.ts";

/** How graphs are lowered. */
export interface LowerOptions {
  /**
   * Whether kernels hold more than one primitive; true by default. Without it a
   * program is slow, and plain to check.
   */
  readonly fuse?: boolean;
  /** Buffers that one kernel may read and write; 28 by default. */
  readonly maxOperands?: number;
  /** Leaves that may be written over, beside those that calls were given. */
  readonly donated?: ReadonlySet<GraphNode>;
}

/**
 * Compiles a graph to a program. It depends on the structure of the graph only,
 * and holds none of its nodes.
 *
 * @param order All nodes, inputs first.
 * @param roots What is asked for.
 * @param options How.
 * @returns The program; positions in it are those of `order`, and leaves those
 * that `structureOf` lists.
 */
export function lower(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
  options: LowerOptions = {},
): Program {
  for (const { op, size } of order) if (op === "iota") refuseBeyondI32(size);
  const { donated, fuse = true, maxOperands = 28 } = options;
  const cut = { fuse, maxBuffers: maxOperands };
  const { checks, program } = build(order, roots, cut, donated);
  for (const { size } of program.buffers) refuseBeyondI32(size);
  for (const step of program.steps) {
    if ("axes" in step) step.axes.forEach(refuseBeyondI32);
  }
  if (checks.length === 0) return program;
  const told = checks.map(({ at, name, length }, k): ProgramCheck => ({
    buffer: program.results[roots.length + k]!,
    node: at,
    name,
    length,
  }));
  return {
    ...program,
    results: program.results.slice(0, roots.length),
    checks: told,
  };
}

/** Builds the program, with as many updates in place as can be. */
function build(
  order: readonly GraphNode[],
  roots: readonly GraphNode[],
  options: CutOptions,
  given: ReadonlySet<GraphNode> | undefined,
): { readonly program: Program; readonly checks: readonly IndexCheck[] } {
  const excluded = new Set<number>();
  for (;;) {
    const { checks, donated, graph, roots: asked } = flatten(
      order,
      roots,
      given,
    );
    const wanted = [...asked, ...checks.map(({ worst }) => worst)];
    const numbers = markUpdates({ graph, roots: wanted, donated, excluded });
    const { program, updates } = buildProgram(graph, wanted, options);
    const leaves = new Set(
      [...donated].map(({ attributes }) => attributes.leaf),
    );
    const own = overwrite(
      program,
      [...updates.values()],
      new Set(
        program.leaves.flatMap(({ buffer, leaf }) =>
          leaves.has(leaf) ? [buffer] : []
        ),
      ),
    );
    if ("program" in own) return { program: own.program, checks };
    const failed = new Set(own.failed.map(({ to }) => to));
    for (const [node, { to }] of updates) {
      if (failed.has(to)) excluded.add(numbers.get(node)!);
    }
  }
}
