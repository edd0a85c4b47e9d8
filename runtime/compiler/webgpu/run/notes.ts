/**
 * Notes of kernels that may find something wrong with their data: one buffer a
 * run, in which each kernel has a place.
 *
 * @module
 */

import { explained } from "../../../device/explain.ts";
import type { Storage } from "../../../device/graph.ts";
import type { RunOptions } from "../../backend.ts";
import { checkLater } from "../../pending_checks.ts";
import type { WebGpuFailures } from "../abi.ts";
import type { ByteWindow, Charged } from "./plan.ts";
import { ALIGNMENT, paddedBytes } from "./ranges.ts";

/** The notes of one kernel. */
interface Place {
  /** Where they lie. */
  readonly window: ByteWindow;
  /** What they mean. */
  readonly failures: WebGpuFailures;
  /** The step that is to blame. */
  readonly charged: Charged;
}

/** Where the kernels of a program leave their notes. */
export class NoteTable {
  readonly #places: Place[] = [];
  #byteLength = 0;

  /** Bytes of all notes; 0 where no kernel makes any. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /**
   * A place for the notes of a kernel. All runs of it in a loop share it.
   *
   * @param failures What may be wrong.
   * @param charged The step that is to blame.
   * @returns The place.
   */
  add(failures: WebGpuFailures, charged: Charged): ByteWindow {
    const offset = Math.ceil(this.#byteLength / ALIGNMENT) * ALIGNMENT;
    const window = { offset, bytes: paddedBytes(failures.bytes) };
    this.#byteLength = offset + window.bytes;
    this.#places.push({ window, failures, charged });
    return window;
  }

  /**
   * What the notes of a run tell.
   *
   * @param words The notes.
   * @returns The first step that found something wrong, and its error.
   */
  find(
    words: Int32Array,
  ): { readonly charged: Charged; readonly error: Error } | undefined {
    for (const { charged, failures, window } of this.#places) {
      const start = words.byteOffset + window.offset;
      const error = failures.error(new Int32Array(words.buffer, start));
      if (error !== undefined) return { charged, error };
    }
    return undefined;
  }

  /**
   * Has the notes of a run looked at when one of its results is read.
   *
   * @param notes The notes.
   * @param results The results.
   * @param blame Gives the path of the op that a node is charged to.
   */
  attach(
    notes: Storage,
    results: readonly Storage[],
    blame: RunOptions["blame"],
  ): void {
    const paths = new Map(
      this.#places.map(({ charged }) => [charged, blame(charged.node)]),
    );
    checkLater(
      [async () => {
        const words = await notes.read() as Int32Array;
        notes.dispose();
        const found = this.find(words);
        if (found === undefined) return;
        const { charged, error } = found;
        throw explained(error, charged.name, paths.get(charged));
      }],
      [],
      results,
    );
  }
}
