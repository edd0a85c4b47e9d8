/**
 * Numbers and bytes as `record_quantization.py` makes them.
 *
 * @module
 */

/**
 * Sums of four uniform numbers of 24 bits, less 2.
 *
 * @param count How many.
 * @param seed Where the generator starts.
 * @returns The numbers.
 */
export function recordedNoise(
  count: number,
  seed: number,
): Float32Array<ArrayBuffer> {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    let total = -2;
    for (let draw = 0; draw < 4; draw++) {
      state = (Math.imul(1664525, state) + 1013904223) >>> 0;
      total += (state >>> 8) / 2 ** 24;
    }
    return total;
  });
}

/**
 * Bytes from base64.
 *
 * @param text The text.
 * @returns The bytes.
 */
export function recordedBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

/**
 * Floats from base64.
 *
 * @param text The text.
 * @returns The floats.
 */
export function recordedFloats(text: string): Float32Array<ArrayBuffer> {
  return new Float32Array(recordedBytes(text).buffer);
}
