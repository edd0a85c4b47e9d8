/**
 * How workgroups find their part of a contraction.
 *
 * @module
 */

import { type WgslModule, WgslScope } from "../wgsl/mod.ts";
import type { WebGpuLimits } from "../abi.ts";
import type { ContractPlan } from "./plan.ts";

/** Rows of tiles that are walked together, so that caches see them again. */
const BAND = 8;

/** How the sum over the depth is divided among workgroups. */
export interface Parts {
  /** Number of parts. */
  readonly count: number;
  /** Depth of each but the last; a multiple of what is read at once. */
  readonly depth: number;
}

/** The division of a contraction into tiles. */
export interface Work {
  /** The contraction. */
  readonly plan: ContractPlan;
  /** Rows of a tile. */
  readonly rows: number;
  /** Columns of a tile. */
  readonly columns: number;
  /** Parts of the sum. */
  readonly parts: Parts;
  /**
   * Whether products are added up in f16 over the depth of a tile, and in f32
   * beyond.
   */
  readonly isHalf?: boolean | undefined;
  /** Tiles of a workgroup whose invocations have one each; else undefined. */
  readonly side?: number | undefined;
}

/**
 * Numbers of tiles, along rows and columns.
 *
 * @param work The division.
 * @returns The numbers.
 */
export function tilesOf(work: Work): readonly [rows: number, columns: number] {
  return [
    Math.ceil(work.plan.left.length / work.rows),
    Math.ceil(work.plan.right.length / work.columns),
  ];
}

/**
 * Number of workgroups that a division needs.
 *
 * @param work The division.
 * @returns The number.
 */
export function groupsOf(work: Work): number {
  const [down, across] = tilesOf(work);
  const tiles = down * across * work.plan.batches * work.parts.count;
  return Math.ceil(tiles / (work.side ?? 1));
}

/**
 * A grid of workgroups; it may have some too many.
 *
 * @param count How many are needed.
 * @param limits What the adapter can do.
 * @returns Workgroups along x, y and z.
 */
export function gridOf(
  count: number,
  limits: WebGpuLimits,
): readonly [number, number, number] {
  const most = limits.maxComputeWorkgroupsPerDimension;
  if (count <= most) return [count, 1, 1];
  const rows = Math.ceil(count / most);
  return [Math.ceil(count / rows), rows, 1];
}

/**
 * Writes the statements with which a workgroup finds its tile: they declare
 * `firstRow`, `firstColumn`, `part`, `plane` (the batch), `firstDepth` and
 * `endDepth`.
 *
 * @param module The module.
 * @param work The division.
 * @returns The statements, and a scope in which the batch axes are bound and
 * whose own statements follow.
 */
export function openWork(
  module: WgslModule,
  root: WgslScope,
  work: Work,
): { readonly lines: readonly string[]; readonly scope: WgslScope } {
  const { plan, parts } = work;
  const [tileRows, tileColumns] = tilesOf(work);
  const down = module.size(tileRows);
  const across = module.size(tileColumns);
  const count = module.size(parts.count);
  const planes = module.size(plan.batches * parts.count);
  const lines = [
    `let tileRows = ${down};`,
    `let tileColumns = ${across};`,
    work.side === undefined
      ? "let work = i32(group.x + group.y * groups.x);"
      : "let work = i32((group.x + group.y * groups.x) * " +
        `${work.side}u + local.x);`,
    "let layer = work / (tileRows * tileColumns);",
    `if (layer >= ${planes}) { return; }`,
    "let place = work % (tileRows * tileColumns);",
    `let band = place / (${BAND} * tileColumns) * ${BAND};`,
    `let bandRows = min(tileRows - band, ${BAND});`,
    `let inBand = place % (${BAND} * tileColumns);`,
    `let firstRow = (band + inBand % bandRows) * ${work.rows};`,
    `let firstColumn = inBand / bandRows * ${work.columns};`,
    ...(parts.count === 1 ? ["let plane = layer;", "let firstDepth = 0;"] : [
      `let part = layer % ${count};`,
      `let plane = layer / ${count};`,
      `let firstDepth = part * ${module.size(parts.depth)};`,
    ]),
    parts.count === 1
      ? `let endDepth = ${module.size(plan.depth)};`
      : `let endDepth = min(${module.size(plan.depth)}, firstDepth + ${
        module.size(parts.depth)
      });`,
  ];
  const scope = new WgslScope(module, root);
  bindBatch(module, scope, plan, "plane", lines);
  return { lines, scope };
}

/**
 * Binds the batch axes.
 *
 * @param module The module.
 * @param scope Where they are bound.
 * @param plan The contraction.
 * @param plane Name of the number of the batch.
 * @param lines Where the statements go.
 */
export function bindBatch(
  module: WgslModule,
  scope: WgslScope,
  plan: ContractPlan,
  plane: string,
  lines: string[],
): void {
  let rest = plane;
  for (let axis = plan.batchAxes - 1; axis >= 0; axis--) {
    const length = module.size(plan.kernel.axes[axis]!);
    const name = module.name("batch");
    lines.push(`let ${name} = ${axis === 0 ? rest : `${rest} % ${length}`};`);
    scope.bind("axis", axis, name);
    if (axis === 0) break;
    const next = module.name("rest");
    lines.push(`let ${next} = ${rest} / ${length};`);
    rest = next;
  }
}
