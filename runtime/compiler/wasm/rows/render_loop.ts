/**
 * Loop kernels as WebAssembly: carries stay in variables while the last axis is
 * walked, for as many lanes at once as a vector holds.
 *
 * @module
 */

import type { LoopKernel } from "../../ir/kernel.ts";
import { rootsOfKernel } from "../../ir/kernel_roots.ts";
import type { WasmKernel } from "../abi.ts";
import type { Local } from "../assembler.ts";
import { hoistStores, writeStores } from "../emit/access.ts";
import { emittable } from "../emit/emittable.ts";
import { Emitter } from "../emit/emitter.ts";
import { kindOf } from "../emit/kinds.ts";
import { joinLoopAxes } from "./axes.ts";
import { buffersOf, Frame } from "./frame.ts";
import { writeLanes } from "./lane_loop.ts";
import { layoutOf } from "./plan.ts";
import { grainOf } from "./work.ts";

/** Operations of a step up to which two vectors are walked side by side. */
const MOST_PAIRED = 120;

/**
 * Compiles a loop kernel.
 *
 * @param kernel The kernel.
 * @returns The kernel, compiled.
 */
export function renderLoop(kernel: LoopKernel): WasmKernel {
  const { pool } = kernel;
  const joined = emittable(joinLoopAxes(kernel));
  const { axes } = joined;
  const steps = axes.length - 1;
  const lanesAxis = steps - 1;
  const candidates = steps === 0 ? [] : [lanesAxis];
  const layout = layoutOf(joined, candidates, steps);
  // Steps wait for each other, but those of other vectors go on meanwhile.
  const lanes = steps === 0 ? 1 : axes[lanesAxis]!;
  const pairs = layout.lanes > 1 && layout.operations <= MOST_PAIRED &&
    lanes >= 16 * layout.lanes;
  const units = pairs ? 2 : 1;
  const frame = new Frame(buffersOf(joined));
  const roots = rootsOfKernel(joined);
  const e = new Emitter({
    fn: frame.fn,
    helpers: frame.helpers,
    parameters: frame.parameters,
    pool,
    lanes: layout.lanes,
    vectorAxis: layout.vectorAxis,
    axes: axes.map(() => frame.fn.local("i32")),
    axisDepths: axes.map((_, axis) =>
      axis === steps ? 3 : axis === lanesAxis ? 2 : 1
    ),
    leafDepth: 3,
    leavesVary: true,
    roots,
  });
  const body = (side: number) => writeSteps(frame, e, joined, side);
  const count = axes.slice(0, steps).reduce((a, b) => a * b, 1);
  let items = count;
  let points = 1;
  if (steps === 0) {
    frame.items([], [], () => e.scope(() => e.scope(() => body(1))));
  } else {
    const walk = writeLanes(frame, e, axes.slice(0, steps), {
      chunk: units * layout.lanes,
      whole: false,
      units,
      hoist: () => undefined,
      body,
    });
    ({ items, points } = walk);
  }
  const nanoseconds = 10 + points * axes[steps]! * layout.pointNanoseconds;
  return {
    phases: [frame.finish({
      items,
      grain: grainOf(nanoseconds),
      scratchBytes: 0,
      itemNanoseconds: nanoseconds,
    })],
    temporaries: [],
  };
}

/** The walk along the last axis, for some vectors side by side. */
function writeSteps(
  frame: Frame,
  e: Emitter,
  kernel: LoopKernel,
  units: number,
): void {
  const { fn, parameters } = frame;
  const { axes, carries, stores, rowStores, reverse } = kernel;
  const dtypes = kernel.outputs.map((one) => one.dtype);
  const last = axes.length - 1;
  const length = parameters.size(axes[last]!);
  const vector = e.lanes > 1;
  const sides = Array.from({ length: units }, (_, unit) => unit);
  const carried = carries.map(({ dtype, initial }) =>
    sides.map((unit) => {
      const local = e.local(e.typeOf(kindOf(dtype), vector));
      e.push(initial, vector, unit);
      fn.set(local);
      return local;
    })
  );
  const bind = () =>
    carried.forEach((locals, k) =>
      locals.forEach((local, unit) =>
        e.bindLeaf("carry", k, carries[k]!.dtype, unit, local)
      )
    );
  const at = e.settings.axes[last]!;
  const step = reverse ? e.local("i32") : at;
  e.walkAxis = last;
  for (const { next } of carries) e.hoist(next, vector, units);
  hoistStores(e, stores, dtypes, units);
  fn.i32(0);
  fn.set(step);
  frame.loop(step, () => fn.get(length), 1, () =>
    e.scope(() => {
      if (reverse) {
        fn.get(length);
        fn.i32(1);
        fn.op("i32.sub");
        fn.get(step);
        fn.op("i32.sub");
        fn.set(at);
      }
      bind();
      const moves: (readonly [from: Local, to: Local])[] = [];
      carries.forEach(({ next }, k) => {
        for (const unit of sides) {
          moves.push([e.hold(next, vector, unit), carried[k]![unit]!]);
        }
      });
      writeStores(e, stores, dtypes, units);
      moveAll(e, moves);
    }));
  e.walkAxis = undefined;
  bind();
  writeStores(e, rowStores, dtypes, units);
}

/** Moves values to their carries; one may be what another carry was. */
function moveAll(
  e: Emitter,
  moves: readonly (readonly [from: Local, to: Local])[],
): void {
  const needed = moves.filter(([from, to]) => from.index !== to.index);
  for (const [from] of needed) e.fn.get(from);
  for (const [, to] of needed.toReversed()) e.fn.set(to);
}
