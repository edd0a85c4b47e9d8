/**
 * Rows kernels with inner axes: the stages one after the other, each a pass of
 * the members of a team along their row.
 *
 * @module
 */

import type { RowKernel, Stage } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits } from "../abi.ts";
import { WgslModule, WgslScope, type Width } from "../wgsl/mod.ts";
import { Accumulator, type Total } from "./accumulator.ts";
import { planRows, type RowGeometry } from "./geometry.ts";
import { GROUP_INDEX, phaseOf } from "./grid.ts";
import { splitIndex } from "./positions.ts";
import { type LaneEnd, writeStore } from "./stores.ts";
import { joinTeam, type Team } from "./team.ts";

/** A step along the inner axes, whose statements go where they are due. */
interface Step {
  /** Scope of all that changes along the inner axes. */
  readonly scope: WgslScope;
  /** Text that says whether the step exists; undefined where all do. */
  readonly exists: string | undefined;
  /** Text that says which lanes exist; undefined where all do. */
  readonly lanesExist: string | undefined;
  /** Where lanes end, if the last ones may not exist. */
  readonly end: LaneEnd | undefined;
  /** Position along the inner axes as one number, of the width of lanes. */
  readonly place: string;
}

/**
 * Renders a rows kernel with inner axes.
 *
 * @param kernel The kernel, with as few axes as possible.
 * @param limits Limits of the adapter.
 * @returns The kernel in WGSL.
 */
export function renderStaged(
  kernel: RowKernel,
  limits: WebGpuLimits,
): WebGpuKernel {
  const geometry = planRows(kernel, limits);
  const writer = new StagedWriter(kernel, geometry, limits);
  return {
    phases: [phaseOf(
      writer.module,
      [geometry.slots * geometry.members, 1],
      writer.write(),
      {
        workgroups: Math.ceil(geometry.rows / geometry.slots),
        flops: kernel.flops,
        bytes: kernel.bytes,
      },
      limits,
    )],
    temporaries: [],
  };
}

/** Writes the text of a rows kernel. */
class StagedWriter {
  readonly module: WgslModule;
  readonly #kernel: RowKernel;
  readonly #plan: RowGeometry;
  readonly #root: WgslScope;
  /** Numbers that the parts of a total hold while a pass goes on. */
  readonly #width: Width;
  /** Numbers that a result holds: four where lanes are rows. */
  readonly #resultWidth: Width;
  #member = "";
  #rowExists = "";
  #team: Team | undefined;
  #results = 0;

  constructor(kernel: RowKernel, plan: RowGeometry, limits: WebGpuLimits) {
    this.module = new WgslModule({ ...kernel, hasF16: limits.hasF16 });
    this.#kernel = kernel;
    this.#plan = plan;
    this.#root = new WgslScope(this.module);
    this.#width = plan.laneAxis === undefined ? 1 : 4;
    this.#resultWidth = plan.acrossRows ? this.#width : 1;
  }

