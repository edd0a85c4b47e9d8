/**
 * Groups: kernels that are being put together. A group has an index space and
 * members, nodes whose values it computes at each point (or once a row).
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { sameShape, sizeOf } from "../../device/shapes.ts";
import type { Expr } from "../ir/expr.ts";
import { axesOf } from "../ir/index_arithmetic.ts";
import type { ReductionOp } from "../ir/kernel.ts";
import { Draft, MISALIGNED, type Place } from "./draft.ts";
import type { FlatNode } from "./flat.ts";
import { carriedPlace } from "./carried_place.ts";
import { costOf } from "./costs.ts";
import { type GroupOrder, reaches } from "./group_order.ts";
import { accumulator, isReduction, reducedAxes } from "./reductions.ts";
import type { Space } from "./space.ts";

/** A node that a group computes. */
export interface Member {
  /** Where: index along each of the node's axes. */
  readonly place: Place;
  /** Its value there. */
  readonly value: Expr;
  /** Whether it has one element a row rather than one a point. */
  readonly isRow: boolean;
}

/** A reduction of a row. */
export interface DraftReduction {
  readonly op: ReductionOp;
  readonly dtype: DType;
  readonly value: Expr;
  readonly stage: number;
}

/** What a group computes over, and what it became. */
export type GroupKind = "rows" | "contract" | "loop" | "opaque";

/** Primitives that one kernel may hold. */
const MAX_WEIGHT = 240;

/** Additions, about, that passes over a row may repeat for each point. */
const MAX_REPEATED = 48;

/** A kernel that is being put together. */
export class Group {
  /** Nodes that it computes. */
  members = new Map<FlatNode, Member>();
  /** Other groups whose results it reads. */
  readonly needs = new Set<Group>();
  /** Reductions of its rows. */
  reductions: DraftReduction[] = [];
  /** Factors of a contraction. */
  factors: readonly [Expr, Expr] | undefined = undefined;
  /** Its place in an order in which each group comes after what it needs. */
  rank = -1;
  /** Expressions, for all but opaque groups. */
  draft: Draft;
  /** Index along each axis of the space. */
  full: Place = [];
  /** Index along each axis of the space that is not reduced. */
  rows: Place = [];
  /** The space. */
  space: Space;
  readonly #stages = new Map<Expr, number>();
  /** What each pass computes, with the first pass that does. */
  readonly #computed = new Map<Expr, number>();
  /** Nodes with buffers that its members read. */
  #operands: ReadonlySet<FlatNode> = new Set();
  /** The group whose members are coming over. */
  #absorbed: Group | undefined = undefined;
  /** Nodes that become members together. */
  #joining: ReadonlySet<FlatNode> = new Set();

  /**
   * @param kind What it is.
   * @param number Its number, in the order of creation.
   * @param space The index space.
   * @param maxBuffers Buffers that it may read and write.
   * @param order The order of all groups.
   */
  constructor(
    readonly kind: GroupKind,
    readonly number: number,
    space: Space,
    readonly maxBuffers: number,
    readonly order: GroupOrder,
  ) {
    order.add(this);
    this.space = space;
    this.draft = this.#newDraft(space);
  }

  /**
   * Notes that it reads the results of another group.
   *
   * @param group The other group, which does not need this one.
   */
  need(group: Group): void {
    if (group === this) return;
    this.order.put(group, this);
    this.needs.add(group);
  }

  /** Number of elements of the whole space. */
  get size(): number {
    return sizeOf(this.space.shape);
  }

  /** Number of rows. */
  get rowCount(): number {
    const { shape, reduced } = this.space;
    return shape.reduce(
      (size, length, axis) => reduced.includes(axis) ? size : size * length,
      1,
    );
  }

  /**
   * Whether its members read the buffer of a node.
   *
   * @param node The node.
   * @returns True when they do.
   */
  reads(node: FlatNode): boolean {
    return this.#operands.has(node);
  }

