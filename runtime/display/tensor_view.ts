/**
 * Tensors in a cell: dtype, shape, where the data are, and a peek at the
 * corners, for which no more than the corners is asked for.
 *
 * @module
 */

import { storageOf } from "../device/graph.ts";
import { slice, Tensor } from "../tensor/mod.ts";
import type { MimeBundle } from "./bundle.ts";
import {
  escapeHtml,
  formatBytes,
  formatCount,
  formatNumber,
} from "../core/text.ts";

/** Rows and columns of the peek. */
const EDGE = 6;
const BYTES: Readonly<Record<string, number>> = {
  f64: 8,
  f32: 4,
  i32: 4,
  u32: 4,
  f16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
};

/**
 * Whether a value is a tensor.
 *
 * @param value Any value.
 * @returns True for tensors.
 */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

/** The corner of a tensor: the last two axes cut, the first entry of the rest. */
function cornerOf(tensor: Tensor): Tensor {
  const specs = tensor.shape.map((length, axis) =>
    axis < tensor.ndim - 2 ? 0 : [0, Math.min(length, EDGE)] as const
  );
  return slice(tensor, ...specs);
}

async function peek(tensor: Tensor): Promise<string[][]> {
  if (tensor.size === 0) return [];
  const corner = cornerOf(tensor);
  const data = await corner.data();
  const columns = corner.shape.at(-1) ?? 1;
  const texts = Array.from(
    data,
    (value) =>
      tensor.dtype === "bool"
        ? String(value !== 0)
        : formatNumber(Number(value)),
  );
  const rows: string[][] = [];
  for (let from = 0; from < texts.length; from += columns) {
    rows.push(texts.slice(from, from + columns));
  }
  return rows;
}

/**
 * A tensor as a front end shows it.
 *
 * @param tensor The tensor; at most six rows and columns of it are computed.
 * @returns Its dtype, shape and device, and a peek, as HTML and as text.
 */
export async function describeTensor(tensor: Tensor): Promise<MimeBundle> {
  const storage = storageOf(tensor.node);
  const where = storage === undefined ? "lazy" : `on ${storage.device}`;
  const bytes = tensor.size * (BYTES[tensor.dtype] ?? 4);
  const head = `Tensor<${tensor.dtype}>[${tensor.shape.join(", ")}]`;
  const facts = `${formatCount(tensor.size, "element")}, ${
    formatBytes(bytes)
  }, ${where}`;
  const rows = await peek(tensor);
  const isCutAcross = (tensor.shape.at(-1) ?? 0) > EDGE;
  const isCutDown = tensor.ndim > 1 && (tensor.shape.at(-2) ?? 0) > EDGE;
  const shown = rows.map((row) => isCutAcross ? [...row, "…"] : row);
  if (isCutDown) shown.push((shown[0] ?? []).map(() => "⋮"));
  const width = Math.max(0, ...shown.flat().map((text) => text.length));
  const text = shown.map((row) =>
    `  ${row.map((cell) => cell.padStart(width)).join("  ")}`
  );
  const cells = shown.map((row) =>
    `<tr>${
      row.map((cell) =>
        `<td style="text-align:right;font-variant-numeric:tabular-nums">${
          escapeHtml(cell)
        }</td>`
      ).join("")
    }</tr>`
  ).join("");
  const leading = tensor.ndim > 2
    ? `, first of ${
      formatCount(
        tensor.shape.slice(0, -2).reduce((a, b) => a * b, 1),
        "matrix",
        "matrices",
      )
    }`
    : "";
  return {
    "text/html":
      `<div><code>${escapeHtml(head)}</code> <small>${
        escapeHtml(facts + leading)
      }</small></div>` +
      (cells === "" ? "" : `<table><tbody>${cells}</tbody></table>`),
    "text/plain": [`${head}  ${facts}${leading}`, ...text].join("\n"),
  };
}
