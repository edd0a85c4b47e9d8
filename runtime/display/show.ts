/**
 * Shows what has no face of its own in a notebook: frames, and records of
 * values such as a node gives.
 *
 * @module
 */

import { describe } from "../core/describe.ts";
import {
  DENO_INSPECT,
  type Displayable,
  isDisplayable,
  JUPYTER_DISPLAY,
  type MimeBundle,
} from "./bundle.ts";
import { escapeHtml } from "../core/text.ts";

/**
 * Whether a value is a plain object.
 *
 * @param value Any value.
 * @returns False for instances of classes, arrays and null.
 */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** More characters of a plain value are not shown. */
const MAX_TEXT = 1200;

function shortText(value: unknown): string {
  const text = Deno.inspect(value, { breakLength: 100 });
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

/** A value that shows itself as Weft draws it; made by {@linkcode show}. */
export class Shown implements Displayable {
  readonly #value: unknown;

  /**
   * Wraps a value.
   *
   * @param value What to show.
   */
  constructor(value: unknown) {
    this.#value = value;
  }

  /** The faces of the value for a notebook. */
  async [JUPYTER_DISPLAY](): Promise<MimeBundle> {
    const value = this.#value;
    const own = await describe(value, "");
    if (own["text/plain"] !== "") return own;
    if (isDisplayable(value)) return await value[JUPYTER_DISPLAY]();
    if (!isRecord(value)) return { "text/plain": shortText(value) };
    const html: string[] = [];
    const text: string[] = [];
    for (const [name, inner] of Object.entries(value)) {
      const bundle = await new Shown(inner)[JUPYTER_DISPLAY]();
      const plain = String(bundle["text/plain"] ?? "");
      html.push(
        `<div style="margin:.4em 0"><b>${escapeHtml(name)}</b></div>${
          bundle["text/html"] ?? `<pre>${escapeHtml(plain)}</pre>`
        }`,
      );
      text.push(`${name}: ${plain}`);
    }
    return { "text/html": html.join("\n"), "text/plain": text.join("\n") };
  }

  /** The value itself for `console.log`. */
  [DENO_INSPECT](inspect: typeof Deno.inspect): string {
    return inspect(this.#value);
  }
}

/**
 * Shows a value in a notebook as Weft draws it. Nodes, tensors, figures and
 * tables do so on their own; data frames of polars, and the records that
 * `await node.value()` gives, do with this.
 *
 * @param value A frame, a tensor, a node, a figure, or a record of them.
 * @returns What a notebook shows as the last value of a cell.
 *
 * @example
 * ```ts
 * import { show } from "@weft/weft/display";
 *
 * const shown = show({ answer: 42 });
 * console.log(shown); // { answer: 42 }
 * ```
 */
export function show(value: unknown): Shown {
  return new Shown(value);
}
