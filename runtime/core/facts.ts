/**
 * Values that show themselves as a heading and a few facts.
 *
 * @module
 */

import type { Description } from "./describe.ts";
import { escapeHtml } from "./text.ts";

/**
 * Draws a value as a heading and facts below it, as HTML and as text.
 *
 * @param heading What it is.
 * @param facts Names with what is to be said of them.
 * @returns Texts by MIME type; all of HTML is escaped.
 */
export function factsDescription(
  heading: string,
  facts: readonly (readonly [name: string, text: string])[],
): Description {
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  const rows = facts.map(([name, text]) =>
    `<tr><td style="text-align:left;opacity:.65">${
      escapeHtml(name)
    }</td><td style="text-align:left">${escapeHtml(text)}</td></tr>`
  );
  return {
    "text/html": `<div><b>${escapeHtml(heading)}</b></div>` +
      `<table style="font-variant-numeric:tabular-nums"><tbody>${
        rows.join("")
      }</tbody></table>`,
    "text/plain": [
      heading,
      ...facts.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    ].join("\n"),
  };
}
