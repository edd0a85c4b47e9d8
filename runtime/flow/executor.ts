/**
 * Where the bodies of ops run.
 *
 * @module
 */

import type { OpContext, OpInfo } from "./op_info.ts";

/** One call of the body of an op: everything was checked. */
export interface BodyCall {
  /** The op; `name` and `version` address it in another process. */
  readonly info: OpInfo;
  /** The values of its inputs by port. */
  readonly inputs: Record<string, unknown>;
  /** Its params after defaults. */
  readonly params: unknown;
  /** Cancellation, progress and log. */
  readonly context: OpContext;
}

/**
 * Runs the bodies of ops for the scheduler, which stays where it is: it keeps
 * keys, stores and events, and checks what comes back.
 *
 * @example
 * ```ts
 * import { type Executor, localExecutor, op, z } from "@weft/weft";
 *
 * const calls: string[] = [];
 * const logged: Executor = {
 *   name: "logged",
 *   execute(call) {
 *     calls.push(call.info.name);
 *     return localExecutor.execute(call);
 *   },
 * };
 * const one = op({
 *   name: "demo/one",
 *   outputs: { x: z.number() },
 *   run: () => ({ x: 1 }),
 * });
 * await one().value({ executor: logged, store: "none" });
 * console.log(calls); // ["demo/one"]
 * ```
 */
export interface Executor {
  /** Its name, for people. */
  readonly name: string;
  /**
   * Runs a body.
   *
   * @param call What to run, on what.
   * @returns What the body returned, or a promise of it.
   */
  execute(call: BodyCall): unknown;
}

/** Runs bodies right here: what runs use unless told otherwise. */
export const localExecutor: Executor = {
  name: "local",
  execute: ({ info, inputs, params, context }) =>
    info.body(inputs, params, context),
};
