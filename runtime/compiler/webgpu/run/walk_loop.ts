/**
 * Records loops whose steps are programs: all steps go into the stream of
 * commands, the host waits for none of them.
 *
 * @module
 */

import type { CopyPlan, LoopPlan } from "./plan.ts";
import { paddedBytes, type Range, rangeOfPlace, rangePart } from "./ranges.ts";
import {
  rangesOfPlaces,
  recordDispatch,
  type Walk,
  type WalkContext,
  walkProgram,
} from "./walk.ts";

/**
 * Records a loop.
 *
 * @param context What recording needs.
 * @param plan The loop.
 * @param ranges Where each buffer of the program around it lies.
 * @param slabs Where the slabs of that program lie.
 */
export function* walkLoop(
  context: WalkContext,
  plan: LoopPlan,
  ranges: readonly Range[],
  slabs: readonly Range[],
): Walk {
  const { step } = plan;
  const walker = new LoopWalker(context, plan, ranges, slabs);
  for (let k = 0; k < step.length; k++) {
    walker.begin(k);
    yield* walkProgram(context, plan.body, walker.inner, walker.bodySlabs);
    walker.end();
  }
  walker.finish();
}

/** Steps up to which bind groups of slices are kept. */
const MOST_KEPT_STEPS = 32;

/** Where a result of a step goes. */
interface Target {
  /** What the body writes, or undefined where it writes nothing itself. */
  readonly written: Range | undefined;
  /** Where it is copied to, or undefined where that is not needed. */
  readonly copied:
    | { readonly whole: Range; readonly offset: number }
    | undefined;
}

/** The ranges of one loop from step to step. */
class LoopWalker {
  /** Where the buffers of the body lie in the current step. */
  readonly inner: Range[];
  /** Where the slabs of the body lie. */
  readonly bodySlabs: readonly Range[];
  readonly #context: WalkContext;
  readonly #plan: LoopPlan;
  readonly #ranges: readonly Range[];
  readonly #sides: readonly (readonly [Range, Range])[];
  readonly #slices: readonly Range[];
  readonly #scratch: readonly Range[];
  #carries: readonly Range[];
  #next: Range[] = [];
  #targets: readonly Target[] = [];

