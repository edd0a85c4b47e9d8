/**
 * Makes plans of programs: renders and compiles kernels, lays memory out.
 *
 * @module
 */

import { DTypeError, WeftError } from "../../../core/errors.ts";
import { nextSlice, sliceIsOver } from "../../../device/clock.ts";
import type { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import type { Kernel, Program, RoutineStep, Step } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuPhase } from "../abi.ts";
import { BindGroups } from "./bind_groups.ts";
import { estimateOf } from "./estimates.ts";
import { commonSlabs, layInTurn } from "./layout.ts";
import { compileLoop } from "./loop_plan.ts";
import { NoteTable } from "./notes.ts";
import { ParameterTable, type ScalarParameter } from "./parameters.ts";
import { renderPieces } from "./pieces.ts";
import type {
  ByteWindow,
  Charged,
  DispatchPlan,
  HostPlan,
  KernelPlan,
  PiecesPlan,
  ProgramPlan,
  Renderer,
  StepPlan,
} from "./plan.ts";
import { bytesOfSpec, paddedBytes, type Place } from "./ranges.ts";
import { placeTemporaries } from "./temporaries.ts";
import { longestOf } from "./too_long.ts";

/** A step that cannot be compiled or run. */
export class FailedStep extends Error {
  /**
   * @param charged The step.
   * @param reason What is wrong with it.
   */
  constructor(readonly charged: Charged, readonly reason: unknown) {
    super(`Cannot compile "${charged.name}"`, { cause: reason });
  }
}

/** A step's plan, with scratch memory that is its own while it runs. */
export interface PlannedStep {
  /** Bytes of each part of its scratch memory. */
  readonly scratch: readonly number[];
  /**
   * The plan.
   *
   * @param places Where the parts of its scratch memory lie.
   */
  plan(places: readonly Place[]): StepPlan;
}

/** The plan of a single kernel. */
interface PlannedKernel extends PlannedStep {
  plan(places: readonly Place[]): KernelPlan;
}

/** How the steps of a program refer to what surrounds it. */
export interface Surroundings {
  /** Number of each scalar in the outermost program. */
  readonly scalars: readonly number[];
  /** The node that all steps are charged to; their own by default. */
  readonly node?: number | undefined;
}

/** Compiles one program with all that is inside of it. */
export class PlanCompiler {
  /** Where it will run. */
  readonly connection: WebGpuConnection;
  /** Parameters of all dispatches. */
  readonly table = new ParameterTable();
  /** Notes of all kernels. */
  readonly notes = new NoteTable();
  readonly #render: Renderer;

  /**
   * @param connection Where it will run.
   * @param render Renders the kernels.
   */
  constructor(connection: WebGpuConnection, render: Renderer) {
    this.connection = connection;
    this.#render = render;
  }

  /**
   * Compiles a program.
   *
   * @param program The program.
   * @param surroundings What surrounds it.
   * @param small Bytes of each buffer that shall have a place in the slabs
   * although it is no temporary; undefined for all others.
   * @returns Its plan.
   * @throws {FailedStep} When a step cannot be compiled.
   */
  async program(
    program: Program,
    surroundings: Surroundings,
    small: readonly (number | undefined)[] = [],
  ): Promise<ProgramPlan> {
    const limit = this.connection.capabilities.maxBufferSize;
    const planned: Promise<PlannedStep>[] = [];
    for (const step of program.steps) {
      if (sliceIsOver()) await nextSlice(undefined);
      const one = this.#step(program, step, surroundings);
      one.catch(() => {});
      planned.push(one);
    }
    const steps = await Promise.all(planned);
    const own = placeTemporaries(program, limit);
    // Leaves first, then temporaries, then what belongs to single steps.
    const smallBuffers = small.flatMap((bytes, buffer) =>
      bytes === undefined ? [] : [{ buffer, bytes }]
    );
    const scratches = steps.map(({ scratch }) => layInTurn(scratch, limit));
    const scratchSlabs = commonSlabs(scratches.map(({ slabs }) => slabs));
    const { places: parts, slabs } = layInTurn([
      ...smallBuffers.map(({ bytes }) => bytes),
      ...own.slabs,
      ...scratchSlabs,
    ], limit);
    const ownParts = parts.slice(smallBuffers.length);
    const scratchParts = ownParts.slice(own.slabs.length);
    const places = own.places.map((place) => within(ownParts, place));
    smallBuffers.forEach(({ buffer }, k) => places[buffer] = parts[k]);
    return {
      program,
      steps: steps.map((step, k) =>
        step.plan(
          scratches[k]!.places.map((place) => within(scratchParts, place)!),
        )
      ),
      places,
      slabs,
    };
  }

