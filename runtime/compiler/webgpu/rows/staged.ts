/**
 * Rows kernels with inner axes: the stages one after the other, each a pass of
 * the members of a team along their row.
 *
 * @module
 */

import type { RowKernel, Stage } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits, WebGpuPhase } from "../abi.ts";
import { WgslScope } from "../wgsl/mod.ts";
import { partTypes, type RowAccumulator, type Total } from "./accumulator.ts";
import { ROW_CHOICES, type RowChoices } from "./choices.ts";
import { planRows, type RowGeometry } from "./geometry.ts";
import { phaseOf } from "./grid.ts";
import { accumulatorsOf, mergeMaximum } from "./online.ts";
import { readParts, writeParts } from "./parts.ts";
import { loopPass, writtenPass, writtenSteps } from "./passes.ts";
import { beginRows, isFirstMember, type RowText } from "./row_text.ts";
import { computeStores, writeStore } from "./stores.ts";
import { joinTeam, type TeamTotal } from "./team.ts";

/**
 * Renders a rows kernel with inner axes.
 *
 * @param kernel The kernel, with as few axes as possible.
 * @param limits Limits of the adapter.
 * @param choices What is chosen on a real GPU.
 * @returns The kernel in WGSL.
 */
export function renderStaged(
  kernel: RowKernel,
  limits: WebGpuLimits,
  choices: RowChoices = ROW_CHOICES,
): WebGpuKernel {
  const plan = planRows(kernel, limits, choices);
  // What is kept in registers is cheaper to visit again than to scale.
  const isKept = plan.unrolled !== undefined;
  const merges = !isKept || (limits.isHardware && choices.mergesKept);
  const own = merges ? mergeMaximum(kernel) : kernel;
  const { rowStores, stages } = own;
  const writer = (parts: number) => new StagedWriter(own, plan, limits, parts);
  if (plan.parts === 1) {
    return { phases: [writer(1).whole()], temporaries: [] };
  }
  const phases = stages.map((_, k) => writer(plan.parts).part(k));
  if (rowStores.length > 0) phases.push(writer(1).ends());
  const width = plan.acrossRows && plan.laneAxis !== undefined ? 4 : 1;
  const bytes = 4 * width * plan.rows * plan.parts;
  return { phases, temporaries: partTypes(kernel).map(() => bytes) };
}

/** Writes the text of a phase of a rows kernel. */
class StagedWriter {
  readonly #text: RowText;
  readonly #limits: WebGpuLimits;
  readonly #parts: number;
  #results = 0;
  #temporaries = 0;

  constructor(
    kernel: RowKernel,
    plan: RowGeometry,
    limits: WebGpuLimits,
    parts: number,
  ) {
    this.#text = beginRows(kernel, plan, limits, parts);
    this.#limits = limits;
    this.#parts = parts;
  }

  /** All stages, one after the other. */
  whole(): WebGpuPhase {
    const text = this.#text;
    const { unrolled } = text.plan;
    const steps = unrolled === undefined
      ? undefined
      : writtenSteps(text, unrolled);
    for (const stage of text.kernel.stages) {
      const accumulators = this.#accumulators(stage);
      const totals = steps === undefined
        ? loopPass(text, stage, accumulators, 1)
        : writtenPass(text, stage, accumulators, steps);
      this.#bindResults(accumulators, this.#join(accumulators, totals));
    }
    return this.#finish(true);
  }

  /**
   * One stage, over parts of rows: their totals go to temporaries.
   *
   * @param index Number of the stage.
   */
  part(index: number): WebGpuPhase {
    const text = this.#text;
    const { stages } = text.kernel;
    for (const stage of stages.slice(0, index)) this.#readParts(stage);
    const stage = stages[index]!;
    const accumulators = this.#accumulators(stage);
    const totals = loopPass(text, stage, accumulators, this.#parts);
    const joined = this.#join(accumulators, totals);
    writeParts(text, joined, this.#temporaries);
    return this.#finish(false);
  }

  /** What is written for each row after all stages. */
  ends(): WebGpuPhase {
    for (const stage of this.#text.kernel.stages) this.#readParts(stage);
    return this.#finish(true);
  }

  #finish(isEnd: boolean): WebGpuPhase {
    const { kernel, module, plan, root } = this.#text;
    const { bytes, flops, outputs, rowStores } = kernel;
    if (isEnd && rowStores.length > 0) {
      if (kernel.inPlace.length > 0 && plan.members > 1) {
        // What is overwritten may still be read by other members.
        root.line("storageBarrier();");
        root.line("workgroupBarrier();");
      }
      const inner = new WgslScope(module, root);
      computeStores(inner, rowStores);
      for (const store of rowStores) writeStore(module, inner, store, outputs);
      root.block(`if (${isFirstMember(this.#text)})`, inner);
    }
    const { members, rows, slots } = plan;
    const workgroups = Math.ceil(rows / slots) * this.#parts;
    const work = { workgroups, flops, bytes };
    const size: [number, number] = [slots * members, 1];
    return phaseOf(module, size, root.lines, work, this.#limits);
  }

  #accumulators(stage: Stage): RowAccumulator[] {
    return accumulatorsOf(this.#text.module, stage);
  }

  /** Joins the totals of lanes and of members. */
  #join(
    accumulators: readonly RowAccumulator[],
    totals: readonly Total[],
  ): Total[] {
    const { resultWidth, root, width } = this.#text;
    return this.#joinMembers(accumulators.map((accumulator, k) => ({
      accumulator,
      total: width === resultWidth
        ? totals[k]!
        : accumulator.fold(root, totals[k]!),
    })));
  }

  #joinMembers(totals: readonly TeamTotal[]): Total[] {
    if (totals.length === 0) return [];
    const { module, resultWidth, root, team } = this.#text;
    return joinTeam(module, root, team, totals, resultWidth);
  }

  #bindResults(
    accumulators: readonly RowAccumulator[],
    totals: readonly Total[],
  ): void {
    const { resultWidth, root } = this.#text;
    accumulators.forEach((accumulator, k) => {
      for (const result of accumulator.results(totals[k]!, resultWidth)) {
        const name = root.let("r", result);
        root.bind("reduced", this.#results++, name, resultWidth);
      }
    });
  }

  /** Joins the totals of the parts of the row, and binds the results. */
  #readParts(stage: Stage): void {
    const accumulators = this.#accumulators(stage);
    const totals = readParts(this.#text, accumulators, this.#temporaries);
    this.#temporaries += totals.reduce((n, { total }) => n + total.length, 0);
    this.#bindResults(accumulators, this.#joinMembers(totals));
  }
}
