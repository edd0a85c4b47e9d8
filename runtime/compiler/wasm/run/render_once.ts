/**
 * Renders equal kernels once: the layers of a network are alike.
 *
 * @module
 */

import { kernelKey } from "../../ir/kernel_key.ts";
import type { Kernel } from "../../ir/kernel.ts";
import type { WasmKernel } from "../abi.ts";
import type { RenderKernel } from "./body.ts";

/** Characters of keys that are kept in all. */
const MAX_KEYS = 8_000_000;

/**
 * A renderer that remembers.
 *
 * @param render Renders a kernel.
 * @returns A function that gives the same, and renders only what is new.
 */
export function renderOnce(render: RenderKernel): RenderKernel {
  const known = new Map<string, WasmKernel>();
  let keyLength = 0;
  return (kernel: Kernel): WasmKernel => {
    const key = kernelKey(kernel);
    let compiled = known.get(key);
    if (compiled === undefined) {
      compiled = render(kernel);
      known.set(key, compiled);
      keyLength += key.length;
      for (const old of known.keys()) {
        if (keyLength <= MAX_KEYS) break;
        known.delete(old);
        keyLength -= old.length;
      }
    }
    return compiled;
  };
}
