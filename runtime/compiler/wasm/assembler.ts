/**
 * A small assembler for WebAssembly modules: functions are written instruction
 * by instruction, in the order of the stack machine.
 *
 * @module
 */

import { ByteWriter } from "./assembler_bytes.ts";
import {
  LANE,
  LANE_MEMORY,
  type LaneMemoryOp,
  type LaneOp,
  MEMORY,
  type MemoryOp,
  PLAIN,
  type PlainOp,
} from "./assembler_opcodes.ts";

/** Type of a value on the stack or in a local. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

const TYPE_CODES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A parameter or variable of a function. */
export interface Local {
  /** Its number in the function. */
  readonly index: number;
  /** Its type. */
  readonly type: ValueType;
}

/** The target of a branch: the end of a block, or the start of a loop. */
export interface Label {
  /** How many blocks lie around it. */
  readonly depth: number;
}

/** Writes one function. */
export class FunctionBuilder {
  /** Number of the function in its module, for calls. */
  readonly index: number;
  /** Types of its parameters. */
  readonly parameterTypes: readonly ValueType[];
  /** Types of its results. */
  readonly resultTypes: readonly ValueType[];
  /** Its parameters, as locals. */
  readonly parameters: readonly Local[];
  readonly #head = new ByteWriter(256);
  readonly #body = new ByteWriter(1024);
  #code = this.#body;
  readonly #locals: ValueType[] = [];
  #depth = 0;

  /**
   * @param index Number of the function.
   * @param parameterTypes Types of its parameters.
   * @param resultTypes Types of its results.
   */
  constructor(
    index: number,
    parameterTypes: readonly ValueType[],
    resultTypes: readonly ValueType[],
  ) {
    this.index = index;
    this.parameterTypes = parameterTypes;
    this.resultTypes = resultTypes;
    this.parameters = parameterTypes.map((type, k) => ({ index: k, type }));
  }

  /**
   * A new variable; it starts at 0.
   *
   * @param type Its type.
   * @returns The variable.
   */
  local(type: ValueType): Local {
    const index = this.parameterTypes.length + this.#locals.length;
    this.#locals.push(type);
    return { index, type };
  }

  /**
   * Pushes a variable.
   *
   * @param local The variable.
   */
  get(local: Local): void {
    this.#code.byte(0x20);
    this.#code.unsigned(local.index);
  }

  /**
   * Pops into a variable.
   *
   * @param local The variable.
   */
  set(local: Local): void {
    this.#code.byte(0x21);
    this.#code.unsigned(local.index);
  }

  /**
   * Copies the top of the stack into a variable.
   *
   * @param local The variable.
   */
  tee(local: Local): void {
    this.#code.byte(0x22);
    this.#code.unsigned(local.index);
  }

  /**
   * Writes code that runs before all other code of the function, after what
   * earlier calls wrote: what the body turned out to need.
   *
   * @param write Writes it; outside of all blocks.
   */
  prologue(write: () => void): void {
    this.#code = this.#head;
    write();
    this.#code = this.#body;
  }

