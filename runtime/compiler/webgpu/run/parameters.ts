/**
 * The parameters of all dispatches of a program, in one uniform buffer that is
 * written at most once a run.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { Batch } from "../../../device/webgpu/commands.ts";
import { writeScalar } from "../../wasm/abi.ts";
import { ALIGNMENT } from "./ranges.ts";

/** A number of the program, as a dispatch reads it. */
export interface ScalarParameter {
  /** Number of the scalar in the program. */
  readonly scalar: number;
  /** The dtype it is rounded to. */
  readonly dtype: DType;
}

/** Where the parameters of a dispatch lie. */
export interface ParameterPlace {
  /** Bytes from the start of the uniform buffer. */
  readonly offset: number;
  /** Bytes. */
  readonly bytes: number;
}

/** Where a number goes. */
interface ScalarPlace extends ScalarParameter {
  readonly offset: number;
}

const WORD_BYTES = 4;
const VECTOR_BYTES = 16;

/** Collects parameters; equal ones share a place. */
export class ParameterTable {
  readonly #places = new Map<string, ParameterPlace>();
  readonly #sizes: { readonly offset: number; readonly value: number }[] = [];
  readonly #scalars: ScalarPlace[] = [];
  #byteLength = 0;

  /** Bytes of all parameters. */
  get byteLength(): number {
    return Math.max(this.#byteLength, VECTOR_BYTES);
  }

  /**
   * A place for the parameters of a dispatch.
   *
   * @param sizes Its sizes.
   * @param scalars Its scalars.
   * @returns The place.
   */
  add(
    sizes: readonly number[],
    scalars: readonly ScalarParameter[],
  ): ParameterPlace {
    const names = scalars.map(({ scalar, dtype }) => `${scalar}${dtype}`);
    const key = `${sizes.join()};${names.join()}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      const offset = Math.ceil(this.#byteLength / ALIGNMENT) * ALIGNMENT;
      const words = sizes.length + scalars.length;
      const vectors = Math.ceil(words * WORD_BYTES / VECTOR_BYTES);
      place = { offset, bytes: VECTOR_BYTES * Math.max(1, vectors) };
      this.#byteLength = offset + place.bytes;
      this.#places.set(key, place);
      const wordOffset = (word: number) => offset + WORD_BYTES * word;
      sizes.forEach((value, k) =>
        this.#sizes.push({ offset: wordOffset(k), value })
      );
      scalars.forEach((scalar, k) =>
        this.#scalars.push({ ...scalar, offset: wordOffset(sizes.length + k) })
      );
    }
    return place;
  }

  /**
   * The bytes that hold the sizes; scalars are 0.
   *
   * @returns The contents of the uniform buffer.
   */
  block(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.byteLength);
    const view = new DataView(bytes.buffer);
    for (const { offset, value } of this.#sizes) {
      view.setInt32(offset, value, true);
    }
    return bytes;
  }

  /**
   * Writes the scalars of a run.
   *
   * @param block The contents of the uniform buffer.
   * @param values Numbers of the program's scalars.
   */
  writeScalars(
    block: Uint8Array<ArrayBuffer>,
    values: readonly number[],
  ): void {
    const view = new DataView(block.buffer);
    for (const { dtype, offset, scalar } of this.#scalars) {
      writeScalar(view, offset, dtype, values[scalar]!);
    }
  }
}

let ids = 0;

/** A uniform buffer; runs whose numbers are the same may share it. */
export class UniformBlock {
  /** Tells it from all others. */
  readonly id: number = ids++;
  /** The buffer. */
  readonly buffer: GPUBuffer;
  readonly #table: ParameterTable;
  readonly #block: Uint8Array<ArrayBuffer>;
  #written: readonly number[] | undefined;
  #users = 0;
  #batch: Batch | undefined;

  /**
   * @param device The device.
   * @param table What lies in it.
   */
  constructor(device: GPUDevice, table: ParameterTable) {
    this.#table = table;
    this.#block = table.block();
    this.buffer = device.createBuffer({
      label: "weft parameters",
      size: this.#block.length,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  /** Whether no work needs it that is still to be submitted. */
  get isIdle(): boolean {
    return this.#users === 0 && (this.#batch?.isSubmitted ?? true);
  }

  /**
   * Whether it holds the numbers of a run already.
   *
   * @param scalars Numbers of the program's scalars.
   * @returns True when nothing has to be written.
   */
  holds(scalars: readonly number[]): boolean {
    const written = this.#written;
    return written !== undefined &&
      scalars.every((value, k) => Object.is(value, written[k]));
  }

  /**
   * Writes it for a run, while it is idle.
   *
   * @param queue The queue.
   * @param scalars Numbers of the program's scalars.
   */
  write(queue: GPUQueue, scalars: readonly number[]): void {
    this.#written = [...scalars];
    this.#table.writeScalars(this.#block, scalars);
    queue.writeBuffer(this.buffer, 0, this.#block);
  }

  /** Begins a use. */
  retain(): void {
    this.#users++;
  }

  /**
   * Ends a use.
   *
   * @param batch The last commands that need it.
   */
  release(batch: Batch): void {
    this.#users--;
    this.#batch = batch;
  }
}
