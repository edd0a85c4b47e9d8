/**
 * Cholesky factors by blocks of columns. A dispatch factors a diagonal block and
 * divides all rows below by it; the next one takes their products out of what
 * stands right of the block. Texts know the block as a parameter, so that there
 * are two of them, whatever the order.
 *
 * @module
 */

import { notPositiveDefinite } from "../../../device/reference/routines/cholesky.ts";
import type { RoutineStep } from "../../ir/kernel.ts";
import type {
  WebGpuFailures,
  WebGpuKernel,
  WebGpuLimits,
  WebGpuPhase,
} from "../abi.ts";
import { GROUP_INDEX, phaseOf } from "../rows/grid.ts";
import {
  beginDraft,
  BLOCK,
  blockStarts,
  type Draft,
  eachOwn,
  GROUPS,
  type Matrices,
  matricesOf,
  restOfFour,
  restReader,
  TILE,
  TILE_INVOCATIONS,
  tilePlace,
  tileProducts,
  tileSums,
  vectorLines,
} from "./blocks.ts";

/** Invocations of a workgroup: a block of them factors the diagonal. */
const WORKGROUP = 96;
/** Rows below the diagonal that a workgroup divides. */
const ROWS = WORKGROUP - BLOCK;
/** Words that are noted of each matrix: 1 more than the pivot, and its bits. */
const WORDS = 2;

interface Plan {
  readonly step: RoutineStep;
  readonly limits: WebGpuLimits;
  readonly matrices: Matrices;
  /** Whether there are several blocks, and so a temporary for what is left. */
  readonly hasRest: boolean;
}

/**
 * Renders the factorisation of a batch of matrices.
 *
 * @param step The step: `cholesky`.
 * @param limits Limits of the adapter.
 * @returns The kernel, or undefined where another device must do it.
 */
export function renderCholesky(
  step: RoutineStep,
  limits: WebGpuLimits,
): WebGpuKernel | undefined {
  const matrices = matricesOf(step.inputSpecs[0]!);
  if (matrices === undefined) return undefined;
  const { count, rows: n } = matrices;
  if (count * n === 0) return { phases: [], temporaries: [] };
  const plan = { step, limits, matrices, hasRest: n > BLOCK };
  const phases = blockStarts(n).flatMap((first) => [
    renderPanel(plan, first),
    ...(first + BLOCK < n ? [renderUpdate(plan, first)] : []),
  ]);
  return {
    phases,
    temporaries: plan.hasRest ? [4 * count * n * n] : [],
    failures: failuresOf(matrices),
  };
}

/** The error of the first matrix that has no factor. */
function failuresOf({ count, leading, rows }: Matrices): WebGpuFailures {
  return {
    bytes: 4 * WORDS * count,
    error(notes) {
      const values = new Float32Array(notes.buffer, notes.byteOffset);
      for (let index = 0; index < count; index++) {
        const pivot = notes[WORDS * index]! - 1;
        if (pivot < 0) continue;
        const value = values[WORDS * index + 1]!;
        return notPositiveDefinite(index, leading, rows, { pivot, value });
      }
      return undefined;
    },
  };
}

/** A text over the buffers of the step, with sizes that are variables. */
function draftOf(
  { hasRest, limits, step }: Plan,
  sizes: Readonly<Record<string, number>>,
): Draft {
  return beginDraft({
    operands: step.inputSpecs,
    outputs: [...step.outputSpecs, { dtype: "i32" }],
    temporaries: hasRest ? [{ dtype: "f32" }] : [],
    limits,
  }, sizes);
}

/**
 * Factors the diagonal block at `first`, divides the rows below by it, and clears
 * what stands above. All workgroups of a matrix factor the block for themselves:
 * to wait for one of them would take longer.
 */
