/**
 * Builds programs: orders kernels, finds out what must be stored, and numbers
 * buffers and scalars.
 *
 * @module
 */

import type { DType } from "../../device/dtypes.ts";
import { sizeOf } from "../../device/shapes.ts";
import type {
  BufferSpec,
  HostLoopStep,
  Program,
  ProgramLeaf,
  ProgramScalar,
  Step,
} from "../ir/kernel.ts";
import { type CutOptions, Cutter } from "./cut.ts";
import { describeNodes } from "./describe.ts";
import { finishContraction, finishLoop, finishRows } from "./finish.ts";
import type { Numbering, Unnumbered } from "./finished.ts";
import type { FlatGraph, FlatNode } from "./flat.ts";
import type { Group } from "./group.ts";
import type { Update } from "./overwrite.ts";
import { unshaped } from "./simplify.ts";
import { usedResults } from "./used_results.ts";

/** A program, and the updates in it that have to be done in place. */
export interface BuiltProgram {
  /** The program. */
  readonly program: Program;
  /** Buffers of old and new values, by the node of the new one. */
  readonly updates: ReadonlyMap<FlatNode, Update>;
}

/**
 * Builds the program of a flat graph.
 *
 * @param graph The graph.
 * @param roots What is asked for.
 * @param options How it is cut.
 * @param parameters Leaves that the program has whether it reads them or not.
 * @returns The program.
 */
export function buildProgram(
  graph: FlatGraph,
  roots: readonly FlatNode[],
  options: CutOptions,
  parameters: readonly FlatNode[] = [],
): BuiltProgram {
  const cutter = new Cutter(graph, roots, options);
  return new ProgramBuilder(cutter, options).build(roots, parameters);
}

class ProgramBuilder {
  readonly #buffers: BufferSpec[] = [];
  readonly #numbers = new Map<FlatNode, number>();
  readonly #leaves: ProgramLeaf[] = [];
  readonly #scalars: ProgramScalar[] = [];
  readonly #scalarNumbers = new Map<string, number>();
  /** Updates that are done in place. */
  readonly #written = new Set<FlatNode>();
  /** Results of nodes with several. */
  readonly #outputs = new Map<FlatNode, Map<number, FlatNode>>();

  constructor(readonly cutter: Cutter, readonly options: CutOptions) {}

  build(
    roots: readonly FlatNode[],
    parameters: readonly FlatNode[],
  ): BuiltProgram {
    const bases = roots.map(unshaped);
    const order = inOrder(this.cutter.groups);
    for (const base of bases) this.#store(base);
    const pending: Unnumbered<Step>[] = [];
    for (const group of order.reverse()) {
      const step = this.#finish(group);
      if (step === undefined) continue;
      for (const read of step.reads) this.#store(read);
      pending.push(step);
    }
    pending.reverse();
    const read = new Set([
      ...parameters,
      ...bases,
      ...pending.flatMap((step) => step.reads),
      ...[...this.#written].map((node) => node.inputs[1]!),
    ]);
    [...read].filter((node) => node.op === "leaf")
      .sort((a, b) => a.attributes.leaf! - b.attributes.leaf!)
      .forEach((node) => {
        const buffer = this.#newBuffer(node.dtype, node.size, "leaf");
        this.#numbers.set(node, buffer);
        this.#leaves.push({ buffer, leaf: node.attributes.leaf! });
      });
    for (const base of bases) {
      if (this.#numbers.has(base)) continue;
      const buffer = this.#newBuffer(base.dtype, base.size, "result");
      this.#numbers.set(base, buffer);
    }
    const numbering: Numbering = {
      buffer: (node) => this.#buffer(node),
      scalar: ({ attributes, dtype }) => this.#scalar(attributes.leaf!, dtype),
    };
    const steps = pending.map((step) => step.number(numbering));
    const program = {
      buffers: this.#buffers,
      leaves: this.#leaves,
      scalars: this.#scalars,
      steps,
      results: bases.map((base) => this.#buffer(base)),
    };
    const updates = new Map<FlatNode, Update>();
    for (const node of this.#written) {
      const from = this.#buffer(node.inputs[1]!);
      updates.set(node, { from, to: this.#buffer(node) });
    }
    return { program, updates };
  }

  #store(node: FlatNode): void {
    node.isStored = true;
    if (node.op === "written" && !this.#written.has(node)) {
      this.#written.add(node);
      for (const input of node.inputs) this.#store(input);
    }
    if (node.op !== "output") return;
    const source = node.inputs[0]!;
    const outputs = this.#outputs.get(source) ?? new Map();
    this.#outputs.set(source, outputs.set(node.attributes.index!, node));
  }

  #newBuffer(dtype: DType, size: number, role: BufferSpec["role"]): number {
    return this.#buffers.push({ dtype, size, role }) - 1;
  }

  #buffer(node: FlatNode): number {
    let buffer = this.#numbers.get(node);
    if (buffer === undefined) {
      buffer = this.#newBuffer(node.dtype, node.size, "temporary");
      this.#numbers.set(node, buffer);
    }
    return buffer;
  }

  #scalar(leaf: number, dtype: DType): number {
    const key = `${leaf}${dtype}`;
    let number = this.#scalarNumbers.get(key);
    if (number === undefined) {
      number = this.#scalars.push({ leaf, dtype }) - 1;
      this.#scalarNumbers.set(key, number);
    }
    return number;
  }

  /** The step of a group; undefined when nobody needs it. */
  #finish(group: Group): Unnumbered<Step> | undefined {
    if (group.kind === "rows" || group.kind === "contract") {
      const stored = [...group.members.keys()].filter((node) => node.isStored);
      if (stored.length === 0) return undefined;
      return group.kind === "rows"
        ? finishRows(group, stored)
        : finishContraction(group, stored);
    }
    const anchor = this.cutter.anchors.get(group)!;
    const outputs = this.#outputs.get(anchor) ?? new Map<number, FlatNode>();
    if (outputs.size === 0 && !anchor.isStored) return undefined;
    if (group.kind === "opaque") {
      return anchor.op === "scan"
        ? this.#hostLoop(anchor, outputs)
        : this.#routine(anchor, outputs);
    }
    const stored = anchor.op === "scan" ? outputs : new Map([[0, anchor]]);
    return finishLoop(this.cutter.loops.get(group)!, stored, {
      ...describeNodes([anchor], (node) => node === anchor),
      cut: anchor.reason,
    });
  }

