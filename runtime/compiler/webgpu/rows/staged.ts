/**
 * Rows kernels with inner axes: the stages one after the other, each a pass of
 * the members of a team along their row.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { RowKernel, Stage } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits, WebGpuPhase } from "../abi.ts";
import { scalarType, WgslModule, WgslScope, type Width } from "../wgsl/mod.ts";
import { Accumulator, type Total } from "./accumulator.ts";
import { planRows, type RowGeometry } from "./geometry.ts";
import { GROUP_INDEX, phaseOf } from "./grid.ts";
import { splitIndex } from "./positions.ts";
import { type LaneEnd, writeStore } from "./stores.ts";
import { joinTeam, type Team, type TeamTotal } from "./team.ts";

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
  const plan = planRows(kernel, limits);
  const { stages, rowStores } = kernel;
  if (plan.parts === 1) {
    const writer = new StagedWriter(kernel, plan, limits);
    return { phases: [writer.whole()], temporaries: [] };
  }
  const phases = stages.map((_, k) =>
    new StagedWriter(kernel, plan, limits).part(k)
  );
  if (rowStores.length > 0) {
    phases.push(new StagedWriter(kernel, plan, limits).ends());
  }
  const width = plan.acrossRows && plan.laneAxis !== undefined ? 4 : 1;
  const bytes = 4 * width * plan.rows * plan.parts;
  return { phases, temporaries: partTypes(kernel).map(() => bytes) };
}

/** Dtypes of the parts of the totals of all reductions. */
function partTypes(kernel: RowKernel): DType[] {
  return kernel.stages.flatMap(({ reductions }) => reductions).flatMap((
    { dtype, op },
  ): DType[] => {
    if (op === "argmax" || op === "argmin") return ["i32", "i32"];
    const type = scalarType(dtype);
    return [type === "bool" ? "u32" : type];
  });
}

/** Writes the text of a phase of a rows kernel. */
class StagedWriter {
  readonly #module: WgslModule;
  readonly #limits: WebGpuLimits;
  readonly #kernel: RowKernel;
  readonly #plan: RowGeometry;
  readonly #root: WgslScope;
  /** Numbers that the parts of a total hold while a pass goes on. */
  readonly #width: Width;
  /** Numbers that a result holds: four where lanes are rows. */
  readonly #resultWidth: Width;
  #member = "";
  #rowExists = "";
  #row = "";
  #part = "";
  #team: Team | undefined;
  #results = 0;
  #temporaries = 0;

