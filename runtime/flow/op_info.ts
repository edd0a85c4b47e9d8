/**
 * What the flow knows of an op, without its types.
 *
 * @module
 */

import type { $ZodType } from "zod/v4/core";
import type { Port } from "../ports/mod.ts";

/** Which limit of the scheduler an op falls under. */
export type OpKind = "cpu" | "gpu" | "io";

/** What the body of an op gets beside inputs and params. */
export interface OpContext {
  /** Aborted when the run is cancelled; hand it on to whatever takes long. */
  readonly signal: AbortSignal;
  /**
   * Tells how far the body is.
   *
   * @param fraction From 0 to 1.
   * @param message What it is doing.
   */
  progress(fraction: number, message?: string): void;
  /**
   * Logs a line to the events of the run.
   *
   * @param message The line.
   */
  log(message: string): void;
}

/** The body of an op, without its types. */
export type OpBody = (
  inputs: Record<string, unknown>,
  params: unknown,
  context: OpContext,
) => unknown;

/** An op as planner, scheduler and catalogue see it. */
export interface OpInfo {
  /** Its name, for example `volatility/har`. */
  readonly name: string;
  /** The version that stands for its text in keys; undefined in a notebook. */
  readonly version: string | undefined;
  /** What it does, in one line; empty when not given. */
  readonly doc: string;
  /** Its input ports. */
  readonly inputs: ReadonlyMap<string, Port<unknown>>;
  /** Its output ports. */
  readonly outputs: ReadonlyMap<string, Port<unknown>>;
  /** The schema of its params; undefined when it takes none. */
  readonly params: $ZodType | undefined;
  /** Helpers and constants that enter its key. */
  readonly uses: readonly unknown[];
  /** Which limit of the scheduler it falls under. */
  readonly kind: OpKind;
  /** How often a failed body is tried again. */
  readonly retries: number;
  /** Whether it declares that rows never depend on later rows. */
  readonly causal: boolean;
  /** Whether its results are worth a copy on disk. */
  readonly stored: boolean;
  /**
   * The body.
   *
   * @internal
   */
  readonly body: OpBody;
}