  #routine(
    node: FlatNode,
    outputs: ReadonlyMap<number, FlatNode>,
  ): Unnumbered<Step> {
    const inputs = node.inputs.map(unshaped);
    const { name, routine, axis } = node.attributes;
    const specs = node.attributes.outputs ??
      [{ dtype: node.dtype, shape: node.shape }];
    const own = (index: number) =>
      node.op === "routine" ? outputs.get(index) : node;
    const work = node.inputs.reduce((sum, input) => sum + input.size, 0);
    return {
      reads: inputs,
      writes: [],
      number: ({ buffer }) => ({
        kind: "routine",
        name: name ?? node.op,
        attributes: routine ?? { axis: axis! },
        node: node.at,
        inputs: inputs.map(buffer),
        inputSpecs: node.inputs.map(({ dtype, shape }) => ({ dtype, shape })),
        outputs: specs.map(({ dtype, shape }, index) => {
          const output = own(index);
          return output === undefined
            ? this.#newBuffer(dtype, sizeOf(shape), "temporary")
            : buffer(output);
        }),
        outputSpecs: specs.map(({ dtype, shape }) => ({ dtype, shape })),
        flops: work,
      }),
    };
  }

  #hostLoop(
    node: FlatNode,
    outputs: ReadonlyMap<number, FlatNode>,
  ): Unnumbered<HostLoopStep> {
    const loop = node.attributes.loop!;
    const { carries, sequences } = loop;
    const results = usedResults(loop, outputs);
    const slices = results.length - carries;
    const isAsked = results.map((_, k) => k < carries || outputs.has(k));
    const roots = results.filter((_, k) => isAsked[k]);
    const leaves = loop.parameters.flatMap((one) => one ?? []);
    const made = buildProgram(loop.graph, roots, this.options, leaves).program;
    const inputs = node.inputs.map((input, k) =>
      loop.parameters[k] === undefined ? undefined : unshaped(input)
    );
    const present = loop.parameters.flatMap((one, k) =>
      one === undefined ? [] : [k]
    );
    let next = 0;
    const body: Program = {
      ...made,
      // Leaves are counted without the numbers among the inputs.
      leaves: made.leaves.map(({ buffer, leaf }) => ({
        buffer,
        leaf: present.indexOf(leaf),
      })),
      results: isAsked.map((asked) =>
        asked ? made.results[next++]! : made.results[0]!
      ),
    };
    const scalarNodes = made.scalars;
    return {
      reads: inputs.flatMap((input) => input ?? []),
      writes: [],
      number: ({ buffer }) => {
        const buffers = (from: number, to: number) =>
          inputs.slice(from, to).flatMap((input) =>
            input === undefined ? [] : [buffer(input)]
          );
        const asked = (from: number, to: number) =>
          Array.from({ length: to - from }, (_, k) => {
            const output = outputs.get(from + k);
            return output === undefined ? undefined : buffer(output);
          });
        return {
          kind: "hostLoop",
          node: node.at,
          body,
          length: loop.length,
          reverse: loop.reverse,
          carries: buffers(0, carries),
          sequences: buffers(carries, carries + sequences),
          captured: buffers(carries + sequences, inputs.length),
          scalars: scalarNodes.map(({ leaf, dtype }) =>
            this.#scalar(leaf, dtype)
          ),
          finals: asked(0, carries),
          stacked: asked(carries, carries + slices),
          history: asked(carries + slices, 2 * carries + slices),
        };
      },
    };
  }
}

/** Groups, each after those that it needs. */
function inOrder(groups: readonly Group[]): Group[] {
  const done = new Set<Group>();
  const order: Group[] = [];
  for (const root of groups) {
    const stack = [root];
    while (stack.length > 0) {
      const group = stack[stack.length - 1]!;
      const open = done.has(group)
        ? []
        : [...group.needs].filter((one) => !done.has(one));
      if (open.length > 0) {
        stack.push(...open);
        continue;
      }
      stack.pop();
      if (done.has(group)) continue;
      done.add(group);
      order.push(group);
    }
  }
  return order;
}
