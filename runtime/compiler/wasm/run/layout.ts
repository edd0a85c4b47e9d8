/**
 * Where things lie in the memory of one run of a program: parameter blocks,
 * small leaves and results, temporaries.
 *
 * @module
 */

import { byteSize, type DType } from "../../../device/dtypes.ts";
import type { Kernel, Program } from "../../ir/kernel.ts";
import { planMemory } from "../../memory_plan.ts";
import type { ParameterLayout, WasmKernel, WasmPhase } from "../abi.ts";
import { layoutOf } from "./kernel_job.ts";

/** Longest data that are copied from and to the host at each run. */
export const SMALL_BYTES = 16384;

const ALIGNMENT = 64;

/** One phase of one kernel. */
export interface PhaseLayout {
  /** The phase. */
  readonly phase: WasmPhase;
  /** Byte offset of its parameter block. */
  readonly offset: number;
  /** Where things lie in the block. */
  readonly layout: ParameterLayout;
}

/** Where things lie, as byte offsets from the start of a frame. */
export interface FrameLayout {
  /** Bytes of a frame. */
  readonly byteLength: number;
  /** Offset of each buffer; -1 for leaves and results that lie elsewhere. */
  readonly buffers: readonly number[];
  /** The phases of all kernels, in order. */
  readonly phases: readonly PhaseLayout[];
  /** Words that always hold an address in the frame: where, and the offset. */
  readonly fixed: readonly (readonly [word: number, offset: number])[];
  /** Words that hold the address of a leaf or result. */
  readonly varying: readonly (readonly [word: number, buffer: number])[];
  /** Where scalars go. */
  readonly scalars: readonly ScalarPlace[];
  /** Where the frames of the bodies of loops begin. */
  readonly bodies: number;
  /** Bytes of scratch memory that a thread needs. */
  readonly scratchBytes: number;
}

/** Where the scalar of a program goes. */
export interface ScalarPlace {
  /** Byte offset. */
  readonly offset: number;
  /** Dtype of the number. */
  readonly dtype: DType;
  /** Number of the program's scalar. */
  readonly scalar: number;
}

/**
 * Bytes of a buffer.
 *
 * @param program The program.
 * @param buffer Number of the buffer.
 * @returns The bytes.
 */
export function bufferBytes(program: Program, buffer: number): number {
  const { dtype, size } = program.buffers[buffer]!;
  return size * byteSize(dtype);
}

/**
 * Lays out the frames of a program.
 *
 * @param program The program.
 * @param kernels Its kernels, each with its compiled form.
 * @param bodyBytes Bytes of the largest frame of a body of its loops.
 * @returns The layout.
 */
export function layOut(
  program: Program,
  kernels: readonly (readonly [Kernel, WasmKernel])[],
  bodyBytes: number,
): FrameLayout {
  const arena = planMemory(program);
  let end = 0;
  const reserve = (bytes: number, alignment = ALIGNMENT): number => {
    const start = Math.ceil(end / alignment) * alignment;
    end = start + bytes;
    return start;
  };
  const blocks = kernels.map(([kernel, { phases, temporaries }]) =>
    phases.map((phase): PhaseLayout => {
      const layout = layoutOf({
        operands: kernel.operands.length,
        outputs: kernel.outputs.length,
        temporaries: temporaries.length,
        scalars: kernel.scalars.map(({ dtype }) => dtype),
      }, phase);
      return { phase, layout, offset: reserve(layout.byteLength, 8) };
    })
  );
  const buffers = program.buffers.map(({ role }, buffer) => {
    const bytes = bufferBytes(program, buffer);
    return role !== "temporary" && bytes <= SMALL_BYTES ? reserve(bytes) : -1;
  });
  const start = reserve(arena.byteLength);
  program.buffers.forEach(({ role }, buffer) => {
    if (role === "temporary") {
      buffers[buffer] = start + (arena.offsets[buffer] ?? 0);
    }
  });
  const inside = kernels.map(([_, { temporaries }]) => {
    const before = end;
    const offsets = temporaries.map((bytes) => reserve(bytes));
    const after = end;
    // The temporaries of a kernel live while it runs: all begin at one place.
    end = before;
    return { offsets, after };
  });
  // Loops run one after another, and not while a kernel does.
  const bodies = reserve(bodyBytes);
  end = Math.max(end, ...inside.map(({ after }) => after));
  const fixed: [number, number][] = [];
  const varying: [number, number][] = [];
  const scalars: ScalarPlace[] = [];
  kernels.forEach(([kernel], number) => {
    for (const { layout, offset } of blocks[number]!) {
      const put = (at: number, buffer: number) => {
        const word = (offset + at) / 4;
        if (program.buffers[buffer]!.role !== "temporary") {
          varying.push([word, buffer]);
        } else fixed.push([word, buffers[buffer]!]);
      };
      kernel.operands.forEach(({ buffer }, k) => put(4 * k, buffer));
      kernel.outputs.forEach(({ buffer }, k) =>
        put(layout.outputs + 4 * k, buffer)
      );
      inside[number]!.offsets.forEach((place, k) =>
        fixed.push([(offset + layout.temporaries) / 4 + k, place])
      );
      kernel.scalars.forEach(({ dtype, scalar }, k) =>
        scalars.push({ offset: offset + layout.scalars + 8 * k, dtype, scalar })
      );
    }
  });
  const phases = blocks.flat();
  return {
    byteLength: end,
    buffers,
    phases,
    fixed,
    varying,
    scalars,
    bodies,
    scratchBytes: Math.max(0, ...phases.map(({ phase }) => phase.scratchBytes)),
  };
}
