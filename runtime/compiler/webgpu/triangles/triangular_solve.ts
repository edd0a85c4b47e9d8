/**
 * Triangular systems by blocks of unknowns. A dispatch solves for one block and
 * takes it out of the right-hand sides behind. Upper and transposed triangles are
 * walked as lower ones, by other steps through memory, so that there is one text.
 *
 * @module
 */

import { zeroOnDiagonal } from "../../../device/reference/routines/triangular_solve.ts";
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
  vectorLines,
} from "./blocks.ts";

interface Plan {
  readonly step: RoutineStep;
  readonly limits: WebGpuLimits;
  readonly triangles: Matrices;
  readonly sides: Matrices;
  /** Whether there are several blocks, and so a temporary for what is left. */
  readonly hasRest: boolean;
}

/**
 * Renders the solution of a batch of systems.
 *
 * @param step The step: `triangularSolve`.
 * @param limits Limits of the adapter.
 * @returns The kernel, or undefined where another device must do it.
 */
export function renderTriangularSolve(
  step: RoutineStep,
  limits: WebGpuLimits,
): WebGpuKernel | undefined {
  const triangles = matricesOf(step.inputSpecs[0]!);
  const sides = matricesOf(step.inputSpecs[1]!);
  if (triangles === undefined || sides === undefined) return undefined;
  const { count, rows: n } = triangles;
  if (count * n === 0) return { phases: [], temporaries: [] };
  const plan = { step, limits, triangles, sides, hasRest: n > BLOCK };
  const phases = blockStarts(n).map((first) => renderBlock(plan, first));
  return {
    phases,
    temporaries: plan.hasRest ? [4 * count * n * sides.columns] : [],
    failures: failuresOf(triangles),
  };
}

/** The error of the first matrix that has a zero on its diagonal. */
function failuresOf({ count, leading }: Matrices): WebGpuFailures {
  return {
    bytes: 4 * count,
    error(notes) {
      const index = notes.subarray(0, count).findIndex((note) => note > 0);
      return index < 0
        ? undefined
        : zeroOnDiagonal(index, leading, notes[index]! - 1);
    },
  };
}

/** How the triangle is walked as a lower one. */
function sizesOf(
  { sides, step: { attributes }, triangles: { count, rows: n } }: Plan,
  first: number,
): Readonly<Record<string, number>> {
  const m = sides.columns;
  const isTurned = attributes["transpose"] === true;
  // From the last unknown to the first.
  const isBack = (attributes["lower"] === true) === isTurned;
  const sign = isBack ? -1 : 1;
  const last = isBack ? n - 1 : 0;
  return {
    count,
    n,
    m,
    first,
    width: Math.min(BLOCK, n - first),
    down: Math.max(1, Math.ceil((n - first - BLOCK) / TILE)),
    across: Math.max(1, Math.ceil(m / TILE)),
    isTurned: isTurned ? 1 : 0,
    isUnit: attributes["unitDiagonal"] === true ? 1 : 0,
    last,
    triangleStart: last * (n + 1),
    triangleRow: sign * (isTurned ? 1 : n),
    triangleColumn: sign * (isTurned ? n : 1),
    sideStart: last * m,
    sideRow: sign * m,
  };
}

/**
 * Solves for the unknowns of the block at `first`, and takes them out of a tile
 * of what is left. All workgroups of some columns solve for themselves.
 */
