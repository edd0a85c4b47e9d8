/**
 * Stable sorting of rows, by a network of comparisons: within workgroups as long
 * as the neighbours that are compared lie in one, through memory beyond.
 *
 * @module
 */

import { type DType, isFloatDType } from "../../../device/dtypes.ts";
import { sizeOf } from "../../../device/shapes.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits, WebGpuPhase } from "../abi.ts";
import { scalarType, WgslModule, WgslScope } from "../wgsl/mod.ts";
import { GROUP_INDEX, phaseOf } from "./grid.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 256;
/** Elements that a workgroup sorts in its own memory. */
const LOCAL = 2048;
/** Elements of all rows, filled up to powers of 2, at most. */
const MOST_ELEMENTS = 2 ** 27;

interface Plan {
  readonly step: RoutineStep;
  readonly limits: WebGpuLimits;
  readonly dtype: DType;
  readonly rows: number;
  /** Elements of a row. */
  readonly length: number;
  /** The same, filled up to a power of 2. */
  readonly padded: number;
  /** How many of each row are wanted. */
  readonly taken: number;
  readonly descending: boolean;
  readonly isLocal: boolean;
}

/**
 * Renders sorting, or the choice of the largest elements.
 *
 * @param step The step: `argsort` or `argTopK`.
 * @param limits Limits of the adapter.
 * @returns The kernel, or undefined where another device must do it.
 */
export function renderSort(
  step: RoutineStep,
  limits: WebGpuLimits,
): WebGpuKernel | undefined {
  const { attributes, inputSpecs, name, outputSpecs } = step;
  if (name !== "argsort" && name !== "argTopK") return undefined;
  const { dtype, shape } = inputSpecs[0]!;
  const length = shape[shape.length - 1]!;
  const rows = sizeOf(shape.slice(0, -1));
  const padded = 2 ** Math.max(1, Math.ceil(Math.log2(length)));
  if (dtype === "f64" || rows * padded > MOST_ELEMENTS) return undefined;
  const plan: Plan = {
    step,
    limits,
    dtype,
    rows,
    length,
    padded,
    taken: outputSpecs[0]!.shape.at(-1)!,
    descending: attributes[name === "argsort" ? "descending" : "largest"] ===
      true,
    isLocal: padded <= LOCAL,
  };
  if (rows * plan.taken === 0) return { phases: [], temporaries: [] };
  if (plan.isLocal) {
    return { phases: [renderLocal(plan, 2, padded)], temporaries: [] };
  }
  const phases = [renderLocal(plan, 2, LOCAL)];
  for (let level = 2 * LOCAL; level <= padded; level *= 2) {
    for (let distance = level / 2; distance >= LOCAL; distance /= 2) {
      phases.push(renderFar(plan, level, distance));
    }
    phases.push(renderLocal(plan, level, level));
  }
  const bytes = 4 * rows * padded;
  return { phases, temporaries: [bytes, bytes] };
}

/** Names of the parameters; they come first, each in its own place. */
const PARAMETERS = [
  "rows",
  "length",
  "padded",
  "shift",
  "taken",
  "level",
  "last",
] as const;

function begin(
  { isLocal, length, limits, padded, rows, step, taken }: Plan,
  level: number,
  last: number,
): { readonly module: WgslModule; readonly root: WgslScope } {
  const module = new WgslModule({
    operands: step.inputSpecs,
    outputs: step.outputSpecs,
    scalars: [],
    temporaries: isLocal ? [] : [{ dtype: "u32" }, { dtype: "i32" }],
    limits,
    reservedSizes: [
      rows,
      length,
      padded,
      Math.log2(padded),
      taken,
      level,
      last,
    ],
  });
  const root = new WgslScope(module);
  PARAMETERS.forEach((name, k) =>
    root.line(`let ${name} = ${module.reservedSize(k)};`)
  );
  // Equal keys stand in their order, so that sorting is stable.
  module.define(
    "is_after",
    "fn is_after(a: u32, i: i32, b: u32, j: i32) -> bool { " +
      "return a > b || (a == b && i > j); }",
  );
  return { module, root };
}

/** The text of a key: an u32 in the order in which elements are to stand. */
function keyOf(module: WgslModule, plan: Plan, value: string): string {
  const { descending, dtype } = plan;
  const turn = descending ? "~" : "";
  if (isFloatDType(dtype)) {
    // Signed keys in the order of floats, NaN above all in both directions.
    const name = module.call(descending ? "keyOfMin" : "keyOfMax", 1);
    return `bitcast<u32>(${name}(${value})) ^ 0x80000000u`;
  }
  switch (scalarType(dtype)) {
    case "i32":
      return `${turn}(bitcast<u32>(${value}) ^ 0x80000000u)`;
    case "bool":
      return `${turn}u32(${value})`;
    default:
      return `${turn}${value}`;
  }
}

