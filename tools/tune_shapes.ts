/**
 * The products that kernels are tuned for.
 *
 * @module
 */

import { ParameterError } from "../runtime/core/errors.ts";

/** A product of matrices. */
export interface TuneShape {
  /** Number of products. */
  readonly batch: number;
  /** Rows. */
  readonly m: number;
  /** Columns. */
  readonly n: number;
  /** Length of each sum. */
  readonly k: number;
  /** Dtype of both factors. */
  readonly dtype: "f16" | "f32" | "f64";
  /** Whether products of f16 are added up in f16. */
  readonly halfSums: boolean;
  /** Whether the left factor lies as `[k, m]`. */
  readonly turnLeft: boolean;
  /** Whether the right factor lies as `[n, k]`. */
  readonly turnRight: boolean;
}

const FORM =
  /^(?:(\d{1,7})\*)?(\d{1,7})x(\d{1,7})x(\d{1,8})(?: (nn|nt|tn|tt))?(?: (f16|f16\/f16|f32|f64))?$/;

/**
 * Reads a product.
 *
 * @param text Such as `64*128x128x64 nt f16/f16`: batch, rows, columns, depth,
 * which factors lie transposed, dtype of the factors and of the sums. Batch 1,
 * `nn` and `f32` may be left out.
 * @returns The product.
 * @throws {ParameterError} When it is no such text.
 */
export function parseShape(text: string): TuneShape {
  const match = FORM.exec(text.trim());
  const [batch, m, n, k] = (match?.slice(1, 5) ?? []).map((length) =>
    length === undefined ? 1 : Number(length)
  );
  if (match === null || !batch || !m || !n || !k) {
    throw new ParameterError(`Cannot read "${text}" as a product of matrices`, {
      expected:
        "[BATCH*]ROWSxCOLUMNSxDEPTH [nn|nt|tn|tt] [f16|f16/f16|f32|f64]",
      actual: `"${text}"`,
      hint: 'For example "64*128x128x64 nt f16"',
    });
  }
  const turns = match[5] ?? "nn";
  const dtype = match[6] ?? "f32";
  return {
    batch,
    m,
    n,
    k,
    dtype: dtype === "f32" || dtype === "f64" ? dtype : "f16",
    halfSums: dtype === "f16/f16",
    turnLeft: turns[0] === "t",
    turnRight: turns[1] === "t",
  };
}

/**
 * A product in words.
 *
 * @param shape The product.
 * @returns What {@linkcode parseShape} reads.
 */
export function shapeText(
  { batch, dtype, halfSums, k, m, n, turnLeft, turnRight }: TuneShape,
): string {
  const turns = `${turnLeft ? "t" : "n"}${turnRight ? "t" : "n"}`;
  return `${batch === 1 ? "" : `${batch}*`}${m}x${n}x${k} ${turns} ${dtype}${
    halfSums ? "/f16" : ""
  }`;
}

/** From small to large, as what is left of the budget goes to the rest. */
const COMMON = [
  "256x256x256",
  "512x512x512",
  "1024x1024x1024",
  "1024x1024x1024 nt",
  "64*128x128x64",
  "64*64x64x64",
  "64x64x65536",
  "256x256x16384",
  "4096x64x256",
  "16x4096x4096 nt",
  "64x4096x4096 nt",
  "1024x4096x1024 nt",
  "2048x2048x2048",
  "4096x4096x4096",
] as const;

/**
 * The products that are tuned where none are named.
 *
 * @param device `wasm` or `webgpu`.
 * @param hasF16 Whether the device computes in f16.
 * @returns The products.
 */
export function commonShapes(device: string, hasF16: boolean): TuneShape[] {
  const dtypes = device === "wasm"
    ? ["f32", "f64", "f16"]
    : hasF16
    ? ["f32", "f16", "f16/f16"]
    : ["f32"];
  return dtypes.flatMap((dtype) =>
    COMMON.map((text) => parseShape(`${text} ${dtype}`))
  );
}
