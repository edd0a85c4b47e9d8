/**
 * A small module for tests of what runs modules, and what it should compute.
 *
 * @module
 */

/**
 * The module. Its parameter block is: address of the output, number of an item
 * that traps (or -1), rounds of arithmetic for each item. For each item `i` it
 * adds to word `i` of the output what {@linkcode roundsOf} gives:
 *
 * ```wat
 * (loop for i from begin to end
 *   (if i = params[1] then unreachable)
 *   scratch[0] := i
 *   acc := i; params[2] times: acc := acc * 1664525 + 1013904223
 *   output[i] := output[i] + acc + scratch[0] - i)
 * ```
 */
export const TESTING_MODULE: Uint8Array<ArrayBuffer> = Uint8Array.fromHex(
  "0061736d0100000001080160047f7f7f7f0002120103656e76066d656d6f727902030080" +
    "8004030201000707010372756e00000a830101800101037f02400340200120024e0d0120" +
    "012000280204460440000b200320013602002000280208210520012104024003402005" +
    "450d01200541016b21052004418dcce5006c41dfe6bbe3036a21040c000b0b20002802" +
    "00200141046c6a21062006200628020020046a20032802006a20016b36020020014101" +
    "6a21010c000b0b0b",
);

/**
 * What the module adds to the output.
 *
 * @param item The item.
 * @param rounds Rounds of arithmetic.
 * @returns The number.
 */
export function roundsOf(item: number, rounds: number): number {
  let state = item;
  for (let round = 0; round < rounds; round++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
  }
  return state;
}
