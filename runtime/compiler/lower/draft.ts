/**
 * The expressions of a kernel while it is being put together: the value of a
 * node at given indices, so that movement becomes index arithmetic of loads.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { isElementwise, type PrimitiveName } from "../../device/primitives.ts";
import type { Shape } from "../../device/shapes.ts";
import { IndexArithmetic } from "../ir/affine.ts";
import { type Expr, ExprPool } from "../ir/expr.ts";
import type { FlatNode } from "./flat.ts";
import { movedIndex } from "./moved_index.ts";
import { randomWords } from "./random_bits.ts";

/** Index along each axis of a node. */
export type Place = readonly Expr[];

/**
 * Says what a node is that has a buffer or belongs to the kernel: its value at
 * a place, or undefined when it is computed from its inputs in place.
 */
export type Resolve = (
  node: FlatNode,
  place: Place,
  valid: Expr | undefined,
) => Expr | undefined;

/** Thrown where a value of the kernel is asked for at another point. */
export const MISALIGNED: unique symbol = Symbol("misaligned");

/** The expressions of one kernel. */
export class Draft {
  /** The pool of all its expressions. */
  readonly pool = new ExprPool();
  /** Its index arithmetic. */
  readonly index: IndexArithmetic;
  /** Nodes behind its operands. */
  readonly operands: FlatNode[] = [];
  /** Nodes behind its scalars. */
  readonly scalars: FlatNode[] = [];
  /** Number of primitives in it. */
  weight = 0;
  /** Nodes whose buffers were read since {@linkcode Draft.begin}. */
  readonly touched = new Set<FlatNode>();
  readonly #numbers = new Map<FlatNode, number>();
  readonly #scalarNumbers = new Map<string, number>();
  readonly #known = new Map<string, Expr>();
  readonly #resolve: Resolve;

  /**
   * @param axes Lengths of the axes.
   * @param resolve Says what nodes with buffers and nodes of the kernel are.
   */
  constructor(readonly axes: readonly number[], resolve: Resolve) {
    this.index = new IndexArithmetic(this.pool, axes);
    this.#resolve = resolve;
  }

  /**
   * The value of a node.
   *
   * @param node The node.
   * @param place Index along each of its axes.
   * @param valid Where the value matters; everywhere by default.
   * @returns The value.
   */
  pull(node: FlatNode, place: Place, valid?: Expr): Expr {
    if (node.op === "literal") {
      return this.pool.constant(node.attributes.value!, node.dtype);
    }
    if (node.op === "scalar") return this.#scalar(node);
    let key = `${node.id}:${valid?.id ?? ""}`;
    for (const index of place) key += `,${index.id}`;
    let value = this.#known.get(key);
    if (value === undefined) {
      value = this.#resolve(node, place, valid) ??
        this.#compute(node, place, valid);
      this.#known.set(key, value);
    }
    return value;
  }

  /** Forgets values, as the meaning of nodes may have changed. */
  begin(): void {
    this.#known.clear();
    this.touched.clear();
  }

  /**
   * An element of the buffer of a node.
   *
   * @param node The node.
   * @param place Index along each of its axes.
   * @param valid Where the element exists; everywhere by default.
   * @returns The value.
   */
  load(node: FlatNode, place: Place, valid?: Expr): Expr {
    return this.loadAt(node, this.index.linear(place, node.shape), valid);
  }

  /**
   * An element of the buffer of a node.
   *
   * @param node The node.
   * @param position Its position in row-major order.
   * @param valid Where the element exists; everywhere by default.
   * @returns The value.
   */
  loadAt(node: FlatNode, position: Expr, valid?: Expr): Expr {
    this.touched.add(node);
    let operand = this.#numbers.get(node);
    if (operand === undefined) {
      operand = this.operands.push(node) - 1;
      this.#numbers.set(node, operand);
    }
    return this.pool.load(operand, node.dtype, position, valid);
  }

  /**
   * `value` as another dtype.
   *
   * @param value The value.
   * @param dtype The dtype.
   * @returns The value itself where it has the dtype.
   */
  cast(value: Expr, dtype: DType): Expr {
    return value.dtype === dtype
      ? value
      : this.pool.make("cast", dtype, [value]);
  }

  /**
   * `where(condition, value, other)`.
   *
   * @param condition The condition; undefined for true.
   * @param value The value.
   * @param other The value elsewhere.
   * @returns The expression.
   */
  where(condition: Expr | undefined, value: Expr, other: Expr): Expr {
    return condition === undefined
      ? value
      : this.pool.make("where", value.dtype, [condition, value, other]);
  }

