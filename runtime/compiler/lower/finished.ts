/**
 * Kernels over their last axes, before buffers have numbers.
 *
 * @module
 */

import { byteSize } from "../../device/dtypes.ts";
import { type Expr, exprOrder } from "../ir/expr.ts";
import type { KernelBase, Operand, ScalarOperand } from "../ir/kernel.ts";
import { costOf } from "./costs.ts";
import type { Description } from "./describe.ts";
import type { Draft } from "./draft.ts";
import type { FlatNode } from "./flat.ts";
import { type AxisPart, join, type Sketch, split } from "./sketch.ts";

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
export interface Write {
  /** The node. */
  readonly node: FlatNode;
  /** Its value. */
  readonly value: Expr;
  /** Which element. */
  readonly position: Expr;
  /** Whether it is written once a row. */
  readonly isRow: boolean;
  /** Number of the pass over the row that writes it. */
  readonly stage: number;
}

/** Rounds of splitting. */
const MAX_SPLITS = 3;

/** Expressions of a kernel over their last axes. */
export class Finished {
  /** Nodes whose buffers are read. */
  readonly reads: FlatNode[] = [];
  /** Numbers that are read. */
  readonly scalars: FlatNode[] = [];
  /** The expressions. */
  readonly sketch: Sketch;
  /** How many axes each part has. */
  readonly counts: readonly number[];

  /**
   * @param draft The kernel.
   * @param parts Its axes.
   * @param values Values, of the draft.
   * @param indices Indices of stores, of the draft.
   * @param fold Moves axes between the parts, once they have been split.
   */
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

/**
 * A kernel whose buffers have no numbers yet.
 *
 * @param finished Its expressions.
 * @param writes What it writes.
 * @param number Makes the kernel.
 * @returns The kernel to be.
 */
export function unnumbered<K>(
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

/**
 * What all kernels have.
 *
 * @param finished The expressions; what is stored comes first.
 * @param writes What is stored.
 * @param description What the kernel is called and charged to.
 * @param kind What it is.
 * @param reductions Number of its reductions.
 * @returns Makes it, once buffers have numbers.
 */
export function baseOf(
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

/**
 * Operands that are read only where the same point writes, and by no later pass
 * over the row than the one that writes.
 */
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
  const lastRead = lastReads(sketch, writes);
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
        writes[output]!.stage >= lastRead.get(operand)! &&
        writes[output]!.node.dtype === node.dtype && !writes[output]!.isRow
      );
    return fits ? [operand] : [];
  });
}

/** For each operand that stores read the last stage at which one does. */
function lastReads(
  { values }: Sketch,
  writes: readonly Write[],
): Map<number, number> {
  const last = new Map<number, number>();
  writes.forEach(({ isRow, stage }, output) => {
    // What is written once a row comes after all passes.
    const pass = isRow ? Infinity : stage;
    for (const { op, value } of exprOrder([values[output]!])) {
      if (op === "load") last.set(value, Math.max(last.get(value) ?? 0, pass));
    }
  });
  return last;
}