  constructor(kernel: RowKernel, plan: RowGeometry, limits: WebGpuLimits) {
    this.#module = new WgslModule({
      ...kernel,
      temporaries: plan.parts === 1
        ? []
        : partTypes(kernel).map((dtype) => ({ dtype })),
      hasF16: limits.hasF16,
    });
    this.#limits = limits;
    this.#kernel = kernel;
    this.#plan = plan;
    this.#root = new WgslScope(this.#module);
    this.#width = plan.laneAxis === undefined ? 1 : 4;
    this.#resultWidth = plan.acrossRows ? this.#width : 1;
  }

  /** All stages, one after the other. */
  whole(): WebGpuPhase {
    this.#bindRow(1);
    const { unrolled } = this.#plan;
    const steps = unrolled === undefined
      ? undefined
      : Array.from({ length: unrolled }, (_, k) => this.#step(k));
    for (const stage of this.#kernel.stages) {
      const accumulators = this.#accumulators(stage);
      const totals = steps === undefined
        ? this.#loopStage(stage, accumulators, 1)
        : this.#unrolledStage(stage, accumulators, steps);
      this.#bindResults(accumulators, this.#join(accumulators, totals));
    }
    this.#rowStores();
    return this.#phase(1);
  }

  /**
   * One stage, over parts of rows: their totals go to temporaries.
   *
   * @param index Number of the stage.
   */
  part(index: number): WebGpuPhase {
    const { parts } = this.#plan;
    this.#bindRow(parts);
    for (const stage of this.#kernel.stages.slice(0, index)) {
      this.#readParts(this.#accumulators(stage));
    }
    const stage = this.#kernel.stages[index]!;
    const accumulators = this.#accumulators(stage);
    const totals = this.#loopStage(stage, accumulators, parts);
    this.#writeParts(accumulators, this.#join(accumulators, totals));
    return this.#phase(parts);
  }

  /** What is written for each row after all stages. */
  ends(): WebGpuPhase {
    this.#bindRow(1);
    for (const stage of this.#kernel.stages) {
      this.#readParts(this.#accumulators(stage));
    }
    this.#rowStores();
    return this.#phase(1);
  }

  #phase(parts: number): WebGpuPhase {
    const { members, rows, slots } = this.#plan;
    const { bytes, flops } = this.#kernel;
    return phaseOf(this.#module, [slots * members, 1], this.#root.lines, {
      workgroups: Math.ceil(rows / slots) * parts,
      flops,
      bytes,
    }, this.#limits);
  }

  #rowStores(): void {
    const { outputs, rowStores } = this.#kernel;
    if (rowStores.length === 0) return;
    const inner = new WgslScope(this.#module, this.#root);
    for (const store of rowStores) {
      writeStore(this.#module, inner, store, outputs);
    }
    this.#root.block(`if (${this.#isFirstMember()})`, inner);
  }

  /** Whether the row exists and the invocation is to write for it. */
  #isFirstMember(): string {
    return this.#plan.members === 1
      ? this.#rowExists
      : `${this.#rowExists} && ${this.#member} == 0`;
  }

  /** Says which row and which part of it the invocation works on. */
  #bindRow(parts: number): void {
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
    const [group, part] = splitIndex(
      this.#module,
      root,
      root.let("group", GROUP_INDEX),
      [Math.ceil(rows / slots), parts],
    ) as [string, string];
    this.#part = part;
    const row = root.let("row", `${group} * ${slots} + ${slot}`);
    const count = this.#module.size(rows);
    this.#rowExists = root.let("exists", `${row} < ${count}`);
    const inside = root.let("row", `min(${row}, ${count} - 1)`);
    this.#row = inside;
    const lengths = axes.slice(0, outer);
    const wide = acrossRows && laneAxis !== undefined;
    if (wide) lengths[outer - 1]! /= 4;
    const positions = splitIndex(this.#module, root, inside, lengths);
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
      : this.#root.let("there", `${unit} < ${this.#module.size(units)}`);
    return this.#bindStep(unit, exists);
  }

  /** Says where a step is along the inner axes. */
  #bindStep(unit: string, exists: string | undefined): Step {
    const { acrossRows, laneAxis } = this.#plan;
    const { axes, outer } = this.#kernel;
    const module = this.#module;
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

  #unrolledStage(
    stage: Stage,
    accumulators: readonly Accumulator[],
    steps: readonly Step[],
  ): Total[] {
    const root = this.#root;
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
    return totals.map((total) => total!);
  }

  /** A pass of a loop over the whole row, or over the own part of it. */
  #loopStage(
    stage: Stage,
    accumulators: readonly Accumulator[],
    parts: number,
  ): Total[] {
    const root = this.#root;
    const { members, units } = this.#plan;
    const totals = accumulators.map((accumulator) =>
      accumulator.empty(this.#width).map((text) => root.variable("sum", text))
    );
    const unit = this.#module.name("unit");
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
    const end = this.#module.size(units);
    if (parts === 1) {
      root.block(
        `for (var ${unit} = ${this.#member}; ${unit} < ${end}; ` +
          `${unit} += ${members})`,
        step.scope,
      );
      return totals;
    }
    const own = this.#module.size(Math.ceil(units / parts));
    const first = root.let("first", `${this.#part} * ${own}`);
    const last = root.let("last", `min(${first} + ${own}, ${end})`);
    root.block(
      `for (var ${unit} = ${first} + ${this.#member}; ${unit} < ${last}; ` +
        `${unit} += ${members})`,
      step.scope,
    );
    return totals;
  }

  #accumulators(stage: Stage): Accumulator[] {
    return stage.reductions.map((one) => new Accumulator(this.#module, one));
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
    const inner = new WgslScope(this.#module, step.scope);
    for (const store of stage.stores) {
      writeStore(this.#module, inner, store, this.#kernel.outputs, step.end);
    }
    const condition = step.exists === undefined
      ? this.#rowExists
      : `${this.#rowExists} && ${step.exists}`;
    step.scope.block(`if (${condition})`, inner);
  }

  /** Joins the totals of lanes and of members. */
  #join(
    accumulators: readonly Accumulator[],
    totals: readonly Total[],
  ): Total[] {
    const width = this.#resultWidth;
    const folded = accumulators.map((accumulator, k) => ({
      accumulator,
      total: this.#width === width
        ? totals[k]!
        : accumulator.fold(this.#root, totals[k]!),
    }));
    return this.#joinMembers(folded);
  }

  #joinMembers(totals: readonly TeamTotal[]): Total[] {
    if (totals.length === 0) return [];
    return joinTeam(
      this.#module,
      this.#root,
      this.#team!,
      totals,
      this.#resultWidth,
    );
  }

  #bindResults(
    accumulators: readonly Accumulator[],
    totals: readonly Total[],
  ): void {
    const width = this.#resultWidth;
    accumulators.forEach((accumulator, k) => {
      const result = accumulator.result(totals[k]!, width);
      const text = this.#root.let("r", result);
      this.#root.bind("reduced", this.#results++, text, width);
    });
  }

  /** Where the total of a part of the row lies in a temporary. */
  #placeOfPart(part: string): string {
    const parts = this.#module.size(this.#plan.parts);
    const place = `${this.#row} * ${parts} + ${part}`;
    return this.#resultWidth === 4 ? `(${place}) * 4` : place;
  }

  #writeParts(
    accumulators: readonly Accumulator[],
    totals: readonly Total[],
  ): void {
    if (accumulators.length === 0) return;
    const place = this.#placeOfPart(this.#part);
    this.#root.line(`if (${this.#isFirstMember()}) {`);
    for (const text of totals.flat()) {
      const temporary = this.#module.temporary(this.#temporaries++);
      this.#root.line(`  ${temporary.store(place, text, this.#resultWidth)}`);
    }
    this.#root.line("}");
  }

  /** Joins the totals of the parts of the row, and binds the results. */
  #readParts(accumulators: readonly Accumulator[]): void {
    if (accumulators.length === 0) return;
    const root = this.#root;
    const width = this.#resultWidth;
    const { members, parts } = this.#plan;
    const totals = accumulators.map((accumulator) => ({
      accumulator,
      total: accumulator.empty(width).map((text) => root.variable("sum", text)),
    }));
    const k = this.#module.name("k");
    const body = new WgslScope(this.#module, root);
    for (const { accumulator, total } of totals) {
      const next = total.map(() => {
        const temporary = this.#module.temporary(this.#temporaries++);
        return body.let("t", temporary.load(this.#placeOfPart(k), width));
      });
      const joined = accumulator.join(body, total, next, width);
      total.forEach((name, part) => body.line(`${name} = ${joined[part]};`));
    }
    root.block(
      `for (var ${k} = ${this.#member}; ${k} < ${this.#module.size(parts)}; ` +
        `${k} += ${members})`,
      body,
    );
    this.#bindResults(accumulators, this.#joinMembers(totals));
  }
}