function renderPanel(plan: Plan, first: number): WebGpuPhase {
  const { hasRest, limits, matrices: { count, rows: n } } = plan;
  const width = Math.min(BLOCK, n - first);
  const dividing = Math.max(1, Math.ceil((n - first - width) / ROWS));
  const each = dividing + Math.ceil(first / ROWS);
  const { module, root } = draftOf(plan, {
    count,
    n,
    first,
    width,
    dividing,
    each,
  });
  const rest = restReader(
    module,
    module.operand(0),
    hasRest ? module.temporary(0) : module.operand(0),
  );
  const factor = module.output(0);
  const notes = module.output(1);
  const solved = module.shared("vec4<f32>", WORKGROUP * GROUPS);
  const corner = module.shared("vec4<f32>", 4);
  const lines = [
    `let group_index = ${GROUP_INDEX};`,
    "let matrix = group_index / each;",
    "let part = group_index % each;",
    "if (matrix >= count) { return; }",
    "let base = matrix * n * n;",
    "let lane = i32(local.x);",
    "let isFirst = first == 0;",
    "if (part >= dividing) {",
    `  for (var k = lane; k < ${ROWS * BLOCK}; k += ${WORKGROUP}) {`,
    `    let above = (part - dividing) * ${ROWS} + k / ${BLOCK};`,
    `    let column = k % ${BLOCK};`,
    "    if (above < first && column < width) {",
    `      ${factor.store("base + above * n + first + column", "0.0", 1)}`,
    "    }",
    "  }",
    "  return;",
    "}",
    `let isDiagonal = lane < ${BLOCK};`,
    `let below = first + part * ${ROWS} + lane;`,
    "let row = select(below, first + lane, isDiagonal);",
    "let start = base + row * n + first;",
    "let held = select(0, width, row < n);",
    "var hasFailed = false;",
  ];
  const read = (name: string, column: string) =>
    vectorLines(
      name,
      [0, 1, 2, 3].map((k) => [
        rest(`start + ${column} + ${k}`),
        `${column} + ${k} < held`,
      ]),
    );
  lines.push(
    ...read("a", "0"),
    `for (var g = 0; 4 * g < width; g++) {`,
    ...read("next", "4 * g + 4"),
    ...restOfFour(
      solved,
      (k) => `${solved}[${tilePlace(`4 * g + ${k}`, "h")}]`,
    ),
    `if (lane >> 2u == g) { ${corner}[lane & 3] = v; }`,
    "workgroupBarrier();",
    ...cornerLines(corner),
    ...["x", "y", "z", "w"].flatMap((name, k) => [
      // NaN, infinity and what is not positive have other bits.
      `if (!hasFailed && 4 * g + ${k} < width && ` +
      `bitcast<u32>(pivots.${name}) - 1u >= 0x7f7fffffu) {`,
      "  hasFailed = true;",
      "  if (lane == 0 && part == 0 && " +
      `${notes.load(`${WORDS} * matrix`, 1)} == 0) {`,
      `    ${notes.store(`${WORDS} * matrix`, `first + 4 * g + ${k + 1}`, 1)}`,
      `    ${
        notes.store(
          `${WORDS} * matrix + 1`,
          `bitcast<i32>(pivots.${name})`,
          1,
        )
      }`,
      "  }",
      "}",
    ]),
    `${solved}[${tilePlace("lane", "g")}] = own;`,
    "workgroupBarrier();",
    "for (var k = 0; k < 4; k++) {",
    "  let column = 4 * g + k;",
    "  if (column < held && (part == 0 || !isDiagonal)) {",
    `    ${
      factor.store(
        "start + column",
        "select(own[k], 0.0, isDiagonal && lane < column)",
        1,
      )
    }`,
    // The diagonal block itself is read by other workgroups.
    ...(hasRest
      ? [
        `    if (!isDiagonal) { ${
          module.temporary(0).store("start + column", "own[k]", 1)
        } }`,
      ]
      : []),
    "  }",
    "}",
    "a = next;",
    "}",
  );
  for (const line of lines) root.line(line);
  const rows = n - first;
  return phaseOf(module, [WORKGROUP, 1], root.lines, {
    workgroups: count * each,
    flops: count * (dividing * BLOCK + rows) * BLOCK * BLOCK,
    bytes: 4 * count * BLOCK * (3 * rows + first),
  }, limits);
}

/**
 * Factors four rows and columns on the diagonal, in each invocation, and divides
 * the vector `v` of its own row by the factor.
 */
