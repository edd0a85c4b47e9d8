/**
 * Kernels over buffers that are too long to be bound whole: cut in pieces, each
 * of which sees a window of every buffer.
 *
 * @module
 */

import { byteSize, type DType } from "../../device/dtypes.ts";
import { IndexArithmetic } from "./affine.ts";
import { type Access, type Box, BoxCutter, touchedBy } from "./boxes.ts";
import { type Expr, exprOrder, type ExprPool } from "./expr.ts";
import type { Range } from "./index_arithmetic.ts";
import type { Kernel, Operand } from "./kernel.ts";
import { mapRoots, rootsOfKernel, storesOfKernel } from "./kernel_roots.ts";
import { substitute } from "./substitute.ts";

/** What a device asks of the bindings of a kernel. */
export interface WindowLimits {
  /** Bytes of a binding at most. */
  readonly bindingBytes: number;
  /** What the first byte of a binding is a multiple of; a power of 2. */
  readonly alignment: number;
  /** Bindings at most. */
  readonly bindings: number;
}

/** A part of a buffer, in elements. */
export interface Window {
  /** First element. */
  readonly start: number;
  /** Number of elements. */
  readonly size: number;
}

/** A piece of a kernel. */
export interface WindowedKernel {
  /**
   * The kernel: sizes of operands and outputs are those of the windows. An
   * operand that is needed at more places than one window holds is there
   * several times.
   */
  readonly kernel: Kernel;
  /** Window of each operand. */
  readonly operands: readonly Window[];
  /** Window of each output. */
  readonly outputs: readonly Window[];
}

/** Windows of outputs end at multiples of this, as four are written at once. */
const LANES = 4;
/** How many times fewer pieces are worth choosing between windows. */
const FEWER = 4;

/**
 * Cuts a kernel along its independent axes, so that each piece fits the
 * bindings of a device. Together, and in their order, the pieces write what the
 * kernel writes.
 *
 * @param kernel The kernel.
 * @param limits What the device asks for.
 * @returns The pieces; undefined where there is no way.
 */
export function windowed(
  kernel: Kernel,
  limits: WindowLimits,
): WindowedKernel[] | undefined {
  return new KernelCutter(kernel, limits).pieces();
}

/** An access with what is known of its buffer. */
interface BufferAccess extends Access {
  readonly dtype: DType;
  readonly isOutput: boolean;
}

class KernelCutter {
  readonly #kernel: Kernel;
  readonly #limits: WindowLimits;
  readonly #roots: readonly Expr[];
  readonly #operands: readonly BufferAccess[];
  readonly #outputs: readonly BufferAccess[];

  constructor(kernel: Kernel, limits: WindowLimits) {
    this.#kernel = kernel;
    this.#limits = limits;
    this.#roots = rootsOfKernel(kernel);
    const loads = exprOrder(this.#roots).filter(({ op }) => op === "load");
    const stores = storesOfKernel(kernel);
    this.#operands = kernel.operands.map(({ dtype, size }, k) => ({
      dtype,
      size,
      isOutput: false,
      indices: loads.filter(({ value }) => value === k).map(({ args }) =>
        args[0]!
      ),
    }));
    this.#outputs = kernel.outputs.map(({ dtype, size }, k) => ({
      dtype,
      size,
      isOutput: true,
      indices: stores.filter(({ output }) => output === k).map(({ index }) =>
        index
      ),
    }));
  }

  pieces(): WindowedKernel[] | undefined {
    const { axes } = this.#kernel;
    const whole = axes.map((length): Range => [0, length - 1]);
    const independent = this.#independentAxes();
    const cutter = new BoxCutter((access, touched) =>
      this.#fits(access as BufferAccess, touched)
    );
    // Operands that no cut makes short enough are bound several times.
    const point = whole.map((range, axis): Range =>
      independent.includes(axis) ? [0, 0] : range
    );
    const near = this.#operands.filter((one) => {
      const touched = touchedBy(one, point);
      return touched === undefined || this.#fits(one, touched);
    });
    let best: WindowedKernel[] | undefined;
    for (const operands of [near, []]) {
      const boxes = cutter.cut(
        whole,
        independent,
        [...operands, ...this.#outputs],
      );
      const made = boxes === undefined ? undefined : this.#all(boxes);
      if (made === undefined) continue;
      if (best === undefined || made.length * FEWER <= best.length) best = made;
    }
    return best;
  }

  #independentAxes(): number[] {
    const { axes, kind } = this.#kernel;
    const count = kind === "row" ? this.#kernel.outer : axes.length - 1;
    return Array.from({ length: count }, (_, axis) => axis);
  }

  #fits(access: BufferAccess, touched: Range): boolean {
    return this.#bytes(access, this.#window(access, touched)) <=
      this.#limits.bindingBytes;
  }

  #bytes({ dtype }: BufferAccess, { size }: Window): number {
    return size * byteSize(dtype);
  }

  /** Elements from one place where a binding may start to the next. */
  #step({ dtype }: BufferAccess): number {
    return this.#limits.alignment / byteSize(dtype);
  }

  #window(access: BufferAccess, [low, high]: Range): Window {
    const step = this.#step(access);
    const start = Math.floor(low / step) * step;
    const end = Math.ceil((high + 1) / LANES) * LANES;
    return { start, size: Math.min(access.size, end) - start };
  }

  /** The windows that hold what a box touches. */
  #windows(access: BufferAccess, box: Box): Window[] {
    const touched = touchedBy(access, box) ?? [0, 0];
    const whole = this.#window(access, touched);
    const step = this.#step(access);
    const most = Math.floor(
      this.#limits.bindingBytes / this.#limits.alignment,
    ) * step;
    const windows: Window[] = [];
    for (let at = 0; at < whole.size; at += most) {
      const size = Math.min(most, whole.size - at);
      windows.push({ start: whole.start + at, size });
    }
    return windows;
  }

  #all(boxes: readonly Box[]): WindowedKernel[] | undefined {
    const pieces: WindowedKernel[] = [];
    for (const box of boxes) {
      const piece = this.#piece(box);
      if (piece === undefined) return undefined;
      pieces.push(piece);
    }
    return pieces;
  }

  #piece(box: Box): WindowedKernel | undefined {
    const kernel = this.#kernel;
    const outputs = this.#outputs.map((one) => this.#windows(one, box)[0]!);
    const seen = this.#operands.map((one) => this.#windows(one, box));
    const operands = seen.map((windows) => windows[0]!);
    const bound: Operand[] = kernel.operands.map((one, k) => ({
      ...one,
      size: operands[k]!.size,
    }));
    /** Where an operand is: its windows, and the operands they belong to. */
    const views = seen.map((windows, k) =>
      windows.map((window, at): View => {
        if (at === 0) return { ...window, operand: k };
        operands.push(window);
        const operand = bound.push({
          ...kernel.operands[k]!,
          size: window.size,
        });
        return { ...window, operand: operand - 1 };
      })
    );
    if (bound.length + outputs.length > this.#limits.bindings) return undefined;
    const axes = box.map(([low, high]) => high - low + 1);
    const share = axes.reduce(
      (part, length, axis) => part * length / kernel.axes[axis]!,
      1,
    );
    const rebase = new Rebase(kernel.pool, box, axes, views, outputs);
    return {
      kernel: {
        ...rebase.kernel(kernel, this.#roots),
        axes,
        operands: bound,
        outputs: kernel.outputs.map((one, k) => ({
          ...one,
          size: outputs[k]!.size,
        })),
        flops: Math.ceil(kernel.flops * share),
        bytes: Math.ceil(kernel.bytes * share),
      },
      operands,
      outputs,
    };
  }
}

