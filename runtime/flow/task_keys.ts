/**
 * The keys of all tasks of one run.
 *
 * @module
 */

import { pause } from "../core/abort.ts";
import type { Digest } from "../core/hash.ts";
import {
  ConstantDigests,
  derivedVersion,
  type InputVersions,
  inputVersions,
  keyOf,
} from "./keys.ts";
import type { NodeCore, Output } from "./node_core.ts";
import type { Overridden } from "./overrides.ts";
import type { MaybePromise } from "./store/store.ts";
import type { Task } from "./task.ts";

/** Longest time without a turn of the event loop, in milliseconds. */
const SLICE_MS = 20;

/** Computes keys; constants are digested once a run. */
export class TaskKeys {
  readonly #byCore: ReadonlyMap<NodeCore, Task>;
  readonly #overridden: Overridden | undefined;
  readonly #constants = new ConstantDigests();

  /**
   * @param byCore The task of each node.
   * @param overridden Outputs that are replaced: their values count.
   */
  constructor(
    byCore: ReadonlyMap<NodeCore, Task>,
    overridden: Overridden | undefined,
  ) {
    this.#byCore = byCore;
    this.#overridden = overridden;
  }

  /**
   * Gives every task its derivation key. One that has a source without a key
   * gets none.
   *
   * @param tasks The tasks, sources first.
   * @param signal Stops the work.
   * @param fail Told of tasks whose inputs cannot be hashed.
   */
  async derive(
    tasks: readonly Task[],
    signal: AbortSignal,
    fail: (task: Task, error: unknown) => void,
  ): Promise<void> {
    let slice = performance.now();
    for (const task of tasks) {
      if (signal.aborted) return;
      if (task.sources.some((source) => source.key === undefined)) continue;
      try {
        const inputs = this.#inputs(
          task,
          (output, source) => derivedVersion(source.key!, output.name),
        );
        const found = inputs instanceof Promise ? await inputs : inputs;
        task.key = keyOf(task.core, found);
        if (task.sources.length === 0) {
          task.contentKey = task.key;
          task.inputs = found;
        }
      } catch (error) {
        fail(task, error);
      }
      if (performance.now() - slice > SLICE_MS) {
        await pause(0);
        slice = performance.now();
      }
    }
  }

  /**
   * The key of a task by the digests of its inputs.
   *
   * @param task The task; the digests of its sources are known.
   * @returns The key.
   */
  byContent(task: Task): MaybePromise<Digest> {
    if (task.contentKey !== undefined) return task.contentKey;
    const take = (inputs: InputVersions) => {
      task.inputs = inputs;
      task.contentKey = keyOf(task.core, inputs);
      return task.contentKey;
    };
    const inputs = this.#inputs(
      task,
      (output, source) => source.digests![output.name] ?? "absent",
    );
    return inputs instanceof Promise ? inputs.then(take) : take(inputs);
  }

  #inputs(
    task: Task,
    versionOf: (output: Output<unknown>, source: Task) => string,
  ): MaybePromise<InputVersions> {
    const overridden = this.#overridden;
    return inputVersions(task.core, this.#constants, (output) => {
      if (overridden?.has(output)) {
        const { codec } = output.node.info.outputs.get(output.name)!;
        return this.#constants.of(overridden.value(output), codec);
      }
      return versionOf(output, this.#byCore.get(output.node)!);
    });
  }
}
