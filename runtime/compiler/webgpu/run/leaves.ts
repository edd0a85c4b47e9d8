/**
 * The leaves of a program on the GPU. Data that are there are used where they
 * are; large data of the host are uploaded once; small ones go along with each
 * run, in one write.
 *
 * @module
 */

import type { Storage } from "../../../device/graph.ts";
import type { SharedBuffer } from "../../../device/webgpu/shared_buffer.ts";
import { WebGpuStorage } from "../../../device/webgpu/storage.ts";
import { bytesOf } from "../../../device/webgpu/uploads.ts";
import type { Program } from "../../ir/kernel.ts";
import type { CompiledProgram } from "./compiled.ts";
import {
  bytesOfSpec,
  type Place,
  type Range,
  rangeOfBuffer,
} from "./ranges.ts";

/** Leaves up to this many bytes may go along with each run. */
const SMALL_BYTES = 4096;
/** Bytes of leaves that go along with a run at most. */
const MAX_BYTES = 2 ** 20;

/**
 * The leaves for which a place is kept in the slabs of a program.
 *
 * @param program The program.
 * @returns Bytes of each buffer that is such a leaf.
 */
export function smallLeaves(program: Program): (number | undefined)[] {
  const small = program.buffers.map((): number | undefined => undefined);
  let total = 0;
  const overwritten = new Set(program.overwritten);
  for (const { buffer } of program.leaves) {
    if (overwritten.has(buffer)) continue;
    const bytes = bytesOfSpec(program.buffers[buffer]!);
    if (bytes > SMALL_BYTES || total + bytes > MAX_BYTES) continue;
    small[buffer] = bytes;
    total += bytes;
  }
  return small;
}

/** Data of the host that go along with a run. */
interface Staged {
  readonly place: Place;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Holds the leaves of one run. */
export class LeafHolder {
  readonly #compiled: CompiledProgram;
  readonly #held: SharedBuffer[] = [];
  readonly #staged: Staged[] = [];

  /**
   * @param compiled The program.
   */
  constructor(compiled: CompiledProgram) {
    this.#compiled = compiled;
  }

  /**
   * Brings the leaves to the GPU.
   *
   * @param leaves Their data.
   * @param path Path of the op that wants them, for errors.
   * @returns The range of each buffer; those that go along, and those that the
   * program writes over, are holes.
   */
  async hold(
    leaves: readonly Storage[],
    path: readonly string[] | undefined,
  ): Promise<Range[]> {
    const { connection, plan } = this.#compiled;
    const { buffers, leaves: specs } = plan.program;
    const ranges = new Array<Range>(buffers.length);
    const overwritten = new Set(plan.program.overwritten);
    for (let k = 0; k < specs.length; k++) {
      const { buffer } = specs[k]!;
      if (overwritten.has(buffer)) continue;
      const place = plan.places[buffer];
      const storage = leaves[k]!;
      if (place !== undefined && storage.array !== undefined) {
        this.#staged.push({ place, bytes: bytesOf(storage.array) });
        continue;
      }
      const shared = storage instanceof WebGpuStorage
        ? storage.retain()
        : await connection.hostLeaves.retain(storage, path);
      this.#held.push(shared);
      const bytes = bytesOfSpec(buffers[buffer]!);
      ranges[buffer] = rangeOfBuffer(shared.buffer, bytes);
    }
    return ranges;
  }

  /**
   * Writes the data that go along with the run.
   *
   * @param slabs Where the slabs of the program lie.
   */
  write(slabs: readonly Range[]): void {
    const staged = this.#staged;
    if (staged.length === 0) return;
    // Their places lie one behind the other at the start of a slab.
    const first = staged[0]!.place.offset;
    const { offset, bytes } = staged.at(-1)!.place;
    const data = new Uint8Array(offset + bytes - first);
    for (const one of staged) data.set(one.bytes, one.place.offset - first);
    const slab = slabs[staged[0]!.place.slab]!;
    const { commands } = this.#compiled.connection;
    commands.write(slab.buffer, slab.offset + first, data);
  }

  /** Lets the leaves go. */
  release(): void {
    for (const shared of this.#held) shared.release();
    this.#held.length = 0;
  }
}