  /**
   * Both of two conditions.
   *
   * @param a One; undefined for true.
   * @param b The other; undefined for true.
   * @returns Undefined for true.
   */
  both(a: Expr | undefined, b: Expr | undefined): Expr | undefined {
    if (a === undefined || b === undefined || a === b) return a ?? b;
    return this.pool.make("and", "bool", [a, b]);
  }

  /**
   * Where an index is inside of an axis.
   *
   * @param index The index.
   * @param from First position that is inside.
   * @param to The position after the last one.
   * @returns The condition; undefined for everywhere.
   */
  inside(index: Expr, from: number, to: number): Expr | undefined {
    const [low, high] = this.index.range(index);
    const { pool } = this;
    const above = low >= from
      ? undefined
      : pool.make("lessEqual", "bool", [pool.size(from), index]);
    const below = high < to
      ? undefined
      : pool.make("less", "bool", [index, pool.size(to)]);
    return this.both(above, below);
  }

  #scalar(node: FlatNode): Expr {
    const key = `${node.attributes.leaf}${node.dtype}`;
    let number = this.#scalarNumbers.get(key);
    if (number === undefined) {
      number = this.scalars.push(node) - 1;
      this.#scalarNumbers.set(key, number);
    }
    return this.pool.make("scalar", node.dtype, [], number);
  }

  #compute(node: FlatNode, place: Place, valid: Expr | undefined): Expr {
    const { pool } = this;
    const [x] = node.inputs;
    switch (node.op) {
      case "iota":
        return this.cast(place[0]!, node.dtype);
      case "pad":
        return this.#pad(node, place, valid);
      case "concat":
        return this.#concat(node, place, valid);
      case "take":
      case "takeAlongAxis":
        return this.#take(node, place, valid);
      case "dynamicSlice":
        return this.#dynamicSlice(node, place, valid);
      case "dynamicUpdateSlice":
        return this.#dynamicUpdateSlice(node, place, valid);
      case "write":
        return this.#write(node, place, valid);
      case "randomBits":
        this.weight += 60;
        return randomWords(this, node, place, valid);
      case "cast":
        this.weight++;
        return this.cast(this.pull(x!, place, valid), node.dtype);
    }
    if (isElementwise(node.op as PrimitiveName)) {
      this.weight++;
      const args = node.inputs.map((input) => this.pull(input, place, valid));
      const value = node.attributes.order ?? 0;
      return pool.make(
        node.op as Extract<PrimitiveName, Expr["op"]>,
        node.dtype,
        args,
        value,
      );
    }
    const moved = movedIndex(this.index, node, place);
    if (moved === undefined) {
      throw new Error(`"${node.op}" cannot be computed in place`);
    }
    return this.pull(x!, moved, valid);
  }

  #pad(node: FlatNode, place: Place, valid: Expr | undefined): Expr {
    const x = node.inputs[0]!;
    const before = node.attributes.before!;
    let own: Expr | undefined;
    const inner = place.map((index, axis) => {
      const from = before[axis]!;
      const length = x.shape[axis]!;
      own = this.both(own, this.inside(index, from, from + length));
      return length === 1
        ? this.index.constant(0)
        : this.index.scale(index, 1, -from);
    });
    const value = this.pull(x, inner, this.both(valid, own));
    const fill = this.pool.constant(node.attributes.value!, node.dtype);
    return this.where(own, value, fill);
  }

  #concat(node: FlatNode, place: Place, valid: Expr | undefined): Expr {
    const axis = node.attributes.axis!;
    const index = place[axis]!;
    const [low, high] = this.index.range(index);
    let from = 0;
    const parts = node.inputs.map((part) => {
      const start = from;
      from += part.shape[axis]!;
      return { part, start, end: from };
    }).filter(({ start, end }) => low < end && high >= start);
    let result: Expr | undefined;
    for (const { part, start, end } of parts.reverse()) {
      const own = this.inside(index, start, end);
      const inner = [...place];
      inner[axis] = end - start === 1
        ? this.index.constant(0)
        : this.index.scale(index, 1, -start);
      const value = this.pull(part, inner, this.both(valid, own));
      // Parts are tried from the first on, so only their ends are compared.
      result = result === undefined
        ? value
        : this.where(this.inside(index, -Infinity, end), value, result);
    }
    return result!;
  }

  #take(node: FlatNode, place: Place, valid: Expr | undefined): Expr {
    const [x, indices] = node.inputs as [FlatNode, FlatNode];
    const axis = node.attributes.axis!;
    const isTake = node.op === "take";
    const width = isTake ? indices.shape.length : 1;
    const where = isTake ? place.slice(axis, axis + width) : place;
    const chosen = this.chosen(
      this.pull(indices, where, valid),
      x.shape[axis]!,
    );
    const source = [...place];
    source.splice(axis, width, chosen);
    return this.pull(x, source, valid);
  }

  #dynamicSlice(node: FlatNode, place: Place, valid: Expr | undefined): Expr {
    const [x, start] = node.inputs as [FlatNode, FlatNode];
    const axis = node.attributes.axis!;
    const rest = x.shape[axis]! - node.shape[axis]!;
    const source = [...place];
    source[axis] = this.index.add(place[axis]!, this.startOf(start, rest));
    return this.pull(x, source, valid);
  }

  #dynamicUpdateSlice(
    node: FlatNode,
    place: Place,
    valid: Expr | undefined,
  ): Expr {
    const [x, update, start] = node.inputs as [FlatNode, FlatNode, FlatNode];
    const axis = node.attributes.axis!;
    const length = update.shape[axis]!;
    const first = this.startOf(start, x.shape[axis]! - length);
    const index = this.index.add(place[axis]!, first, -1);
    const own = this.inside(index, 0, length);
    const inner = [...place];
    inner[axis] = length === 1 ? this.index.constant(0) : index;
    const value = this.pull(update, inner, this.both(valid, own));
    if (own === undefined) return value;
    return this.where(own, value, this.pull(x, place, valid));
  }

  #write(node: FlatNode, place: Place, valid: Expr | undefined): Expr {
    const [update, , over] = node.inputs as [FlatNode, FlatNode, FlatNode];
    this.writtenPlace(node, place);
    // Whoever makes what is written over has to come before.
    if (over.home !== undefined) this.touched.add(over);
    return this.pull(update, place, valid);
  }

  /**
   * Where a `write` puts what it has at a place.
   *
   * @param node The write.
   * @param place Index along each of its axes.
   * @returns Index along each axis of what is written over.
   */
  writtenPlace(node: FlatNode, place: Place): Place {
    const axis = node.attributes.axis!;
    const rest = node.target!.shape[axis]! - node.shape[axis]!;
    const first = this.startOf(node.inputs[1]!, rest);
    return place.with(axis, this.index.add(place[axis]!, first));
  }

  /**
   * Where a slice starts: a number from data, moved to the nearest end of where
   * it may be.
   *
   * @param start The number.
   * @param most The largest start.
   * @returns The index.
   */
  startOf(start: FlatNode, most: number): Expr {
    if (most === 0) return this.index.constant(0);
    const { pool } = this;
    const place = start.shape.map(() => this.index.constant(0));
    let result = this.pull(start, place);
    const [low, high] = this.index.range(result);
    if (low < 0) {
      result = pool.make("maximum", "i32", [result, pool.constant(0)]);
    }
    if (high > most) {
      result = pool.make("minimum", "i32", [result, pool.size(most)]);
    }
    return result;
  }

  /**
   * An index from data: negative ones count from the end, and whatever is
   * outside comes to the nearest end.
   *
   * @param index The number.
   * @param length Length of the axis.
   * @returns The index.
   */
  chosen(index: Expr, length: number): Expr {
    if (length === 1) return this.index.constant(0);
    const { pool } = this;
    let result = this.cast(index, "i32");
    let [low, high] = this.index.range(result);
    if (low < 0) {
      result = pool.make("where", "i32", [
        pool.make("less", "bool", [result, pool.constant(0)]),
        pool.make("add", "i32", [result, pool.size(length)]),
        result,
      ]);
      low = Math.min(0, low + length);
      high = Math.max(high, length - 1);
    }
    if (low < 0) {
      result = pool.make("maximum", "i32", [result, pool.constant(0)]);
    }
    if (high >= length) {
      result = pool.make("minimum", "i32", [result, pool.size(length - 1)]);
    }
    return result;
  }

  /**
   * Axes as the place of a node: for nodes whose axes are those of the kernel.
   *
   * @param axes Numbers of the axes.
   * @returns The place.
   */
  place(axes: readonly number[]): Place {
    return axes.map((axis) => this.index.axis(axis));
  }

  /**
   * The place of a node whose elements are, in row-major order, those of
   * another shape.
   *
   * @param place A place in the other shape.
   * @param from The other shape.
   * @param to Shape of the node.
   * @returns The place.
   */
  reshaped(place: Place, from: Shape, to: Shape): Place {
    return this.index.unravel(this.index.linear(place, from), to);
  }
}
