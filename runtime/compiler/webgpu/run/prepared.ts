/**
 * Programs that are ready to run on the GPU.
 *
 * @module
 */

import { NumericalError, WeftError } from "../../../core/errors.ts";
import {
  nextSlice,
  sliceIsOver,
  throwIfAborted,
} from "../../../device/clock.ts";
import { allocate } from "../../../device/dtypes.ts";
import { explained } from "../../../device/explain.ts";
import { hostStorage, type Storage } from "../../../device/graph.ts";
import type { Batch } from "../../../device/webgpu/commands.ts";
import {
  connectWebGpu,
  type WebGpuConnection,
} from "../../../device/webgpu/connection.ts";
import type { DeviceBuffer } from "../../../device/webgpu/pool.ts";
import { WebGpuStorage } from "../../../device/webgpu/storage.ts";
import { bytesOf } from "../../../device/webgpu/uploads.ts";
import type { PreparedProgram, RunOptions } from "../../backend.ts";
import type { Program } from "../../ir/kernel.ts";
import { wasmBackend } from "../../wasm/backend.ts";
import { CompiledProgram } from "./compiled.ts";
import { FailedStep } from "./compile.ts";
import { LeafHolder } from "./leaves.ts";
import { ownLeaf } from "./owned_leaves.ts";
import type { Renderer } from "./plan.ts";
import { bytesOfSpec, rangeOfBuffer } from "./ranges.ts";
import { ProgramRun } from "./program_run.ts";
import { longestOfAll, stepThatUses, tooLongError } from "./too_long.ts";

/** A program, compiled for the device of the moment. */
export class WebGpuProgram implements PreparedProgram {
  readonly #program: Program;
  readonly #render: Renderer;
  readonly #connect: () => Promise<WebGpuConnection>;
  readonly #longest: number;
  /** Buffers of results that are made by a run. */
  readonly #made: readonly number[];
  #compiled: Promise<CompiledProgram> | undefined;
  #onHost: Promise<PreparedProgram> | undefined;

  /**
   * @param program The program.
   * @param render Renders its kernels.
   * @param connect Gives the device of the moment.
   */
  constructor(
    program: Program,
    render: Renderer,
    connect: () => Promise<WebGpuConnection> = connectWebGpu,
  ) {
    this.#program = program;
    this.#render = render;
    this.#connect = connect;
    this.#longest = longestOfAll(program);
    this.#made = resultBuffers(program);
  }

  /**
   * Compiles the program. What is wrong with a kernel is told by the first run,
   * which knows the op to blame.
   *
   * @throws {WeftError} When there is no adapter.
   */
  async compile(): Promise<void> {
    const connection = await this.#connect();
    if (this.#isTooLong(connection)) return;
    await this.#compiledFor(connection).catch(() => {});
  }

  /**
   * Runs the program; see {@linkcode PreparedProgram.run}.
   *
   * @param leaves Data of the program's leaves.
   * @param scalars Numbers of the program's scalars.
   * @param options Signal and trace.
   * @returns Data of the program's results.
   */
  async run(
    leaves: readonly Storage[],
    scalars: readonly number[],
    options: RunOptions,
  ): Promise<Storage[]> {
    const { signal } = options;
    throwIfAborted(signal);
    if (sliceIsOver()) await nextSlice(signal);
    const connection = await this.#connect();
    try {
      connection.check();
      if (this.#isTooLong(connection)) {
        return await this.#runOnHost(connection, leaves, scalars, options);
      }
      const compiled = await this.#compiledFor(connection);
      return await this.#runOn(compiled, leaves, scalars, options);
    } catch (error) {
      if (!(error instanceof FailedStep)) throw await connection.explain(error);
      const { charged: { name, node }, reason } = error;
      const path = options.blame(node);
      const isMemory = reason instanceof RangeError;
      const told = isMemory ? reason : await connection.explain(reason);
      throw explained(told, name, path);
    }
  }

  /**
   * Whether a tensor is longer than any buffer of the device, or than a binding
   * where a kernel may write a part of it: kernels over pieces write all.
   */
  #isTooLong({ capabilities }: WebGpuConnection): boolean {
    const { maxBufferSize, maxStorageBufferBindingSize } = capabilities;
    return this.#longest > maxBufferSize ||
      this.#program.overwritten !== undefined &&
        this.#longest > maxStorageBufferBindingSize;
  }

