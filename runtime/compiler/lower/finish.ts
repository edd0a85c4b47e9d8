/**
 * Finishes groups: the kernel of what is really stored of a group.
 *
 * @module
 */

import { byteSize } from "../../device/dtypes.ts";
import { isElementwise, type PrimitiveName } from "../../device/primitives.ts";
import { type Expr, exprOrder } from "../ir/expr.ts";
import { axesOf } from "../ir/index_arithmetic.ts";
import type {
  Carry,
  ContractKernel,
  KernelBase,
  KernelStore,
  LoopKernel,
  Operand,
  RowKernel,
  ScalarOperand,
} from "../ir/kernel.ts";
import { costOf } from "./costs.ts";
import type { Draft } from "./draft.ts";
import type { FlatNode } from "./flat.ts";
import type { Group, Member } from "./group.ts";
import type { LoopDraft, LoopStore } from "./loops.ts";
import {
  type AxisPart,
  axisUse,
  join,
  joins,
  type Sketch,
  split,
} from "./sketch.ts";

/** Numbers of buffers and scalars in the program. */
export interface Numbering {
  /** The buffer of a node. */
  readonly buffer: (node: FlatNode) => number;
  /** The program's scalar of a number. */
  readonly scalar: (node: FlatNode) => number;
}

/** A kernel whose buffers have no numbers yet. */
export interface Unnumbered<K> {
  /** Nodes whose buffers it reads. */
  readonly reads: readonly FlatNode[];
  /** Nodes whose buffers it writes. */
  readonly writes: readonly FlatNode[];
  /** The kernel. */
  readonly number: (numbering: Numbering) => K;
}

/** What a kernel writes. */
interface Write {
  readonly node: FlatNode;
  readonly value: Expr;
  readonly position: Expr;
  readonly isRow: boolean;
}

/** Rounds of splitting. */
const MAX_SPLITS = 3;

/** Expressions of a kernel over their last axes. */
class Finished {
  readonly reads: FlatNode[] = [];
  readonly scalars: FlatNode[] = [];
  readonly sketch: Sketch;
  readonly counts: readonly number[];

  constructor(
    readonly draft: Draft,
    parts: readonly AxisPart[],
    values: readonly Expr[],
    indices: readonly Expr[],
    fold?: (sketch: Sketch, parts: readonly AxisPart[]) => readonly AxisPart[],
  ) {
    let sketch: Sketch = {
      axes: draft.axes,
      pool: draft.pool,
      index: draft.index,
      values,
      indices,
    };
    let own = parts;
    for (let round = 0; round < MAX_SPLITS; round++) {
      const cut = split(sketch, own);
      if (cut === undefined) break;
      ({ sketch, parts: own } = cut);
    }
    if (fold !== undefined) own = fold(sketch, own);
    const joined = join(sketch, own, {
      operand: collector(draft.operands, this.reads),
      scalar: collector(draft.scalars, this.scalars),
    });
    this.sketch = joined.sketch;
    this.counts = joined.counts;
  }
}

/** Numbers what is used, in the order of its first use. */
function collector(
  all: readonly FlatNode[],
  used: FlatNode[],
): (number: number) => number {
  const numbers = new Map<number, number>();
  return (number) => {
    let next = numbers.get(number);
    if (next === undefined) {
      next = used.push(all[number]!) - 1;
      numbers.set(number, next);
    }
    return next;
  };
}

