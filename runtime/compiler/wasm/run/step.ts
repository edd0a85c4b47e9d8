/**
 * What the steps of a prepared program have in common.
 *
 * @module
 */

import type { RunOptions } from "../../backend.ts";
import type { Frame } from "./frame.ts";

/** One run of a program, whose frame is patched. */
export interface Run {
  /** Its memory. */
  readonly frame: Frame;
  /** Numbers of the program's scalars. */
  readonly scalars: readonly number[];
  /** Signal and trace. */
  readonly options: RunOptions;
}

/** A step that is ready to run. */
export interface PreparedStep {
  /** What it computes, for people. */
  readonly name: string;
  /** Position of the node that it is charged to. */
  readonly node: number;
  /** Bytes that it writes. */
  readonly bytes: number;
  /** About how many nanoseconds it takes on the calling thread. */
  readonly nanoseconds: number;
  /**
   * Runs it.
   *
   * @param run The run.
   * @returns When it is done; undefined if it is already.
   */
  run(run: Run): Promise<void> | undefined;
}
