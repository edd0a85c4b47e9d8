/**
 * The text of a WGSL module while it is written: parameters, buffers, functions
 * and workgroup memory come into being when they are first asked for.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import { SizeTable } from "../../ir/sizes.ts";
import type { WebGpuLimits } from "../abi.ts";
import { type Buffer, BufferAccess } from "./buffers.ts";
import {
  type FunctionName,
  functionText,
  isFunctionName,
} from "./functions.ts";
import { floatBits, literal, scalarType, widen, type Width } from "./types.ts";

/** What a module can touch. */
export interface ModuleInterface {
  /** Buffers that it reads. */
  readonly operands: readonly { readonly dtype: DType }[];
  /** Numbers that are known when it runs. */
  readonly scalars: readonly { readonly dtype: DType }[];
  /** Buffers that it writes. */
  readonly outputs: readonly { readonly dtype: DType }[];
  /** Buffers that live while the kernel runs. */
  readonly temporaries?: readonly { readonly dtype: DType }[];
  /** What the adapter can do. */
  readonly limits: Pick<WebGpuLimits, "hasF16" | "isHardware">;
  /** Sizes that take the first parameters, each its own, though equal. */
  readonly reservedSizes?: readonly number[];
}

/** What the entry point is called. */
export const ENTRY_POINT = "main";

/** A WGSL module under construction. */
export class WgslModule {
  /** Sizes that the text reads. */
  readonly sizes: SizeTable;
  /** Whether the device has f16. */
  readonly hasF16: boolean;
  readonly #isHardware: boolean;
  readonly #scalars: ModuleInterface["scalars"];
  readonly #operands: readonly BufferAccess[];
  readonly #outputs: readonly BufferAccess[];
  readonly #temporaries: readonly BufferAccess[];
  readonly #functions = new Map<string, string>();
  readonly #sizeNames = new Map<number, string>();
  readonly #scalarNames = new Map<number, string>();
  readonly #shared: string[] = [];
  #names = 0;
  #castsToF16 = false;

  /**
   * @param about What the module can touch.
   */
  constructor(about: ModuleInterface) {
    this.sizes = new SizeTable(about.reservedSizes);
    this.hasF16 = about.limits.hasF16;
    this.#isHardware = about.limits.isHardware;
    this.#scalars = about.scalars;
    let binding = 1;
    const bind = (prefix: string, buffers: readonly Buffer[]) =>
      buffers.map((buffer, k) =>
        new BufferAccess(buffer, `${prefix}${k}`, binding++)
      );
    this.#operands = bind("x", about.operands);
    this.#outputs = bind("y", about.outputs);
    this.#temporaries = bind("t", about.temporaries ?? []);
  }

  /** Whether the text needs `enable f16;`. */
  get usesF16(): boolean {
    return this.#castsToF16 || this.#buffers().some((one) => one.isF16);
  }

  /**
   * A name that nothing else in the module has.
   *
   * @param prefix How it starts.
   * @returns The name.
   */
  name(prefix: string): string {
    return `${prefix}_${this.#names++}`;
  }

  /**
   * A size, as i32.
   *
   * @param value The size.
   * @returns Text that may stand in the entry point only.
   */
  size(value: number): string {
    if (value === 0 || value === 1) return `${value}i`;
    return this.reservedSize(this.sizes.slot(value));
  }

  /**
   * A size that was reserved, as i32.
   *
   * @param slot Its number among those.
   * @returns Text that may stand in the entry point only.
   */
  reservedSize(slot: number): string {
    const name = `n${slot}`;
    this.#sizeNames.set(slot, name);
    return name;
  }

  /**
   * A number as a constant, or as a parameter where WGSL refuses it.
   *
   * @param dtype Its dtype.
   * @param value The number.
   * @returns Text that may stand anywhere.
   */
  constant(dtype: DType, value: number): string {
    const text = literal(dtype, value);
    if (text !== undefined) return text;
    const word = this.#word(this.sizes.slot(floatBits(value) | 0));
    return `bitcast<f32>(${word})`;
  }

  /**
   * The number 0 as u32, which compilers do not know.
   *
   * @returns Text that may stand anywhere.
   */
  zeroBits(): string {
    return this.#word(this.sizes.slot(0));
  }