  /**
   * Compiles one dispatch.
   *
   * @param phase The dispatch.
   * @param storages Number of its storage bindings.
   * @param scalars Its scalars, as numbers of the outermost program.
   * @param charged What it is charged to.
   * @returns The dispatch.
   */
  async dispatch(
    phase: WebGpuPhase,
    storages: number,
    scalars: readonly ScalarParameter[],
    charged: Charged,
  ): Promise<DispatchPlan> {
    const { capabilities, pipelines } = this.connection;
    if (phase.usesF16 && !capabilities.hasF16) {
      throw new FailedStep(
        charged,
        new DTypeError('Cannot compute in f16 on the device "webgpu"', {
          actual: `"${capabilities.description}", which has no f16`,
          hint: "Cast to f32 first",
        }),
      );
    }
    const label = charged.name;
    const { text, entryPoint } = phase;
    const parameters = this.table.add(phase.sizes, scalars);
    try {
      const { layout, pipeline } = await pipelines.get({
        text,
        entryPoint,
        parameterBytes: parameters.bytes,
        storages,
        label,
      });
      return {
        pipeline,
        groups: new BindGroups(layout, parameters, label),
        workgroups: phase.workgroups,
        estimate: estimateOf(phase, capabilities.isHardware),
        label,
      };
    } catch (error) {
      throw new FailedStep(charged, error);
    }
  }

