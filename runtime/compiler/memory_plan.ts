/**
 * Where the temporary buffers of a program lie in one arena, so that those which
 * are never alive together share memory.
 *
 * @module
 */

import { byteSize } from "../device/dtypes.ts";
import type { Program, Step } from "./ir/kernel.ts";

/** Where temporaries lie. */
export interface MemoryPlan {
  /** Byte offset of each buffer in the arena; undefined for other buffers. */
  readonly offsets: readonly (number | undefined)[];
  /** Bytes of the arena. */
  readonly byteLength: number;
  /** The most bytes of temporaries that are alive at once. */
  readonly peakLiveBytes: number;
}

/** Offsets are multiples of this: what WebGPU asks of bindings at most. */
const ALIGNMENT = 256;

/** A temporary, or several that follow one another in place. */
interface Block {
  /** Bytes, rounded up. */
  readonly bytes: number;
  /** First and last step that use it. */
  from: number;
  to: number;
  readonly buffers: number[];
  offset: number;
}

/**
 * Lays temporaries out. A temporary that is read for the last time by a kernel
 * that may write over it passes its place on to the result.
 *
 * @param program The program.
 * @param slabBytes Where one buffer cannot be as long as the arena: the arena is
 * cut at each multiple of this, itself a multiple of 256, and no temporary lies
 * across a cut.
 * @returns The plan.
 */
export function planMemory(
  program: Program,
  slabBytes = Infinity,
): MemoryPlan {
  const blocks = blocksOf(program);
  const peakLiveBytes = peakOf(blocks, program.steps.length);
  const bySize = [...blocks].sort((a, b) =>
    b.bytes - a.bytes || a.from - b.from
  );
  const byTime = [...blocks].sort((a, b) =>
    a.from - b.from || b.bytes - a.bytes
  );
  // Neither order is best for all programs; both are cheap to try.
  let byteLength = Infinity;
  let best: readonly number[] = [];
  for (const order of [bySize, byTime]) {
    const length = place(order, slabBytes);
    if (length >= byteLength) continue;
    byteLength = length;
    best = blocks.map((block) => block.offset);
    if (length === peakLiveBytes) break;
  }
  const offsets = new Array<number | undefined>(program.buffers.length);
  offsets.fill(undefined);
  blocks.forEach((block, k) => {
    for (const buffer of block.buffers) offsets[buffer] = best[k]!;
  });
  return {
    offsets,
    byteLength: blocks.length === 0 ? 0 : byteLength,
    peakLiveBytes,
  };
}

/**
 * Buffers that a step reads.
 *
 * @param step The step.
 * @returns Their numbers.
 */
export function buffersRead(step: Step): readonly number[] {
  switch (step.kind) {
    case "routine":
      return step.inputs;
    case "hostLoop":
      return [...step.carries, ...step.sequences, ...step.captured];
    default:
      return step.operands.map(({ buffer }) => buffer);
  }
}

/**
 * Buffers that a step writes.
 *
 * @param step The step.
 * @returns Their numbers.
 */
export function buffersWritten(step: Step): readonly number[] {
  switch (step.kind) {
    case "routine":
      return step.outputs;
    case "hostLoop":
      return [...step.finals, ...step.stacked, ...step.history].flatMap(
        (buffer) => buffer ?? [],
      );
    default:
      return step.outputs.map(({ buffer }) => buffer);
  }
}

function blocksOf(program: Program): Block[] {
  const { buffers, steps } = program;
  const bytesOf = (buffer: number) => {
    const { dtype, size } = buffers[buffer]!;
    const bytes = Math.max(1, byteSize(dtype) * size);
    return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  };
  const last = new Array<number>(buffers.length).fill(-1);
  steps.forEach((step, k) => {
    for (const buffer of buffersRead(step)) last[buffer] = k;
    for (const buffer of buffersWritten(step)) last[buffer] = k;
  });
  const isTemporary = (buffer: number) =>
    buffers[buffer]!.role === "temporary" && last[buffer]! >= 0;
  const owner = new Map<number, Block>();
  const blocks: Block[] = [];
  const open = (buffer: number, at: number): void => {
    if (!isTemporary(buffer) || owner.has(buffer)) return;
    const block = {
      bytes: bytesOf(buffer),
      from: at,
      to: last[buffer]!,
      buffers: [buffer],
      offset: 0,
    };
    blocks.push(block);
    owner.set(buffer, block);
  };
  steps.forEach((step, k) => {
    for (const [from, to] of handedOn(step, k, last, isTemporary, program)) {
      const block = owner.get(from);
      if (block === undefined || owner.has(to)) continue;
      block.buffers.push(to);
      block.to = Math.max(block.to, last[to]!);
      owner.set(to, block);
    }
    for (const buffer of buffersRead(step)) open(buffer, k);
    for (const buffer of buffersWritten(step)) open(buffer, k);
  });
  return blocks;
}

/** Operands whose place a result takes. */
function handedOn(
  step: Step,
  at: number,
  last: readonly number[],
  isTemporary: (buffer: number) => boolean,
  { buffers }: Program,
): [number, number][] {
  if (step.kind === "routine" || step.kind === "hostLoop") return [];
  const free = step.outputs.map(({ buffer }) => buffer).filter(isTemporary);
  const pairs: [number, number][] = [];
  for (const operand of step.inPlace) {
    const { buffer, dtype } = step.operands[operand]!;
    if (!isTemporary(buffer) || last[buffer] !== at) continue;
    const bytes = byteSize(dtype) * buffers[buffer]!.size;
    const k = free.findIndex((output) => {
      const spec = buffers[output]!;
      return byteSize(spec.dtype) * spec.size === bytes;
    });
    if (k >= 0) pairs.push([buffer, free.splice(k, 1)[0]!]);
  }
  return pairs;
}

function peakOf(blocks: readonly Block[], steps: number): number {
  const change = new Array<number>(steps + 1).fill(0);
  for (const { bytes, from, to } of blocks) {
    change[from]! += bytes;
    change[to + 1]! -= bytes;
  }
  let live = 0;
  let peak = 0;
  for (const step of change) peak = Math.max(peak, live += step);
  return peak;
}

/** Puts each block into the smallest gap that it fits into. */
function place(blocks: readonly Block[], slabBytes: number): number {
  /** By rising offset. */
  const placed: Block[] = [];
  let length = 0;
  /** The first place from an offset on where a block crosses no cut. */
  const uncut = (offset: number, bytes: number): number => {
    const slab = Math.floor((offset + bytes - 1) / slabBytes);
    return Math.floor(offset / slabBytes) === slab ? offset : slab * slabBytes;
  };
  for (const block of blocks) {
    let best = -1;
    let bestGap = Infinity;
    let end = 0;
    for (let k = 0; k < placed.length; k++) {
      const rival = placed[k]!;
      if (rival.from > block.to || block.from > rival.to) continue;
      const start = uncut(end, block.bytes);
      const gap = rival.offset - start;
      if (gap >= block.bytes && gap < bestGap) {
        best = start;
        bestGap = gap;
      }
      end = Math.max(end, rival.offset + rival.bytes);
    }
    block.offset = best < 0 ? uncut(end, block.bytes) : best;
    length = Math.max(length, block.offset + block.bytes);
    placed.splice(firstBehind(placed, block.offset), 0, block);
  }
  return length;
}

/** Number of the first block with a larger offset. */
function firstBehind(placed: readonly Block[], offset: number): number {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (placed[middle]!.offset > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
