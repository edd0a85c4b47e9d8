/**
 * Choices of kernels on the `wasm` device, in words: `panels 8 items 24`. They
 * say how a contraction is cut into blocks, and leave sums in their order.
 *
 * @module
 */

import type { ContractKernel } from "../ir/kernel.ts";
import { arithmeticOf } from "../wasm/contract/arithmetic.ts";
import { type BlockOptions, packedBlocks } from "../wasm/contract/blocks.ts";
import { emittable } from "../wasm/emit/emittable.ts";
import { isThin, spacesOf } from "../wasm/contract/spaces.ts";

const CHOICE = /^panels (\d{1,2}) items (\d{1,3})$/;

/** Panels that are tried: blocks of rows from 24 KiB to 576 KiB, mostly. */
const PANELS = [4, 8, 12, 16, 24] as const;
/** Numbers of items that are tried. */
const ITEMS = [8, 16, 24, 48, 96] as const;

/**
 * What a renderer is told.
 *
 * @param choice The choice.
 * @returns Options; undefined where the choice is unknown here.
 */
export function wasmOptions(choice: string): BlockOptions | undefined {
  const match = CHOICE.exec(choice);
  if (match === null) return undefined;
  const [panels, items] = [Number(match[1]), Number(match[2])];
  return panels >= 1 && items >= 1 ? { panels, items } : undefined;
}

/**
 * Choices that are worth measuring: no two of them cut the contraction alike,
 * nor does any of them as rules do.
 *
 * @param kernel The contraction.
 * @returns The choices.
 */
export function wasmChoices(kernel: ContractKernel): string[] {
  const arithmetic = arithmeticOf(kernel.dtype);
  const spaces = spacesOf(emittable(kernel), arithmetic);
  if (isThin(spaces, arithmetic)) return [];
  const formOf = (options?: BlockOptions) =>
    JSON.stringify(packedBlocks(spaces, arithmetic, false, options));
  const known = new Set([formOf()]);
  const choices: string[] = [];
  for (const panels of PANELS) {
    for (const items of ITEMS) {
      const form = formOf({ panels, items });
      if (known.has(form)) continue;
      known.add(form);
      choices.push(`panels ${panels} items ${items}`);
    }
  }
  return choices;
}
