/**
 * Cuts a flat graph into kernels: which nodes are computed in place wherever
 * they are used, and which are written to memory, together with which others.
 *
 * @module
 */

import { sameShape, sizeOf } from "../../device/shapes.ts";
import type { PrimitiveName } from "../../device/primitives.ts";
import { isElementwise } from "../../device/primitives.ts";
import { estimateOf, hasBuffer } from "./costs.ts";
import {
  contraction,
  isPlain,
  isRowProduct,
  rowProduct,
} from "./contraction.ts";
import {
  HEAVY,
  isCheapOperand,
  isDear,
  isMade,
  isPacked,
  largeOf,
  liveNodes,
  nameOf,
} from "./cut_rules.ts";
import type { Estimate, FlatGraph, FlatNode } from "./flat.ts";
import { Group } from "./group.ts";
import { GroupOrder } from "./group_order.ts";
import { isReduction, reducedAxes } from "./reductions.ts";
import { isFriendlySpace } from "./space.ts";
import { type LoopDraft, loopOf } from "./loops.ts";
import { Neighbours } from "./neighbours.ts";
import { FlatMaker, isNumber, unshaped } from "./simplify.ts";
import { splitReduction } from "./split.ts";

/** How graphs are cut. */
export interface CutOptions {
  /** Whether kernels hold more than one primitive. */
  readonly fuse: boolean;
  /** Buffers that one kernel may read and write. */
  readonly maxBuffers: number;
}

/** Primitives in place before their value is written to memory. */
const MAX_COUNT = 96;
/** Reshapes in place before that. */
const MAX_RESHAPES = 16;

/** Cuts one flat graph. */
export class Cutter {
  /** The kernels. */
  readonly groups: Group[] = [];
  /** What contractions, loops and others are, beside their nodes. */
  readonly loops = new Map<Group, LoopDraft>();
  /** The node of each group that is no loop nest over rows. */
  readonly anchors = new Map<Group, FlatNode>();
  /** Nodes that were processed, and their turn: inputs have smaller ones. */
  readonly #done = new Map<FlatNode, number>();
  readonly #wanted = new Set<FlatNode>();
  /** What products read, if in another shape. */
  readonly #factors = new Set<FlatNode>();
  /** How large the values are that a node is spread to again. */
  readonly #spread = new Map<FlatNode, number>();
  readonly #neighbours = new Neighbours();
  readonly #order = new GroupOrder();
  /** Which results of nodes with several are used. */
  readonly #asked = new Map<FlatNode, Set<number>>();

  /**
   * @param graph The graph.
   * @param roots What is asked for.
   * @param options How it is cut.
   */
  constructor(
    readonly graph: FlatGraph,
    readonly roots: readonly FlatNode[],
    readonly options: CutOptions,
  ) {
    const live = liveNodes(roots);
    for (const root of roots) this.#want(root, "result");
    for (const node of live) {
      if (node.op === "output") this.#ask(node);
      if (node.op === "written") {
        this.#want(node.inputs[0]!, "written in place");
        this.#want(node.inputs[1]!, "written over");
      }
      if (node.op === "matmul") node.inputs.forEach((one) => this.#mark(one));
      for (const input of node.inputs) {
        input.uses++;
        const reads = node.op === "routine" || node.op === "scatterAdd" ||
          node.op === "scatterAddAlongAxis";
        if (reads) this.#want(input, `input of ${nameOf(node)}`);
      }
    }
    for (const root of roots) root.uses++;
    this.#findSpread(live);
    for (const node of live) this.process(node);
  }

  #want(node: FlatNode, reason: string): void {
    const base = unshaped(node);
    if (base.reason === "") base.reason = reason;
    this.#wanted.add(base);
  }

