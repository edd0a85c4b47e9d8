/**
 * Whether the code runs in a notebook.
 *
 * @module
 */

/**
 * What Deno gives to code in a Jupyter kernel.
 *
 * @returns `Deno.jupyter`; undefined outside of a notebook.
 */
export function jupyterOfDeno(): unknown {
  try {
    return (Deno as { readonly jupyter?: unknown }).jupyter;
  } catch {
    return undefined; // Reading it throws where there is no kernel
  }
}
