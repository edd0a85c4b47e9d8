/**
 * Programs for tests, written by hand.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import { ExprPool } from "../../ir/expr.ts";
import type {
  BufferSpec,
  ContractKernel,
  KernelBase,
  Program,
  RowKernel,
  Step,
} from "../../ir/kernel.ts";

const BASE: Pick<
  KernelBase,
  "node" | "nodes" | "inPlace" | "flops" | "bytes" | "cut"
> = { node: 0, nodes: [0], inPlace: [], flops: 0, bytes: 0, cut: "" };

/** Buffers and steps that are put together one by one. */
export class ProgramDraft {
  readonly #buffers: BufferSpec[] = [];
  readonly #steps: Step[] = [];
  readonly #scalars: DType[] = [];

  /**
   * A new buffer.
   *
   * @param role Where its data come from.
   * @param size Number of elements.
   * @param dtype Its dtype.
   * @returns Its number.
   */
  buffer(role: BufferSpec["role"], size: number, dtype: DType = "f32"): number {
    return this.#buffers.push({ dtype, role, size }) - 1;
  }

  /**
   * A new scalar of the program.
   *
   * @param dtype Its dtype.
   * @returns Its number.
   */
  scalar(dtype: DType): number {
    return this.#scalars.push(dtype) - 1;
  }

  /**
   * Adds a step.
   *
   * @param step The step.
   */
  step(step: Step): void {
    this.#steps.push(step);
  }

  /**
   * Adds the product of two square matrices, times a scalar if there is one.
   *
   * @param n Their length.
   * @param from Their buffers.
   * @param to Buffer of the product.
   * @param scalar Number of the scalar.
   */
  product(
    n: number,
    from: readonly [number, number],
    to: number,
    scalar?: number,
  ): void {
    const size = n * n;
    const pool = new ExprPool();
    const [row, column, inner] = [pool.axis(0), pool.axis(1), pool.axis(2)];
    const at = (i: typeof row, j: typeof row) =>
      pool.make("add", "i32", [
        pool.make("multiply", "i32", [i, pool.size(n)]),
        j,
      ]);
    const dtype = this.#buffers[to]!.dtype;
    const sum = pool.make("reduced", dtype, [], 0);
    const kernel: ContractKernel = {
      ...BASE,
      kind: "contract",
      name: "matmul",
      pool,
      axes: [n, n, n],
      operands: from.map((buffer) => ({ buffer, dtype, size })),
      outputs: [{ buffer: to, dtype, size }],
      scalars: scalar === undefined
        ? []
        : [{ scalar, dtype: this.#scalars[scalar]! }],
      a: pool.load(0, dtype, at(row, inner)),
      b: pool.load(1, dtype, at(inner, column)),
      dtype,
      stores: [{
        output: 0,
        index: at(row, column),
        value: scalar === undefined ? sum : pool.make("multiply", dtype, [
          sum,
          pool.make("scalar", this.#scalars[scalar]!, [], 0),
        ]),
      }],
    };
    this.step(kernel);
  }

  /**
   * Adds the outer product of two vectors.
   *
   * @param n Their length.
   * @param from Their buffers.
   * @param to Buffer of the product.
   */
  outer(n: number, from: readonly [number, number], to: number): void {
    const pool = new ExprPool();
    const dtype = this.#buffers[to]!.dtype;
    const [row, column] = [pool.axis(0), pool.axis(1)];
    const kernel: RowKernel = {
      ...BASE,
      kind: "row",
      name: "outer",
      pool,
      axes: [n, n],
      outer: 2,
      operands: from.map((buffer) => ({ buffer, dtype, size: n })),
      outputs: [{ buffer: to, dtype, size: n * n }],
      scalars: [],
      stages: [],
      rowStores: [{
        output: 0,
        index: pool.make("add", "i32", [
          pool.make("multiply", "i32", [row, pool.size(n)]),
          column,
        ]),
        value: pool.make("multiply", dtype, [
          pool.load(0, dtype, row),
          pool.load(1, dtype, column),
        ]),
      }],
    };
    this.step(kernel);
  }

  /**
   * Adds the sum of a vector.
   *
   * @param n Its length.
   * @param from Its buffer.
   * @param to Buffer of the sum.
   */
  sum(n: number, from: number, to: number): void {
    const pool = new ExprPool();
    const dtype = this.#buffers[to]!.dtype;
    const kernel: RowKernel = {
      ...BASE,
      kind: "row",
      name: "sum",
      pool,
      axes: [n],
      outer: 0,
      operands: [{ buffer: from, dtype, size: n }],
      outputs: [{ buffer: to, dtype, size: 1 }],
      scalars: [],
      stages: [{
        reductions: [{
          op: "sum",
          dtype,
          value: pool.load(0, dtype, pool.axis(0)),
        }],
        stores: [],
      }],
      rowStores: [{
        output: 0,
        index: pool.constant(0),
        value: pool.make("reduced", dtype, [], 0),
      }],
    };
    this.step(kernel);
  }

  /**
   * The program.
   *
   * @param results Buffers of its results.
   * @returns The program; its leaves are in the order of their buffers.
   */
  program(results: readonly number[]): Program {
    const leaves = this.#buffers.flatMap(({ role }, buffer) =>
      role === "leaf" ? [buffer] : []
    );
    return {
      buffers: this.#buffers,
      leaves: leaves.map((buffer, leaf) => ({ buffer, leaf })),
      scalars: this.#scalars.map((dtype, k) => ({
        leaf: leaves.length + k,
        dtype,
      })),
      steps: this.#steps,
      results,
    };
  }
}
