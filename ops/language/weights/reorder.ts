/**
 * Bytes of weights in another order.
 *
 * @module
 */

/**
 * Puts the rows of queries or keys whose rotary pairs lie side by side (GGUF,
 * llama2.c) in the order of the hub, where the first halves of all pairs of a
 * head come first.
 *
 * @param bytes Rows of equal length.
 * @param heads Heads.
 * @param headSize Rows of a head.
 * @returns The rows in order.
 */
export function separatePairs(
  bytes: Uint8Array,
  heads: number,
  headSize: number,
): Uint8Array<ArrayBuffer> {
  return reorderRows(bytes, heads * headSize, (row) => {
    const [head, at] = [Math.floor(row / headSize), row % headSize];
    const half = headSize / 2;
    return head * headSize + 2 * (at % half) + Math.floor(at / half);
  });
}

function reorderRows(
  bytes: Uint8Array,
  rows: number,
  sourceOf: (row: number) => number,
): Uint8Array<ArrayBuffer> {
  const length = bytes.length / rows;
  const made = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++) {
    const from = sourceOf(row) * length;
    made.set(bytes.subarray(from, from + length), row * length);
  }
  return made;
}

/**
 * Exchanges the axes of a matrix.
 *
 * @param bytes The elements, row-major.
 * @param rows Rows.
 * @param columns Columns.
 * @returns The elements, columns first.
 */
export function transposeBytes(
  bytes: Uint8Array<ArrayBuffer>,
  rows: number,
  columns: number,
): Uint8Array<ArrayBuffer> {
  const size = bytes.length / (rows * columns);
  const Elements = size === 2
    ? Uint16Array
    : size === 4
    ? Uint32Array
    : BigUint64Array;
  const source = new Elements(
    bytes.buffer,
    bytes.byteOffset,
    rows * columns,
  );
  const target = new Elements(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      target[column * rows + row] = source[row * columns + column]!;
    }
  }
  return new Uint8Array(target.buffer);
}
