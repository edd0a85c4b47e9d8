/**
 * Loops whose steps are arithmetic: each lane walks its own carries, and
 * nothing but numbers passes from step to step.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { isElementwise, type PrimitiveName } from "../../device/primitives.ts";
import { type Shape, sizeOf } from "../../device/shapes.ts";
import type { Expr } from "../ir/expr.ts";
import { Draft, MISALIGNED, type Place } from "./draft.ts";
import type { FlatLoop, FlatNode } from "./flat.ts";
import { sumDType } from "./reductions.ts";
import { unrolled } from "./unroll.ts";
import { hasBuffer } from "./costs.ts";

/** What a loop writes. */
export interface LoopStore {
  /** Which result of the node. */
  readonly output: number;
  /** Whether it is written once, after the last step. */
  readonly isFinal: boolean;
  /** Which element. */
  readonly position: Expr;
  /** What. */
  readonly value: Expr;
}

/** A loop that is one kernel. */
export interface LoopDraft {
  /** Its expressions; the last axis is walked. */
  readonly draft: Draft;
  /** Whether the last axis is walked from its end. */
  readonly reverse: boolean;
  /** What is carried from step to step. */
  readonly carries: readonly {
    readonly dtype: DType;
    readonly initial: Expr;
    readonly next: Expr;
  }[];
  /** What is written. */
  readonly stores: readonly LoopStore[];
  /** Whether it is a running sum. */
  readonly runningSum: boolean;
}

/** Primitives in a step before it becomes a program. */
const MAX_NODES = 1200;
/** Numbers that one lane may carry. */
const MAX_CARRIES = 40;

/**
 * The kernel of a loop.
 *
 * @param node A running sum or a scan.
 * @param asked Which results are asked for.
 * @param maxBuffers Buffers that a kernel may read and write.
 * @returns The kernel; undefined when its steps are more than arithmetic.
 */
export function loopOf(
  node: FlatNode,
  asked: ReadonlySet<number>,
  maxBuffers: number,
): LoopDraft | undefined {
  if (node.op === "cumulativeSum") return runningSum(node);
  const loop = node.attributes.loop!;
  const body = bodyNodes(loop);
  if (body === undefined) return undefined;
  for (const laneRank of laneRanks(loop)) {
    const made = new LoopBuilder(node, loop, laneRank, asked).build();
    if (made === undefined) continue;
    const buffers = made.draft.operands.length + asked.size;
    return buffers <= maxBuffers ? made : undefined;
  }
  return undefined;
}

function runningSum(node: FlatNode): LoopDraft {
  const x = node.inputs[0]!;
  const axis = node.attributes.axis!;
  const lanes = x.shape.map((_, k) => k).filter((k) => k !== axis);
  const order = [...lanes, axis];
  const draft = new Draft(order.map((k) => x.shape[k]!), readBuffers);
  const place = draft.place(x.shape.map((_, k) => order.indexOf(k)));
  const dtype = sumDType(x.dtype);
  const { pool } = draft;
  const carry = pool.make("carry", dtype, [], 0);
  const step = draft.cast(draft.pull(x, place), dtype);
  const next = pool.make("add", dtype, [carry, step]);
  const position = draft.index.linear(place, x.shape);
  const value = draft.cast(next, node.dtype);
  return {
    draft,
    reverse: node.attributes.reverse!,
    carries: [{ dtype, initial: pool.constant(0, dtype), next }],
    stores: [{ output: 0, isFinal: false, position, value }],
    runningSum: true,
  };

  function readBuffers(
    read: FlatNode,
    at: Place,
    valid: Expr | undefined,
  ): Expr | undefined {
    return hasBuffer(read) ? draft.load(read, at, valid) : undefined;
  }
}

/** The nodes of a step, where all of them can be computed in place. */
function bodyNodes(loop: FlatLoop): ReadonlySet<FlatNode> | undefined {
  const seen = new Set(loop.results);
  for (const node of seen) {
    if (seen.size > MAX_NODES || !isInPlace(node)) return undefined;
    for (const input of node.inputs) seen.add(input);
  }
  return seen;
}

function isInPlace(node: FlatNode): boolean {
  if (isElementwise(node.op as PrimitiveName)) return true;
  switch (node.op) {
    case "leaf":
    case "literal":
    case "scalar":
    case "iota":
    case "reshape":
    case "expand":
    case "permute":
    case "slice":
    case "pad":
    case "concat":
    case "take":
    case "takeAlongAxis":
    case "randomBits":
    case "sum":
    case "prod":
    case "max":
    case "min":
    case "matmul":
      return true;
    default:
      return false;
  }
}

/** How many leading axes of the carries may be lanes, most first. */
function laneRanks(loop: FlatLoop): number[] {
  const shapes = loop.results.slice(0, loop.carries).map((one) => one.shape);
  const wide = shapes.filter((shape) => sizeOf(shape) > 1);
  const list = wide.length > 0
    ? wide
    : loop.results.map((one) => one.shape).filter((one) => sizeOf(one) > 1);
  const rank = Math.min(...list.map((shape) => shape.length), 8);
  if (list.length === 0) return [0];
  const result: number[] = [];
  for (let k = rank; k >= 0; k--) {
    const lead = list[0]!.slice(0, k);
    if (list.every((shape) => lead.every((n, axis) => n === shape[axis]))) {
      result.push(k);
    }
  }
  return result;
}