  constructor(
    context: WalkContext,
    plan: LoopPlan,
    ranges: readonly Range[],
    slabs: readonly Range[],
  ) {
    this.#context = context;
    this.#plan = plan;
    this.#ranges = ranges;
    this.bodySlabs = plan.slabs.map((place) => rangeOfPlace(slabs, place));
    this.inner = rangesOfPlaces(plan.body, this.bodySlabs);
    const notes = ranges[plan.notes];
    if (notes !== undefined) this.inner.push(notes);
    this.#sides = plan.carries.map(([even, odd]) => [
      rangeOfPlace(slabs, even),
      rangeOfPlace(slabs, odd),
    ]);
    this.#slices = plan.slices.map((place) => rangeOfPlace(slabs, place));
    this.#scratch = plan.results.map(({ scratch }) =>
      rangeOfPlace(slabs, scratch)
    );
    this.#carries = plan.step.carries.map((buffer) => ranges[buffer]!);
  }

  /** Brings what a step reads to its place, and decides where it writes. */
  begin(k: number): void {
    const { body, results, step } = this.#plan;
    const at = step.reverse ? step.length - 1 - k : k;
    step.history.forEach((buffer, c) => {
      if (buffer === undefined) return;
      const copy = this.#plan.carryCopies[c]!;
      const target = { whole: this.#ranges[buffer]!, offset: at };
      this.#copyOut(copy, this.#carries[c]!, target);
    });
    for (const { buffer, leaf } of body.program.leaves) {
      this.inner[buffer] = this.#leaf(leaf, at);
    }
    this.#next = [];
    this.#targets = results.map((result, i) => {
      const target = i < step.carries.length
        ? this.#carryTarget(i, k)
        : this.#sliceTarget(i, at);
      if (target.written !== undefined) {
        this.inner[result.buffer] = target.written;
      }
      return target;
    });
  }

  /** Brings what a step wrote to where it is wanted. */
  end(): void {
    this.#plan.results.forEach(({ buffer, copy }, i) => {
      const { copied } = this.#targets[i]!;
      if (copied !== undefined) {
        this.#copyOut(copy!, this.inner[buffer]!, copied);
      }
    });
    this.#carries = this.#next;
  }

  /** Brings the carries of a loop without steps to where they are wanted. */
  finish(): void {
    const { step } = this.#plan;
    if (step.length > 0) return;
    step.finals.forEach((buffer, c) => {
      if (buffer === undefined) return;
      const target = { whole: this.#ranges[buffer]!, offset: 0 };
      this.#copyOut(this.#plan.carryCopies[c]!, this.#carries[c]!, target);
    });
  }

  #leaf(leaf: number, at: number): Range {
    const { step } = this.#plan;
    const sequence = leaf - step.carries.length;
    if (sequence < 0) return this.#carries[leaf]!;
    const captured = sequence - step.sequences.length;
    if (captured >= 0) return this.#ranges[step.captured[captured]!]!;
    const whole = this.#ranges[step.sequences[sequence]!]!;
    const copy = this.#plan.sequences[sequence]!;
    const slice = this.#slices[sequence]!;
    const { sliceBytes } = copy;
    if (sliceBytes === 0) return slice;
    const offset = at * sliceBytes;
    const shift = offset % this.#alignment;
    if (shift === 0) {
      return rangePart(whole, offset, paddedBytes(sliceBytes), this.#isLong);
    }
    for (const one of copy.parts.get(`${shift} 0`)!) {
      const start = offset - shift + one.offset;
      const source = rangePart(
        whole,
        start,
        paddedBytes(shift + one.bytes),
        this.#isLong,
      );
      const target = rangePart(slice, one.offset, paddedBytes(one.bytes));
      recordDispatch(this.#context, one.dispatch, [source, target], copy);
    }
    return slice;
  }

  #carryTarget(carry: number, k: number): Target {
    const { results, step } = this.#plan;
    const final = k === step.length - 1 ? step.finals[carry] : undefined;
    const whole = final === undefined
      ? this.#sides[carry]![k % 2]!
      : this.#ranges[final]!;
    this.#next[carry] = whole;
    return results[carry]!.isDirect
      ? { written: whole, copied: undefined }
      : { written: undefined, copied: { whole, offset: 0 } };
  }

  #sliceTarget(result: number, at: number): Target {
    const { results, step } = this.#plan;
    const { copy, isDirect } = results[result]!;
    const buffer = step.stacked[result - step.carries.length];
    const scratch = isDirect ? this.#scratch[result]! : undefined;
    if (buffer === undefined) return { written: scratch, copied: undefined };
    const whole = this.#ranges[buffer]!;
    const { sliceBytes } = copy!;
    const start = at * sliceBytes;
    // Padding behind a slice would be the start of the next one.
    const fits = sliceBytes % 16 === 0 && start % this.#alignment === 0;
    if (isDirect && fits && sliceBytes > 0) {
      const written = rangePart(whole, start, sliceBytes, this.#isLong);
      return { written, copied: undefined };
    }
    return { written: scratch, copied: { whole, offset: at } };
  }

  /** Copies a buffer to a slice. */
  #copyOut(
    copy: CopyPlan,
    source: Range,
    { whole, offset }: { readonly whole: Range; readonly offset: number },
  ): void {
    const { sliceBytes } = copy;
    if (sliceBytes === 0) return;
    const start = offset * sliceBytes;
    const shift = start % this.#alignment;
    for (const one of copy.parts.get(`0 ${shift}`)!) {
      const target = rangePart(
        whole,
        start - shift + one.offset,
        paddedBytes(shift + one.bytes),
        this.#isLong && start > 0,
      );
      const exact = rangePart(source, one.offset, paddedBytes(one.bytes));
      recordDispatch(this.#context, one.dispatch, [exact, target], copy);
    }
  }

  /** Whether bind groups of slices are too many to be kept. */
  get #isLong(): boolean {
    return this.#plan.step.length > MOST_KEPT_STEPS;
  }

  get #alignment(): number {
    return this.#context.connection.capabilities
      .minStorageBufferOffsetAlignment;
  }
}
