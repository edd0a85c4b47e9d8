/**
 * Finishes groups: the kernel of what is really stored of a group.
 *
 * @module
 */

import { type Expr, exprOrder } from "../ir/expr.ts";
import { axesOf } from "../ir/index_arithmetic.ts";
import type {
  Carry,
  ContractKernel,
  KernelStore,
  LoopKernel,
  RowKernel,
} from "../ir/kernel.ts";
import { describe, type Description } from "./describe.ts";
import type { Draft } from "./draft.ts";
import {
  baseOf,
  Finished,
  type Unnumbered,
  unnumbered,
  type Write,
} from "./finished.ts";
import type { FlatNode } from "./flat.ts";
import type { Group } from "./group.ts";
import type { LoopDraft, LoopStore } from "./loops.ts";
import { type AxisPart, axisUse, joins, type Sketch } from "./sketch.ts";

/**
 * The kernel of a group of rows.
 *
 * @param group The group.
 * @param stored The members that are stored.
 * @returns The kernel.
 */
export function finishRows(
  group: Group,
  stored: readonly FlatNode[],
): Unnumbered<RowKernel> {
  const { draft, space } = group;
  const writes = stored.map((node) => writeOf(draft, group, node));
  const kept = keptReductions(group, writes);
  const numbers = new Map(kept.map((number, k) => [number, k]));
  const isPlain = kept.length === 0 && writes.every(({ isRow }) => !isRow);
  const outerCount = group.rows.length;
  const all = draft.axes.map((_, axis) => axis);
  // Without reductions points are walked in the order of the results.
  const outer = isPlain
    ? space.shape.map((_, axis) => axisOf(group, axis))
    : all.slice(0, outerCount);
  const inner =
    isPlain || (kept.length === 0 && writes.every((one) => one.isRow))
      ? []
      : all.slice(outerCount);
  const values = [
    ...writes.map((one) => one.value),
    ...kept.map((number) => group.reductions[number]!.value),
  ];
  const finished = new Finished(
    draft,
    [{ axes: outer, isOne: false }, { axes: inner, isOne: false }],
    values.map((value) => renumbered(draft, value, numbers)),
    writes.map((one) => one.position),
  );
  const { sketch } = finished;
  const stages: {
    reductions: RowKernel["stages"][number]["reductions"][number][];
    stores: KernelStore[];
  }[] = [];
  const stageAt = (stage: number) => {
    while (stages.length <= stage) stages.push({ reductions: [], stores: [] });
    return stages[stage]!;
  };
  kept.forEach((number, k) => {
    const { op, dtype, stage } = group.reductions[number]!;
    const value = sketch.values[writes.length + k]!;
    stageAt(stage).reductions.push({ op, dtype, value });
  });
  const rowStores: KernelStore[] = [];
  writes.forEach((write, output) => {
    const store = {
      output,
      index: sketch.indices[output]!,
      value: sketch.values[output]!,
    };
    if (write.isRow || isPlain) rowStores.push(store);
    else stageAt(write.stage).stores.push(store);
  });
  const base = baseOf(
    finished,
    writes,
    describe(group, stored),
    "rows",
    kept.length,
  );
  return unnumbered(finished, writes, (numbering) => ({
    ...base(numbering),
    kind: "row",
    outer: finished.counts[0]!,
    stages,
    rowStores,
  }));
}

/** The axis of the draft that belongs to an axis of the space. */
function axisOf({ space }: Group, axis: number): number {
  const { shape, reduced } = space;
  const outer = shape.map((_, k) => k).filter((k) => !reduced.includes(k));
  return [...outer, ...reduced].indexOf(axis);
}

function writeOf(draft: Draft, group: Group, node: FlatNode): Write {
  const { place, value, isRow } = group.members.get(node)!;
  const own = node.target === undefined
    ? place
    : draft.writtenPlace(node, place);
  const target = node.target ?? node;
  return {
    node: target,
    value,
    position: draft.index.linear(own, target.shape),
    isRow: isRow && group.space.reduced.length > 0,
    stage: group.stageOf(value),
  };
}

/** Reductions that what is stored depends on, by stage. */
function keptReductions(group: Group, writes: readonly Write[]): number[] {
  const kept = new Set<number>();
  const open = writes.map((one) => one.value);
  const seen = new Set<Expr>();
  while (open.length > 0) {
    const expr = open.pop()!;
    if (seen.has(expr)) continue;
    seen.add(expr);
    if (expr.op === "reduced") {
      kept.add(expr.value);
      open.push(group.reductions[expr.value]!.value);
    }
    open.push(...expr.args);
  }
  const stage = (number: number) => group.reductions[number]!.stage;
  return [...kept].sort((a, b) => stage(a) - stage(b) || a - b);
}

/** The expression with other numbers of reductions. */
function renumbered(
  draft: Draft,
  value: Expr,
  numbers: ReadonlyMap<number, number>,
): Expr {
  if ([...numbers].every(([from, to]) => from === to)) return value;
  const done = new Map<Expr, Expr>();
  for (const expr of exprOrder([value])) {
    const next = expr.op === "reduced" ? numbers.get(expr.value)! : expr.value;
    const args = expr.args.map((arg) => done.get(arg)!);
    const same = next === expr.value &&
      args.every((arg, k) => arg === expr.args[k]);
    done.set(
      expr,
      same ? expr : draft.pool.make(expr.op, expr.dtype, args, next),
    );
  }
  return done.get(value)!;
}

