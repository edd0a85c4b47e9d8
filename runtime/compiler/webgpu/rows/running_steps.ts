/**
 * Running sums: what each invocation adds up itself, and writes.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { Expr } from "../../ir/expr.ts";
import type { LoopKernel } from "../../ir/kernel.ts";
import type { WebGpuLimits } from "../abi.ts";
import { type WgslModule, WgslScope, widen, type Width } from "../wgsl/mod.ts";
import { writeStore } from "./stores.ts";

/** How a running sum is shared out. */
export interface RunningPlan {
  /** The kernel. */
  readonly kernel: LoopKernel;
  /** Limits of the adapter. */
  readonly limits: WebGpuLimits;
  /** Number of lanes. */
  readonly lanes: number;
  /** Lanes of a workgroup. */
  readonly slots: number;
  /** Invocations of a lane in a workgroup. */
  readonly members: number;
  /** Blocks of a lane, each of a workgroup of its own. */
  readonly blocks: number;
  /** Steps of an invocation, neighbours unless they are taken four at a time. */
  readonly ownSteps: number;
  /** Whether neighbouring invocations take neighbouring lanes. */
  readonly isAcross: boolean;
  /**
   * Whether four steps are taken together; neighbouring invocations then take
   * neighbouring fours.
   */
  readonly isWide: boolean;
  /** Type of the sums. */
  readonly type: string;
}

/** A step of an invocation, or four neighbours. */
export interface OwnStep {
  /** Scope of all that belongs to it. */
  readonly scope: WgslScope;
  /** Condition that it exists; undefined where all do. */
  readonly exists: string | undefined;
  /** Text of what it adds. */
  readonly total: string;
  /** Text of what stands before each of four neighbours, from the first on. */
  readonly before: string | undefined;
}

/**
 * The own steps of an invocation: all are loaded before any is stored.
 *
 * @param module The module.
 * @param root Where the statements go.
 * @param plan How the running sum is shared out.
 * @param block Name of the number of the own block.
 * @param member Name of the number of the own invocation in it.
 * @returns The steps.
 */
export function ownSteps(
  module: WgslModule,
  root: WgslScope,
  plan: RunningPlan,
  block: string,
  member: string,
): OwnStep[] {
  const { blocks, isWide, kernel, members, ownSteps: count, type } = plan;
  const { axes, reverse } = kernel;
  const last = axes.length - 1;
  const length = module.size(axes[last]!);
  const width = isWide ? 4 : 1;
  const first = isWide
    ? root.let("first", `${block} * ${members * count} + ${member} * 4`)
    : root.let("first", `(${block} * ${members} + ${member}) * ${count}`);
  const apart = isWide ? 4 * members : 1;
  const isFull = blocks * members * count === axes[last];
  return Array.from({ length: count / width }, (_, k) => {
    const step = root.let("step", `${first} + ${k * apart}`);
    const exists = isFull
      ? undefined
      : root.let("there", `${step} < ${length}`);
    const place = isFull
      ? step
      : root.let("place", `min(${step}, ${length} - ${width})`);
    const scope = new WgslScope(module, root);
    if (isWide) scope.bindLanes(last, place);
    else {
      const position = reverse
        ? scope.let("p", `${length} - 1 - ${place}`)
        : place;
      scope.bind("axis", last, position);
    }
    const value = scope.text(addendOf(kernel), width);
    const nothing = `${widen(type, width)}(0)`;
    const added = scope.let(
      "x",
      exists === undefined ? value : `select(${nothing}, ${value}, ${exists})`,
    );
    let total = added;
    let before: string | undefined;
    if (isWide) {
      const two = scope.let("x", `${added}.x + ${added}.y`);
      const three = scope.let("x", `${two} + ${added}.z`);
      before = `vec4<${type}>(${type}(0), ${added}.x, ${two}, ${three})`;
      total = scope.let("x", `${three} + ${added}.w`);
    }
    flush(root, scope);
    return { scope, exists, total, before };
  });
}

/** Moves the statements of a scope. */
function flush(root: WgslScope, { lines }: WgslScope): void {
  for (const line of lines) root.line(line);
  lines.length = 0;
}

/**
 * Writes the sums of the own steps.
 *
 * @param module The module.
 * @param root Where the statements go.
 * @param plan How the running sum is shared out.
 * @param steps The steps.
 * @param starts What stands before each of them.
 * @param exists Condition that the lane exists.
 */
export function writeSums(
  module: WgslModule,
  root: WgslScope,
  { isWide, kernel, type }: RunningPlan,
  steps: readonly OwnStep[],
  starts: readonly string[],
  exists: string,
): void {
  const { dtype } = kernel.carries[0]!;
  const width = isWide ? 4 : 1;
  for (const [k, { before, exists: there, scope }] of steps.entries()) {
    const start = before === undefined
      ? starts[k]!
      : `vec4<${type}>(${starts[k]}) + ${before}`;
    const carry = scope.let("before", wrapSum(dtype, start, width));
    scope.bind("carry", 0, carry, width);
    const inner = new WgslScope(module, scope);
    for (const store of kernel.stores) {
      writeStore(module, inner, store, kernel.outputs);
    }
    scope.block(
      `if (${there === undefined ? exists : `${exists} && ${there}`})`,
      inner,
    );
    flush(root, scope);
  }
}

/** What a step adds. */
function addendOf(kernel: LoopKernel): Expr {
  return kernel.carries[0]!.next.args[1]!;
}

/**
 * A sum of narrow whole numbers, wrapped around.
 *
 * @param dtype Their dtype.
 * @param sum The sum.
 * @param width Numbers that it holds.
 * @returns The sum within the range of the dtype.
 */
export function wrapSum(dtype: DType, sum: string, width: Width = 1): string {
  if (dtype === "i8") return `extractBits(${sum}, 0u, 8u)`;
  return dtype === "u8" ? `((${sum}) & ${widen("u32", width)}(255u))` : sum;
}