  #newDraft({ shape, reduced, depth }: Space): Draft {
    const outer = shape.map((_, axis) => axis).filter((axis) =>
      !reduced.includes(axis)
    );
    const order = [...outer, ...reduced];
    const lengths = order.map((axis) => shape[axis]!);
    if (depth !== undefined) lengths.push(depth);
    const draft = new Draft(
      lengths,
      (node, place, valid) => this.#resolve(node, place, valid),
    );
    this.full = draft.place(shape.map((_, axis) => order.indexOf(axis)));
    this.rows = outer.map((axis) => this.full[axis]!);
    return draft;
  }

  #resolve(
    node: FlatNode,
    place: Place,
    valid: Expr | undefined,
  ): Expr | undefined {
    const member = this.members.get(node);
    if (member !== undefined) {
      for (let axis = 0; axis < place.length; axis++) {
        if (place[axis] !== member.place[axis]) throw MISALIGNED;
      }
      return member.value;
    }
    if (node.op === "written") {
      // Other points of the kernel write what is asked for.
      if (node.home === this || node.home === this.#absorbed) throw MISALIGNED;
      return this.draft.load(node, place, valid);
    }
    if (node.op === "leaf" || node.op === "output") {
      return this.draft.load(node, place, valid);
    }
    if (node.home === undefined || node.home === this) return undefined;
    if (this.#joining.has(node) || node.op === "iota") return undefined;
    return this.draft.load(node, place, valid);
  }

  /**
   * Whether a node may become a member as far as order goes: nothing that it
   * reads waits for the group.
   *
   * @param node The node.
   * @returns False where joining would be in vain.
   */
  mayHold(node: FlatNode): boolean {
    return node.estimate?.loads.every(({ home }) =>
      home === undefined || !reaches(home, this)
    ) ?? true;
  }

  /**
   * Makes a node a member, where its value at each point of the group follows
   * from values at the same point.
   *
   * @param node A node that is no reduction.
   * @param isVertical Whether it reads members.
   * @returns False when it cannot be one; nothing has changed then.
   */
  join(node: FlatNode, isVertical: boolean): boolean {
    for (const { place, isRow } of this.#places(node, isVertical)) {
      const value = this.attempt(() => this.draft.pull(node, place));
      if (value === undefined) continue;
      this.members.set(node, { place, value, isRow });
      return true;
    }
    return false;
  }

  /**
   * Makes a value for the group.
   *
   * @param make Makes it.
   * @returns The value; undefined when it needs other points of the group, or
   * would make the group too large.
   */
  attempt(make: () => Expr): Expr | undefined {
    const { draft } = this;
    const before = draft.weight;
    draft.begin();
    try {
      const value = make();
      const buffers = new Set([...this.#operands, ...draft.touched]);
      const fits = this.members.size === 0 ||
        draft.weight <= MAX_WEIGHT &&
          buffers.size + this.members.size < this.maxBuffers;
      const below = this.#groupsTouched();
      const stage = this.stageOf(value);
      // Nobody needs a group that is just being made.
      const mayWait = this.members.size + this.#joining.size > 0;
      const repeats = stage > 0 && this.#repeated(value, stage) > MAX_REPEATED;
      if (fits && !repeats && !(mayWait && this.#waitsForItself(below))) {
        this.#noteComputed(value, stage);
        this.#operands = buffers;
        for (const group of below) this.need(group);
        return value;
      }
      draft.weight = before;
      return undefined;
    } catch (error) {
      draft.weight = before;
      if (error === MISALIGNED) return undefined;
      throw error;
    }
  }

  /** What a pass costs that earlier passes have computed already. */
  #repeated(value: Expr, stage: number): number {
    const seen = new Set([value]);
    let cost = 0;
    for (const expr of seen) {
      const first = this.#computed.get(expr);
      // What is the same for a whole row is computed once.
      const isInner = [...axesOf(expr)].some((k) => k >= this.rows.length);
      if (!isInner) continue;
      if (first !== undefined && first < stage) cost += costOf(expr.op);
      for (const arg of expr.args) seen.add(arg);
    }
    return cost;
  }

  #noteComputed(value: Expr, stage: number): void {
    const seen = new Set([value]);
    for (const expr of seen) {
      const first = this.#computed.get(expr);
      if (first !== undefined && first <= stage) continue;
      this.#computed.set(expr, stage);
      for (const arg of expr.args) seen.add(arg);
    }
  }

  /** Groups whose results were read since the attempt began. */
  #groupsTouched(): Set<Group> {
    const groups = new Set<Group>();
    for (const node of this.draft.touched) {
      if (node.home !== undefined) groups.add(node.home);
    }
    return groups;
  }

  #waitsForItself(below: Iterable<Group>): boolean {
    for (const group of below) {
      if (reaches(group, this)) return true;
      if (this.#absorbed !== undefined && reaches(group, this.#absorbed)) {
        return true;
      }
    }
    return false;
  }

  /** Places that a node may have in the group. */
  #places(
    node: FlatNode,
    isVertical: boolean,
  ): { readonly place: Place; readonly isRow: boolean }[] {
    const { shape } = this.space;
    const { index } = this.draft;
    const result: { place: Place; isRow: boolean }[] = [];
    if (node.size === this.size) {
      const place = sameShape(node.shape, shape)
        ? this.full
        : this.draft.reshaped(this.full, shape, node.shape);
      result.push({ place, isRow: false });
      // Whoever reduces or multiplies may write in another order than it reads.
      const innermost = this.kind === "contract"
        ? this.draft.axes.length - 2
        : this.draft.axes.length - 1;
      const reorders = this.kind === "contract" ||
        this.space.reduced.length > 0;
      const carried = isVertical && reorders
        ? carriedPlace(this.draft, this.members, node, innermost)
        : undefined;
      if (carried !== undefined) result.push({ place: carried, isRow: false });
    }
    if (this.space.reduced.length > 0 && node.size === this.rowCount) {
      const outer = shape.filter((_, axis) =>
        !this.space.reduced.includes(axis)
      );
      const place = sameShape(node.shape, outer)
        ? this.rows
        : index.unravel(index.linear(this.rows, outer), node.shape);
      result.unshift({ place, isRow: true });
    }
    return result;
  }

  /**
   * Adds a reduction over the inner axes.
   *
   * @param node The reduction.
   * @param mayDepend Whether it may depend on other reductions of the group.
   * @returns False when it cannot be one; nothing has changed then.
   */
  reduce(node: FlatNode, mayDepend: boolean): boolean {
    const { draft } = this;
    const x = node.inputs[0]!;
    if (x.size !== this.size) return false;
    const { shape } = this.space;
    const from = sameShape(x.shape, shape)
      ? this.full
      : draft.reshaped(this.full, shape, x.shape);
    const axes = reducedAxes(node);
    const outer = this.rows.length;
    const isInner = (index: Expr) =>
      [...axesOf(index)].every((k) => k >= outer);
    const isOuter = (index: Expr) => [...axesOf(index)].every((k) => k < outer);
    const fits = from.every((index, axis) =>
      axes.includes(axis) ? isInner(index) : isOuter(index)
    );
    if (!fits) return false;
    const isPosition = node.op === "argmax" || node.op === "argmin";
    if (isPosition && !this.#countsInner(from[axes[0]!]!)) return false;
    const value = this.attempt(() => draft.pull(x, from));
    if (value === undefined) return false;
    const stage = this.stageOf(value);
    if (stage > 0 && !mayDepend) return false;
    const held = draft.cast(value, accumulator(node));
    const dtype = isPosition ? "i32" : held.dtype;
    const number = this.reductions.push({
      op: node.op as ReductionOp,
      dtype,
      value: held,
      stage,
    }) - 1;
    const result = draft.cast(
      draft.pool.make("reduced", dtype, [], number),
      node.dtype,
    );
    const place = from.filter((_, axis) => !axes.includes(axis));
    this.members.set(node, { place, value: result, isRow: true });
    draft.weight++;
    return true;
  }

  /** Whether an index counts the points of a row. */
  #countsInner(index: Expr): boolean {
    const { shape, reduced } = this.space;
    const { index: arithmetic } = this.draft;
    const inner = arithmetic.linear(
      reduced.map((axis) => this.full[axis]!),
      reduced.map((axis) => shape[axis]!),
    );
    return inner === index;
  }

  /**
   * The first pass in which a value is known.
   *
   * @param value The value.
   * @returns Number of the stage; 0 when it depends on no reduction.
   */
  stageOf(value: Expr): number {
    const known = this.#stages.get(value);
    if (known !== undefined) return known;
    let stage = 0;
    if (value.op === "reduced") {
      const made = this.reductions[value.value];
      stage = made === undefined ? 0 : made.stage + 1;
    }
    for (const arg of value.args) stage = Math.max(stage, this.stageOf(arg));
    this.#stages.set(value, stage);
    return stage;
  }

  /**
   * Computes nodes over another space, in the place of what it computed so far.
   *
   * @param space The space.
   * @param nodes All its members, inputs first.
   * @param absorbed Another group, whose members come over.
   * @returns False when that cannot be; nothing has changed then.
   */
  rebuild(
    space: Space,
    nodes: readonly FlatNode[],
    absorbed?: Group,
  ): boolean {
    this.#absorbed = absorbed;
    const needs = [...this.needs];
    this.needs.clear();
    const { draft, members, reductions, full, rows } = this;
    const before = this.space;
    const operands = this.#operands;
    const computed = [...this.#computed];
    this.#computed.clear();
    this.space = space;
    this.#operands = new Set();
    this.members = new Map();
    this.reductions = [];
    this.#stages.clear();
    this.#joining = new Set(nodes);
    this.draft = this.#newDraft(space);
    const done = nodes.every((node) =>
      isReduction(node) ? this.reduce(node, true) : this.join(node, true)
    );
    this.#joining = new Set();
    this.#absorbed = undefined;
    if (done) return true;
    this.needs.clear();
    for (const group of needs) this.need(group);
    this.#stages.clear();
    this.#computed.clear();
    for (const [expr, stage] of computed) this.#computed.set(expr, stage);
    this.#operands = operands;
    Object.assign(this, { draft, members, reductions, full, rows });
    this.space = before;
    return false;
  }
}
