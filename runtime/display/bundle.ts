/**
 * What a front end gets to show: one text per MIME type.
 *
 * @module
 */

/** Texts or JSON values by MIME type, richest first in no particular order. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** The key of the method that Deno's Jupyter kernel asks for a bundle. */
export const JUPYTER_DISPLAY: unique symbol = Symbol.for(
  "Jupyter.display",
) as never;

/** The key of the method that `console.log` and Deno's REPL ask for a text. */
export const DENO_INSPECT: unique symbol = Symbol.for(
  "Deno.customInspect",
) as never;

/** Anything that a notebook can show as the last value of a cell. */
export interface Displayable {
  /** Gives the bundle; a kernel calls it, users seldom need to. */
  [JUPYTER_DISPLAY](): MimeBundle | Promise<MimeBundle>;
}

/**
 * Whether a value can show itself in a notebook.
 *
 * @param value Any value.
 * @returns True when it has the display method.
 */
export function isDisplayable(value: unknown): value is Displayable {
  return typeof value === "object" && value !== null &&
    JUPYTER_DISPLAY in value &&
    typeof value[JUPYTER_DISPLAY] === "function";
}
