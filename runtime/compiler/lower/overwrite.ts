/**
 * Lets kernels write results over data that were given up, and over values that
 * nobody reads any more: steps are put into an order in which whoever reads the
 * old value comes first.
 *
 * @module
 */

import { buffersRead, buffersWritten } from "../memory_plan.ts";
import type { BufferSpec, Program, Step } from "../ir/kernel.ts";
import { renumbered } from "./renumbered.ts";

/** A buffer that takes the place of another one. */
export interface Update {
  /** Number of the buffer of the old value. */
  readonly from: number;
  /** Number of the buffer of the new value. */
  readonly to: number;
}

interface Pair extends Update {
  /** Number of the step that writes. */
  readonly writer: number;
  /** Numbers of the steps that have to come before it. */
  readonly readers: readonly number[];
}

/** A program that writes over buffers, or what stood in its way. */
export type Overwritten =
  | { readonly program: Program }
  | { readonly failed: readonly Update[] };

/**
 * Gives new values the buffers of old ones.
 *
 * @param program The program; each buffer is written by one step.
 * @param updates Steps write only a part of `to`, so that it has to be `from`.
 * @param donated Leaf buffers that may be written over.
 * @returns The program, or the updates that cannot be done in place.
 */
export function overwrite(
  program: Program,
  updates: readonly Update[],
  donated: ReadonlySet<number>,
): Overwritten {
  if (updates.length === 0 && donated.size === 0) return { program };
  const uses = usesOf(program.steps);
  const needed: Pair[] = [];
  const failed: Update[] = [];
  for (const update of updates) {
    const pair = pairOf(update, uses, true);
    if (pair === undefined) failed.push(update);
    else needed.push(pair);
  }
  if (failed.length > 0) return { failed };
  const possible = pairsInPlace(program, uses, donated, updates);
  const pairs = [...needed, ...possible];
  const isLate = ({ readers, writer }: Pair) =>
    readers.some((reader) => reader > writer);
  if (!pairs.some(isLate)) return { program: joined(program, pairs) };
  const steps = program.steps.length;
  const order = ordered(steps, uses, pairs);
  if (order !== undefined) return { program: joined(program, pairs, order) };
  // What has to wait for a later reader is left out, and copied.
  const early = possible.filter((pair) => !isLate(pair));
  const own = [...needed, ...early];
  const second = ordered(steps, uses, own);
  if (second !== undefined) return { program: joined(program, own, second) };
  return { failed: needed.filter(isLate) };
}

/** Which steps write and read each buffer. */
interface Uses {
  readonly writer: ReadonlyMap<number, number>;
  readonly readers: ReadonlyMap<number, readonly number[]>;
  /** For each step, those whose results it needs. */
  readonly needs: readonly ReadonlySet<number>[];
}

function usesOf(steps: readonly Step[]): Uses {
  const writer = new Map<number, number>();
  const readers = new Map<number, number[]>();
  steps.forEach((step, k) => {
    for (const buffer of buffersWritten(step)) writer.set(buffer, k);
    for (const buffer of buffersRead(step)) {
      const list = readers.get(buffer);
      if (list === undefined) readers.set(buffer, [k]);
      else list.push(k);
    }
  });
  const needs = steps.map((step) => {
    const own = new Set<number>();
    for (const buffer of buffersRead(step)) {
      const source = writer.get(buffer);
      if (source !== undefined) own.add(source);
    }
    return own;
  });
  return { writer, readers, needs };
}

/** The pair of an update; undefined where its step reads the old value, too. */
function pairOf(
  update: Update,
  { readers, writer }: Uses,
  isPart: boolean,
): Pair | undefined {
  const own = writer.get(update.to);
  if (own === undefined) return undefined;
  const others = readers.get(update.from) ?? [];
  if (isPart && others.includes(own)) return undefined;
  const source = isPart ? writer.get(update.from) : undefined;
  return {
    ...update,
    writer: own,
    readers: [
      ...others.filter((reader) => reader !== own),
      ...(source === undefined ? [] : [source]),
    ],
  };
}

/** Results that are computed, point for point, from leaves that were given up. */
function pairsInPlace(
  { buffers, results, steps }: Program,
  uses: Uses,
  donated: ReadonlySet<number>,
  updates: readonly Update[],
): Pair[] {
  const pairs: Pair[] = [];
  const taken = new Set([...results, ...updates.map(({ from }) => from)]);
  const filled = new Set(updates.map(({ to }) => to));
  for (const step of steps) {
    if (step.kind === "routine" || step.kind === "hostLoop") continue;
    for (const { buffer: to } of step.outputs) {
      if (buffers[to]!.role !== "result" || filled.has(to)) continue;
      const from = step.inPlace.map((operand) => step.operands[operand]!.buffer)
        .find((buffer) =>
          donated.has(buffer) && !taken.has(buffer) &&
          sameType(buffers[buffer]!, buffers[to]!)
        );
      if (from === undefined) continue;
      taken.add(from);
      pairs.push(pairOf({ from, to }, uses, false)!);
    }
  }
  return pairs;
}

function sameType(a: BufferSpec, b: BufferSpec): boolean {
  return a.dtype === b.dtype && a.size === b.size;
}

/** Steps in an order that all can wait for; undefined where there is none. */
function ordered(
  count: number,
  { needs }: Uses,
  pairs: readonly Pair[],
): number[] | undefined {
  const before = needs.map((own) => new Set(own));
  for (const { readers, writer } of pairs) {
    for (const reader of readers) before[writer]!.add(reader);
  }
  const order: number[] = [];
  const state = new Uint8Array(count);
  for (let first = 0; first < count; first++) {
    const stack = [first];
    while (stack.length > 0) {
      const step = stack[stack.length - 1]!;
      if (state[step] === 0) {
        state[step] = 1;
        for (const one of before[step]!) {
          if (state[one] === 1) return undefined;
          if (state[one] === 0) stack.push(one);
        }
        continue;
      }
      stack.pop();
      if (state[step] === 2) continue;
      state[step] = 2;
      order.push(step);
    }
  }
  return order;
}

/** The program whose pairs share one buffer. */
function joined(
  program: Program,
  pairs: readonly Pair[],
  order?: readonly number[],
): Program {
  if (pairs.length === 0) return program;
  const { buffers } = program;
  const into = new Map(pairs.map(({ from, to }) => [from, to]));
  const starts = new Set(pairs.map(({ from }) => from));
  for (const { to } of pairs) starts.delete(to);
  const names = buffers.map((_, buffer) => buffer);
  const overwritten: number[] = [];
  for (const start of starts) {
    const chain = [start];
    for (
      let next = into.get(start);
      next !== undefined;
      next = into.get(next)
    ) chain.push(next);
    const isLeaf = buffers[start]!.role === "leaf";
    if (isLeaf) overwritten.push(start);
    const name = isLeaf ? start : chain.at(-1)!;
    for (const buffer of chain) names[buffer] = name;
  }
  const writers = new Set(pairs.map(({ writer }) => writer));
  const steps = program.steps.map((step, k) =>
    renumbered(step, names, writers.has(k))
  );
  return {
    ...program,
    // A buffer without a name has no steps either.
    buffers: buffers.map((spec, buffer) =>
      names[buffer] === buffer ? spec : { ...spec, role: "temporary" }
    ),
    steps: order === undefined ? steps : order.map((k) => steps[k]!),
    results: program.results.map((buffer) => names[buffer]!),
    overwritten,
  };
}