  #opcode(code: number): void {
    if (code < 0x1000) return this.#code.byte(code);
    this.#code.byte(code >> 12);
    this.#code.unsigned(code & 0xfff);
  }

  /**
   * Instructions without immediates.
   *
   * @param names Their names, in order.
   */
  op(...names: readonly PlainOp[]): void {
    for (const name of names) this.#opcode(PLAIN[name]);
  }

  /**
   * Pushes an i32.
   *
   * @param value The number; wrapped to 32 bits.
   */
  i32(value: number): void {
    this.#code.byte(0x41);
    this.#code.signed(value);
  }

  /**
   * Pushes an i64.
   *
   * @param value The number; wrapped to 64 bits.
   */
  i64(value: bigint): void {
    this.#code.byte(0x42);
    this.#code.signed64(value);
  }

  /**
   * Pushes an f32.
   *
   * @param value The number.
   */
  f32(value: number): void {
    this.#code.byte(0x43);
    this.#code.float32(value);
  }

  /**
   * Pushes an f64.
   *
   * @param value The number.
   */
  f64(value: number): void {
    this.#code.byte(0x44);
    this.#code.float64(value);
  }

  /**
   * Pushes a vector.
   *
   * @param bytes Its 16 bytes, from lane 0.
   */
  v128(bytes: Uint8Array): void {
    this.#opcode(0xfd00c);
    this.#code.append(bytes);
  }

  /**
   * A load or store.
   *
   * @param name Its name.
   * @param offset Bytes that are added to the address, not negative.
   * @param align Power of two that the address is a multiple of; by default
   * that of the access. It is a hint only.
   */
  memory(name: MemoryOp, offset = 0, align?: number): void {
    const [code, natural] = MEMORY[name];
    this.#opcode(code);
    this.#code.unsigned(align ?? natural);
    this.#code.unsigned(offset);
  }

  /**
   * A load or store of one lane.
   *
   * @param name Its name.
   * @param lane Number of the lane.
   * @param offset Bytes that are added to the address, not negative.
   */
  laneMemory(name: LaneMemoryOp, lane: number, offset = 0): void {
    const [code, natural] = LANE_MEMORY[name];
    this.#opcode(code);
    this.#code.unsigned(natural);
    this.#code.unsigned(offset);
    this.#code.byte(lane);
  }

  /**
   * An instruction that names a lane.
   *
   * @param name Its name.
   * @param lane Number of the lane.
   */
  lane(name: LaneOp, lane: number): void {
    this.#opcode(LANE[name]);
    this.#code.byte(lane);
  }

  /**
   * Picks 16 bytes of two vectors (`i8x16.shuffle`).
   *
   * @param lanes For each byte of the result, which one: from 0 of the first
   * vector, from 16 of the second.
   */
  shuffle(lanes: readonly number[]): void {
    this.#opcode(0xfd00d);
    for (const lane of lanes) this.#code.byte(lane);
  }

  #open(code: number, result: ValueType | undefined): Label {
    this.#code.byte(code);
    this.#code.byte(result === undefined ? 0x40 : TYPE_CODES[result]);
    return { depth: ++this.#depth };
  }

  #close(): void {
    this.#code.byte(0x0b);
    this.#depth--;
  }

  /**
   * A block; branches to its label leave it.
   *
   * @param body Writes the block.
   * @param result Type of the value that it leaves on the stack.
   */
  block(body: (label: Label) => void, result?: ValueType): void {
    body(this.#open(0x02, result));
    this.#close();
  }

  /**
   * A loop; branches to its label start it again, its end leaves it.
   *
   * @param body Writes the loop.
   */
  loop(body: (label: Label) => void): void {
    body(this.#open(0x03, undefined));
    this.#close();
  }

  /**
   * Pops a condition and chooses.
   *
   * @param then Writes what is done if it is not 0.
   * @param otherwise Writes what is done if it is 0.
   * @param result Type of the value that both leave on the stack.
   */
  if(then: () => void, otherwise?: () => void, result?: ValueType): void {
    this.#open(0x04, result);
    then();
    if (otherwise !== undefined) {
      this.#code.byte(0x05);
      otherwise();
    }
    this.#close();
  }

  /**
   * Branches.
   *
   * @param label Where to.
   */
  branch(label: Label): void {
    this.#code.byte(0x0c);
    this.#code.unsigned(this.#depth - label.depth);
  }

  /**
   * Pops a condition and branches if it is not 0.
   *
   * @param label Where to.
   */
  branchIf(label: Label): void {
    this.#code.byte(0x0d);
    this.#code.unsigned(this.#depth - label.depth);
  }

  /**
   * Calls a function.
   *
   * @param callee The function.
   */
  call(callee: FunctionBuilder): void {
    this.#code.byte(0x10);
    this.#code.unsigned(callee.index);
  }

  /**
   * Writes the function into the code section.
   *
   * @param to The section.
   */
  write(to: ByteWriter): void {
    const runs = new ByteWriter();
    let count = 0;
    for (let from = 0; from < this.#locals.length;) {
      const type = this.#locals[from]!;
      let end = from + 1;
      while (this.#locals[end] === type) end++;
      runs.unsigned(end - from);
      runs.byte(TYPE_CODES[type]);
      from = end;
      count++;
    }
    const body = new ByteWriter(this.#body.length + runs.length + 512);
    body.unsigned(count);
    body.append(runs.bytes);
    body.append(this.#head.bytes);
    body.append(this.#body.bytes);
    body.byte(0x0b);
    to.sized(body);
  }
}

/** Writes a module that imports the shared memory `env.memory`. */
export class ModuleBuilder {
  readonly #functions: FunctionBuilder[] = [];
  readonly #exports: (readonly [name: string, index: number])[] = [];

  /**
   * A new function.
   *
   * @param parameterTypes Types of its parameters.
   * @param resultTypes Types of its results.
   * @param exportedAs Name under which the module exports it, if it does.
   * @returns The function, to be written.
   */
  function(
    parameterTypes: readonly ValueType[],
    resultTypes: readonly ValueType[] = [],
    exportedAs?: string,
  ): FunctionBuilder {
    const index = this.#functions.length;
    const made = new FunctionBuilder(index, parameterTypes, resultTypes);
    this.#functions.push(made);
    if (exportedAs !== undefined) this.#exports.push([exportedAs, index]);
    return made;
  }

  /**
   * The module. All functions must be complete.
   *
   * @returns Its bytes.
   */
  build(): Uint8Array<ArrayBuffer> {
    const module = new ByteWriter(4096);
    for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) module.byte(byte);
    const section = (id: number, write: (to: ByteWriter) => void) => {
      const part = new ByteWriter();
      write(part);
      module.byte(id);
      module.sized(part);
    };
    const signatures = new Map<string, number>();
    const types = new ByteWriter();
    const typeOf = this.#functions.map((one) => {
      const key = `${one.parameterTypes}>${one.resultTypes}`;
      let type = signatures.get(key);
      if (type === undefined) {
        signatures.set(key, type = signatures.size);
        types.byte(0x60);
        for (const list of [one.parameterTypes, one.resultTypes]) {
          types.unsigned(list.length);
          for (const item of list) types.byte(TYPE_CODES[item]);
        }
      }
      return type;
    });
    section(1, (to) => {
      to.unsigned(signatures.size);
      to.append(types.bytes);
    });
    section(2, (to) => {
      to.unsigned(1);
      to.name("env");
      to.name("memory");
      // A shared memory of any size: at least 0 and at most 65536 pages.
      to.byte(0x02);
      to.byte(0x03);
      to.unsigned(0);
      to.unsigned(65536);
    });
    section(3, (to) => {
      to.unsigned(typeOf.length);
      for (const type of typeOf) to.unsigned(type);
    });
    section(7, (to) => {
      to.unsigned(this.#exports.length);
      for (const [name, index] of this.#exports) {
        to.name(name);
        to.byte(0x00);
        to.unsigned(index);
      }
    });
    section(10, (to) => {
      to.unsigned(this.#functions.length);
      for (const one of this.#functions) one.write(to);
    });
    return module.bytes.slice();
  }
}

/**
 * The bytes of a vector with the same number in all lanes.
 *
 * @param kind Type of the lanes.
 * @param value The number; whole numbers are wrapped.
 * @returns The 16 bytes.
 */
export function splatBytes(
  kind: "i32" | "f32" | "f64",
  value: number,
): Uint8Array<ArrayBuffer> {
  switch (kind) {
    case "i32":
      return new Uint8Array(new Int32Array(4).fill(value).buffer);
    case "f32":
      return new Uint8Array(new Float32Array(4).fill(value).buffer);
    case "f64":
      return new Uint8Array(new Float64Array(2).fill(value).buffer);
  }
}
