/**
 * Where the arguments and results of the steps of a loop lie.
 *
 * @module
 */

import type { SharedMemory } from "../../../device/wasm/memory.ts";
import type { HostLoopStep, Program } from "../../ir/kernel.ts";
import { bufferBytes } from "./layout.ts";

/** A carry: two places that are used in turn, and where it is now. */
interface CarryPlace {
  readonly bytes: number;
  readonly spare: [number, number];
  now: number;
}

/** A row of slices. */
interface Slices {
  readonly first: number;
  readonly bytes: number;
}

/** The memory of one run of a loop. */
export class LoopMemory {
  /** Where results go that nobody wants, by their buffer in the body. */
  readonly unwanted = new Map<number, number>();
  readonly #memory: SharedMemory;
  readonly #step: HostLoopStep;
  readonly #body: Program;
  readonly #buffers: readonly number[];
  readonly #blocks: number[] = [];
  readonly #carries: CarryPlace[];
  readonly #sequences: readonly Slices[];
  readonly #captured: readonly number[];
  readonly #history: readonly (Slices | undefined)[];
  readonly #stacked: readonly (Slices | undefined)[];

  /**
   * @param memory The shared memory.
   * @param step The loop.
   * @param body Its body.
   * @param buffers Addresses of the buffers around the loop.
   */
  constructor(
    memory: SharedMemory,
    step: HostLoopStep,
    body: Program,
    buffers: readonly number[],
  ) {
    this.#memory = memory;
    this.#step = step;
    this.#body = body;
    this.#buffers = buffers;
    const { carries, history, sequences, stacked } = step;
    const argumentBytes = new Map(
      body.leaves.map(({ buffer, leaf }) => [leaf, bufferBytes(body, buffer)]),
    );
    const resultBytes = body.results.map((buffer) => bufferBytes(body, buffer));
    const slices = (buffer: number | undefined, bytes: number) =>
      buffer === undefined ? undefined : { first: buffers[buffer]!, bytes };
    this.#carries = carries.map((buffer, k) => ({
      bytes: resultBytes[k]!,
      spare: [0, 0],
      now: buffers[buffer]!,
    }));
    // A sequence that the body does not read has no slices.
    this.#sequences = sequences.map((buffer, k) => ({
      first: buffers[buffer]!,
      bytes: argumentBytes.get(carries.length + k) ?? 0,
    }));
    this.#captured = step.captured.map((buffer) => buffers[buffer]!);
    this.#history = history.map((buffer, k) => slices(buffer, resultBytes[k]!));
    this.#stacked = stacked.map((buffer, k) =>
      slices(buffer, resultBytes[carries.length + k]!)
    );
  }

  /** Reserves what the loop needs beside its results. */
  async reserve(): Promise<void> {
    const allocate = async (bytes: number): Promise<number> => {
      const address = await this.#memory.allocate(bytes);
      this.#blocks.push(address);
      return address;
    };
    for (const { bytes, spare } of this.#carries) {
      for (const k of [0, 1] as const) spare[k] = await allocate(bytes);
    }
    const { carries } = this.#step;
    for (const [k, buffer] of this.#body.results.entries()) {
      if (k < carries.length || this.#stacked[k - carries.length]) continue;
      const bytes = bufferBytes(this.#body, buffer);
      this.unwanted.set(buffer, await allocate(bytes));
    }
  }

  /** Gives back what was reserved. */
  free(): void {
    for (const address of this.#blocks) this.#memory.free(address);
    this.#blocks.length = 0;
  }

  /** Enters the first carries into the history. */
  begin(): void {
    if (this.#step.length === 0) return;
    this.#carries.forEach(({ bytes, now }, k) => {
      const history = this.#history[k];
      if (history === undefined) return;
      this.#copy(now, history.first + this.#at(0) * bytes, bytes);
    });
  }

  /**
   * Addresses of the body's arguments at a step.
   *
   * @param k Number of the step.
   * @returns Carries, slices of sequences, captured values.
   */
  arguments(k: number): number[] {
    const at = this.#at(k);
    const values = this.#carries.map(({ now }) => now);
    for (const { bytes, first } of this.#sequences) {
      values.push(first + at * bytes);
    }
    values.push(...this.#captured);
    return values;
  }

  /**
   * Addresses for the body's results at a step.
   *
   * @param k Number of the step.
   * @returns Next carries, slices of results; undefined for what nobody wants.
   */
  targets(k: number): (number | undefined)[] {
    const { finals, length } = this.#step;
    const isLast = k === length - 1;
    const targets = this.#carries.map(
      ({ bytes, spare }, number): number | undefined => {
        const history = this.#history[number];
        if (!isLast && history !== undefined) {
          return history.first + this.#at(k + 1) * bytes;
        }
        const final = isLast ? finals[number] : undefined;
        return final === undefined ? spare[k % 2]! : this.#buffers[final]!;
      },
    );
    const at = this.#at(k);
    for (const slices of this.#stacked) {
      targets.push(slices && slices.first + at * slices.bytes);
    }
    return targets;
  }

  /**
   * Goes to the next step.
   *
   * @param targets Where the results of the step lie.
   */
  advance(targets: readonly (number | undefined)[]): void {
    this.#carries.forEach((carry, k) => carry.now = targets[k]!);
  }

  /** Without steps, the first carries are the final ones. */
  end(): void {
    if (this.#step.length > 0) return;
    this.#carries.forEach(({ bytes, now }, k) => {
      const final = this.#step.finals[k];
      if (final !== undefined) this.#copy(now, this.#buffers[final]!, bytes);
    });
  }

  #at(k: number): number {
    return this.#step.reverse ? this.#step.length - 1 - k : k;
  }

  #copy(from: number, to: number, bytes: number): void {
    this.#memory.bytes.copyWithin(to, from, from + bytes);
  }
}
