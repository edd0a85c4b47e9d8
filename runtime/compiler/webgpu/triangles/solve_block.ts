/**
 * Triangular systems by blocks of unknowns. A dispatch solves for one block and
 * takes it out of the right-hand sides behind. Upper and transposed triangles are
 * walked as lower ones, by other steps through memory, so that there is one text.
 *
 * @module
 */

import type { TriangularOptions } from "../../../device/reference/routines/triangular_solve.ts";
import type { WebGpuLimits, WebGpuPhase } from "../abi.ts";
import { GROUP_INDEX, phaseOf } from "../rows/grid.ts";
import type { BufferAccess, WgslModule } from "../wgsl/mod.ts";
import {
  beginDraft,
  BLOCK,
  blockStarts,
  type Bound,
  eachOwn,
  GROUPS,
  restOfFour,
  restReader,
  TILE,
  TILE_INVOCATIONS,
  tilePlace,
  tileProducts,
  tileSums,
  vectorLines,
} from "./blocks.ts";

/** Where the matrices of systems lie. */
export interface SystemBuffers {
  /** The triangles. */
  readonly triangle: BufferAccess;
  /** The right-hand sides. */
  readonly sides: BufferAccess;
  /** What is left of them; may be the same. Not written where one block is all. */
  readonly rest: BufferAccess;
  /** The solutions. */
  readonly solution: BufferAccess;
  /** Notes of zeros on diagonals; undefined where nobody asks. */
  readonly notes: BufferAccess | undefined;
}

/** Systems that are solved. */
export interface Systems {
  /** How many. */
  readonly count: number;
  /** Unknowns of each. */
  readonly n: number;
  /** Right-hand sides of each. */
  readonly m: number;
  /** How the triangles are read. */
  readonly triangle: TriangularOptions;
  /** Whether the solutions are written as rows. */
  readonly isSolutionTurned: boolean;
  /** What the texts can touch. */
  readonly about: Bound;
  /** Limits of the adapter. */
  readonly limits: WebGpuLimits;
  /** Finds the matrices among that. */
  buffers(module: WgslModule): SystemBuffers;
}

/**
 * Renders the solution of systems.
 *
 * @param systems The systems.
 * @returns A dispatch for each block.
 */
export function renderSystems(systems: Systems): WebGpuPhase[] {
  return blockStarts(systems.n).map((first) => renderBlock(systems, first));
}

/** How the triangle is walked as a lower one. */
function sizesOf(
  {
    count,
    isSolutionTurned,
    m,
    n,
    triangle: { lower, transpose, unitDiagonal },
  }: Systems,
  first: number,
): Readonly<Record<string, number>> {
  const isTurned = transpose;
  // From the last unknown to the first.
  const isBack = lower === transpose;
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
    isUnit: unitDiagonal ? 1 : 0,
    last,
    triangleStart: last * (n + 1),
    triangleRow: sign * (isTurned ? 1 : n),
    triangleColumn: sign * (isTurned ? n : 1),
    sideStart: last * m,
    sideRow: sign * m,
    solutionStart: last * (isSolutionTurned ? 1 : m),
    solutionRow: sign * (isSolutionTurned ? 1 : m),
    solutionColumn: isSolutionTurned ? n : 1,
  };
}

/**
 * Solves for the unknowns of the block at `first`, and takes them out of a tile
 * of what is left. All workgroups of some columns solve for themselves.
 */
function renderBlock(systems: Systems, first: number): WebGpuPhase {
  const { about, count, limits, m, n } = systems;
  const sizes = sizesOf(systems, first);
  const { module, root } = beginDraft({ ...about, limits }, sizes);
  const buffers = systems.buffers(module);
  const { notes, solution, triangle } = buffers;
  const rest = restReader(module, buffers.sides, buffers.rest);
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
    ...blockLines(triangle, left),
    "workgroupBarrier();",
    ...(notes === undefined ? [] : checkLines(notes, left)),
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
    `    ${
      solution.store(
        "matrix * n * m + solutionStart + " +
          "(first + row) * solutionRow + column * solutionColumn",
        "own[k]",
        1,
      )
    }`,
    "  }",
    "}",
    "a = next;",
    "}",
    "}",
  );
  if (n > BLOCK) {
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
      ...tileSums(),
      ...tileProducts(left, right),
      ...eachOwn((row, column, sum) => {
        const store = buffers.rest.store("at", `${rest("at")} - ${sum}`, 1);
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
    bytes: 4 * count * (n - first) * (BLOCK * across + 2 * m),
  }, limits);
}

/** Where four elements of the diagonal lie, behind the rows of the block. */
function diagonalPlace(group: number | string): string {
  return `${BLOCK * GROUPS} + ${group}`;
}

/** Reads the diagonal block: what stands below its diagonal, then the latter. */
function blockLines(triangle: BufferAccess, memory: string): string[] {
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
function checkLines(notes: BufferAccess, memory: string): string[] {
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
