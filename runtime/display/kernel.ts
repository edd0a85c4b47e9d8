/**
 * The Jupyter kernel that the code runs in, if it runs in one.
 *
 * @module
 */

import { jupyterOfDeno } from "../core/notebook.ts";
import type { MimeBundle } from "./bundle.ts";

/** The part of `Deno.jupyter` that the display uses. */
export interface Kernel {
  /** Shows a bundle, or replaces the one shown under the same `display_id`. */
  display(
    bundle: MimeBundle,
    options: {
      readonly raw: true;
      readonly display_id: string;
      readonly update: boolean;
    },
  ): Promise<void>;
}

/**
 * The kernel around the code.
 *
 * @returns Undefined outside of a notebook.
 */
export function currentKernel(): Kernel | undefined {
  const kernel = jupyterOfDeno() as Kernel | undefined;
  return typeof kernel?.display === "function" ? kernel : undefined;
}
