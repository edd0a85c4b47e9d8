/**
 * The interpreter: runs kernels and programs on typed arrays, one point at a
 * time. It is obviously right and slow, and what renderers are tested with.
 *
 * @module
 */

import {
  allocate,
  type DType,
  isFloatDType,
  type TypedArray,
} from "../../device/dtypes.ts";
import { roundTo } from "../../device/reference/expressions.ts";
import {
  compileExprs,
  type Evaluation,
  type EvaluationState,
} from "./evaluate_expr.ts";
import type {
  ContractKernel,
  Kernel,
  KernelStore,
  LoopKernel,
  Reduction,
  RowKernel,
} from "./kernel.ts";

/**
 * Runs a kernel.
 *
 * @param kernel The kernel.
 * @param operands Data of its operands.
 * @param scalars Its scalars.
 * @returns Data of its outputs; elements that it does not write are 0.
 */
export function evaluateKernel(
  kernel: Kernel,
  operands: readonly ArrayLike<number>[],
  scalars: readonly number[],
): TypedArray[] {
  const outputs = kernel.outputs.map(({ dtype, size }) =>
    allocate(dtype, size)
  );
  const state: EvaluationState = {
    axes: kernel.axes.map(() => 0),
    operands,
    scalars,
    reduced: [],
    carries: [],
  };
  switch (kernel.kind) {
    case "row":
      evaluateRows(kernel, state, outputs);
      break;
    case "contract":
      evaluateContraction(kernel, state, outputs);
      break;
    case "loop":
      evaluateLoop(kernel, state, outputs);
  }
  return outputs;
}

function evaluateRows(
  kernel: RowKernel,
  state: EvaluationState,
  outputs: readonly TypedArray[],
): void {
  const { axes, outer } = kernel;
  const stages = kernel.stages.map(({ reductions, stores }) => ({
    reductions,
    values: compileExprs(reductions.map((one) => one.value)),
    write: writer(stores, outputs),
  }));
  const writeRow = writer(kernel.rowStores, outputs);
  forEachPoint(state.axes, axes, 0, outer, () => {
    state.reduced.length = 0;
    for (const { reductions, values, write } of stages) {
      const totals = reductions.map((one) => new Total(one));
      let position = 0;
      forEachPoint(state.axes, axes, outer, axes.length, () => {
        values(state).forEach((value, k) => totals[k]!.add(value, position));
        write(state);
        position++;
      });
      state.reduced.push(...totals.map((total) => total.result()));
    }
    writeRow(state);
  });
}

function evaluateContraction(
  kernel: ContractKernel,
  state: EvaluationState,
  outputs: readonly TypedArray[],
): void {
  const { axes, dtype } = kernel;
  const inner = axes.length - 1;
  const factors = compileExprs([kernel.a, kernel.b]);
  const write = writer(kernel.stores, outputs);
  const exact = !isFloatDType(dtype);
  const round = rounding(dtype);
  forEachPoint(state.axes, axes, 0, inner, () => {
    let total = 0;
    for (let k = 0; k < axes[inner]!; k++) {
      state.axes[inner] = k;
      const [a, b] = factors(state) as [number, number];
      total = exact ? (total + Math.imul(a, b)) | 0 : total + a * b;
    }
    state.reduced[0] = round(total);
    write(state);
  });
}

function evaluateLoop(
  kernel: LoopKernel,
  state: EvaluationState,
  outputs: readonly TypedArray[],
): void {
  const { axes, carries, reverse } = kernel;
  const last = axes.length - 1;
  const length = axes[last]!;
  const initial = compileExprs(carries.map((one) => one.initial));
  const next = compileExprs(carries.map((one) => one.next));
  const write = writer(kernel.stores, outputs);
  const writeRow = writer(kernel.rowStores, outputs);
  forEachPoint(state.axes, axes, 0, last, () => {
    state.carries.splice(0, carries.length, ...initial(state));
    for (let step = 0; step < length; step++) {
      state.axes[last] = reverse ? length - 1 - step : step;
      const values = next(state);
      write(state);
      state.carries.splice(0, carries.length, ...values);
    }
    writeRow(state);
  });
}

/** Visits all points of some axes, the last one fastest. */
function forEachPoint(
  position: number[],
  axes: readonly number[],
  from: number,
  to: number,
  visit: () => void,
): void {
  if (from === to) {
    visit();
    return;
  }
  for (let k = 0; k < axes[from]!; k++) {
    position[from] = k;
    forEachPoint(position, axes, from + 1, to, visit);
  }
}

function writer(
  stores: readonly KernelStore[],
  outputs: readonly TypedArray[],
): (state: EvaluationState) => void {
  const values: Evaluation = compileExprs(
    stores.flatMap((store) => [store.index, store.value]),
  );
  return (state) => {
    const made = values(state);
    stores.forEach((store, k) => {
      outputs[store.output]![made[2 * k]!] = made[2 * k + 1]!;
    });
  };
}

const roundings = new Map<DType, (value: number) => number>();

function rounding(dtype: DType): (value: number) => number {
  let round = roundings.get(dtype);
  if (round === undefined) {
    round = new Function("x", `return ${roundTo(dtype, "x")};`) as (
      value: number,
    ) => number;
    roundings.set(dtype, round);
  }
  return round;
}

/** A reduction that is under way. */
class Total {
  readonly #reduction: Reduction;
  #total: number;
  #place = 0;

  constructor(reduction: Reduction) {
    this.#reduction = reduction;
    const { op } = reduction;
    this.#total = op === "sum"
      ? 0
      : op === "prod"
      ? 1
      : op === "max" || op === "argmax"
      ? -Infinity
      : Infinity;
  }

  add(value: number, position: number): void {
    const exact = !isFloatDType(this.#reduction.dtype);
    const total = this.#total;
    switch (this.#reduction.op) {
      case "sum":
        this.#total = exact ? (total + value) | 0 : total + value;
        break;
      case "prod":
        this.#total = exact ? Math.imul(total, value) : total * value;
        break;
      case "max":
        this.#total = Math.max(total, value);
        break;
      case "min":
        this.#total = Math.min(total, value);
        break;
      default: {
        const better = this.#reduction.op === "argmax"
          ? value > total
          : value < total;
        const first = Number.isNaN(value) && !Number.isNaN(total);
        if (better || first) {
          this.#total = value;
          this.#place = position;
        }
      }
    }
  }

  result(): number {
    const { op, dtype } = this.#reduction;
    if (op === "argmax" || op === "argmin") return this.#place;
    return rounding(dtype)(this.#total);
  }
}