  async #runOnHost(
    { capabilities }: WebGpuConnection,
    leaves: readonly Storage[],
    scalars: readonly number[],
    options: RunOptions,
  ): Promise<Storage[]> {
    try {
      this.#onHost ??= wasmBackend.prepare(this.#program);
      return await (await this.#onHost).run(leaves, scalars, options);
    } catch (error) {
      const step = stepThatUses(this.#program, this.#longest);
      const reason = tooLongError(
        capabilities,
        step.name,
        this.#longest,
        error,
      );
      throw new FailedStep(step, reason);
    }
  }

  #compiledFor(connection: WebGpuConnection): Promise<CompiledProgram> {
    const known = this.#compiled;
    const made = (known ?? Promise.reject()).then(
      (compiled) =>
        compiled.connection === connection
          ? compiled
          : CompiledProgram.compile(this.#program, connection, this.#render),
      () => CompiledProgram.compile(this.#program, connection, this.#render),
    );
    return this.#compiled = made;
  }

  async #runOn(
    compiled: CompiledProgram,
    leaves: readonly Storage[],
    scalars: readonly number[],
    options: RunOptions,
  ): Promise<Storage[]> {
    const { connection } = compiled;
    const program = this.#program;
    const path = program.steps.length === 0
      ? undefined
      : options.blame(program.steps[0]!.node);
    const holder = new LeafHolder(compiled);
    const made: DeviceBuffer[] = [];
    try {
      const ranges = await holder.hold(leaves, path);
      const wanted = this.#made;
      const lengths = wanted.map((one) => bytesOfSpec(program.buffers[one]!));
      made.push(
        ...connection.pool.allocateNow(lengths) ??
          await connection.pool.allocate(lengths, path),
      );
      wanted.forEach((buffer, k) =>
        ranges[buffer] = rangeOfBuffer(made[k]!, lengths[k]!)
      );
      const owned = program.overwritten ?? [];
      for (const buffer of owned) {
        const own = await ownLeaf({
          connection,
          storage: leafOf(program, buffer, leaves),
          keepLeaves: options.keepLeaves === true,
          path,
        });
        made.push(own);
        const bytes = bytesOfSpec(program.buffers[buffer]!);
        ranges[buffer] = rangeOfBuffer(own, bytes);
      }
      const notes = await notesOf(compiled, path);
      if (notes !== undefined) {
        made.push(notes);
        const { byteLength } = compiled.notes;
        ranges[program.buffers.length] = rangeOfBuffer(notes, byteLength);
      }
      const run = new ProgramRun(compiled, holder, scalars, options);
      const batch = await run.execute(ranges, path).catch(async (error) => {
        throw await causeOf(compiled, notes, error) ?? error;
      });
      const storages = new Map(
        [...wanted, ...owned].map((buffer, k) => [
          buffer,
          this.#storage(connection, buffer, made[k]!, batch),
        ]),
      );
      for (const buffer of owned) {
        // What is written over on the way only is of no use any more.
        if (!program.results.includes(buffer)) storages.get(buffer)!.dispose();
      }
      const results = program.results.map((buffer) =>
        storages.get(buffer) ?? leafOf(program, buffer, leaves)
      );
      if (notes !== undefined) {
        const words = compiled.notes.byteLength / 4;
        const storage = new WebGpuStorage(
          connection,
          notes,
          "i32",
          words,
          batch,
        );
        compiled.notes.attach(storage, results, options.blame);
      }
      return results;
    } catch (error) {
      for (const buffer of made) connection.pool.release(buffer);
      throw error;
    } finally {
      holder.release();
    }
  }

  #storage(
    connection: WebGpuConnection,
    buffer: number,
    made: DeviceBuffer,
    batch: Batch,
  ): Storage {
    const { dtype, size } = this.#program.buffers[buffer]!;
    if (size > 0) {
      return new WebGpuStorage(connection, made, dtype, size, batch);
    }
    connection.pool.release(made);
    return hostStorage(allocate(dtype, 0));
  }
}

/** Buffers of results that are not leaves. */
function resultBuffers({ buffers }: Program): number[] {
  return buffers.flatMap(({ role }, k) => role === "result" ? [k] : []);
}

/** An empty buffer for the notes of a run; undefined where none are made. */
async function notesOf(
  { connection: { commands, pool }, notes: { byteLength } }: CompiledProgram,
  path: readonly string[] | undefined,
): Promise<DeviceBuffer | undefined> {
  if (byteLength === 0) return undefined;
  const [notes] = pool.allocateNow([byteLength]) ??
    await pool.allocate([byteLength], path);
  commands.encode((encoder) =>
    encoder.clearBuffer(notes!.buffer, 0, byteLength)
  );
  return notes;
}

/**
 * What a step on the host failed of in truth, where a kernel before it found
 * something wrong with its data.
 */
async function causeOf(
  { connection: { reader }, notes: table }: CompiledProgram,
  notes: DeviceBuffer | undefined,
  error: unknown,
): Promise<FailedStep | undefined> {
  const isOfData = error instanceof FailedStep &&
    error.reason instanceof NumericalError;
  if (notes === undefined || !isOfData) return undefined;
  const words = new Int32Array(table.byteLength / 4);
  await reader.read(notes.buffer, bytesOf(words));
  const found = table.find(words);
  return found && new FailedStep(found.charged, found.error);
}

function leafOf(
  { leaves }: Program,
  buffer: number,
  storages: readonly Storage[],
): Storage {
  const storage = storages[leaves.findIndex((one) => one.buffer === buffer)];
  if (storage !== undefined) return storage;
  throw new WeftError(`Cannot find the data of buffer ${buffer}`, {
    expected: "a result or a leaf",
  });
}