  async #step(
    program: Program,
    step: Step,
    surroundings: Surroundings,
  ): Promise<PlannedStep> {
    const charged = chargedOf(program, step, surroundings);
    if (step.kind === "hostLoop") {
      return compileLoop(this, program, step, surroundings, charged);
    }
    if (hasTooManyPoints(step)) return hostStep(step, surroundings, charged);
    const limit = this.connection.capabilities.maxStorageBufferBindingSize;
    const longest = longestOf(program, step);
    if (longest <= limit) {
      const kernel = this.#rendered(step, charged);
      if (kernel === undefined) return hostStep(step, surroundings, charged);
      if (Math.max(0, ...kernel.temporaries) <= limit) {
        return await this.#kernel(step, kernel, surroundings, charged, {
          program,
        });
      }
    }
    return await this.#pieces(program, step, surroundings, charged) ??
      hostStep(step, surroundings, charged, longest);
  }

  #rendered(
    step: Kernel | RoutineStep,
    charged: Charged,
  ): WebGpuKernel | undefined {
    let kernel: WebGpuKernel | undefined;
    try {
      kernel = this.#render(step, this.connection.capabilities);
    } catch (error) {
      throw new FailedStep(charged, error);
    }
    if (kernel !== undefined || step.kind === "routine") return kernel;
    const error = new WeftError(`Cannot render the kernel "${step.name}"`);
    throw new FailedStep(charged, error);
  }

  async #kernel(
    step: Kernel | RoutineStep,
    kernel: WebGpuKernel,
    surroundings: Surroundings,
    charged: Charged,
    bound: { readonly program: Program } | { windows: readonly ByteWindow[] },
  ): Promise<PlannedKernel> {
    const own = step.kind === "routine"
      ? [...step.inputs, ...step.outputs]
      : [...step.operands, ...step.outputs].map(({ buffer }) => buffer);
    const scalars = step.kind === "routine" ? [] : step.scalars.map((one) => ({
      scalar: surroundings.scalars[one.scalar]!,
      dtype: one.dtype,
    }));
    const { buffers, windows } = "program" in bound
      ? this.#noting(bound.program, kernel, own, charged)
      : { buffers: own, windows: bound.windows };
    const storages = buffers.length + kernel.temporaries.length;
    const dispatches = await Promise.all(
      kernel.phases.map((phase) =>
        this.dispatch(phase, storages, scalars, charged)
      ),
    );
    return {
      scratch: kernel.temporaries.map(paddedBytes),
      plan: (temporaries): KernelPlan => ({
        ...charged,
        kind: "kernel",
        dispatches,
        buffers,
        windows,
        temporaries,
      }),
    };
  }

  /** The buffers that a kernel is bound to: those of its step, and its notes. */
  #noting(
    { buffers: specs }: Program,
    { failures }: WebGpuKernel,
    buffers: readonly number[],
    charged: Charged,
  ): Pick<KernelPlan, "buffers" | "windows"> {
    if (failures === undefined) return { buffers, windows: undefined };
    const whole = buffers.map((one) => ({
      offset: 0,
      bytes: bytesOfSpec(specs[one]!),
    }));
    return {
      buffers: [...buffers, specs.length],
      windows: [...whole, this.notes.add(failures, charged)],
    };
  }

  /** A kernel in pieces that fit the bindings, if there is a way. */
  async #pieces(
    program: Program,
    step: Kernel | RoutineStep,
    surroundings: Surroundings,
    charged: Charged,
  ): Promise<PlannedStep | undefined> {
    if (step.kind === "routine") return undefined;
    const { capabilities } = this.connection;
    const rendered = renderPieces(
      step,
      capabilities,
      program.buffers.length,
      (piece) => this.#rendered(piece, charged)!,
    );
    if (rendered === undefined) return undefined;
    const pieces = await Promise.all(
      rendered.pieces.map(({ kernel, made, windows }) =>
        this.#kernel(kernel, made, surroundings, charged, { windows })
      ),
    );
    // One runs after the other, so that they share their memory.
    const common = commonSlabs(pieces.map((piece) => piece.scratch));
    return {
      scratch: [...common, ...rendered.kept],
      plan: (places): PiecesPlan => ({
        ...charged,
        kind: "pieces",
        pieces: pieces.map((piece) => {
          const own = piece.scratch.map((bytes, k) => ({
            ...places[k]!,
            bytes,
          }));
          return piece.plan(own);
        }),
        kept: places.slice(common.length),
      }),
    };
  }
}

/** Whether a kernel has more points than invocations can count. */
function hasTooManyPoints(step: Kernel | RoutineStep): boolean {
  if (step.kind === "routine") return false;
  const counted = step.kind === "contract" ? step.axes.slice(0, -1) : step.axes;
  return counted.reduce((points, length) => points * length, 1) > 2 ** 31 - 1;
}

function hostStep(
  step: Kernel | RoutineStep,
  surroundings: Surroundings,
  charged: Charged,
  tooLong?: number,
): PlannedStep {
  const scalars = step.kind === "routine"
    ? []
    : step.scalars.map(({ scalar }) => surroundings.scalars[scalar]!);
  const plan: HostPlan = { ...charged, kind: "host", step, scalars, tooLong };
  return { scratch: [], plan: () => plan };
}

/** A place in parts that lie in slabs of their own. */
function within(
  parts: readonly Place[],
  place: Place | undefined,
): Place | undefined {
  if (place === undefined) return undefined;
  const part = parts[place.slab]!;
  return {
    slab: part.slab,
    offset: part.offset + place.offset,
    bytes: place.bytes,
  };
}

function chargedOf(
  program: Program,
  step: Step,
  { node }: Surroundings,
): Charged {
  const written = step.kind === "hostLoop" ? [] : step.outputs;
  let bytes = 0;
  for (const one of written) {
    const buffer = typeof one === "number" ? one : one.buffer;
    bytes += bytesOfSpec(program.buffers[buffer]!);
  }
  return {
    name: step.kind === "hostLoop" ? "scan" : step.name,
    node: node ?? step.node,
    bytes,
  };
}