  /** The statements of the entry point. */
  write(): readonly string[] {
    const root = this.#root;
    this.#bindRow();
    const { unrolled } = this.#plan;
    const steps = unrolled === undefined
      ? undefined
      : Array.from({ length: unrolled }, (_, k) => this.#step(k));
    for (const stage of this.#kernel.stages) {
      if (steps === undefined) this.#loopStage(stage);
      else this.#unrolledStage(stage, steps);
    }
    if (this.#kernel.rowStores.length > 0) {
      const inner = new WgslScope(this.module, root);
      for (const store of this.#kernel.rowStores) {
        writeStore(this.module, inner, store, this.#kernel.outputs);
      }
      const condition = this.#plan.members === 1
        ? this.#rowExists
        : `${this.#rowExists} && ${this.#member} == 0`;
      root.block(`if (${condition})`, inner);
    }
    return root.lines;
  }

  /** Says which row and which part of it the invocation works on. */
  #bindRow(): void {
    const { acrossRows, laneAxis, members, rows, slots } = this.#plan;
    const { axes, outer } = this.#kernel;
    const root = this.#root;
    const local = "i32(local.x)";
    const fast = acrossRows ? slots : members;
    const low = root.let("low", `${local} & ${fast - 1}`);
    const high = root.let("high", `${local} >> ${Math.log2(fast)}u`);
    const [slot, member] = acrossRows ? [low, high] : [high, low];
    this.#member = member;
    this.#team = { members, slots, member, slot, acrossRows };
    const row = root.let("row", `${GROUP_INDEX} * ${slots} + ${slot}`);
    const count = this.module.size(rows);
    this.#rowExists = root.let("exists", `${row} < ${count}`);
    const inside = root.let("row", `min(${row}, ${count} - 1)`);
    const lengths = axes.slice(0, outer);
    const wide = acrossRows && laneAxis !== undefined;
    if (wide) lengths[outer - 1]! /= 4;
    const positions = splitIndex(this.module, root, inside, lengths);
    positions.forEach((position, axis) => {
      if (wide && axis === outer - 1) {
        root.bindLanes(axis, root.let("p", `${position} * 4`));
      } else root.bind("axis", axis, position);
    });
  }

  /** A step of the own member, written out. */
  #step(k: number): Step {
    const { members, units } = this.#plan;
    const all = (k + 1) * members <= units;
    const unit = this.#root.let(
      "unit",
      `${this.#member} + ${k * members}`,
    );
    const exists = all
      ? undefined
      : this.#root.let("there", `${unit} < ${this.module.size(units)}`);
    return this.#bindStep(unit, exists);
  }

  /** Says where a step is along the inner axes. */
  #bindStep(unit: string, exists: string | undefined): Step {
    const { acrossRows, laneAxis } = this.#plan;
    const { axes, outer } = this.#kernel;
    const module = this.module;
    const scope = new WgslScope(module, this.#root);
    const inner = axes.slice(outer);
    const last = inner.length - 1;
    const length = inner[last]!;
    const wide = !acrossRows && laneAxis !== undefined;
    if (wide) inner[last] = Math.ceil(length / 4);
    const positions = splitIndex(module, scope, unit, inner);
    positions.forEach((position, k) => {
      if (!wide || k < last) scope.bind("axis", outer + k, position);
    });
    if (!wide) {
      const place = this.#width === 4 ? `vec4<i32>(${unit})` : unit;
      return { scope, exists, lanesExist: undefined, end: undefined, place };
    }
    const first = scope.let("p", `${positions[last]} * 4`);
    scope.bindLanes(outer + last, first);
    const place = `vec4<i32>(${unit} * 4) + vec4<i32>(0, 1, 2, 3)`;
    if (length % 4 === 0) {
      return { scope, exists, lanesExist: undefined, end: undefined, place };
    }
    // Lanes behind the end are also those of steps that do not exist.
    const text = module.size(length);
    const lanesExist = scope.let("there", `${place} < vec4<i32>(${text})`);
    const end = { first, text, length };
    return { scope, exists, lanesExist, end, place };
  }

  #unrolledStage(stage: Stage, steps: readonly Step[]): void {
    const root = this.#root;
    const accumulators = this.#accumulators(stage);
    const totals = accumulators.map((): Total | undefined => undefined);
    for (const step of steps) {
      const { scope } = step;
      accumulators.forEach((accumulator, k) => {
        const next = this.#contribution(accumulator, step);
        const total = totals[k];
        totals[k] = total === undefined
          ? next
          : accumulator.join(scope, total, next, this.#width);
      });
      this.#writeStores(stage, step);
      // What the step needs of the row was written before.
      for (const line of scope.lines) root.line(line);
      scope.lines.length = 0;
    }
    this.#finish(accumulators, totals.map((total) => total!));
  }

  #loopStage(stage: Stage): void {
    const root = this.#root;
    const { members, units } = this.#plan;
    const accumulators = this.#accumulators(stage);
    const totals = accumulators.map((accumulator) =>
      accumulator.empty(this.#width).map((text) => root.variable("sum", text))
    );
    const unit = this.module.name("unit");
    const step = this.#bindStep(unit, undefined);
    accumulators.forEach((accumulator, k) => {
      const next = this.#contribution(accumulator, step);
      const total = totals[k]!;
      const joined = accumulator.join(step.scope, total, next, this.#width);
      total.forEach((name, part) => {
        step.scope.line(`${name} = ${joined[part]};`);
      });
    });
    this.#writeStores(stage, step);
    root.block(
      `for (var ${unit} = ${this.#member}; ${unit} < ${
        this.module.size(units)
      }; ${unit} += ${members})`,
      step.scope,
    );
    this.#finish(accumulators, totals);
  }

  #accumulators(stage: Stage): Accumulator[] {
    return stage.reductions.map((one) => new Accumulator(this.module, one));
  }

  /** What a step adds to a total: nothing where it does not exist. */
  #contribution(accumulator: Accumulator, step: Step): Total {
    const { scope } = step;
    const width = this.#width;
    const parts = accumulator.one(scope, width, step.place);
    const condition = step.lanesExist ?? step.exists;
    if (condition === undefined) return parts.map((one) => scope.let("t", one));
    const nothing = accumulator.empty(width);
    return parts.map((part, k) =>
      scope.let("t", `select(${nothing[k]}, ${part}, ${condition})`)
    );
  }

  #writeStores(stage: Stage, step: Step): void {
    if (stage.stores.length === 0) return;
    const inner = new WgslScope(this.module, step.scope);
    for (const store of stage.stores) {
      writeStore(this.module, inner, store, this.#kernel.outputs, step.end);
    }
    const condition = step.exists === undefined
      ? this.#rowExists
      : `${this.#rowExists} && ${step.exists}`;
    step.scope.block(`if (${condition})`, inner);
  }

  /** Joins the totals of lanes and members, and binds the results. */
  #finish(
    accumulators: readonly Accumulator[],
    totals: readonly Total[],
  ): void {
    if (accumulators.length === 0) return;
    const root = this.#root;
    const width = this.#resultWidth;
    const folded = accumulators.map((accumulator, k) => ({
      accumulator,
      total: this.#width === width
        ? totals[k]!
        : accumulator.fold(root, totals[k]!),
    }));
    const joined = joinTeam(this.module, root, this.#team!, folded, width);
    accumulators.forEach((accumulator, k) => {
      const text = root.let("r", accumulator.result(joined[k]!, width));
      root.bind("reduced", this.#results++, text, width);
    });
  }
}