  /**
   * A scalar of the kernel.
   *
   * @param k Its number.
   * @returns Text that may stand in the entry point only.
   */
  scalar(k: number): string {
    const name = `s${k}`;
    this.#scalarNames.set(k, name);
    return name;
  }

  /**
   * A function of `functions.ts`.
   *
   * @param name Which.
   * @param width Numbers that it takes at once.
   * @returns Its name in the module.
   */
  call(name: FunctionName, width: Width): string {
    const as = width === 1 ? `f_${name}` : `f_${name}_4`;
    if (!this.#functions.has(as)) {
      const text = functionText(name, as, {
        width,
        of: (type) => widen(type, width),
        zeroBits: () => this.zeroBits(),
        call: (other) => {
          if (!isFunctionName(other)) throw new Error(`no function "${other}"`);
          return this.call(other, width);
        },
      });
      this.#functions.set(as, text);
    }
    return as;
  }

  /**
   * Adds a function of the renderer's own.
   *
   * @param name Its name.
   * @param text Its text; several calls with one name add the first.
   */
  define(name: string, text: string): void {
    if (!this.#functions.has(name)) this.#functions.set(name, text);
  }

  /** Notes that the text converts to f16. */
  useF16(): void {
    this.#castsToF16 = true;
  }

  /**
   * An operand.
   *
   * @param k Its number.
   * @returns How to read it.
   */
  operand(k: number): BufferAccess {
    return this.#operands[k]!;
  }

  /**
   * An output.
   *
   * @param k Its number.
   * @returns How to write it.
   */
  output(k: number): BufferAccess {
    return this.#outputs[k]!;
  }

  /**
   * A temporary.
   *
   * @param k Its number.
   * @returns How to read and write it.
   */
  temporary(k: number): BufferAccess {
    return this.#temporaries[k]!;
  }

  /**
   * Memory that the invocations of a workgroup share.
   *
   * @param type Type of an element.
   * @param length Number of elements.
   * @returns Its name.
   */
  shared(type: string, length: number): string {
    const name = this.name("shared");
    this.#shared.push(`var<workgroup> ${name}: array<${type}, ${length}>;`);
    return name;
  }

  /**
   * The whole text.
   *
   * @param workgroup Number of invocations along x and y.
   * @param body Lines of the entry point; it sees `group`, `groups` and
   * `local`: its workgroup, their number and its place in its own, as
   * `vec3<u32>`.
   * @returns The text.
   */
  text(workgroup: readonly [number, number], body: readonly string[]): string {
    const head: string[] = [];
    const count = this.sizes.values.length;
    // Mesa compiles a kernel anew at each dispatch when it sees that bounds of
    // loops come from parameters. There is one workgroup along z, number 0.
    const hidden = this.#isHardware ? "" : " + group.z";
    for (const [slot, name] of this.#sizeNames) {
      head.push(`let ${name} = bitcast<i32>(${this.#word(slot)}${hidden});`);
    }
    for (const [k, name] of this.#scalarNames) {
      const { dtype } = this.#scalars[k]!;
      const word = this.#word(count + k);
      const type = scalarType(dtype);
      const value = type === "bool"
        ? `${word} != 0u`
        : `bitcast<${type}>(${word})`;
      head.push(`let ${name} = ${value};`);
    }
    const words = count + this.#scalars.length;
    const length = Math.max(1, Math.ceil(words / 4));
    return [
      ...(this.usesF16 ? ["enable f16;"] : []),
      "@group(0) @binding(0) var<uniform> parameters: " +
      `array<vec4<u32>, ${length}>;`,
      ...this.#buffers().flatMap((one) => one.declarations()),
      ...this.#shared,
      ...this.#functions.values(),
      `@compute @workgroup_size(${workgroup[0]}, ${workgroup[1]}, 1)`,
      `fn ${ENTRY_POINT}(@builtin(workgroup_id) group: vec3<u32>,`,
      "  @builtin(num_workgroups) groups: vec3<u32>,",
      "  @builtin(local_invocation_id) local: vec3<u32>) {",
      ...[...head, ...body].map((line) => `  ${line}`),
      "}",
      "",
    ].join("\n");
  }

  #word(slot: number): string {
    return `parameters[${slot >> 2}][${slot & 3}]`;
  }

  #buffers(): readonly BufferAccess[] {
    return [...this.#operands, ...this.#outputs, ...this.#temporaries];
  }
}
