/**
 * Keys of kernels: two kernels with one key compute the same on other buffers,
 * so that one rendering serves both.
 *
 * @module
 */

import { type Expr, exprOrder } from "./expr.ts";
import type { Kernel, KernelStore, Operand } from "./kernel.ts";
import { rootsOfKernel } from "./kernel_roots.ts";
import { spelled } from "./spelled_numbers.ts";

/**
 * The key of a kernel: all that it consists of but for its names, and the
 * numbers of its buffers only as far as they tell which are the same.
 *
 * @param kernel The kernel.
 * @returns The key.
 */
export function kernelKey(kernel: Kernel): string {
  const order = exprOrder(rootsOfKernel(kernel));
  const numbers = new Map(order.map((expr, number) => [expr, number]));
  const buffers = new Map<number, number>();
  const operands = (list: readonly Operand[]) =>
    list.map(({ buffer, dtype, size }) => {
      let number = buffers.get(buffer);
      if (number === undefined) buffers.set(buffer, number = buffers.size);
      return `${number}:${dtype}:${size}`;
    }).join();
  const number = (expr: Expr) => numbers.get(expr)!;
  const stores = (list: readonly KernelStore[]) =>
    list.map(({ index, output, value }) =>
      `${output}:${number(index)}:${number(value)}`
    ).join();
  const { axes, bytes, flops, inPlace, outputs, scalars } = kernel;
  const parts: (string | number)[] = [
    kernel.kind,
    axes.join(),
    operands(kernel.operands),
    operands(outputs),
    scalars.map(({ dtype }) => dtype).join(),
    inPlace.join(),
    bytes,
    flops,
    order.map((expr) => exprText(expr, number)).join(";"),
  ];
  switch (kernel.kind) {
    case "row":
      parts.push(kernel.outer, stores(kernel.rowStores));
      for (const stage of kernel.stages) {
        const reductions = stage.reductions.map(({ dtype, op, value }) =>
          `${op}:${dtype}:${number(value)}`
        );
        parts.push(reductions.join(), stores(stage.stores));
      }
      break;
    case "contract":
      parts.push(number(kernel.a), number(kernel.b), kernel.dtype);
      parts.push(stores(kernel.stores));
      break;
    case "loop":
      parts.push(String(kernel.reverse), String(kernel.runningSum));
      parts.push(
        kernel.carries.map(({ dtype, initial, next }) =>
          `${dtype}:${number(initial)}:${number(next)}`
        ).join(),
      );
      parts.push(stores(kernel.stores), stores(kernel.rowStores));
  }
  return parts.join("|");
}

function exprText(
  { args, dtype, op, value }: Expr,
  number: (expr: Expr) => number,
): string {
  return `${op}:${dtype}:${spelled(value)}:${args.map(number).join()}`;
}