function cornerLines(corner: string): string[] {
  return [
    `let c0 = ${corner}[0];`,
    `let c1 = ${corner}[1];`,
    `let c2 = ${corner}[2];`,
    `let c3 = ${corner}[3];`,
    "var pivots = vec4<f32>();",
    "var own = vec4<f32>();",
    "pivots.x = c0.x;",
    "let d0 = sqrt(pivots.x);",
    "let f0 = vec3<f32>(c1.x, c2.x, c3.x) / d0;",
    "pivots.y = c1.y - f0.x * f0.x;",
    "let d1 = sqrt(pivots.y);",
    "let f1 = (vec2<f32>(c2.y, c3.y) - f0.x * f0.yz) / d1;",
    "pivots.z = c2.z - f0.y * f0.y - f1.x * f1.x;",
    "let d2 = sqrt(pivots.z);",
    "let f2 = (c3.z - f0.y * f0.z - f1.x * f1.y) / d2;",
    "pivots.w = c3.w - f0.z * f0.z - f1.y * f1.y - f2 * f2;",
    "let d3 = sqrt(pivots.w);",
    "own.x = v.x / d0;",
    "own.y = (v.y - own.x * f0.x) / d1;",
    "own.z = (v.z - own.x * f0.y - own.y * f1.x) / d2;",
    "own.w = (v.w - own.x * f0.z - own.y * f1.y - own.z * f2) / d3;",
  ];
}

/** Takes the products of the rows below a block out of what is right of it. */
function renderUpdate(plan: Plan, first: number): WebGpuPhase {
  const { limits, matrices: { count, rows: n } } = plan;
  const behind = first + BLOCK;
  const side = Math.ceil((n - behind) / TILE);
  const each = side * (side + 1) / 2;
  const { module, root } = draftOf(plan, { count, n, first, each });
  const temporary = module.temporary(0);
  const rest = restReader(module, module.operand(0), temporary);
  const left = module.shared("vec4<f32>", TILE * GROUPS);
  const right = module.shared("vec4<f32>", TILE * GROUPS);
  const lines = [
    `let group_index = ${GROUP_INDEX};`,
    "let matrix = group_index / each;",
    "let tile = group_index % each;",
    "if (matrix >= count) { return; }",
    "let base = matrix * n * n;",
    "let isFirst = first == 0;",
    // Tiles of the lower triangle are counted row by row.
    "var down = i32((sqrt(8.0 * f32(tile) + 1.0) - 1.0) * 0.5);",
    "while (down * (down + 1) / 2 > tile) { down--; }",
    "while ((down + 1) * (down + 2) / 2 <= tile) { down++; }",
    "let across = tile - down * (down + 1) / 2;",
    `let firstRow = first + ${BLOCK} + down * ${TILE};`,
    `let firstColumn = first + ${BLOCK} + across * ${TILE};`,
    `for (var k = i32(local.x); k < ${
      TILE * GROUPS
    }; k += ${TILE_INVOCATIONS}) {`,
    `  let row = k / ${GROUPS};`,
    `  let g = k % ${GROUPS};`,
  ];
  for (const [memory, from] of [[left, "firstRow"], [right, "firstColumn"]]) {
    lines.push(
      "  {",
      `    let exists = ${from} + row < n;`,
      `    let at = base + (${from} + row) * n + first + 4 * g;`,
      ...vectorLines(
        "vector",
        [0, 1, 2, 3].map((k) => [temporary.load(`at + ${k}`, 1), "exists"]),
      ).map((line) => `    ${line}`),
      `    ${memory}[${tilePlace("row", "g")}] = vector;`,
      "  }",
    );
  }
  lines.push(
    "}",
    "workgroupBarrier();",
    ...tileSums(),
    ...tileProducts(left, right),
  );
  lines.push(...eachOwn((row, column, sum) => {
    const store = temporary.store("at", `${rest("at")} - ${sum}`, 1);
    return `{ let i = firstRow + ${row}; let j = firstColumn + ${column}; ` +
      `let at = base + i * n + j; if (i < n && j <= i) { ${store} } }`;
  }));
  for (const line of lines) root.line(line);
  const tiles = count * each;
  return phaseOf(module, [TILE_INVOCATIONS, 1], root.lines, {
    workgroups: tiles,
    flops: 2 * tiles * TILE * TILE * BLOCK,
    bytes: 4 * tiles * (2 * TILE * TILE + 2 * TILE * BLOCK),
  }, limits);
}
