/**
 * Matrix products: operands are packed into panels of four rows or columns,
 * which also absorbs any strides, and multiplied in blocks held in registers.
 *
 * @module
 */

import { allocate, isFloatDType, type TypedArray } from "../dtypes.ts";
import { type Shape, sizeOf } from "../shapes.ts";
import type { PlanBuilder } from "./builder.ts";
import { OPERATIONS_PER_LOOK, type Work } from "../clock.ts";
import type { KernelRequest } from "./kernels.ts";
import { mergeAxes, type View, wholeView } from "./views.ts";

/** Below this many multiplications packing does not pay. */
const SMALL = 512;

/** Columns of the left operand that stay in the cache at once. */
const DEPTH = 256;

/** A matrix inside a buffer. */
interface Matrix {
  readonly data: TypedArray;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/**
 * Plans a `matmul`.
 *
 * @param builder The plan.
 * @param request The node.
 * @returns The view of its result.
 */
export function planMatmul(builder: PlanBuilder, request: KernelRequest): View {
  const { node, index } = request;
  const shape = node.shape;
  const [left, right] = joinRows(shape, request.inputs as [View, View]);
  const rank = left.shape.length;
  const rows = left.shape[rank - 2]!;
  const columns = right.shape[rank - 1]!;
  const depth = left.shape[rank - 1]!;
  const batch = left.shape.slice(0, rank - 2);
  const slot = builder.newSlot(node.size);
  const exact = !isFloatDType(node.dtype);
  const small = rows * columns * depth <= SMALL;
  const thin = !small && (rows === 1 || columns === 1);
  builder.step("matmul", index, [left, right], [slot], (buffers) => {
    const out = allocate(node.dtype, node.size);
    buffers[slot] = out;
    if (out.length === 0) return undefined;
    const products = batchOffsets(batch, left, right);
    const matrix = (view: View, offset: number): Matrix => ({
      data: buffers[view.slot]!,
      offset,
      rowStride: view.strides[rank - 2]!,
      columnStride: view.strides[rank - 1]!,
    });
    const multiplyAll = function* (): Work {
      let panels: Panels | undefined;
      let work = 0;
      for (let k = 0; k < products.length; k += 2) {
        const a = matrix(left, products[k]!);
        const b = matrix(right, products[k + 1]!);
        const at = (k / 2) * rows * columns;
        if (exact) {
          yield* multiplyIntegers(a, b, out, at, rows, columns, depth);
        } else if (thin) {
          yield* multiplyThin(a, b, out, at, rows, columns, depth);
        } else if (small) {
          multiplySmall(a, b, out, at, rows, columns, depth);
          work += rows * columns * depth + 20;
          if (work > OPERATIONS_PER_LOOK) {
            work = 0;
            yield;
          }
        } else {
          panels ??= newPanels(rows, columns, depth);
          yield* multiplyPacked(a, b, panels, out, at, rows, columns, depth);
        }
      }
    };
    return multiplyAll();
  });
  return wholeView(slot, shape);
}

/**
 * Matrices that are all multiplied by the same one are the rows of one tall
 * matrix, wherever these lie at equal distances.
 */
function joinRows(shape: Shape, views: [View, View]): [View, View] {
  const [left, right] = views;
  const last = shape.length - 1;
  const shared = (stride: number, axis: number) =>
    axis >= last - 1 || stride === 0 || shape[axis] === 1;
  if (!right.strides.every(shared)) return views;
  const { shape: lengths, strides } = mergeAxes(
    left.shape.slice(0, last),
    [left.strides.slice(0, last)],
  );
  if (lengths.length !== 1) return views;
  return [
    {
      ...left,
      shape: [lengths[0]!, left.shape[last]!],
      strides: [strides[0]![0]!, left.strides[last]!],
    },
    {
      ...right,
      shape: right.shape.slice(last - 1),
      strides: right.strides.slice(last - 1),
    },
  ];
}

/** Pairs of offsets of the two operands, one pair a product. */
function batchOffsets(
  batch: readonly number[],
  left: View,
  right: View,
): number[] {
  const pairs: number[] = [];
  const count = sizeOf(batch);
  for (let k = 0; k < count; k++) {
    let rest = k;
    let a = left.offset;
    let b = right.offset;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const at = rest % batch[axis]!;
      rest = (rest - at) / batch[axis]!;
      a += at * left.strides[axis]!;
      b += at * right.strides[axis]!;
    }
    pairs.push(a, b);
  }
  return pairs;
}

