/**
 * The bodies of tasks: what they are given, what they give back, and which of
 * their lazy tensors are computed at once.
 *
 * @module
 */

import type { EventStream, RunEvent } from "../core/events.ts";
import type { Digest } from "../core/hash.ts";
import { Bindings } from "../ports/mod.ts";
import { type Attempts, runBody } from "./body.ts";
import { checkInputs, checkOutputs } from "./checks.ts";
import type { Executor } from "./executor.ts";
import { type Output, pathTo } from "./node_core.ts";
import type { Results } from "./results.ts";
import type { MaybePromise } from "./store/store.ts";
import type { Task } from "./task.ts";
import { outputDigests, outputsToCompute } from "./task_outputs.ts";
import { valueOfWire } from "./wiring.ts";

/** Gives the value of an output that a body reads. */
export type ReadOutput = (output: Output<unknown>) => unknown;

/** What bodies need of the run. */
export interface BodiesWorld {
  /** Where they run. */
  readonly executor: Executor;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Where their progress and log lines go. */
  readonly events: EventStream<RunEvent>;
  /** Milliseconds since the run began. */
  readonly now: () => number;
  /** The device that was asked for. */
  readonly device: string | undefined;
  /** Knows what will be written to disk. */
  readonly results: Pick<Results, "modeFor">;
}

/** Runs the bodies of the tasks of one run. */
export class TaskBodies {
  readonly #world: BodiesWorld;

  /** @param world What they need of the run. */
  constructor(world: BodiesWorld) {
    this.#world = world;
  }

  /**
   * Runs the body of a task and checks what comes back.
   *
   * @param task The task.
   * @param read Gives what it reads.
   * @param attempts What was tried before; counted on.
   * @returns Its outputs.
   * @throws {PortError} If an input or an output does not fit its port.
   * @throws {OpError} If the body threw for good.
   */
  run(
    task: Task,
    read: ReadOutput,
    attempts: Attempts,
  ): MaybePromise<Record<string, unknown>> {
    const { core } = task;
    const bindings = new Bindings();
    const path = task.path.length > 0 ? task.path : pathTo(core);
    task.path = path;
    const given: Record<string, unknown> = {};
    for (const [name, wire] of core.wires) {
      given[name] = valueOfWire(wire, read);
    }
    const inputs = checkInputs(core.info, given, path, bindings, core.wires);
    const { executor, signal, events, now } = this.#world;
    const isLive = () => task.ended === undefined;
    const returned = runBody(core, task.vertex.id, path, inputs, {
      executor,
      signal,
      events,
      now,
      isLive,
      attempts,
    });
    const checked = (value: unknown) =>
      checkOutputs(core.info, value, path, bindings);
    return returned instanceof Promise
      ? returned.then(checked)
      : checked(returned);
  }

  /**
   * Runs the body of a task whose outputs were lost with their device; another
   * loss is not forgiven.
   *
   * @param task The task.
   * @param read Gives what it reads.
   * @returns Its outputs; what several will read, or the store, is computed.
   */
  async again(task: Task, read: ReadOutput): Promise<Record<string, unknown>> {
    const values = await this.run(task, read, { retries: 0, losses: 1 });
    await this.digests(task, values);
    return values;
  }

  /**
   * The digests of outputs; computes what several will read, and what is
   * stored.
   *
   * @param task The task.
   * @param values Its outputs.
   * @returns Digests by output.
   */
  digests(
    task: Task,
    values: Readonly<Record<string, unknown>>,
  ): MaybePromise<Record<string, Digest>> {
    const { device, results } = this.#world;
    // A device that was asked for computes what the caller will read
    const mode = device !== undefined && task.isRoot
      ? "all"
      : results.modeFor(task);
    const computed = outputsToCompute(task, values);
    return outputDigests(task, values, mode, computed);
  }
}
