/**
 * The keys of all tasks of one run.
 *
 * @module
 */

import { pause } from "../core/abort.ts";
import { DataError } from "../core/errors.ts";
import type { Digest } from "../core/hash.ts";
import { type Codec, valueCodec } from "../ports/mod.ts";
import {
  ConstantDigests,
  derivedVersion,
  type InputVersions,
  inputVersions,
  keyOf,
} from "./keys.ts";
import { type NodeCore, type Output, pathTo } from "./node_core.ts";
import type { Overridden } from "./overrides.ts";
import type { MaybePromise } from "./store/store.ts";
import type { Task } from "./task.ts";
import type { Wire } from "./wiring.ts";

/** Longest time without a turn of the event loop, in milliseconds. */
const SLICE_MS = 20;

function changedError(core: NodeCore, port: string): DataError {
  return new DataError(
    `Cannot use the result of op "${core.info.name}" as its input "${port}" changed while it ran`,
    {
      path: pathTo(core),
      port,
      expected: "a file that stays as it is during the run",
      actual: "a file that was edited meanwhile",
      hint: "Run again when nothing writes to the file",
    },
  );
}

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

  /**
   * Refuses a result whose inputs changed while its body ran: a file that was
   * edited between hashing and reading would be kept under a wrong key.
   *
   * @param task The task, whose body has just ended.
   * @throws {DataError} If an input has another digest than before.
   */
  refuseChanged(task: Task): Promise<void> | undefined {
    const waits: Promise<void>[] = [];
    const look = (
      port: string,
      value: unknown,
      codec: Codec<unknown>,
      before: Digest,
    ) =>
      waits.push(
        Promise.resolve(codec.digest(value)).then((after) => {
          if (after !== before) throw changedError(task.core, port);
        }),
      );
    const visit = (port: string, wire: Wire, codec: Codec<unknown>): void => {
      switch (wire.kind) {
        case "constant": {
          const before = this.#constants.ofOutside(wire.value);
          if (before !== undefined) look(port, wire.value, codec, before);
          return;
        }
        case "output": {
          const { node, name } = wire.output;
          const source = this.#byCore.get(node);
          const value = source?.values?.[name];
          const before = source?.outside.get(name);
          if (value !== undefined && before !== undefined) {
            look(port, value, codec, before);
          }
          return;
        }
        case "list":
          for (const item of wire.items) visit(port, item, valueCodec);
          return;
        case "record":
          for (const [, part] of wire.entries) visit(port, part, valueCodec);
      }
    };
    for (const [name, wire] of task.core.wires) {
      visit(name, wire, task.core.info.inputs.get(name)!.codec);
    }
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
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
