/**
 * Records the steps of a plan. Recording is a generator, so that it can pause
 * where commands should be submitted or the host has something to do.
 *
 * @module
 */

import type { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import type { TimeListener } from "../../../device/webgpu/kernel_timer.ts";
import type { CommandRecorder } from "../../../device/webgpu/recorder.ts";
import { buffersRead, buffersWritten } from "../../memory_plan.ts";
import type { UniformBlock } from "./parameters.ts";
import type {
  Charged,
  DispatchPlan,
  HostPlan,
  KernelPlan,
  ProgramPlan,
} from "./plan.ts";
import { type Range, rangeOfPlace, rangePart } from "./ranges.ts";
import { walkLoop } from "./walk_loop.ts";

/** Why recording pauses. */
export type Pause =
  /** Enough is recorded. */
  | { readonly kind: "full" }
  /** A step is to be run on the host. */
  | {
    readonly kind: "host";
    readonly plan: HostPlan;
    /** Where its inputs lie. */
    readonly inputs: readonly Range[];
    /** Where its outputs go. */
    readonly outputs: readonly Range[];
  };

/** Recording that may pause. */
export type Walk = Generator<Pause, void, void>;

/** What recording needs. */
export interface WalkContext {
  /** Where the commands run. */
  readonly connection: WebGpuConnection;
  /** Records them. */
  readonly recorder: CommandRecorder;
  /** Their parameters. */
  readonly uniform: UniformBlock;
  /**
   * Is told what each dispatch is charged to, where that is wanted, and says
   * who takes its time.
   */
  readonly onDispatch:
    | ((charged: Charged, estimate: number) => TimeListener)
    | undefined;
}

const FULL: Pause = { kind: "full" };

/**
 * Where the buffers of a program lie that have places.
 *
 * @param plan The program.
 * @param slabs Where its slabs lie.
 * @returns The range of each buffer; those of leaves and results are holes.
 */
export function rangesOfPlaces(
  plan: ProgramPlan,
  slabs: readonly Range[],
): Range[] {
  const ranges = new Array<Range>(plan.places.length);
  plan.places.forEach((place, buffer) => {
    if (place !== undefined) ranges[buffer] = rangeOfPlace(slabs, place);
  });
  return ranges;
}

/**
 * Records a program.
 *
 * @param context What recording needs.
 * @param plan The program.
 * @param ranges Where each of its buffers lies.
 * @param slabs Where its slabs lie.
 */
export function* walkProgram(
  context: WalkContext,
  plan: ProgramPlan,
  ranges: readonly Range[],
  slabs: readonly Range[],
): Walk {
  for (const step of plan.steps) {
    switch (step.kind) {
      case "kernel": {
        recordKernel(context, step, step, ranges, slabs);
        if (context.recorder.isFull) yield FULL;
        break;
      }
      case "pieces": {
        const all = [...ranges];
        step.kept.forEach((place, k) =>
          all[plan.places.length + k] = rangeOfPlace(slabs, place)
        );
        for (const piece of step.pieces) {
          recordKernel(context, piece, step, all, slabs);
          if (context.recorder.isFull) yield FULL;
        }
        break;
      }
      case "host":
        yield {
          kind: "host",
          plan: step,
          inputs: buffersRead(step.step).map((buffer) => ranges[buffer]!),
          outputs: buffersWritten(step.step).map((buffer) => ranges[buffer]!),
        };
        break;
      case "loop":
        yield* walkLoop(context, step, ranges, slabs);
    }
  }
}

/**
 * Records one dispatch.
 *
 * @param context What recording needs.
 * @param dispatch The dispatch.
 * @param ranges Its buffers, in the order of their bindings.
 * @param charged What it is charged to.
 */
export function recordDispatch(
  { connection, onDispatch, recorder, uniform }: WalkContext,
  dispatch: DispatchPlan,
  ranges: readonly Range[],
  charged: Charged,
): void {
  recorder.dispatch(
    dispatch.pipeline,
    dispatch.groups.get(connection.device, uniform, ranges),
    dispatch.workgroups,
    dispatch.estimate,
    dispatch.label,
    onDispatch?.(charged, dispatch.estimate),
  );
}

function recordKernel(
  context: WalkContext,
  kernel: KernelPlan,
  charged: Charged,
  ranges: readonly Range[],
  slabs: readonly Range[],
): void {
  const { buffers, dispatches, temporaries, windows } = kernel;
  const bound: Range[] = [];
  for (let k = 0; k < buffers.length; k++) {
    const range = ranges[buffers[k]!]!;
    if (windows === undefined) bound.push(range);
    else bound.push(rangePart(range, windows[k]!.offset, windows[k]!.bytes));
  }
  for (let k = 0; k < temporaries.length; k++) {
    bound.push(rangeOfPlace(slabs, temporaries[k]!));
  }
  for (let k = 0; k < dispatches.length; k++) {
    recordDispatch(context, dispatches[k]!, bound, charged);
  }
}
