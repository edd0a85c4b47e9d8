/**
 * The gradient of the Cholesky factorisation, as two solutions of triangular
 * systems: `½ · (X + Xᵀ)` with `X = L⁻ᵀ · P · L⁻¹`, where `P` is the lower half of
 * `Lᵀ · L̄`. The host walks the blocks backwards instead, with a sixth of the
 * work; on a GPU, whose work is wide, the solutions wait for less.
 *
 * Source: Murray, Differentiation of the Cholesky decomposition (2016), section 3.
 *
 * @module
 */

import type { RoutineStep } from "../../ir/kernel.ts";
import type { WebGpuKernel, WebGpuLimits, WebGpuPhase } from "../abi.ts";
import { GROUP_INDEX, phaseOf } from "../rows/grid.ts";
import {
  beginDraft,
  BLOCK,
  type Draft,
  eachOwn,
  GROUPS,
  type Matrices,
  matricesOf,
  TILE,
  TILE_INVOCATIONS,
  tilePlace,
  tileProducts,
  tileSums,
  vectorLines,
} from "./blocks.ts";
import { renderSystems, type Systems } from "./solve_block.ts";

/** Rows and columns that a workgroup makes symmetric; one element each. */
const SQUARE = 16;

interface Plan {
  readonly step: RoutineStep;
  readonly limits: WebGpuLimits;
  readonly matrices: Matrices;
}

/**
 * Renders the gradient of a batch of factorisations.
 *
 * @param step The step: `choleskyGradient`.
 * @param limits Limits of the adapter.
 * @returns The kernel, or undefined where another device must do it.
 */
export function renderCholeskyGradient(
  step: RoutineStep,
  limits: WebGpuLimits,
): WebGpuKernel | undefined {
  const matrices = matricesOf(step.inputSpecs[0]!);
  if (matrices === undefined) return undefined;
  const { count, rows: n } = matrices;
  if (count * n === 0) return { phases: [], temporaries: [] };
  const plan = { step, limits, matrices };
  const bytes = 4 * count * n * n;
  return {
    phases: [
      renderProduct(plan),
      ...renderSystems(systemsOf(plan, 0, 1)),
      ...renderSystems(systemsOf(plan, 1, 0)),
      renderMean(plan),
    ],
    temporaries: [bytes, bytes],
  };
}

/** What all texts can touch. */
function boundOf(
  { inputSpecs, outputSpecs }: RoutineStep,
): Systems["about"] {
  return {
    operands: inputSpecs,
    outputs: outputSpecs,
    temporaries: [{ dtype: "f32" }, { dtype: "f32" }],
  };
}

/** Solves with the turned factor; what comes is turned. */
function systemsOf(
  { limits, matrices: { count, rows: n }, step }: Plan,
  from: number,
  to: number,
): Systems {
  return {
    count,
    n,
    m: n,
    triangle: { lower: true, transpose: true, unitDiagonal: false },
    isSolutionTurned: true,
    about: boundOf(step),
    limits,
    buffers: (module) => ({
      triangle: module.operand(0),
      sides: module.temporary(from),
      rest: module.temporary(from),
      solution: module.temporary(to),
      notes: undefined,
    }),
  };
}

function draftOf(
  { limits, matrices: { count, rows: n }, step }: Plan,
  side: number,
): Draft {
  return beginDraft({ ...boundOf(step), limits }, { count, n, side });
}

/** The lower half of the product of the turned factor and its gradient. */
function renderProduct(plan: Plan): WebGpuPhase {
  const { count, rows: n } = plan.matrices;
  const side = Math.ceil(n / TILE);
  const { module, root } = draftOf(plan, side);
  const left = module.shared("vec4<f32>", TILE * GROUPS);
  const right = module.shared("vec4<f32>", TILE * GROUPS);
  // Both factors are read along their columns, from the diagonal down.
  const fill = (memory: string, operand: number, first: string) => [
    "{",
    `  let column = ${first} + row;`,
    "  let at = base + start * n + column;",
    ...vectorLines(
      "vector",
      [0, 1, 2, 3].map((k) => [
        module.operand(operand).load(`at + ${k} * n`, 1),
        `start + ${k} < n && start + ${k} >= column`,
      ]),
    ).map((line) => `  ${line}`),
    `  ${memory}[${tilePlace("row", "g")}] = vector;`,
    "}",
  ];
  const lines = [
    `let group_index = ${GROUP_INDEX};`,
    "let matrix = group_index / (side * side);",
    `let firstRow = group_index / side % side * ${TILE};`,
    `let firstColumn = group_index % side * ${TILE};`,
    "if (matrix >= count) { return; }",
    "let base = matrix * n * n;",
    ...tileSums(),
    "var depth = select(n, firstRow, firstRow >= firstColumn);",
    `for (; depth < n; depth += ${BLOCK}) {`,
    `for (var k = i32(local.x); k < ${
      TILE * GROUPS
    }; k += ${TILE_INVOCATIONS}) {`,
    `  let row = k % ${TILE};`,
    `  let g = k / ${TILE};`,
    "  let start = depth + 4 * g;",
    ...fill(left, 0, "firstRow"),
    ...fill(right, 1, "firstColumn"),
    "}",
    "workgroupBarrier();",
    ...tileProducts(left, right),
    "workgroupBarrier();",
    "}",
    ...eachOwn((row, column, sum) => {
      const half = `select(select(0.0, 0.5 * ${sum}, i == j), ${sum}, i > j)`;
      const store = module.temporary(0).store("base + i * n + j", half, 1);
      return `{ let i = firstRow + ${row}; let j = firstColumn + ${column}; ` +
        `if (i < n && j < n) { ${store} } }`;
    }),
  ];
  for (const line of lines) root.line(line);
  return phaseOf(module, [TILE_INVOCATIONS, 1], root.lines, {
    workgroups: count * side * side,
    flops: count * n ** 3 / 3,
    bytes: 8 * count * n * n * side,
  }, plan.limits);
}

/** Means of matrices and their transposes. */
function renderMean(plan: Plan): WebGpuPhase {
  const { count, rows: n } = plan.matrices;
  const side = Math.ceil(n / SQUARE);
  const { module, root } = draftOf(plan, side);
  const whole = module.temporary(0);
  const mean = `0.5 * (${whole.load("base + i * n + j", 1)} + ${
    whole.load("base + j * n + i", 1)
  })`;
  const lines = [
    `let group_index = ${GROUP_INDEX};`,
    "let matrix = group_index / (side * side);",
    "let base = matrix * n * n;",
    `let i = group_index / side % side * ${SQUARE} + i32(local.x) / ${SQUARE};`,
    `let j = group_index % side * ${SQUARE} + i32(local.x) % ${SQUARE};`,
    "if (matrix >= count || i >= n || j >= n) { return; }",
    module.output(0).store("base + i * n + j", mean, 1),
  ];
  for (const line of lines) root.line(line);
  return phaseOf(module, [SQUARE * SQUARE, 1], root.lines, {
    workgroups: count * side * side,
    flops: 2 * count * n * n,
    bytes: 12 * count * n * n,
  }, plan.limits);
}
