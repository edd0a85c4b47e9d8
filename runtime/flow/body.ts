/**
 * The body of a node: its context, its retries, and the error that tells what
 * it threw.
 *
 * @module
 */

import { pause } from "../core/abort.ts";
import { DeviceLostError, OpError, WeftError } from "../core/errors.ts";
import type { EventStream, RunEvent } from "../core/events.ts";
import { withUserFrames } from "../core/stack.ts";
import { withBlame } from "../tensor/blame.ts";
import type { Executor } from "./executor.ts";
import { type NodeCore, pathTo } from "./node_core.ts";
import type { OpContext } from "./op_info.ts";
import type { MaybePromise } from "./store/store.ts";

/** Wait before the first retry of an io op; doubled for each further one. */
const RETRY_MS = 100;

/** What was tried so far to run the body of a node. */
export interface Attempts {
  /** Retries of an io op that were used up. */
  retries: number;
  /** How often the device was lost under it. */
  losses: number;
}

/** What a body needs from its run. */
export interface BodySettings {
  /** Where it runs. */
  readonly executor: Executor;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Where its progress and log lines go. */
  readonly events: EventStream<RunEvent>;
  /** Milliseconds since the run began. */
  readonly now: () => number;
  /** Whether the run still listens to the body. */
  readonly isLive: () => boolean;
  /** What was tried before; counted on. */
  readonly attempts: Attempts;
}

/**
 * Runs the body of a node, again where it failed and may be retried. A lost
 * device ends it the first time: what it reads may be gone.
 *
 * @param core The node.
 * @param id Its number in the run.
 * @param path Names of the ops that lead here, its own last.
 * @param inputs The values of its inputs.
 * @param settings What the body needs from its run.
 * @returns What the body returned, at once where nothing had to be awaited.
 * @throws {OpError} If the body threw for good.
 */
export function runBody(
  core: NodeCore,
  id: number,
  path: readonly string[],
  inputs: Record<string, unknown>,
  settings: BodySettings,
): MaybePromise<unknown> {
  const context = contextOf(core, id, settings);
  const attempt = () =>
    withBlame(
      path,
      () =>
        settings.executor.execute({
          info: core.info,
          inputs,
          params: core.params,
          context,
        }),
    );
  try {
    const returned = attempt();
    return isPromiseLike(returned)
      ? Promise.resolve(returned).catch((error) =>
        retried(core, id, error, attempt, settings)
      )
      : returned;
  } catch (error) {
    if (core.info.retries === 0) throw bodyError(core, error);
    return retried(core, id, error, attempt, settings);
  }
}

async function retried(
  core: NodeCore,
  id: number,
  first: unknown,
  attempt: () => unknown,
  { attempts, signal, events, now }: BodySettings,
): Promise<unknown> {
  const { name, retries } = core.info;
  let error = first;
  while (attempts.retries < retries && !signal.aborted) {
    // What it reads is gone, too: the run brings that back before a new try.
    if (error instanceof DeviceLostError && attempts.losses === 0) break;
    const count = ++attempts.retries;
    events.emit({
      type: "warning",
      at: now(),
      node: id,
      message: triedAgain(name, `(${count} of ${retries})`, error),
    });
    await pause(RETRY_MS * 2 ** (count - 1), signal);
    try {
      return await attempt();
    } catch (next) {
      error = next;
    }
  }
  throw bodyError(core, error);
}

/**
 * What a run tells of a body that is run again.
 *
 * @param name The op.
 * @param what Which try it is, or on what.
 * @param error What was thrown.
 * @returns The words.
 */
export function triedAgain(
  name: string,
  what: string,
  error: unknown,
): string {
  return `Op "${name}" failed and is tried again ${what}: ${
    error instanceof Error ? error.message : error
  }`;
}

function contextOf(
  { info: { name } }: NodeCore,
  node: number,
  { signal, events, now, isLive }: BodySettings,
): OpContext {
  return {
    signal,
    progress: (fraction, message) => {
      if (!isLive()) return;
      events.emit({
        type: "node-progress",
        at: now(),
        node,
        name,
        fraction: Math.min(1, Math.max(0, fraction)),
        ...(message === undefined ? {} : { message }),
      });
    },
    log: (message) => {
      if (!isLive()) return;
      events.emit({ type: "node-log", at: now(), node, name, message });
    },
  };
}

/**
 * The error that tells what the body of a node threw.
 *
 * @param core The node.
 * @param thrown What was thrown.
 * @returns The error, with the path of ops and frames of user code only.
 */
export function bodyError(core: NodeCore, thrown: unknown): OpError {
  const words = thrown instanceof WeftError
    ? thrown.summary
    : thrown instanceof Error
    ? thrown.message
    : String(thrown);
  const hint = thrown instanceof WeftError ? thrown.details.hint : undefined;
  const error = new OpError(
    `Cannot finish op "${core.info.name}" as its body failed: ${words}`,
    {
      path: pathTo(core),
      ...(hint === undefined ? {} : { hint }),
      cause: thrown,
    },
  );
  return withUserFrames(error, thrown);
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}