function multiplySmall(
  a: Matrix,
  b: Matrix,
  out: TypedArray,
  at: number,
  rows: number,
  columns: number,
  depth: number,
): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let total = 0;
      let p = a.offset + i * a.rowStride;
      let q = b.offset + j * b.columnStride;
      for (let k = 0; k < depth; k++) {
        total += a.data[p]! * b.data[q]!;
        p += a.columnStride;
        q += b.rowStride;
      }
      out[at + i * columns + j] = total;
    }
  }
}

/** Products of integers, which wrap around at 32 bits and lose no digits. */
function* multiplyIntegers(
  a: Matrix,
  b: Matrix,
  out: TypedArray,
  at: number,
  rows: number,
  columns: number,
  depth: number,
): Work {
  let work = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let total = 0;
      let p = a.offset + i * a.rowStride;
      let q = b.offset + j * b.columnStride;
      for (let k = 0; k < depth; k++) {
        total = (total + Math.imul(a.data[p]!, b.data[q]!)) | 0;
        p += a.columnStride;
        q += b.rowStride;
      }
      out[at + i * columns + j] = total;
      work += depth + 4;
      if (work > OPERATIONS_PER_LOOK) {
        work = 0;
        yield;
      }
    }
  }
}

/** A matrix times a vector, or the other way round: packing would not pay. */
function* multiplyThin(
  a: Matrix,
  b: Matrix,
  out: TypedArray,
  at: number,
  rows: number,
  columns: number,
  depth: number,
): Work {
  const [matrix, vector] = columns === 1 ? [a, b] : [b, a];
  const lines = columns === 1 ? rows : columns;
  const lineStride = columns === 1 ? a.rowStride : b.columnStride;
  const depthStride = columns === 1 ? a.columnStride : b.rowStride;
  const vectorStride = columns === 1 ? b.rowStride : a.columnStride;
  const x = new Float64Array(depth);
  for (let k = 0; k < depth; k++) {
    x[k] = vector.data[vector.offset + k * vectorStride]!;
  }
  const total = new Float64Array(lines);
  // Walks along the axis that lies in memory order.
  const byDepth = Math.abs(depthStride) <= Math.abs(lineStride);
  const [outer, inner] = byDepth ? [lines, depth] : [depth, lines];
  const perLook = Math.max(1, Math.floor(OPERATIONS_PER_LOOK / inner));
  for (let from = 0; from < outer; from += perLook) {
    const to = Math.min(outer, from + perLook);
    if (byDepth) dotLines(matrix, lineStride, depthStride, x, total, from, to);
    else addLines(matrix, lineStride, depthStride, x, total, from, to);
    yield;
  }
  out.set(total, at);
}

/** Products of lines `from` to `to` with a vector. */
function dotLines(
  { data, offset }: Matrix,
  lineStride: number,
  depthStride: number,
  x: Float64Array,
  total: Float64Array,
  from: number,
  to: number,
): void {
  for (let line = from; line < to; line++) {
    let p = offset + line * lineStride;
    let sum = 0;
    for (let k = 0; k < x.length; k++, p += depthStride) {
      sum += data[p]! * x[k]!;
    }
    total[line] = sum;
  }
}

/** Adds the parts `from` to `to` of the products of all lines with a vector. */
function addLines(
  { data, offset }: Matrix,
  lineStride: number,
  depthStride: number,
  x: Float64Array,
  total: Float64Array,
  from: number,
  to: number,
): void {
  for (let k = from; k < to; k++) {
    const factor = x[k]!;
    let p = offset + k * depthStride;
    for (let line = 0; line < total.length; line++, p += lineStride) {
      total[line]! += data[p]! * factor;
    }
  }
}

/** Where the operands of a product are packed; used for one after another. */
interface Panels {
  readonly left: Float64Array;
  readonly right: Float64Array;
}

function newPanels(rows: number, columns: number, depth: number): Panels {
  const slice = Math.min(depth, DEPTH);
  return {
    left: new Float64Array(((rows + 3) & ~3) * slice),
    right: new Float64Array(((columns + 3) & ~3) * slice),
  };
}

