/**
 * The bits of numbers.
 *
 * @module
 */

const WORD = new DataView(new ArrayBuffer(4));

/**
 * The number that has the same bits in another dtype.
 *
 * @param x The number.
 * @param from Its dtype.
 * @param to A dtype of the same size: f32, i32 and u32, or i8 and u8.
 * @returns The number.
 */
export function sameBits(x: number, from: string, to: string): number {
  if (from === "f32") WORD.setFloat32(0, x);
  else WORD.setInt32(0, x);
  switch (to) {
    case "f32":
      return WORD.getFloat32(0);
    case "i32":
      return WORD.getInt32(0);
    case "u32":
      return WORD.getUint32(0);
    case "i8":
      return WORD.getInt8(3);
    default:
      return WORD.getUint8(3);
  }
}