  /** Notes what a product reads, and what that is moved from. */
  #mark(factor: FlatNode): void {
    let at = factor;
    while (!this.#factors.has(at)) {
      this.#factors.add(at);
      const isMoved = at.op === "reshape" || at.op === "permute" ||
        at.op === "expand";
      if (!isMoved) return;
      at = at.inputs[0]!;
    }
  }

  #ask(output: FlatNode): void {
    const source = output.inputs[0]!;
    const asked = this.#asked.get(source) ?? new Set();
    this.#asked.set(source, asked.add(output.attributes.index!));
  }

  /** Which results of reductions come back to the size they had before. */
  #findSpread(live: readonly FlatNode[]): void {
    for (let k = live.length - 1; k >= 0; k--) {
      const node = live[k]!;
      const carries = isElementwise(node.op as PrimitiveName) ||
        node.op === "reshape" || node.op === "expand";
      if (!carries) continue;
      const own = Math.max(node.size, this.#spread.get(node) ?? 0);
      for (const input of node.inputs) {
        this.#spread.set(input, Math.max(own, this.#spread.get(input) ?? 0));
      }
    }
  }

  /**
   * Decides about a node; its inputs come first.
   *
   * @param node The node.
   */
  process(node: FlatNode): void {
    if (this.#done.has(node)) return;
    this.#done.set(node, this.#done.size);
    if (node.op === "leaf" || node.op === "empty") return;
    if (isReduction(node)) return this.#reduction(node);
    switch (node.op) {
      case "literal":
      case "scalar":
        if (this.#wanted.has(node)) this.home(node, node.reason);
        return;
      case "matmul":
        return this.#product(node);
      case "cumulativeSum":
      case "scan":
        return this.#loop(node);
      case "routine":
      case "scatterAdd":
      case "scatterAddAlongAxis":
        return this.#opaque(node);
      case "output": {
        node.home = node.inputs[0]!.home;
        return;
      }
      case "written":
        // It was there before the write was made for it.
        return this.process(node.inputs[0]!);
    }
    this.#prepareInputs(node);
    node.estimate = this.#boundedEstimate(node);
    const reason = this.#reasonFor(node);
    if (reason !== undefined) this.home(node, reason);
  }

  /** Writes inputs that would be computed over and over to memory. */
  #prepareInputs(node: FlatNode): void {
    const [x, y] = node.inputs;
    if (node.op === "expand") {
      const factor = node.size / x!.size;
      // Products that share a packed factor are one product.
      const isShared = this.#factors.has(node) && isPacked(x!);
      const isHeavy = isDear(x!) && x!.size > 1 && factor >= 8 && !isShared;
      if (isHeavy) this.home(x!, "repeated along new axes");
    }
    if (node.op === "dynamicUpdateSlice") {
      if (isDear(y!) && node.size > y!.size) {
        this.home(y!, "written as a slice");
      }
    }
    if (node.op === "take" || node.op === "takeAlongAxis") {
      if (isDear(x!) && node.size > x!.size) this.home(x!, "taken repeatedly");
      if (isDear(y!) && node.size > y!.size) this.home(y!, "index of take");
    }
  }

  /** The estimate, once inputs that read too many buffers have their own. */
  #boundedEstimate(node: FlatNode): Estimate {
    let estimate = estimateOf(node);
    while (estimate.loads.length > Math.max(3, this.options.maxBuffers - 2)) {
      const widest = node.inputs.filter((input) =>
        !isNumber(input) && !hasBuffer(input) &&
        input.estimate!.loads.length > 1
      ).sort((a, b) =>
        b.estimate!.loads.length - a.estimate!.loads.length
      )[0];
      if (widest === undefined) {
        break;
      }
      const base = this.home(widest, "many inputs");
      if (base !== widest) {
        widest.estimate = estimateOf(widest);
      }
      estimate = estimateOf(node);
    }
    return estimate;
  }

  #reasonFor(node: FlatNode): string | undefined {
    if (this.#wanted.has(node)) return node.reason;
    if (!this.options.fuse) return "one kernel a primitive";
    const { cost, count, isUniform, loads, reshapes } = node.estimate!;
    if (count > MAX_COUNT) return "enough for one kernel";
    if (reshapes > MAX_RESHAPES) return "enough index arithmetic";
    if (loads.length > this.options.maxBuffers / 3) return "many inputs";
    if (node.uses < 2) return undefined;
    const large = largeOf(node);
    const isDearer = cost > HEAVY || (cost > 0 && large.length > 1);
    // One number is computed once, outside of the loops.
    const isOnce = isUniform && cost < 100;
    return isDearer && !isOnce ? `read ${node.uses} times` : undefined;
  }

  /**
   * Makes sure that the value of a node is in memory.
   *
   * @param node The node.
   * @param reason Why.
   * @returns The node whose buffer holds the value.
   */
  home(node: FlatNode, reason: string): FlatNode {
    const base = unshaped(node);
    if (hasBuffer(base)) return base;
    if (base.reason === "") base.reason = reason;
    if (!isNumber(base)) base.estimate ??= estimateOf(base);
    const group = this.#groupFor(base);
    base.home = group;
    return base;
  }

  #groupFor(node: FlatNode): Group {
    if (this.options.fuse) {
      const below = this.#groupsBelow(node);
      for (const group of below) {
        if (this.#mayJoin(group, node) && group.join(node, true)) {
          this.#absorbOthers(group, below, node);
          return group;
        }
      }
      for (const group of this.#neighbours.forMap(node)) {
        const isFree = !below.includes(group) && group.mayHold(node);
        if (isFree && group.join(node, false)) return group;
      }
    }
    const group = this.newGroup("rows", { shape: node.shape, reduced: [] });
    if (!group.join(node, false)) {
      throw new Error(`"${node.op}" does not fit into a kernel of its own`);
    }
    this.#neighbours.add(group);
    return group;
  }

  /** Groups that a node reads, the latest first. */
  #groupsBelow(node: FlatNode): Group[] {
    const groups = new Set<Group>();
    for (const load of node.estimate?.loads ?? []) {
      if (load.home !== undefined) groups.add(load.home);
    }
    return [...groups].sort((a, b) => b.number - a.number);
  }

  #mayJoin(group: Group, node: FlatNode): boolean {
    if (group.kind === "opaque" || group.kind === "loop") return false;
    if (group.kind === "contract" || group.space.reduced.length === 0) {
      return node.size === group.size;
    }
    return node.size === group.rowCount ||
      (node.size === group.size && isFriendlySpace(group.space));
  }

  /** Takes the other groups that a node reads into one kernel with it. */
  #absorbOthers(group: Group, below: readonly Group[], node: FlatNode): void {
    if (group.kind !== "rows") return;
    node.home = group;
    for (const other of below) {
      if (other === group || other.kind !== "rows") continue;
      if (other.size !== group.size) continue;
      this.#absorb(group, other);
    }
  }

  #absorb(group: Group, other: Group): boolean {
    const isRow = group.space.reduced.length > 0;
    if (other.space.reduced.length > 0 && isRow) {
      if (!sameShape(other.space.reduced, group.space.reduced)) return false;
    }
    const space = isRow ? group.space : other.space;
    if (space.reduced.length > 0 && !isFriendlySpace(space)) return false;
    const nodes = [...other.members.keys(), ...group.members.keys()];
    // Numbers do not tell: parts of split reductions are made late.
    nodes.sort((a, b) => this.#done.get(a)! - this.#done.get(b)!);
    if (!group.rebuild(space, nodes, other)) return false;
    for (const member of other.members.keys()) member.home = group;
    this.#forget(other, group);
    return true;
  }

  #forget(gone: Group, into: Group): void {
    this.groups.splice(this.groups.indexOf(gone), 1);
    for (const group of this.groups) {
      if (group.needs.delete(gone) && group !== into) group.need(into);
    }
    this.#neighbours.delete(gone);
  }

  /**
   * A new kernel.
   *
   * @param kind What it is.
   * @param space Its index space.
   * @returns The group.
   */
  newGroup(kind: Group["kind"], space: Group["space"]): Group {
    const number = (this.groups.at(-1)?.number ?? -1) + 1;
    const { maxBuffers } = this.options;
    const group = new Group(kind, number, space, maxBuffers, this.#order);
    this.groups.push(group);
    return group;
  }

  #reduction(node: FlatNode): void {
    const x = node.inputs[0]!;
    if (this.options.fuse) {
      const isSpread = (this.#spread.get(node) ?? 0) >= x.size;
      const replaced = splitReduction(
        new FlatMaker(this.graph, node.at),
        node,
        isSpread,
      );
      if (replaced !== undefined) return this.#replace(node, replaced);
    } else if (!isNumber(x)) this.home(x, "one kernel a primitive");
    node.estimate = estimateOf(node);
    if (node.reason === "") node.reason = "reduction";
    node.home = this.#groupForReduction(node);
  }

  #groupForReduction(node: FlatNode): Group {
    const x = node.inputs[0]!;
    const reduced = reducedAxes(node);
    const space = { shape: x.shape, reduced };
    if (this.options.fuse) {
      const below = this.#groupsBelow(node);
      for (const group of below) {
        if (group.kind !== "rows" || group.size !== x.size) continue;
        const joins = group.space.reduced.length > 0
          ? group.reduce(node, isFriendlySpace(group.space))
          : isFriendlySpace(space) &&
            group.rebuild(space, [...group.members.keys(), node]);
        if (joins) {
          this.#absorbOthers(group, below, node);
          return group;
        }
      }
      for (const group of this.#neighbours.forReduction(node)) {
        if (!below.includes(group) && group.reduce(node, false)) return group;
      }
    }
    const group = this.newGroup("rows", space);
    if (!group.reduce(node, true)) {
      throw new Error(`"${node.op}" does not fit into a kernel of its own`);
    }
    this.#neighbours.add(group);
    return group;
  }

  /** Turns a node into a view of others that were made for it. */
  #replace(node: FlatNode, by: FlatNode): void {
    const fresh = liveNodes([by], (one) => this.#done.has(one));
    for (const one of fresh) {
      for (const input of one.inputs) input.uses++;
    }
    const isWanted = this.#wanted.has(node);
    if (isWanted) this.#want(by, node.reason);
    for (const one of fresh) this.process(one);
    node.op = "reshape";
    node.inputs = [by];
    node.attributes = {};
    by.uses += node.uses;
    node.estimate = estimateOf(node);
  }

  #product(node: FlatNode): void {
    const [a, b] = node.inputs as [FlatNode, FlatNode];
    if (this.options.fuse && isRowProduct(node)) {
      const maker = new FlatMaker(this.graph, node.at);
      return this.#replace(node, rowProduct(maker, node));
    }
    for (const operand of [a, b]) {
      if (isNumber(operand)) continue;
      const isFree = this.options.fuse && isCheapOperand(operand);
      if (!isFree) this.home(operand, "operand of matmul");
    }
    node.estimate = estimateOf(node);
    if (node.reason === "") node.reason = "contraction";
    const space = { shape: node.shape, reduced: [], depth: a.shape.at(-1)! };
    let group = this.newGroup("contract", space);
    contraction(group, node);
    const odd = [a, b].filter((operand, k) =>
      isMade(operand) && !isPlain(group.draft, group.factors![k]!)
    );
    if (odd.length > 0) {
      // Whoever makes them can as well write them in the order of their use.
      for (const operand of odd) this.home(operand, "laid out for matmul");
      this.groups.splice(this.groups.indexOf(group), 1);
      group = this.newGroup("contract", space);
      contraction(group, node);
    }
    this.anchors.set(group, node);
    node.home = group;
  }

  #loop(node: FlatNode): void {
    if (node.op === "scan") this.#prepareLoop(node);
    if (!this.options.fuse) {
      for (const input of node.inputs) {
        if (!isNumber(input)) this.home(input, "one kernel a primitive");
      }
    }
    const asked = this.#asked.get(node) ?? new Set();
    const loop = loopOf(node, asked, this.options.maxBuffers);
    if (loop === undefined) return this.#opaque(node);
    node.estimate = estimateOf(node);
    if (node.reason === "") node.reason = "loop";
    const group = this.newGroup("loop", { shape: [], reduced: [] });
    this.anchors.set(group, node);
    this.loops.set(group, loop);
    for (const operand of loop.draft.operands) {
      if (operand.home !== undefined) group.need(operand.home);
    }
    node.home = group;
  }

  /** What is read at each step again should not be computed there. */
  #prepareLoop(node: FlatNode): void {
    const { carries, sequences } = node.attributes.loop!;
    const largest = Math.max(
      ...node.attributes.outputs!.map(({ shape }) => sizeOf(shape)),
    );
    node.inputs.forEach((input, k) => {
      if (k < carries || isNumber(input) || hasBuffer(input)) return;
      const isRepeated = k < carries + sequences
        ? isDear(input) && input.size < largest
        : input.estimate!.cost > 1;
      if (isRepeated) this.home(input, "read at each step");
    });
  }

  /** Whole buffers in, whole buffers out. */
  #opaque(node: FlatNode): void {
    const group = this.newGroup("opaque", { shape: [], reduced: [] });
    this.anchors.set(group, node);
    node.inputs.forEach((input, k) => {
      const { loop } = node.attributes;
      // Numbers stand in the body of a loop.
      if (loop !== undefined && loop.parameters[k] === undefined) return;
      const { home } = this.home(input, `input of ${nameOf(node)}`);
      if (home !== undefined) group.need(home);
    });
    node.home = group;
    if (node.reason === "") node.reason = nameOf(node);
  }
}