/** Packs lines (rows of a, columns of b) in fours: `[ceil(n / 4)][depth][4]`. */
function pack(
  data: TypedArray,
  offset: number,
  lines: number,
  lineStride: number,
  depth: number,
  depthStride: number,
  panel: Float64Array,
): void {
  let to = 0;
  let line = 0;
  for (; line + 4 <= lines; line += 4) {
    let from = offset + line * lineStride;
    const second = lineStride;
    const third = 2 * lineStride;
    const fourth = 3 * lineStride;
    for (let k = 0; k < depth; k++, to += 4, from += depthStride) {
      panel[to] = data[from]!;
      panel[to + 1] = data[from + second]!;
      panel[to + 2] = data[from + third]!;
      panel[to + 3] = data[from + fourth]!;
    }
  }
  if (line === lines) return;
  // The last panel is filled up with zeros.
  for (let k = 0; k < depth; k++) {
    for (let inner = 0; inner < 4; inner++) {
      panel[to++] = line + inner < lines
        ? data[offset + (line + inner) * lineStride + k * depthStride]!
        : 0;
    }
  }
}

function* multiplyPacked(
  a: Matrix,
  b: Matrix,
  { left, right }: Panels,
  out: TypedArray,
  at: number,
  rows: number,
  columns: number,
  depth: number,
): Work {
  const slice = Math.min(depth, DEPTH);
  // Narrow dtypes are rounded once, at the end.
  const total = depth > slice && !(out instanceof Float64Array)
    ? new Float64Array(rows * columns)
    : undefined;
  const field = total ?? out;
  const start = total === undefined ? at : 0;
  for (let from = 0; from < depth; from += slice) {
    const part = Math.min(slice, depth - from);
    pack(
      a.data,
      a.offset + from * a.columnStride,
      rows,
      a.rowStride,
      part,
      a.columnStride,
      left,
    );
    pack(
      b.data,
      b.offset + from * b.rowStride,
      columns,
      b.columnStride,
      part,
      b.rowStride,
      right,
    );
    let work = 0;
    for (let i = 0; i < rows; i += 4) {
      for (let j = 0; j < columns; j += 4) {
        multiplyBlock(left, right, field, start, i, j, rows, columns, part);
        work += 16 * part;
        if (work > OPERATIONS_PER_LOOK) {
          work = 0;
          yield;
        }
      }
    }
  }
  if (total !== undefined) out.set(total, at);
}

/** Adds the product of one panel of each operand to a 4 x 4 block. */
function multiplyBlock(
  left: Float64Array,
  right: Float64Array,
  out: TypedArray,
  at: number,
  row: number,
  column: number,
  rows: number,
  columns: number,
  depth: number,
): void {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0;
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0;
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  let p = row * depth;
  let q = column * depth;
  for (let k = 0; k < depth; k++, p += 4, q += 4) {
    const b0 = right[q]!, b1 = right[q + 1]!;
    const b2 = right[q + 2]!, b3 = right[q + 3]!;
    let a = left[p]!;
    c00 += a * b0;
    c01 += a * b1;
    c02 += a * b2;
    c03 += a * b3;
    a = left[p + 1]!;
    c10 += a * b0;
    c11 += a * b1;
    c12 += a * b2;
    c13 += a * b3;
    a = left[p + 2]!;
    c20 += a * b0;
    c21 += a * b1;
    c22 += a * b2;
    c23 += a * b3;
    a = left[p + 3]!;
    c30 += a * b0;
    c31 += a * b1;
    c32 += a * b2;
    c33 += a * b3;
  }
  const width = Math.min(4, columns - column);
  const height = Math.min(4, rows - row);
  let o = at + row * columns + column;
  addRow(out, o, width, c00, c01, c02, c03);
  if (height > 1) addRow(out, o += columns, width, c10, c11, c12, c13);
  if (height > 2) addRow(out, o += columns, width, c20, c21, c22, c23);
  if (height > 3) addRow(out, o += columns, width, c30, c31, c32, c33);
}

function addRow(
  out: TypedArray,
  at: number,
  width: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
): void {
  out[at]! += c0;
  if (width > 1) out[at + 1]! += c1;
  if (width > 2) out[at + 2]! += c2;
  if (width > 3) out[at + 3]! += c3;
}