/** Builds the kernel of a scan. */
class LoopBuilder {
  readonly #lanes: Shape;
  readonly #draft: Draft;
  readonly #laneAxes: Place;
  readonly #time: Expr;
  /** Number of each carried number, by the carry and its place. */
  readonly #carried = new Map<string, Expr>();
  /** Which input a leaf of the body is. */
  readonly #parameters = new Map<FlatNode, number>();

  constructor(
    readonly node: FlatNode,
    readonly loop: FlatLoop,
    laneRank: number,
    readonly asked: ReadonlySet<number>,
  ) {
    const widest = [...loop.results].sort((a, b) => b.size - a.size);
    const shape =
      loop.results.slice(0, loop.carries).find((one) => one.size > 1) ??
        widest[0];
    this.#lanes = shape?.shape.slice(0, laneRank) ?? [];
    const draft = new Draft(
      [...this.#lanes, loop.length],
      (read, place, valid) => this.#resolve(read, place, valid),
    );
    this.#draft = draft;
    this.#laneAxes = draft.place(this.#lanes.map((_, axis) => axis));
    this.#time = draft.index.axis(this.#lanes.length);
    loop.parameters.forEach((parameter, k) => {
      if (parameter !== undefined) this.#parameters.set(parameter, k);
    });
  }

  build(): LoopDraft | undefined {
    try {
      return this.#build();
    } catch (error) {
      if (error === MISALIGNED) return undefined;
      throw error;
    }
  }

  #build(): LoopDraft | undefined {
    const { loop, node } = this;
    const draft = this.#draft;
    const parts: { k: number; place: Place; carry: Expr }[] = [];
    for (let k = 0; k < loop.carries; k++) {
      const { shape, dtype } = loop.results[k]!;
      const places = this.#placesOf(shape);
      if (places === undefined) return undefined;
      for (const place of places) {
        const carry = draft.pool.make("carry", dtype, [], parts.length);
        this.#carried.set(keyOf(k, place), carry);
        parts.push({ k, place, carry });
      }
    }
    if (parts.length > MAX_CARRIES) return undefined;
    const carries = parts.map(({ k, place, carry }) => ({
      dtype: carry.dtype,
      initial: draft.pull(node.inputs[k]!, place),
      next: draft.pull(loop.results[k]!, place),
    }));
    const stores: LoopStore[] = [];
    const results = loop.results.length - loop.carries;
    for (const output of [...this.asked].sort((a, b) => a - b)) {
      const isFinal = output < loop.carries;
      const isHistory = output >= loop.carries + results;
      const step = loop
        .results[isHistory ? output - loop.carries - results : output]!;
      const places = this.#writable(step.shape);
      if (places === undefined) return undefined;
      const shape = isFinal ? step.shape : [loop.length, ...step.shape];
      for (const place of places) {
        const value = isFinal || isHistory
          ? this.#carried.get(
            keyOf(isFinal ? output : output - loop.carries - results, place),
          )!
          : draft.pull(step, place);
        const whole = isFinal ? place : [this.#time, ...place];
        const position = draft.index.linear(whole, shape);
        stores.push({ output, isFinal, position, value });
      }
    }
    if (draft.weight > 2 * MAX_NODES) return undefined;
    return { draft, reverse: loop.reverse, carries, stores, runningSum: false };
  }

  /** Places of the numbers of a value that belong to one lane. */
  #placesOf(shape: Shape): Place[] | undefined {
    const draft = this.#draft;
    const rank = this.#lanes.length;
    if (sizeOf(shape) === 1) return [shape.map(() => draft.index.constant(0))];
    const fits = this.#lanes.every((n, axis) => n === shape[axis]);
    const rest = shape.slice(rank);
    const count = sizeOf(rest);
    if (!fits || count > MAX_CARRIES || count === 0) return undefined;
    return Array.from({ length: count }, (_, k) => [
      ...this.#laneAxes,
      ...draft.index.unravel(draft.index.constant(k), rest),
    ]);
  }

  /** The same, where each number is written by one lane only. */
  #writable(shape: Shape): Place[] | undefined {
    return sizeOf(shape) === 1 && sizeOf(this.#lanes) > 1
      ? undefined
      : this.#placesOf(shape);
  }

  #resolve(
    read: FlatNode,
    place: Place,
    valid: Expr | undefined,
  ): Expr | undefined {
    const k = this.#parameters.get(read);
    if (k === undefined) {
      if (hasBuffer(read)) return this.#draft.load(read, place, valid);
      return unrolled(this.#draft, read, place, valid);
    }
    const { carries, sequences } = this.loop;
    if (k < carries) {
      const carry = this.#carried.get(keyOf(k, place));
      if (carry === undefined) throw MISALIGNED;
      return carry;
    }
    const source = this.node.inputs[k]!;
    return k < carries + sequences
      ? this.#draft.pull(source, [this.#time, ...place], valid)
      : this.#draft.pull(source, place, valid);
  }
}

function keyOf(carry: number, place: Place): string {
  return `${carry}:${place.map((index) => index.id)}`;
}