/**
 * The kernel of a contraction.
 *
 * @param group The group.
 * @param stored The members that are stored.
 * @returns The kernel.
 */
export function finishContraction(
  group: Group,
  stored: readonly FlatNode[],
): Unnumbered<ContractKernel> {
  const { draft } = group;
  const writes = stored.map((node) => writeOf(draft, group, node));
  const rank = draft.axes.length;
  const one = (axis: number): AxisPart => ({ axes: [axis], isOne: true });
  const batch = draft.axes.map((_, axis) => axis).slice(0, rank - 3);
  const finished = new Finished(
    draft,
    [
      { axes: batch, isOne: false },
      one(rank - 3),
      one(rank - 2),
      one(rank - 1),
    ],
    [...writes.map((write) => write.value), ...group.factors!],
    writes.map((write) => write.position),
    (sketch, parts) => foldBatch(sketch, parts, writes.length),
  );
  const { sketch } = finished;
  const base = baseOf(finished, writes, describe(group, stored), "contract");
  const [a, b] = sketch.values.slice(writes.length) as [Expr, Expr];
  return unnumbered(finished, writes, (numbering) => ({
    ...base(numbering),
    kind: "contract",
    a,
    b,
    dtype: group.factors![0].dtype,
    stores: storesOf(sketch, writes.length),
  }));
}

/**
 * Batch axes along which the right factor repeats are more rows of the left
 * one, where all indices allow it. The same goes for columns of a single row.
 */
function foldBatch(
  sketch: Sketch,
  parts: readonly AxisPart[],
  writes: number,
): readonly AxisPart[] {
  const [batch, m, n, k] = parts as [AxisPart, AxisPart, AxisPart, AxisPart];
  const [a, b] = sketch.values.slice(writes) as [Expr, Expr];
  const use = axisUse(sketch);
  const rest = [...batch.axes];
  const fold = (factor: Expr, into: readonly number[]): number[] => {
    const result = into.filter((axis) => sketch.axes[axis] !== 1);
    while (rest.length > 0) {
      const axis = rest.at(-1)!;
      const isLong = sketch.axes[axis] !== 1;
      const next = result[0];
      const fits = !isLong || (!axesOf(factor).has(axis) &&
        (next === undefined || joins(sketch, use, axis, next)));
      if (!fits) break;
      rest.pop();
      if (isLong) result.unshift(axis);
    }
    return result;
  };
  const rows = fold(b, m.axes);
  const columns = rows.length === 0 ? fold(a, n.axes) : n.axes;
  return [
    { axes: rest, isOne: false },
    { axes: rows, isOne: true },
    { axes: columns, isOne: true },
    k,
  ];
}

/**
 * The kernel of a loop.
 *
 * @param loop The loop.
 * @param outputs Nodes of its results that are stored, by result.
 * @param description What it is called and charged to.
 * @returns The kernel.
 */
export function finishLoop(
  loop: LoopDraft,
  outputs: ReadonlyMap<number, FlatNode>,
  description: Description,
): Unnumbered<LoopKernel> {
  const { draft } = loop;
  const stores = loop.stores.filter(({ output }) => outputs.has(output));
  const nodes = [...outputs.values()];
  const last = draft.axes.length - 1;
  const finished = new Finished(
    draft,
    [
      { axes: draft.axes.map((_, axis) => axis).slice(0, -1), isOne: false },
      { axes: [last], isOne: true },
    ],
    [
      ...stores.map((store) => store.value),
      ...loop.carries.flatMap(({ initial, next }) => [initial, next]),
    ],
    stores.map((store) => store.position),
  );
  const { sketch } = finished;
  const writes = nodes.map((node): Write => {
    const { value, position } = stores.find((store) =>
      outputs.get(store.output) === node
    )!;
    return { node, value, position, isRow: false, stage: 0 };
  });
  const written = (isFinal: boolean): KernelStore[] =>
    stores.flatMap((store: LoopStore, k) =>
      store.isFinal === isFinal
        ? [{
          output: nodes.indexOf(outputs.get(store.output)!),
          index: sketch.indices[k]!,
          value: sketch.values[k]!,
        }]
        : []
    );
  const carries = loop.carries.map(({ dtype }, k): Carry => ({
    dtype,
    initial: sketch.values[stores.length + 2 * k]!,
    next: sketch.values[stores.length + 2 * k + 1]!,
  }));
  const base = baseOf(finished, writes, description, "loop");
  return unnumbered(finished, writes, (numbering) => ({
    ...base(numbering),
    kind: "loop",
    reverse: loop.reverse,
    carries,
    stores: written(false),
    rowStores: written(true),
    runningSum: loop.runningSum,
  }));
}

function storesOf(sketch: Sketch, count: number): KernelStore[] {
  return Array.from({ length: count }, (_, output) => ({
    output,
    index: sketch.indices[output]!,
    value: sketch.values[output]!,
  }));
}