/** A window and the operand that is bound to it. */
interface View extends Window {
  readonly operand: number;
}

/** Writes the expressions of a piece. */
class Rebase {
  readonly #pool: ExprPool;
  readonly #box: Box;
  readonly #index: IndexArithmetic;
  readonly #views: readonly (readonly View[])[];
  readonly #outputs: readonly Window[];

  constructor(
    pool: ExprPool,
    box: Box,
    axes: readonly number[],
    views: readonly (readonly View[])[],
    outputs: readonly Window[],
  ) {
    this.#pool = pool;
    this.#box = box;
    this.#index = new IndexArithmetic(pool, axes);
    this.#views = views;
    this.#outputs = outputs;
  }

  /** The kernel with the expressions of the piece, otherwise as it was. */
  kernel(kernel: Kernel, roots: readonly Expr[]): Kernel {
    const made = substitute(
      this.#pool,
      roots,
      (expr) => this.#replaced(expr),
    );
    const known = new Map(roots.map((root, k) => [root, made[k]!]));
    return mapRoots(kernel, (root, output) => {
      const moved = known.get(root)!;
      return output === undefined
        ? moved
        : this.#index.scale(moved, 1, -this.#outputs[output]!.start);
    });
  }

  #replaced(expr: Expr): Expr | undefined {
    if (expr.op === "axis") {
      const [start] = this.#box[expr.value]!;
      return start === 0
        ? undefined
        : this.#pool.make("add", "i32", [expr, this.#pool.size(start)]);
    }
    if (expr.op !== "load") return undefined;
    const [index, valid] = expr.args as [Expr, Expr | undefined];
    const views = this.#views[expr.value]!;
    let result: Expr | undefined;
    for (const view of [...views].reverse()) {
      const at = this.#index.scale(index, 1, -view.start);
      // Views are tried from the first on, so only their ends are compared.
      const isFirst = view === views[0];
      const isLast = result === undefined;
      const inside = this.#both(
        valid,
        isFirst ? undefined : this.#from(view, index),
        isLast ? undefined : this.#before(index, view),
      );
      const load = this.#pool.load(view.operand, expr.dtype, at, inside);
      result = result === undefined
        ? load
        : this.#pool.make("where", expr.dtype, [
          this.#before(index, view),
          load,
          result,
        ]);
    }
    return result;
  }

  /** Whether an index comes before the end of a view. */
  #before(index: Expr, { size, start }: View): Expr {
    return this.#pool.make("less", "bool", [
      index,
      this.#pool.size(start + size),
    ]);
  }

  #from({ start }: View, index: Expr): Expr {
    return this.#pool.make("lessEqual", "bool", [
      this.#pool.size(start),
      index,
    ]);
  }

  #both(...conditions: readonly (Expr | undefined)[]): Expr | undefined {
    let all: Expr | undefined;
    for (const one of conditions) {
      if (one === undefined) continue;
      all = all === undefined
        ? one
        : this.#pool.make("and", "bool", [all, one]);
    }
    return all;
  }
}
