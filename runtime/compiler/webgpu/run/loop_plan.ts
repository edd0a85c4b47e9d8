/**
 * Plans of loops whose steps are programs.
 *
 * @module
 */

import { byteSize } from "../../../device/dtypes.ts";
import type { BufferSpec, HostLoopStep, Program } from "../../ir/kernel.ts";
import type { PlanCompiler, PlannedStep, Surroundings } from "./compile.ts";
import { copyDispatch } from "./copy_kernel.ts";
import type {
  ByteWindow,
  Charged,
  CopyPart,
  CopyPlan,
  LoopPlan,
  LoopResult,
} from "./plan.ts";
import { ALIGNMENT, bytesOfSpec, paddedBytes } from "./ranges.ts";

/**
 * Compiles a loop.
 *
 * @param compiler Compiles the body.
 * @param program The program that the loop is a step of.
 * @param step The loop.
 * @param surroundings What surrounds the program.
 * @param charged What the loop is charged to.
 * @returns Its plan.
 */
export async function compileLoop(
  compiler: PlanCompiler,
  program: Program,
  step: HostLoopStep,
  surroundings: Surroundings,
  charged: Charged,
): Promise<PlannedStep> {
  const { body, length } = step;
  const inner = await compiler.program(body, {
    scalars: step.scalars.map((scalar) => surroundings.scalars[scalar]!),
    node: charged.node,
  });
  const copies = new Copies(compiler, length, charged);
  const carryBytes = step.carries.map((one) => bytesOf(program.buffers[one]!));
  const sliceBytes = step.sequences.map((one) =>
    bytesOf(program.buffers[one]!) / Math.max(1, length)
  );
  const resultBytes = body.results.map((one) => bytesOf(body.buffers[one]!));
  const carryCopies = await Promise.all(
    carryBytes.map((bytes) => copies.toSlices(bytes)),
  );
  const sequences = await Promise.all(
    sliceBytes.map((bytes) => copies.fromSlices(bytes)),
  );
  const resultCopies = await Promise.all(
    resultBytes.map((bytes) => copies.toSlices(bytes)),
  );
  const carryParts = step.carries.flatMap((one) => {
    const bytes = bytesOfSpec(program.buffers[one]!);
    return [bytes, bytes];
  });
  const scratch = [
    ...inner.slabs,
    ...carryParts,
    ...sliceBytes.map(paddedBytes),
    ...resultBytes.map(paddedBytes),
  ];
  return {
    scratch,
    plan(places): LoopPlan {
      let next = 0;
      const take = (count: number) => places.slice(next, next += count);
      const slabs = take(inner.slabs.length);
      const pairs = take(carryParts.length);
      const slices = take(sliceBytes.length);
      const scratches = take(resultBytes.length);
      return {
        ...charged,
        kind: "loop",
        step,
        body: inner,
        notes: program.buffers.length,
        slabs,
        carries: step.carries.map((_, k) => [pairs[2 * k]!, pairs[2 * k + 1]!]),
        carryCopies,
        sequences,
        slices,
        results: body.results.map((buffer, k): LoopResult => ({
          buffer,
          isDirect: isDirect(body, k),
          copy: resultCopies[k]!,
          scratch: scratches[k]!,
        })),
      };
    },
  };
}

/** Whether the body itself writes a result, and writes it there first. */
function isDirect(body: Program, result: number): boolean {
  const buffer = body.results[result]!;
  return body.buffers[buffer]!.role === "result" &&
    body.results.indexOf(buffer) === result;
}

/** Makes the copies of one loop. */
class Copies {
  readonly #compiler: PlanCompiler;
  readonly #length: number;
  readonly #charged: Charged;

  constructor(compiler: PlanCompiler, length: number, charged: Charged) {
    this.#compiler = compiler;
    this.#length = length;
    this.#charged = charged;
  }

  /** Copies from slices to the start of a buffer. */
  fromSlices(bytes: number): Promise<CopyPlan> {
    return this.#make(bytes, this.#shifts(bytes).map((shift) => [shift, 0]));
  }

  /** Copies from the start of a buffer to slices. */
  toSlices(bytes: number): Promise<CopyPlan> {
    return this.#make(bytes, this.#shifts(bytes).map((shift) => [0, shift]));
  }

  /** How far slices may start behind an aligned offset. */
  #shifts(bytes: number): number[] {
    const { minStorageBufferOffsetAlignment } =
      this.#compiler.connection.capabilities;
    const shifts = new Set<number>([0]);
    for (let k = 1; k < this.#length; k++) {
      const shift = k * bytes % minStorageBufferOffsetAlignment;
      if (shift === 0) break;
      shifts.add(shift);
    }
    return [...shifts];
  }

  async #make(
    bytes: number,
    pairs: readonly (readonly [number, number])[],
  ): Promise<CopyPlan> {
    const charged = { ...this.#charged, name: "copy", bytes };
    const parts = new Map<string, readonly CopyPart[]>();
    if (bytes > 0) {
      for (const [source, target] of pairs) {
        const made: CopyPart[] = [];
        for (const window of this.#windows(bytes)) {
          const copy = copyDispatch(source, target, window.bytes);
          const phase = {
            ...copy,
            entryPoint: "main",
            usesF16: false,
            flops: 0,
            bytes: 2 * window.bytes,
          };
          const dispatch = await this.#compiler.dispatch(phase, 2, [], charged);
          made.push({ ...window, dispatch });
        }
        parts.set(`${source} ${target}`, made);
      }
    }
    return { ...charged, sliceBytes: bytes, parts };
  }

  /** Parts that can be bound, also where they start behind an aligned offset. */
  #windows(bytes: number): ByteWindow[] {
    const limit = this.#compiler.connection.capabilities
      .maxStorageBufferBindingSize;
    const most = Math.floor(limit / ALIGNMENT - 1) * ALIGNMENT;
    const windows: ByteWindow[] = [];
    for (let offset = 0; offset < bytes; offset += most) {
      windows.push({ offset, bytes: Math.min(most, bytes - offset) });
    }
    return windows;
  }
}

function bytesOf({ dtype, size }: BufferSpec): number {
  return size * byteSize(dtype);
}