/** Sorts what lies in a workgroup, from one level of the network to another. */
function renderLocal(plan: Plan, level: number, last: number): WebGpuPhase {
  const { padded, rows } = plan;
  const { module, root } = begin(plan, level, last);
  const isFirst = level === 2;
  const isLast = last === padded;
  const keys = module.shared("u32", LOCAL);
  const places = module.shared("i32", LOCAL);
  const local = "i32(local.x)";
  root.line(`let base = ${GROUP_INDEX} * ${LOCAL};`);
  const eachElement = (...lines: readonly string[]) => {
    root.line(`for (var k = ${local}; k < ${LOCAL}; k += ${WORKGROUP}) {`);
    root.line("  let at = base + k;");
    root.line("  let place = at & (padded - 1);");
    root.line("  let row = at >> u32(shift);");
    for (const line of lines) root.line(`  ${line}`);
    root.line("}");
  };
  if (isFirst) {
    const value = module.operand(0).load("row * length + place", 1);
    eachElement(
      "var key = 0xffffffffu;",
      `if (place < length && row < rows) { key = ${
        keyOf(module, plan, value)
      }; }`,
      `${keys}[k] = key;`,
      `${places}[k] = place;`,
    );
  } else {
    eachElement(
      `${keys}[k] = ${module.temporary(0).load("at", 1)};`,
      `${places}[k] = ${module.temporary(1).load("at", 1)};`,
    );
  }
  root.line("workgroupBarrier();");
  root.line("for (var size = level; size <= last; size *= 2) {");
  root.line(`  for (var far = min(size, ${LOCAL}) / 2; far > 0; far /= 2) {`);
  root.line(
    `    for (var k = ${local}; k < ${LOCAL / 2}; k += ${WORKGROUP}) {`,
  );
  for (const line of exchange(keys, places, "base + a")) {
    root.line(`      ${line}`);
  }
  root.line("    }");
  root.line("    workgroupBarrier();");
  root.line("  }");
  root.line("}");
  if (isLast) {
    const store = module.output(0).store(
      "row * taken + place",
      `${places}[k]`,
      1,
    );
    eachElement(`if (place < taken && row < rows) { ${store} }`);
  } else {
    // There may be more workgroups than needed.
    eachElement(
      "if (row < rows) {",
      `  ${module.temporary(0).store("at", `${keys}[k]`, 1)}`,
      `  ${module.temporary(1).store("at", `${places}[k]`, 1)}`,
      "}",
    );
  }
  return finish(plan, module, root, Math.ceil(rows * padded / LOCAL));
}

/** Puts two elements in workgroup memory into their order. */
function exchange(keys: string, places: string, at: string): string[] {
  return [
    "let a = ((k & ~(far - 1)) << 1u) | (k & (far - 1));",
    "let b = a | far;",
    `let up = ((${at}) & (padded - 1) & size) == 0;`,
    `let swap = is_after(${keys}[a], ${places}[a], ${keys}[b], ${places}[b]) == up;`,
    "if (swap) {",
    `  let key = ${keys}[a];`,
    `  ${keys}[a] = ${keys}[b];`,
    `  ${keys}[b] = key;`,
    `  let place = ${places}[a];`,
    `  ${places}[a] = ${places}[b];`,
    `  ${places}[b] = place;`,
    "}",
  ];
}

/** Compares elements that lie in different workgroups. */
function renderFar(plan: Plan, level: number, distance: number): WebGpuPhase {
  const { padded, rows } = plan;
  const { module, root } = begin(plan, level, distance);
  const [keys, places] = [module.temporary(0), module.temporary(1)];
  root.line(`let k = ${GROUP_INDEX} * ${WORKGROUP} + i32(local.x);`);
  root.line("if (k >= rows * padded / 2) { return; }");
  root.line("let a = ((k & ~(last - 1)) << 1u) | (k & (last - 1));");
  root.line("let b = a | last;");
  root.line("let up = (a & (padded - 1) & level) == 0;");
  root.line(`let key_a = ${keys.load("a", 1)};`);
  root.line(`let key_b = ${keys.load("b", 1)};`);
  root.line(`let place_a = ${places.load("a", 1)};`);
  root.line(`let place_b = ${places.load("b", 1)};`);
  root.line("if (is_after(key_a, place_a, key_b, place_b) == up) {");
  root.line(`  ${keys.store("a", "key_b", 1)}`);
  root.line(`  ${keys.store("b", "key_a", 1)}`);
  root.line(`  ${places.store("a", "place_b", 1)}`);
  root.line(`  ${places.store("b", "place_a", 1)}`);
  root.line("}");
  const workgroups = Math.ceil(rows * padded / 2 / WORKGROUP);
  return finish(plan, module, root, workgroups);
}

function finish(
  { limits, padded, rows }: Plan,
  module: WgslModule,
  root: WgslScope,
  workgroups: number,
): WebGpuPhase {
  const elements = rows * padded;
  return phaseOf(module, [WORKGROUP, 1], root.lines, {
    workgroups,
    flops: 10 * elements,
    bytes: 16 * elements,
  }, limits);
}
