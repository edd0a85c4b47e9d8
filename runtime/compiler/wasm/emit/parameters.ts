/**
 * What a kernel's function reads of its parameter block, and its constants: all
 * in variables that are set before the body runs.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import { SizeTable } from "../../ir/sizes.ts";
import { spelled } from "../../ir/spelled_numbers.ts";
import { ParameterLayout } from "../abi.ts";
import { type FunctionBuilder, type Local, splatBytes } from "../assembler.ts";
import { kindOf, scalarType } from "./kinds.ts";

/** How many buffers and scalars a kernel has. */
export interface ParameterCounts {
  /** Number of operands. */
  readonly operands: number;
  /** Number of outputs. */
  readonly outputs: number;
  /** Number of temporaries. */
  readonly temporaries: number;
  /** Number of scalars. */
  readonly scalars: number;
}

/** Parameters and constants of one function. */
export class Parameters {
  /** The sizes that the function reads. */
  readonly sizes: SizeTable;
  readonly #fn: FunctionBuilder;
  readonly #block: Local;
  readonly #counts: ParameterCounts;
  readonly #addresses = new Map<number, Local>();
  readonly #sizes = new Map<number, Local>();
  readonly #scalars = new Map<number, { local: Local; dtype: DType }>();
  readonly #constants = new Map<string, { local: Local; bytes: Uint8Array }>();

  /**
   * @param fn The function.
   * @param block Its variable with the address of the parameter block.
   * @param counts How many buffers and scalars the kernel has.
   * @param sizes The sizes; functions of one module share them. Then all of the
   * module must be written before the first {@linkcode Parameters.finish}.
   */
  constructor(
    fn: FunctionBuilder,
    block: Local,
    counts: ParameterCounts,
    sizes: SizeTable = new SizeTable(),
  ) {
    this.sizes = sizes;
    this.#fn = fn;
    this.#block = block;
    this.#counts = counts;
  }

  #address(slot: number): Local {
    let local = this.#addresses.get(slot);
    if (local === undefined) {
      this.#addresses.set(slot, local = this.#fn.local("i32"));
    }
    return local;
  }

  /**
   * Address of an operand.
   *
   * @param operand Its number; those after the last are temporaries.
   * @returns The variable.
   */
  operand(operand: number): Local {
    const { operands } = this.#counts;
    return operand < operands
      ? this.#address(operand)
      : this.temporary(operand - operands);
  }

  /**
   * Address of an output.
   *
   * @param output Its number; those after the last are temporaries.
   * @returns The variable.
   */
  output(output: number): Local {
    return this.#address(this.#counts.operands + output);
  }

  /**
   * Address of a temporary.
   *
   * @param temporary Its number.
   * @returns The variable.
   */
  temporary(temporary: number): Local {
    return this.#address(
      this.#counts.operands + this.#counts.outputs + temporary,
    );
  }

  /**
   * A size, as i32.
   *
   * @param value The size.
   * @returns The variable.
   */
  size(value: number): Local {
    let local = this.#sizes.get(value);
    if (local === undefined) {
      this.sizes.slot(value);
      this.#sizes.set(value, local = this.#fn.local("i32"));
    }
    return local;
  }

  /**
   * A scalar of the kernel.
   *
   * @param scalar Its number.
   * @param dtype Its dtype.
   * @returns The variable.
   */
  scalar(scalar: number, dtype: DType): Local {
    let entry = this.#scalars.get(scalar);
    if (entry === undefined) {
      const local = this.#fn.local(scalarType(kindOf(dtype)));
      this.#scalars.set(scalar, entry = { local, dtype });
    }
    return entry.local;
  }

  /**
   * A vector with the same number in all lanes.
   *
   * @param kind Type of the lanes.
   * @param value The number.
   * @returns The variable.
   */
  splat(kind: "i32" | "f32" | "f64", value: number): Local {
    const key = `${kind}:${spelled(value)}`;
    return this.vector(key, () => splatBytes(kind, value));
  }

  /**
   * A constant vector.
   *
   * @param key A text that tells it from others.
   * @param bytes Gives its 16 bytes.
   * @returns The variable.
   */
  vector(key: string, bytes: () => Uint8Array): Local {
    let entry = this.#constants.get(key);
    if (entry === undefined) {
      entry = { local: this.#fn.local("v128"), bytes: bytes() };
      this.#constants.set(key, entry);
    }
    return entry.local;
  }

  /** Writes the prologue that sets all variables that were asked for. */
  finish(): void {
    const fn = this.#fn;
    const counts = this.#counts;
    const layout = new ParameterLayout(
      counts.operands,
      counts.outputs,
      counts.temporaries,
      this.sizes.values.length,
      counts.scalars,
    );
    const read = (offset: number, local: Local) => {
      fn.get(this.#block);
      if (local.type !== "v128") fn.memory(`${local.type}.load`, offset);
      fn.set(local);
    };
    fn.prologue(() => {
      for (const [slot, local] of this.#addresses) read(4 * slot, local);
      for (const [value, local] of this.#sizes) {
        read(layout.sizes + 4 * this.sizes.slot(value), local);
      }
      for (const [scalar, { local, dtype }] of this.#scalars) {
        read(layout.scalars + 8 * scalar, local);
        if (dtype === "bool") {
          fn.get(local);
          fn.i32(0);
          fn.op("i32.ne");
          fn.set(local);
        }
      }
      for (const { local, bytes } of this.#constants.values()) {
        fn.v128(bytes);
        fn.set(local);
      }
    });
  }
}