/** What a kernel is called and charged to. */
interface Description {
  readonly name: string;
  readonly node: number;
  readonly nodes: readonly number[];
  readonly cut: string;
}

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
    else stageAt(group.stageOf(write.value)).stores.push(store);
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
  return {
    node,
    value,
    position: draft.index.linear(place, node.shape),
    isRow: isRow && group.space.reduced.length > 0,
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
    return { node, value, position, isRow: false };
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

function unnumbered<K>(
  finished: Finished,
  writes: readonly Write[],
  number: (numbering: Numbering) => K,
): Unnumbered<K> {
  return {
    reads: finished.reads,
    writes: writes.map((write) => write.node),
    number,
  };
}

function baseOf(
  finished: Finished,
  writes: readonly Write[],
  description: Description,
  kind: "rows" | "contract" | "loop",
  reductions = 0,
): (numbering: Numbering) => KernelBase {
  const { sketch, reads, scalars } = finished;
  const points = sketch.axes.reduce((n, length) => n * length, 1);
  const perPoint = exprOrder(sketch.values).reduce(
    (sum, expr) =>
      expr.args.length === 0 || expr.op === "load"
        ? sum
        : sum + costOf(expr.op),
    kind === "contract" ? 2 : reductions,
  );
  const bytes = (node: FlatNode) =>
    byteSize(node.dtype) * Math.min(node.size, points);
  const total = [...reads, ...writes.map((write) => write.node)].reduce(
    (sum, node) => sum + bytes(node),
    0,
  );
  const inPlace = kind === "loop" ? [] : overwritable(finished, writes);
  return ({ buffer, scalar }) => {
    const operand = (node: FlatNode): Operand => ({
      buffer: buffer(node),
      dtype: node.dtype,
      size: node.size,
    });
    return {
      ...description,
      pool: sketch.pool,
      axes: sketch.axes,
      operands: reads.map(operand),
      scalars: scalars.map((node): ScalarOperand => ({
        scalar: scalar(node),
        dtype: node.dtype,
      })),
      outputs: writes.map((write) => operand(write.node)),
      inPlace,
      flops: points * perPoint,
      bytes: total,
    };
  };
}

/** Operands that are read only where the same point writes. */
function overwritable(
  { sketch, reads }: Finished,
  writes: readonly Write[],
): number[] {
  const positions = new Map<number, Set<Expr>>();
  const stored = new Set<Expr>();
  for (const expr of exprOrder(sketch.values)) {
    if (expr.op !== "load") continue;
    const list = positions.get(expr.value) ?? new Set();
    positions.set(expr.value, list.add(expr.args[0]!));
  }
  // Factors and sums are read before or while other points are written.
  const early = exprOrder(sketch.values.slice(writes.length));
  for (const expr of early) if (expr.op === "load") stored.add(expr);
  const used = new Set([...stored].map((expr) => expr.value));
  return reads.flatMap((node, operand) => {
    const at = positions.get(operand);
    if (at === undefined || at.size !== 1 || used.has(operand)) return [];
    const [position] = at;
    const bytes = byteSize(node.dtype) * node.size;
    const rivals = writes.flatMap((write, output) =>
      byteSize(write.node.dtype) * write.node.size === bytes ? [output] : []
    );
    const fits = rivals.length > 0 &&
      rivals.every((output) =>
        sketch.indices[output] === position &&
        writes[output]!.node.dtype === node.dtype && !writes[output]!.isRow
      );
    return fits ? [operand] : [];
  });
}

/**
 * What a group is called and charged to.
 *
 * @param group The group.
 * @param stored The members that are stored.
 * @returns Name, positions and why it ends here.
 */
export function describe(
  group: Group,
  stored: readonly FlatNode[],
): Description {
  return describeNodes(stored, (node) => group.members.has(node));
}

const MAX_NAMES = 6;

/**
 * What a kernel is called and charged to.
 *
 * @param stored Nodes that it stores.
 * @param isInside Whether it computes a node that other kernels may store.
 * @returns Name, positions and why it ends here.
 */
export function describeNodes(
  stored: readonly FlatNode[],
  isInside: (node: FlatNode) => boolean,
): Description {
  const seen = new Set(stored);
  for (const node of seen) {
    for (const input of node.inputs) {
      const isOther = input.op === "leaf" || input.op === "literal" ||
        input.op === "scalar" || input.op === "empty" ||
        (input.home !== undefined && !isInside(input));
      if (!isOther) seen.add(input);
    }
  }
  const nodes = [...seen].sort((a, b) => a.id - b.id);
  const names = nodes.flatMap((node) => isNamed(node) ? [node.op] : []);
  const last = nodes.at(-1)!;
  const shown = names.slice(-MAX_NAMES);
  const more = names.length - shown.length;
  const reasons = new Set(stored.map((node) => node.reason));
  return {
    name: shown.length === 0
      ? last.op === "literal" || last.op === "scalar" ? "fill" : "copy"
      : (more > 0 ? `${more} more·` : "") + shown.join("·"),
    node: stored.reduce((at, node) => Math.max(at, node.at), 0),
    nodes: [...new Set(nodes.map((node) => node.at))].sort((a, b) => a - b),
    cut: [...reasons].join("; "),
  };
}

function isNamed(node: FlatNode): boolean {
  if (isElementwise(node.op as PrimitiveName)) return true;
  switch (node.op) {
    case "reshape":
    case "expand":
    case "permute":
    case "slice":
    case "literal":
    case "scalar":
    case "output":
      return false;
    default:
      return true;
  }
}

export type { Description, Member };