function renderBlock(plan: Plan, first: number): WebGpuPhase {
  const { hasRest, limits, step, sides, triangles: { count, rows: n } } = plan;
  const sizes = sizesOf(plan, first);
  const { module, root } = beginDraft({
    operands: step.inputSpecs,
    outputs: [...step.outputSpecs, { dtype: "i32" }],
    temporaries: hasRest ? [{ dtype: "f32" }] : [],
    limits,
  }, sizes);
  const rest = restReader(module, 1, hasRest ? 0 : undefined);
  const triangle = module.operand(0);
  const solution = module.output(0);
  const left = module.shared("vec4<f32>", TILE * GROUPS);
  const right = module.shared("vec4<f32>", TILE * GROUPS);
  const side = (row: string, column: string) =>
    `side + (${row}) * sideRow + ${column}`;
  const lines = [
    `let group_index = ${GROUP_INDEX};`,
    "let matrix = group_index / (down * across);",
    "let tileRow = group_index / across % down;",
    "let tileColumn = group_index % across;",
    "if (matrix >= count) { return; }",
    "let isFirst = first == 0;",
    "let lane = i32(local.x);",
    "let diagonal = matrix * n * n + triangleStart;",
    "let side = matrix * n * m + sideStart;",
    ...blockLines(module, left),
    "workgroupBarrier();",
    ...checkLines(module, left),
    `if (lane < ${TILE}) {`,
    `  let column = tileColumn * ${TILE} + lane;`,
    "  let held = select(0, width, column < m);",
  ];
  const read = (name: string, row: string) =>
    vectorLines(
      name,
      [0, 1, 2, 3].map((k) => [
        rest(side(`first + ${row} + ${k}`, "column")),
        `${row} + ${k} < held`,
      ]),
    );
  lines.push(
    ...read("a", "0"),
    "for (var g = 0; 4 * g < width; g++) {",
    ...read("next", "4 * g + 4"),
    ...restOfFour(right, (k) => `${left}[(4 * g + ${k}) * ${GROUPS} + h]`),
    ...[1, 2, 3].map((k) =>
      `let t${k} = ${left}[(4 * g + ${k}) * ${GROUPS} + g];`
    ),
    `let divisor = ${left}[${diagonalPlace("g")}];`,
    "var own = vec4<f32>();",
    "own.x = v.x / divisor.x;",
    "own.y = (v.y - own.x * t1.x) / divisor.y;",
    "own.z = (v.z - own.x * t2.x - own.y * t2.y) / divisor.z;",
    "own.w = (v.w - own.x * t3.x - own.y * t3.y - own.z * t3.z) / divisor.w;",
    `${right}[${tilePlace("lane", "g")}] = own;`,
    "for (var k = 0; k < 4; k++) {",
    "  let row = 4 * g + k;",
    "  if (tileRow == 0 && row < held) {",
    `    ${solution.store(side("first + row", "column"), "own[k]", 1)}`,
    "  }",
    "}",
    "a = next;",
    "}",
    "}",
  );
  if (hasRest) {
    const temporary = module.temporary(0);
    lines.push(
      `if (first + ${BLOCK} >= n) { return; }`,
      "workgroupBarrier();",
      `let firstRow = first + ${BLOCK} + tileRow * ${TILE};`,
      `let firstColumn = tileColumn * ${TILE};`,
      `for (var k = lane; k < ${TILE * GROUPS}; k += ${TILE_INVOCATIONS}) {`,
      // Elements that lie side by side are read side by side.
      `  let row = select(k / ${GROUPS}, k % ${TILE}, isTurned == 1);`,
      `  let g = select(k % ${GROUPS}, k / ${TILE}, isTurned == 1);`,
      "  let exists = firstRow + row < n;",
      "  let at = diagonal + (firstRow + row) * triangleRow + " +
        "(first + 4 * g) * triangleColumn;",
      ...vectorLines(
        "vector",
        [0, 1, 2, 3].map((
          k,
        ) => [triangle.load(`at + ${k} * triangleColumn`, 1), "exists"]),
      ).map((line) => `  ${line}`),
      `  ${left}[${tilePlace("row", "g")}] = vector;`,
      "}",
      "workgroupBarrier();",
      ...tileProducts(left, right),
      ...eachOwn((row, column, sum) => {
        const store = temporary.store("at", `${rest("at")} - ${sum}`, 1);
        return `{ let i = firstRow + ${row}; let j = firstColumn + ${column}; ` +
          `let at = ${side("i", "j")}; if (i < n && j < m) { ${store} } }`;
      }),
    );
  }
  for (const line of lines) root.line(line);
  const { across, down } = sizes as { across: number; down: number };
  const tiles = count * across * down;
  return phaseOf(module, [TILE_INVOCATIONS, 1], root.lines, {
    workgroups: tiles,
    flops: tiles * TILE * BLOCK * (BLOCK + 2 * TILE),
    bytes: 4 * count * (n - first) * (BLOCK * across + 2 * sides.columns),
  }, limits);
}

/** Where four elements of the diagonal lie, behind the rows of the block. */
function diagonalPlace(group: number | string): string {
  return `${BLOCK * GROUPS} + ${group}`;
}

/** Reads the diagonal block: what stands below its diagonal, then the latter. */
function blockLines(module: Draft["module"], memory: string): string[] {
  const triangle = module.operand(0);
  return [
    "{",
    `  let row = lane / ${GROUPS};`,
    `  let column = 4 * (lane % ${GROUPS});`,
    "  let at = diagonal + (first + row) * triangleRow + " +
    "(first + column) * triangleColumn;",
    ...vectorLines(
      "vector",
      [0, 1, 2, 3].map((k) => [
        triangle.load(`at + ${k} * triangleColumn`, 1),
        `row < width && column + ${k} < row`,
      ]),
    ).map((line) => `  ${line}`),
    `  ${memory}[lane] = vector;`,
    `  if (lane < ${BLOCK}) {`,
    "    var divisor = 1.0;",
    "    if (lane < width && isUnit == 0) {",
    "      divisor = " + triangle.load(
      "diagonal + (first + lane) * (triangleRow + triangleColumn)",
      1,
    ) + ";",
    "    }",
    `    ${memory}[${diagonalPlace("lane / 4")}][lane % 4] = divisor;`,
    "  }",
    "}",
  ];
}

/** Notes the first zero on the diagonal, in the order in which it is stored. */
function checkLines(module: Draft["module"], memory: string): string[] {
  const notes = module.output(1);
  return [
    "if (lane == 0 && tileRow == 0 && tileColumn == 0) {",
    "  for (var k = 0; k < width; k++) {",
    `    let divisor = ${memory}[${diagonalPlace("k / 4")}][k % 4];`,
    "    let found = abs(last - first - k) + 1;",
    `    let noted = ${notes.load("matrix", 1)};`,
    "    if ((bitcast<u32>(divisor) & 0x7fffffffu) == 0u && " +
    "(noted == 0 || found < noted)) {",
    `      ${notes.store("matrix", "found", 1)}`,
    "    }",
    "  }",
    "}",
  ];
}
