/**
 * Plans: programs whose kernels are compiled and whose memory is laid out.
 *
 * @module
 */

import type {
  HostLoopStep,
  Kernel,
  Program,
  RoutineStep,
} from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import type { BindGroups } from "./bind_groups.ts";
import type { Place } from "./ranges.ts";

/**
 * Renders a step in WGSL; gives undefined for a routine that has no kernels on
 * a GPU.
 */
export type Renderer = (
  step: Kernel | RoutineStep,
  limits: WebGpuLimits,
) => WebGpuKernel | undefined;

/** Something that kernel times are charged to. */
export interface Charged {
  /** What it computes, for people. */
  readonly name: string;
  /** Position in the graph's order of the node that it is charged to. */
  readonly node: number;
  /** Bytes that it writes. */
  readonly bytes: number;
}

/** One dispatch. */
export interface DispatchPlan {
  /** What runs. */
  readonly pipeline: GPUComputePipeline;
  /** Its bind groups. */
  readonly groups: BindGroups;
  /** Number of workgroups along x, y and z. */
  readonly workgroups: readonly [number, number, number];
  /** Milliseconds that it should take, uncorrected. */
  readonly estimate: number;
  /** What it does, for people. */
  readonly label: string;
}

/** A kernel, or a routine that has kernels. */
export interface KernelPlan extends Charged {
  readonly kind: "kernel";
  /** Its dispatches, in order. */
  readonly dispatches: readonly DispatchPlan[];
  /**
   * Buffers of the program that it is bound to, in order; the number behind all
   * of them is that of the notes.
   */
  readonly buffers: readonly number[];
  /** The part of each buffer that is bound; undefined for all of them whole. */
  readonly windows: readonly ByteWindow[] | undefined;
  /** Its own temporaries, bound after them. */
  readonly temporaries: readonly Place[];
}

/** A part of a buffer, in bytes. */
export interface ByteWindow {
  /** Bytes from its start. */
  readonly offset: number;
  /** Length, padded. */
  readonly bytes: number;
}

/** A kernel over buffers that are too long to be bound whole. */
export interface PiecesPlan extends Charged {
  readonly kind: "pieces";
  /** Its pieces, in order. */
  readonly pieces: readonly KernelPlan[];
  /** Places of buffers between them, which are numbered behind all others. */
  readonly kept: readonly Place[];
}

/** A step that runs on the host. */
export interface HostPlan extends Charged {
  readonly kind: "host";
  /** The step. */
  readonly step: HostStep;
  /** Its scalars, as numbers of the outermost program. */
  readonly scalars: readonly number[];
  /** Bytes of its longest buffer, where the GPU cannot run it for that. */
  readonly tooLong: number | undefined;
}

/** What the host can run. */
export type HostStep = Kernel | RoutineStep;

/** A copy of slices that are not aligned. */
export interface CopyPlan extends Charged {
  /** Bytes of a slice. */
  readonly sliceBytes: number;
  /**
   * The parts for each pair of bytes that source and target start behind an
   * aligned offset, by `"source target"`.
   */
  readonly parts: ReadonlyMap<string, readonly CopyPart[]>;
}

/** A part of a copy, short enough for a binding. */
export interface CopyPart extends ByteWindow {
  /** What copies it. */
  readonly dispatch: DispatchPlan;
}

/** A result of a loop's body. */
export interface LoopResult {
  /** Buffer of the body. */
  readonly buffer: number;
  /** Whether the body writes it where it is wanted, rather than it be copied. */
  readonly isDirect: boolean;
  /** How it is copied, where that may be needed. */
  readonly copy: CopyPlan | undefined;
  /** Where it goes when nobody wants it, or when the target is not aligned. */
  readonly scratch: Place;
}

/** A loop whose steps are programs. */
export interface LoopPlan extends Charged {
  readonly kind: "loop";
  /** The loop. */
  readonly step: HostLoopStep;
  /** One step. */
  readonly body: ProgramPlan;
  /** Number of the notes in the program around the loop. */
  readonly notes: number;
  /** Where the slabs of the body lie. */
  readonly slabs: readonly Place[];
  /** Two places for each carry. */
  readonly carries: readonly (readonly [Place, Place])[];
  /** How whole carries are copied. */
  readonly carryCopies: readonly CopyPlan[];
  /** How slices of sequences that are not aligned are copied. */
  readonly sequences: readonly CopyPlan[];
  /** Where they are copied to. */
  readonly slices: readonly Place[];
  /** The next carries, then the slices of results. */
  readonly results: readonly LoopResult[];
}

/** One step. */
export type StepPlan = KernelPlan | PiecesPlan | HostPlan | LoopPlan;

/** A program, ready to be recorded. */
export interface ProgramPlan {
  /** The program. */
  readonly program: Program;
  /** Its steps. */
  readonly steps: readonly StepPlan[];
  /** Place of each buffer that lies in the slabs. */
  readonly places: readonly (Place | undefined)[];
  /** Bytes of the slabs that it needs. */
  readonly slabs: readonly number[];
}
