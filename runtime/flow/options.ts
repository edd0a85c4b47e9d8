/**
 * What a run can be told.
 *
 * @module
 */

import type { RunEvent } from "../core/events.ts";
import type { Executor } from "./executor.ts";
import type { NodeLike, Output } from "./node_core.ts";
import type { OpKind } from "./op_info.ts";
import type { Store } from "./store/store.ts";

/**
 * Values that take the place of outputs: pairs of an output, or of a node with
 * all its outputs by name, and the value.
 */
export type Overrides = Iterable<
  readonly [Output<unknown> | NodeLike, unknown]
>;

/** What a run can be told. */
export interface RunOptions {
  /** Cancels the run when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Called for every event; what it throws becomes a warning. */
  readonly onProgress?: ((event: RunEvent) => void) | undefined;
  /**
   * Where results are kept: a store, the path of a folder, `"memory"` (the
   * default: one memory shared by all runs of this process) or `"none"`, which
   * computes everything again.
   */
  readonly store?: Store | string | undefined;
  /**
   * The device to compute on, by name; the default one when not given. Only
   * results that were computed on the named device are reused.
   */
  readonly device?: string | undefined;
  /** `"nan"` looks at every output for NaN and blames the first op; not by default. */
  readonly check?: "nan" | undefined;
  /**
   * What is stored: `"auto"`, what was asked for and what cost more to compute
   * than to read back (the default); `"roots"`, what was asked for; or
   * `"all"`: every result is in the store and sound when the run ends, since
   * those that are reused are read and checked, too.
   */
  readonly keep?: "auto" | "all" | "roots" | undefined;
  /**
   * Whether kernels on a GPU are timed one by one, which slows them down; else
   * the time of a program is measured, and shared out among its kernels by
   * estimates. Not by default.
   */
  readonly profile?: boolean | undefined;
  /** Where the bodies of ops run; right here by default. */
  readonly executor?: Executor | undefined;
  /** Values that take the place of outputs of nodes. */
  readonly overrides?: Overrides | undefined;
  /**
   * How many bodies of each kind may run at once; by default up to 4 of `cpu`
   * (fewer on fewer cores), 1 of `gpu` and 8 of `io`.
   */
  readonly limits?: Partial<Readonly<Record<OpKind, number>>> | undefined;
}
