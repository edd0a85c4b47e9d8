/**
 * Explains the program of a graph.
 *
 * @module
 */

import { type GraphNode, topologicalOrder } from "../device/graph.ts";
import { explainProgram } from "./ir/explain.ts";
import { lower } from "./lower/mod.ts";
import { planMemory } from "./memory_plan.ts";

/**
 * Tells what a graph compiles to.
 *
 * @param roots What is asked for.
 * @returns Kernels and memory, as text.
 */
export function explainGraph(roots: readonly GraphNode[]): string {
  const order = topologicalOrder(roots);
  order.forEach((node, slot) => node.slot = slot);
  const program = lower(order, roots);
  const { byteLength, peakLiveBytes } = planMemory(program);
  const count = program.steps.length;
  return [
    `${count} kernel${count === 1 ? "" : "s"}`,
    explainProgram(program),
    `Temporaries: ${byteLength} bytes for at most ${peakLiveBytes} live ones`,
  ].join("\n");
}
